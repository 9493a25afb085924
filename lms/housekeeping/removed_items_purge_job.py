"""The removed items purge job: deletes items past their retention, files first.

These are items that our team removed 30 days ago, and the names of erased people in documents older
than the legal time of seven years.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.handouts import handouts
from lms.handouts.handouts import KEPT_AFTER_REMOVAL
from lms.jobs.queue import JobRun, Schedule, Stopped
from lms.people import erased_orders
from lms.people.erased_orders import LEGAL_TIME
from lms.recordings import captions, versions

CLEAR: Final = "removed.clear"
CLEAR_SCHEDULE: Final = Schedule(CLEAR, timedelta(hours=6))


@dataclass(frozen=True, slots=True)
class _Gone:
    """An item that can't be restored anymore: its files, and the function that deletes its data."""

    id: str
    folders: tuple[str, ...]
    key: str | None
    forget: Callable[[Session, str], None]
    spared: frozenset[str] = frozenset()


def clear(carrel: Carrel, run: JobRun) -> None:
    """Delete the files of items removed long ago, then their data."""
    at = now()
    with carrel.database.read_session() as session:
        gone = (*_overdue(session, at - KEPT_AFTER_REMOVAL), *_documents(session, at - LEGAL_TIME))
    for each in gone:
        if run.canceled():
            raise Stopped
        for folder in each.folders:
            for key in list(carrel.storage.list(folder)):
                if key not in each.spared:
                    carrel.storage.delete(key)
        if each.key is not None:
            carrel.storage.delete(each.key)
        with carrel.database.transaction() as session:
            each.forget(session, each.id)


def _overdue(session: Session, at: datetime) -> Iterator[_Gone]:
    for handout in handouts.removed_by(session, at):
        yield _Gone(handout, (f"handouts/{handout}/",), None, handouts.forget)
    for version, original in versions.removed_by(session, at):
        folder, spared = f"renditions/{version}/", versions.chosen_posters(session, version)
        yield _Gone(version, (folder,), original, versions.forget_files, spared)
    for caption, key in captions.removed_by(session, at):
        yield _Gone(caption, (), key, captions.forget)


def _documents(session: Session, at: datetime) -> Iterator[_Gone]:
    for document in erased_orders.documents_by(session, at):
        yield _Gone(document, (f"documents/{document}/",), None, erased_orders.forget_in_document)
