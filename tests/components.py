"""Made-up components with their own pages and commands, for tests."""

import sys
from collections.abc import Callable
from types import ModuleType

import click
from flask import Flask

from lms.component import Component, work_of
from lms.jobs.queue import Work


def made_up_component(
    name: str,
    *,
    init_app: Callable[[Flask], None] | None = None,
    command: click.Command | None = None,
) -> Component:
    """Return a component with what `init_app` adds to the app, and one command."""
    module = ModuleType(f"tests.made_up_{name}")
    module.__path__ = []
    module.init_app = init_app or (lambda _app: None)
    module.command = command
    module.COMMANDS = {} if command is None else {command.name: f"{module.__name__}:command"}
    sys.modules[module.__name__] = module
    return Component(
        name=name,
        tables="lms.models.all_tables",
        pages=(module.__name__,),
        jobs=(),
        commands=module.__name__,
    )


def work_without_schedules(*components: Component) -> Work:
    """Return the work that a worker of these components can do, without recurring jobs."""
    work = work_of(components)
    return Work(handlers=work.handlers, endings=work.endings)
