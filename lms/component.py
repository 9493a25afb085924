"""Components of the product: packages with pages, jobs, commands and tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules, resolve_name
from typing import TYPE_CHECKING, Any, cast

from lms.jobs.queue import JobKind, Work

if TYPE_CHECKING:
    from flask import Flask


@dataclass(frozen=True, slots=True)
class Component:
    """A component of the product: the product without LTI, or the LTI tool.

    It names modules, and each is imported when it is first needed, so that a command imports no pages.
    In a package of `pages`, each module with pages has a `blueprint`, and the package an `init_app(app)`
    if it needs one; a module of `jobs` declares JOBS, and SCHEDULES for recurring ones; `commands`
    declares COMMANDS, `module:command` by name; `tables` imports every table.

    Hooks are named `module:function`: `on_merge(session, kept_id, merged_id)` and `on_erase(session,
    login_id)` run inside the transaction that merges or erases logins; `on_export(session, login_id)`
    returns the component's data about a login, and `connections(session, organization_id)` the LMS
    connections of an organization; `waiting(session)` counts the connections that wait for our team.
    `systems_of(session, login_ids)` returns the LMS and organization of logins without an address,
    `twins_of(session, login_ids)` logins that may be the same person as one of these, and
    `twins_between(session, organization_id, other_id)` such logins of two organizations.
    """

    name: str
    tables: str
    pages: tuple[str, ...]
    jobs: tuple[str, ...]
    commands: str
    on_merge: str | None = None
    on_erase: str | None = None
    on_export: str | None = None
    connections: str | None = None
    waiting: str | None = None
    systems_of: str | None = None
    twins_of: str | None = None
    twins_between: str | None = None

    def init_app(self, app: "Flask") -> None:
        """Register the pages with an app."""
        packages = [import_module(name) for name in self.pages]
        for package in packages:
            for found in iter_modules(package.__path__, f"{package.__name__}."):
                module = import_module(found.name)
                if hasattr(module, "blueprint"):
                    app.register_blueprint(module.blueprint)
        for package in packages:
            if hasattr(package, "init_app"):
                package.init_app(app)

    def command_modules(self) -> Mapping[str, str]:
        """Return the commands, as `module:command` by name."""
        return cast("Mapping[str, str]", import_module(self.commands).COMMANDS)


def load_tables(components: Sequence[Component]) -> None:
    """Import every table; a table that refers to an unimported one can't be written."""
    for component in components:
        import_module(component.tables)


def work_of(components: Sequence[Component]) -> Work:
    """Return the handlers and schedules for a worker; raises RuntimeError if two jobs share a name."""
    modules = [import_module(name) for component in components for name in component.jobs]
    kinds: list[JobKind] = list(chain.from_iterable(module.JOBS for module in modules))
    handlers = {kind.name: kind.handler for kind in kinds}
    if len(handlers) < len(kinds):
        raise RuntimeError("two kinds of job have the same name")
    return Work(
        handlers=handlers,
        endings={kind.name: kind.ended for kind in kinds if kind.ended is not None},
        schedules=tuple(
            chain.from_iterable(getattr(module, "SCHEDULES", ()) for module in modules)
        ),
    )


def hooks_for(components: Sequence[Component], name: str) -> tuple[Callable[..., Any], ...]:
    """Return the components' functions for a hook, such as `on_merge`."""
    named = [getattr(component, name) for component in components]
    return tuple(resolve_name(one) for one in named if one)
