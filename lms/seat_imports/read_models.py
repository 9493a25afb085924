"""Read models of seat imports: their progress, and the answer to each row."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.core.errors import N_, or_not_found
from lms.core.list_queries import Page
from lms.core.model_base import copied
from lms.models.jobs import Job
from lms.models.seat_imports import Answer, Fault, ImportState, SeatImport, SeatImportRow
from lms.models.seats import Pool
from lms.organizations.staff_list_parser import SENTENCES as FAULTS
from lms.seat_imports.uploaded_list_lifecycle import NO_SUCH_LIST, page_of

PAGE: Final = 50
LEFT_OUT: Final = (Answer.INVALID, Answer.DUPLICATE, Answer.NO_SEAT)

ANSWERS: Final = {
    Answer.OK: N_("Gets a seat."),
    Answer.ALREADY: N_("Already has a seat or an invitation."),
    Answer.DUPLICATE: N_("This address is on the list more than once. Only the first row counts."),
    Answer.NO_SEAT: N_("No seat left for this person."),
}


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """A list as people see it: its progress, and how many rows have each answer.

    `progress` is the share of the current work, from 0 to 1, which began at `started_at`; `staged`
    counts the rows read so far, while the list is being read. `failure` is a sentence, or empty. Times
    are UTC.
    """

    id: int
    public_id: str
    pool: str
    file_name: str
    state: ImportState
    ok: int
    already: int
    invalid: int
    duplicate: int
    no_seat: int
    seated: int
    failure: str
    progress: float
    started_at: datetime | None
    staged: int
    created_at: datetime
    applied_at: datetime | None

    @property
    def rows(self) -> int:
        """Return how many rows the list has, invalid and duplicate ones included."""
        return self.ok + self.already + self.invalid + self.duplicate + self.no_seat

    @property
    def fits_whole(self) -> bool:
        """Return whether every row has or gets a seat, so that the whole list can be applied."""
        return not (self.invalid or self.no_seat)


@dataclass(frozen=True, slots=True)
class RowFacts:
    """One row of a list: `text` is the address, or the raw text; `sentence` explains the answer.

    `number` counts the rows.
    """

    number: int
    line: int
    text: str
    name: str
    department: str
    branch: str
    answer: Answer
    fault: Fault | None
    sentence: str


_under_way = (
    select(Job)
    .where(Job.subject == SeatImport.public_id, Job.finished_at.is_(None))
    .order_by(Job.id.desc())
    .limit(1)
    .correlate(SeatImport)
)
_progress = _under_way.with_only_columns(Job.progress).scalar_subquery()
_started_at = _under_way.with_only_columns(Job.started_at).scalar_subquery()
# Rows are numbered from 1, so the last number is how many were read; the primary key finds it.
_staged = (
    select(func.max(SeatImportRow.number))
    .where(SeatImportRow.import_id == SeatImport.id, SeatImport.state == ImportState.READING)
    .correlate(SeatImport)
    .scalar_subquery()
)
_FACTS: Final = select(
    SeatImport.id,
    SeatImport.public_id,
    Pool.public_id.label("pool"),
    SeatImport.file_name,
    SeatImport.state,
    SeatImport.ok,
    SeatImport.already,
    SeatImport.invalid,
    SeatImport.duplicate,
    SeatImport.no_seat,
    SeatImport.seated,
    SeatImport.failure,
    func.coalesce(_progress, 0.0).label("progress"),
    _started_at.label("started_at"),
    func.coalesce(_staged, 0).label("staged"),
    SeatImport.created_at,
    SeatImport.applied_at,
).join(Pool, Pool.id == SeatImport.pool_id)


def read_import(session: Session, public_id: str, *, organization_id: int) -> ImportFacts:
    """Return a list of one of an organization's pools; raises NotFound for any other list."""
    return _read(
        session,
        SeatImport.public_id == public_id,
        Pool.organization_id.in_(family_of(organization_id)),
    )


def find_import(session: Session, public_id: str) -> ImportFacts:
    """Return a list of any organization; raises NotFound."""
    return _read(session, SeatImport.public_id == public_id)


def latest_imports(
    session: Session, pool_ids: Collection[int], *, limit: int = 10
) -> tuple[ImportFacts, ...]:
    """Return the lists of some pools, the newest first."""
    rows = session.execute(
        _FACTS.where(SeatImport.pool_id.in_(pool_ids)).order_by(SeatImport.id.desc()).limit(limit)
    )
    return tuple(_facts(row) for row in rows)


def rows_of(
    session: Session,
    import_id: int,
    *,
    answer: Answer | None = None,
    page: int = 1,
    size: int = PAGE,
) -> Page[RowFacts]:
    """Return one page of a list's rows: those with one answer, or all."""
    chosen = () if answer is None else (answer,)
    rows, total = page_of(session, SeatImportRow.answer, import_id, chosen, page, size)
    return Page(tuple(map(_row_facts, rows)), total)


def rows_left_out(session: Session, import_id: int) -> Iterator[RowFacts]:
    """Yield the rows of a list that get no seat, in the file's order."""
    rows = session.scalars(
        select(SeatImportRow)
        .where(SeatImportRow.import_id == import_id, SeatImportRow.answer.in_(LEFT_OUT))
        .order_by(SeatImportRow.number)
    )
    yield from map(_row_facts, rows)


def _read(session: Session, *which: ColumnElement[bool]) -> ImportFacts:
    row = or_not_found(session.execute(_FACTS.where(*which)).one_or_none(), NO_SUCH_LIST)
    return _facts(row)


def _facts(row: Row[*tuple[Any, ...]]) -> ImportFacts:
    return ImportFacts(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public name)


def _row_facts(row: SeatImportRow) -> RowFacts:
    return copied(
        RowFacts,
        row,
        text=row.email or row.raw,
        sentence=ANSWERS[row.answer] if row.fault is None else FAULTS[row.fault],
    )
