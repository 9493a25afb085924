"""What a command is given: the parts of the product, and the library once it is asked for."""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain

from lms.component import Part
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.jobs.queue import Work


class Console:
    """One run of the command line; `--help` and usage errors open nothing."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)

    @cached_property
    def settings(self) -> Settings:
        """The settings of the environment; raises SettingsError with every fault."""
        return Settings.from_env()

    @cached_property
    def carrel(self) -> Carrel:
        """The library that the settings describe."""
        return open_carrel(self.settings)

    @cached_property
    def work(self) -> Work:
        """Everything that the parts let a worker do."""
        parts = self.parts
        return Work(
            handlers=dict(chain.from_iterable(part.job_handlers.items() for part in parts)),
            endings=dict(chain.from_iterable(part.job_endings.items() for part in parts)),
            schedules=tuple(chain.from_iterable(part.schedules for part in parts)),
        )

    def close(self) -> None:
        """Give back the database's connections, if any were taken."""
        if "carrel" in self.__dict__:
            self.carrel.database.dispose()
