"""Read models of past-sales imports: their progress, and the answer to each row."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from lms.core.errors import or_not_found
from lms.core.list_queries import Page
from lms.models.accounts import Login
from lms.models.jobs import Job
from lms.models.past_sales import PastAnswer, PastImport, PastImportRow
from lms.models.seat_imports import ImportState
from lms.seat_imports.uploaded_list_lifecycle import NO_SUCH_LIST, page_of

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class PastFacts:
    """A list as our team sees it: its progress, and how many rows have each answer.

    `ok` counts rows still to be imported. `progress` is the share of the current work, from 0 to 1.
    """

    id: int
    public_id: str
    file_name: str
    made_by: str | None
    state: ImportState
    ok: int
    already: int
    invalid: int
    brought: int
    failure: str
    reading: float
    created_at: datetime

    @property
    def rows(self) -> int:
        """Return how many rows the list has."""
        return self.ok + self.already + self.invalid + self.brought

    @property
    def progress(self) -> float:
        """Return the finished share of the current work."""
        if self.state is ImportState.READING:
            return self.reading
        return 1.0 if not self.rows else 1 - self.ok / self.rows


@dataclass(frozen=True, slots=True)
class PastRowFacts:
    """A row with its answer; `sentence` explains an invalid one."""

    line: int
    email: str
    covers: str
    answer: PastAnswer
    sentence: str


_progress = (
    select(Job.progress)
    .where(Job.subject == PastImport.public_id, Job.finished_at.is_(None))
    .order_by(Job.id.desc())
    .limit(1)
    .correlate(PastImport)
    .scalar_subquery()
)
_FACTS: Final = select(
    PastImport.id,
    PastImport.public_id,
    PastImport.file_name,
    Login.name.label("made_by"),
    PastImport.state,
    PastImport.ok,
    PastImport.already,
    PastImport.invalid,
    PastImport.brought,
    PastImport.failure,
    func.coalesce(_progress, 0.0).label("reading"),
    PastImport.created_at,
).outerjoin(Login, Login.id == PastImport.made_by)


def find_past(session: Session, public_id: str) -> PastFacts:
    """Return a list; raises NotFound."""
    query = _FACTS.where(PastImport.public_id == public_id)
    row = or_not_found(session.execute(query).one_or_none(), NO_SUCH_LIST)
    return _facts(row)


def latest_past(session: Session, *, limit: int) -> tuple[PastFacts, ...]:
    """Return the latest lists, the newest first."""
    rows = session.execute(_FACTS.order_by(PastImport.id.desc()).limit(limit))
    return tuple(_facts(row) for row in rows)


def rows_of(
    session: Session,
    import_id: int,
    *,
    answers: Collection[PastAnswer] = (),
    page: int = 1,
    size: int = PAGE,
) -> Page[PastRowFacts]:
    """Return one page of a list's rows, those with some answers or all."""
    rows, total = page_of(session, PastImportRow.answer, import_id, answers, page, size)
    return Page(tuple(map(_row_facts, rows)), total)


def _facts(row: Row[*tuple[Any, ...]]) -> PastFacts:
    return PastFacts(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public name)


def _row_facts(row: PastImportRow) -> PastRowFacts:
    cells = json.loads(row.cells)
    return PastRowFacts(row.line, cells["email"], cells["covers"], row.answer, row.sentence)
