"""The command context: groups that import a command when it runs, and its runtime."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pkgutil import resolve_name
from typing import Any, Final, TypedDict, cast

import click

from lms.component import Component, load_tables, work_of
from lms.core import clock
from lms.core.errors import Unavailable
from lms.core.runtime import Carrel, database_file, open_carrel
from lms.core.settings import Settings
from lms.jobs.queue import Work

NO_DATABASE: Final = (
    "There's no database at {file}. Check CARREL_DATABASE_URL. To create a database there, run: "
    "carrel db upgrade"
)


class LazyGroup(click.Group):
    """A group whose commands are given as `module:command` by name.

    One command starts without the imports of the others.
    """

    def __init__(self, name: str, modules: Mapping[str, str], **attributes: Any) -> None:  # noqa: ANN401  (as click.Group takes them)
        super().__init__(name, **attributes)
        self._modules = dict(modules)

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        return sorted(self._modules)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import a command; returns None for an unknown name."""
        place = self._modules.get(name)
        return None if place is None else cast("click.Command", resolve_name(place))


class Console:
    """One run of the command line; `--help` and usage errors open nothing."""

    def __init__(self, components: Sequence[Component]) -> None:
        self.components = tuple(components)

    @cached_property
    def settings(self) -> Settings:
        """Return the settings of the environment; raises SettingsError with all faults."""
        return Settings.from_env()

    @cached_property
    def carrel(self) -> Carrel:
        """Return the installation that the settings describe.

        Raises Unavailable if the file of its SQLite database doesn't exist: a mistyped name would become an
        empty library.
        """
        file = database_file(self.settings.database_url)
        if file is not None and file.parent.is_dir() and not file.exists():
            raise Unavailable(NO_DATABASE.format(file=file), code="no_database")
        return self.new_carrel

    @cached_property
    def new_carrel(self) -> Carrel:
        """Return the installation, for commands that create its database."""
        load_tables(self.components)
        return open_carrel(self.settings)

    @cached_property
    def work(self) -> Work:
        """Return all jobs of the components."""
        return work_of(self.components)

    def close(self) -> None:
        """Close the database's connections, if any were opened."""
        for name in {"carrel", "new_carrel"} & self.__dict__.keys():
            self.__dict__[name].database.dispose()


class Acting(TypedDict):
    """Who does something, and when: the last arguments of most domain functions."""

    actor: None
    now: datetime


def acting() -> Acting:
    """Return that no person acts, and the time, for `verb(session, ..., **acting())`."""
    return {"actor": None, "now": clock.now()}
