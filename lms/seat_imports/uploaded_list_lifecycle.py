"""The uploaded list lifecycle, for seats and past sales: stored, read, applied, and deleted.

The meaning of its rows is up to each kind: lms/seat_imports/imports.py, lms/past_sales/imports.py.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.core.bulk_insert import count_anew
from lms.core.errors import N_, Conflict, or_not_found
from lms.core.model_base import locked
from lms.jobs import queue as job_queue
from lms.models.accounts import Login
from lms.models.jobs import Lane
from lms.models.past_sales import PastImport, PastImportRow
from lms.models.seat_imports import ImportState, SeatImport, SeatImportRow

KEPT: Final = timedelta(days=30)
LONGEST_SENTENCE: Final = 500

STILL_READING = N_("This list is still being read.")
BEING_APPLIED = N_("This list is already being imported.")
APPLIED_BEFORE = N_("This list was already imported.")
NO_SUCH_LIST = N_("We couldn't find this list.")
NOT_READ = N_("We couldn't read this list. Upload it again.")

Column = InstrumentedAttribute[Any]
Sent = TypeVar("Sent", SeatImport, PastImport)


@dataclass(frozen=True, slots=True)
class NewList:
    """A new list: its file's name ("" if pasted), its sender, its time, and its pool."""

    file_name: str
    actor: str | None
    now: datetime
    pool_id: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The stored file of a list."""

    import_id: int
    key: str


@dataclass(frozen=True, slots=True)
class UploadedLists(Generic[Sent]):
    """One kind of lists: its tables, and the kinds of its jobs.

    Methods that take a list's ID raise NotFound for an unknown list, except the two that a job's end
    calls: the list may have been discarded meanwhile.
    """

    model: type[Sent]
    rows: type[SeatImportRow | PastImportRow]
    read: str
    apply: str
    drop: str

    def begin(self, session: Session, new: NewList, source_key: str | None = None) -> Sent:
        """Record a new list, before its rows are staged."""
        pool: dict[str, Any] = {} if new.pool_id is None else {"pool_id": new.pool_id}
        row = self.model(
            made_by=session.scalar(select(Login.id).where(Login.public_id == new.actor)),
            file_name=new.file_name[-200:],
            source_key=source_key,
            created_at=new.now,
            **pool,
        )
        session.add(row)
        session.flush()
        return row

    def locked(self, session: Session, public_id: str) -> Sent:
        """Return a list, locked until the transaction ends."""
        return self._locked(session, self.model.public_id == public_id)

    def locked_by_id(self, session: Session, import_id: int) -> Sent:
        """Return a list by its row id, locked until the transaction ends."""
        return self._locked(session, self.model.id == import_id)

    def queue_reading(self, session: Session, row: Sent, *, now: datetime) -> None:
        """Queue a stored list for a worker to read."""
        self._queue(session, self.read, row.public_id, now=now)

    def to_be_read(self, session: Session, public_id: str) -> Source | None:
        """Return where a list's file is stored, None if it was already read."""
        row = self.locked(session, public_id)
        return None if row.source_key is None else Source(row.id, row.source_key)

    def unstage(self, session: Session, import_id: int) -> None:
        """Delete the rows of a list, before it is read again."""
        session.execute(delete(self.rows).where(self.rows.import_id == import_id))

    def drop_file(self, session: Session, row: Sent, *, now: datetime) -> None:
        """Queue the deletion of a list's file after it was read or couldn't be."""
        if row.source_key is not None:
            self._queue(session, self.drop, row.public_id, now=now, key=row.source_key)
            row.source_key = None

    def fail(self, session: Session, public_id: str, sentence: str, *, now: datetime) -> None:
        """Record that a list can't be read, unless it was already read or was deleted."""
        row = self._standing(session, self.model.public_id == public_id)
        if row is None or row.state is not ImportState.READING:
            return
        row.state, row.failure = ImportState.FAILED, sentence[:LONGEST_SENTENCE]
        self.unstage(session, row.id)
        self.drop_file(session, row, now=now)
        session.flush()

    def must_be_checked(self, row: Sent) -> None:
        """Raise Conflict unless a list is checked and waits to be applied."""
        match row.state:
            case ImportState.CHECKED:
                return
            case ImportState.READING:
                raise Conflict(STILL_READING)
            case ImportState.APPLYING:
                raise Conflict(BEING_APPLIED)
            case ImportState.APPLIED:
                raise Conflict(APPLIED_BEFORE)
            case ImportState.FAILED:
                raise Conflict(NOT_READ)

    def queue_applying(
        self, session: Session, row: Sent, *, now: datetime, **payload: object
    ) -> None:
        """Queue a checked list for a worker to apply."""
        row.state, row.failure = ImportState.APPLYING, ""
        self._queue(session, self.apply, row.public_id, now=now, **payload)

    def wait_again(self, session: Session, public_id: str, sentence: str) -> None:
        """Return a list that could not be fully applied to the checked state, unless it was deleted."""
        row = self._standing(session, self.model.public_id == public_id)
        if row is not None and row.state is ImportState.APPLYING:
            row.state, row.failure = ImportState.CHECKED, sentence[:LONGEST_SENTENCE]
            session.flush()

    def discard(self, session: Session, public_id: str) -> None:
        """Delete an uploaded list before it is applied; raises Conflict while it is being applied, and afterward."""
        row = self.locked(session, public_id)
        if row.state is ImportState.APPLYING:
            raise Conflict(BEING_APPLIED)
        if row.state is ImportState.APPLIED:
            raise Conflict(APPLIED_BEFORE)
        session.execute(delete(self.model).where(self.model.id == row.id))

    def forget_old(self, session: Session, *, now: datetime) -> None:
        """Delete lists after a month, so that their addresses are not stored longer."""
        session.execute(
            delete(self.model).where(
                self.model.created_at < now - KEPT, self.model.source_key.is_(None)
            )
        )

    def _locked(self, session: Session, which: ColumnElement[bool]) -> Sent:
        return or_not_found(self._standing(session, which), NO_SUCH_LIST)

    def _standing(self, session: Session, which: ColumnElement[bool]) -> Sent | None:
        return session.scalar(locked(select(self.model).where(which)))

    def _queue(
        self, session: Session, kind: str, subject: str, *, now: datetime, **payload: object
    ) -> None:
        job_queue.enqueue(
            session, kind=kind, lane=Lane.PROMPT, subject=subject, payload=payload, now=now
        )


def mark_repeated(session: Session, import_id: int, key: Column, answer: StrEnum) -> None:
    """Answer the valid rows of a list that have the same key as an earlier row."""
    rows: Any = key.class_
    good = (rows.import_id == import_id, rows.answer == "ok")
    nth = func.row_number().over(partition_by=key, order_by=rows.number).label("nth")
    ranked = select(rows.number, nth).where(*good).subquery()
    session.execute(
        update(rows)
        .where(*good, rows.number.in_(select(ranked.c.number).where(ranked.c.nth > 1)))
        .values(answer=answer)
    )


def count_answers(session: Session, row: SeatImport | PastImport, answer: Column) -> None:
    """Save how many rows of a list have each answer; each answer has a column of its name."""
    counted: Any = session.execute(
        select(answer, func.count()).where(answer.class_.import_id == row.id).group_by(answer)
    )
    counts = dict(counted.all())
    for kind in answer.type.python_type:
        setattr(row, kind.value, counts.get(kind, 0))
    session.flush()


def count_staged(
    session: Session, rows: type[SeatImportRow | PastImportRow], import_id: int
) -> None:
    """Update the database statistics for the staged rows of a list."""
    staged = session.scalar(select(func.max(rows.number)).where(rows.import_id == import_id))
    count_anew(session, staged or 0, rows)


def page_of(
    session: Session,
    answer: Column,
    import_id: int,
    answers: Collection[StrEnum],
    page: int,
    size: int,
) -> tuple[list[Any], int]:
    """Return a page of a list's rows, those with some answers or all, and the total."""
    rows = answer.class_
    which = [rows.import_id == import_id, *([answer.in_(answers)] if answers else ())]
    total = session.scalar(select(func.count()).select_from(rows).where(*which)) or 0
    found = session.scalars(
        select(rows).where(*which).order_by(rows.number).offset((page - 1) * size).limit(size)
    )
    return list(found), total
