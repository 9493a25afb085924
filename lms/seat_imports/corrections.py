"""Corrections: rows of a staff list that couldn't be read, corrected by hand on its page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms.models.seat_imports import Answer, ImportState, SeatImportRow
from lms.organizations.staff_list_parser import corrected
from lms.seat_imports.imports import LISTS
from lms.seat_imports.row_checks import answer_rows, settle


@dataclass(frozen=True, slots=True)
class Correction:
    """What a row should say."""

    email: str
    name: str


def correct(
    session: Session, public_id: str, corrections: Mapping[int, Correction], *, now: datetime
) -> int:
    """Correct invalid rows of a list, by number, and answer all rows again; return how many are valid now.

    Rows that are still invalid keep what was entered, or without an address what the list said. A list
    that was applied without them can be applied again, but not for people who were invited by it, even
    if they were removed since. Raises NotFound, and Conflict while a list is being read or applied.
    """
    row = LISTS.locked(session, public_id)
    if row.state is not ImportState.APPLIED:
        LISTS.must_be_checked(row)
    rows = session.scalars(
        select(SeatImportRow)
        .where(
            SeatImportRow.import_id == row.id,
            SeatImportRow.number.in_(corrections),
            SeatImportRow.answer == Answer.INVALID,
        )
        .order_by(SeatImportRow.number)
    ).all()
    valid = sum(_correct(session, one, corrections[one.number]) for one in rows)
    if valid:
        if row.state is ImportState.APPLIED:
            settle(session, row.id, besides=[one.number for one in rows])
        row.state, row.applied_at, row.failure = ImportState.CHECKED, None, ""
        answer_rows(session, row, now=now)
    session.flush()
    return valid


def _correct(session: Session, row: SeatImportRow, said: Correction) -> bool:
    """Correct one row, and return whether it is valid now."""
    entry = corrected(row.line, said.email, said.name)
    if entry.fault is not None:
        if said.email.strip():  # else the row still says what the list said
            row.raw, row.fault = entry.raw, entry.fault
        row.name = entry.name
        session.flush()
        return False
    same = exists().where(
        SeatImportRow.import_id == row.import_id, SeatImportRow.email_key == entry.email_key
    )
    row.answer = Answer.DUPLICATE if session.scalar(select(same)) else Answer.OK
    row.raw, row.email, row.email_key = "", entry.email, entry.email_key
    row.name, row.fault = entry.name, None
    session.flush()
    return True
