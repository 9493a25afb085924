"""What a part of the product brings along; wsgi.py lists the parts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType

import click
from flask import Flask
from sqlalchemy.orm import Session

from lms.core.lti_export_types import OwnSystem
from lms.jobs.queue import Ending, Handler, Schedule


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the product, as the app, the CLI, the worker and the migrations see it.

    `job_handlers` maps a kind of job to who does it; `job_endings` to who is told, inside the
    transaction that ends it, that such a job failed for good or was canceled; `schedules` are
    jobs that come back by themselves. `models` are the modules whose tables it owns;
    `on_merge(session, kept_id, merged_id)` and `on_erase(session, login_id)` are called inside
    the transaction that merges or erases logins; `on_export(session, login_id)` returns what it
    keeps of one login, for that person to take along.
    """

    name: str
    init_app: Callable[[Flask], None]
    commands: tuple[click.Command, ...] = ()
    job_handlers: Mapping[str, Handler] = field(default_factory=lambda: MappingProxyType({}))
    job_endings: Mapping[str, Ending] = field(default_factory=lambda: MappingProxyType({}))
    schedules: tuple[Schedule, ...] = ()
    models: tuple[ModuleType, ...] = ()
    on_merge: Callable[[Session, int, int], None] | None = None
    on_erase: Callable[[Session, int], None] | None = None
    on_export: Callable[[Session, int], tuple[OwnSystem, ...]] | None = None


def merge_hooks(parts: Sequence[Part]) -> tuple[Callable[[Session, int, int], None], ...]:
    """Return what the parts do when logins are merged."""
    return tuple(part.on_merge for part in parts if part.on_merge is not None)


def erase_hooks(parts: Sequence[Part]) -> tuple[Callable[[Session, int], None], ...]:
    """Return what the parts do when a login is erased."""
    return tuple(part.on_erase for part in parts if part.on_erase is not None)


def export_hooks(
    parts: Sequence[Part],
) -> tuple[Callable[[Session, int], tuple[OwnSystem, ...]], ...]:
    """Return what tells what the parts keep of a login."""
    return tuple(part.on_export for part in parts if part.on_export is not None)
