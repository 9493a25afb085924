"""The lazy group: a Click group whose commands are imported only when run or listed."""

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import Any, cast

import click


class LazyGroup(click.Group):
    """A group that knows where its commands are, as `module:command` by name.

    One command starts without the imports of all others.
    """

    def __init__(self, name: str, modules: Mapping[str, str], **attributes: Any) -> None:  # noqa: ANN401  (as click.Group takes them)
        super().__init__(name, **attributes)
        self._modules = dict(modules)

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        return sorted(self._modules)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import a command; None for a name that is none."""
        place = self._modules.get(name)
        return None if place is None else cast("click.Command", resolve_name(place))
