"""The command context: gives a command the components and, when asked, the runtime."""

from collections.abc import Sequence
from functools import cached_property

from lms.component import Component, load_tables, work_of
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.jobs.queue import Work


class Console:
    """One run of the command line; `--help` and usage errors open nothing."""

    def __init__(self, components: Sequence[Component]) -> None:
        self.components = tuple(components)

    @cached_property
    def settings(self) -> Settings:
        """The settings of the environment; raises SettingsError with every fault."""
        return Settings.from_env()

    @cached_property
    def carrel(self) -> Carrel:
        """The library that the settings describe."""
        load_tables(self.components)
        return open_carrel(self.settings)

    @cached_property
    def work(self) -> Work:
        """Everything that the components let a worker do."""
        return work_of(self.components)

    def close(self) -> None:
        """Give back the database's connections, if any were taken."""
        if "carrel" in self.__dict__:
            self.carrel.database.dispose()
