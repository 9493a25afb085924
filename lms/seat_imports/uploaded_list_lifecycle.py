"""The uploaded list lifecycle, for seats and past sales: stored, read, applied, and deleted.

What its rows say and what becomes of them is each kind's own: lms/seat_imports/imports.py, lms/past_sales/imports.py.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict, NotFound
from lms.jobs import queue as job_queue
from lms.models.accounts import Login
from lms.models.jobs import Lane
from lms.models.past_sales import PastImport, PastImportRow
from lms.models.seat_imports import ImportState, SeatImport, SeatImportRow
from lms.seat_imports.read_models import NO_SUCH_LIST

KEPT: Final = timedelta(days=30)
LONGEST_SENTENCE: Final = 500

STILL_READING = N_("This list is still being read.")
NOT_READ = N_("This list could not be read. Send it again.")

Sent = TypeVar("Sent", SeatImport, PastImport)


@dataclass(frozen=True, slots=True)
class Source:
    """The stored file of a list."""

    import_id: int
    key: str


@dataclass(frozen=True, slots=True)
class UploadedLists(Generic[Sent]):
    """One kind of lists: its tables, the kinds of its jobs, and what to say of one that is done.

    Whatever names a list raises NotFound where there is none, but for the two that a job's end
    calls: its list may have been discarded meanwhile.
    """

    model: type[Sent]
    rows: type[SeatImportRow | PastImportRow]
    read: str
    apply: str
    drop: str
    being_applied: str
    applied_before: str

    def locked(self, session: Session, public_id: str) -> Sent:
        """Return a list, locked until the transaction ends."""
        return self._locked(session, self.model.public_id == public_id)

    def locked_by_id(self, session: Session, import_id: int) -> Sent:
        """Return a list by its row's id, locked until the transaction ends."""
        return self._locked(session, self.model.id == import_id)

    def queue_reading(self, session: Session, row: Sent, *, now: datetime) -> None:
        """Have a stored list read by a worker."""
        self._queue(session, self.read, row.public_id, now=now)

    def to_be_read(self, session: Session, public_id: str) -> Source | None:
        """Return where a list's file is stored, None when it was read before."""
        row = self.locked(session, public_id)
        return None if row.source_key is None else Source(row.id, row.source_key)

    def unstage(self, session: Session, import_id: int) -> None:
        """Forget the rows of a list, before it is read anew."""
        session.execute(delete(self.rows).where(self.rows.import_id == import_id))

    def drop_file(self, session: Session, row: Sent, *, now: datetime) -> None:
        """Have the file of a list removed that was read, or can't be."""
        if row.source_key is not None:
            self._queue(session, self.drop, row.public_id, now=now, key=row.source_key)
            row.source_key = None

    def fail(self, session: Session, public_id: str, sentence: str, *, now: datetime) -> None:
        """Note that a list can't be read, unless it was read or is gone."""
        row = self._standing(session, self.model.public_id == public_id)
        if row is None or row.state is not ImportState.READING:
            return
        row.state, row.failure = ImportState.FAILED, sentence[:LONGEST_SENTENCE]
        self.unstage(session, row.id)
        self.drop_file(session, row, now=now)
        session.flush()

    def must_be_checked(self, row: Sent) -> None:
        """Raise Conflict unless a list was read and waits."""
        match row.state:
            case ImportState.CHECKED:
                return
            case ImportState.READING:
                raise Conflict(STILL_READING)
            case ImportState.APPLYING:
                raise Conflict(self.being_applied)
            case ImportState.APPLIED:
                raise Conflict(self.applied_before)
            case ImportState.FAILED:
                raise Conflict(NOT_READ)

    def queue_applying(
        self, session: Session, row: Sent, *, now: datetime, **payload: object
    ) -> None:
        """Have a list that waits applied by a worker."""
        row.state, row.failure = ImportState.APPLYING, ""
        self._queue(session, self.apply, row.public_id, now=now, **payload)

    def wait_again(self, session: Session, public_id: str, sentence: str) -> None:
        """Let a list that could not be applied whole wait as it did before, unless it is gone."""
        row = self._standing(session, self.model.public_id == public_id)
        if row is not None and row.state is ImportState.APPLYING:
            row.state, row.failure = ImportState.CHECKED, sentence[:LONGEST_SENTENCE]
            session.flush()

    def discard(self, session: Session, public_id: str) -> None:
        """Throw away a list that waits; raises Conflict while it is applied, and afterwards."""
        row = self.locked(session, public_id)
        if row.state is ImportState.APPLYING:
            raise Conflict(self.being_applied)
        if row.state is ImportState.APPLIED:
            raise Conflict(self.applied_before)
        session.execute(delete(self.model).where(self.model.id == row.id))

    def forget_old(self, session: Session, *, now: datetime) -> None:
        """Delete lists after a month, so that no address is kept for them."""
        session.execute(
            delete(self.model)
            .where(self.model.created_at < now - KEPT, self.model.source_key.is_(None))
            .execution_options(synchronize_session=False)
        )

    def _locked(self, session: Session, which: ColumnElement[bool]) -> Sent:
        row = self._standing(session, which)
        if row is None:
            raise NotFound(NO_SUCH_LIST)
        return row

    def _standing(self, session: Session, which: ColumnElement[bool]) -> Sent | None:
        return session.scalar(
            select(self.model)
            .where(which)
            .with_for_update()
            .execution_options(populate_existing=True)
        )

    def _queue(
        self, session: Session, kind: str, subject: str, *, now: datetime, **payload: object
    ) -> None:
        job_queue.enqueue(
            session, kind=kind, lane=Lane.PROMPT, subject=subject, payload=payload, now=now
        )


def maker(session: Session, actor: str | None) -> int | None:
    """Return the row's id of who sends a list; None from the command line."""
    if actor is None:
        return None
    return session.scalar(select(Login.id).where(Login.public_id == actor))
