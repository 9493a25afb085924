"""Row checks of a staff list: the answer for each row (PRODUCT.md, S6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, union, update
from sqlalchemy.orm import Session, aliased

from lms.models.accounts import Login, LoginAlias
from lms.models.seat_imports import Answer, ImportState, SeatImport, SeatImportRow
from lms.models.seats import Assignment, Pool
from lms.seat_imports.uploaded_list_lifecycle import count_answers, mark_repeated
from lms.seats.seat_counts import standing_of

_DEPENDS_ON_THE_POOL: Final = (Answer.ALREADY, Answer.NO_SEAT)


def answer_rows(session: Session, row: SeatImport, *, now: datetime) -> None:
    """Answer every row by the pool's current state, and count the answers; the pool is only read."""
    mine = SeatImportRow.import_id == row.id
    # once a list was applied, people who got a seat by then aren't invited again after a removal
    depends = (Answer.NO_SEAT,) if row.seated else _DEPENDS_ON_THE_POOL
    _set(session, mine, SeatImportRow.answer.in_(depends), answer=Answer.OK)
    # a duplicate in the file stays one, so it is marked only once
    if row.state is ImportState.READING:
        mark_repeated(session, row.id, SeatImportRow.email_key, Answer.DUPLICATE)
    _set(session, mine, _has_a_place(row.pool_id), answer=Answer.ALREADY)
    free = _free(session, row.pool_id, now)
    if free is not None:
        _turn_away(session, row.id, free)
    count_answers(session, row, SeatImportRow.answer)


def settle(session: Session, import_id: int, *, besides: Sequence[int]) -> None:
    """Answer rows of an applied list that got a seat, besides these numbers, as of people who have one."""
    got_one = seatable(import_id) & SeatImportRow.number.not_in(besides)
    _set(session, got_one, answer=Answer.ALREADY)


def seatable(import_id: int) -> ColumnElement[bool]:
    """Return the condition of the rows that get a seat."""
    return (SeatImportRow.import_id == import_id) & (SeatImportRow.answer == Answer.OK)


def _set(session: Session, *which: ColumnElement[bool], answer: Answer) -> None:
    session.execute(update(SeatImportRow).where(*which).values(answer=answer))


def _has_a_place(pool_id: int) -> ColumnElement[bool]:
    """Return the condition of people with a seat in the pool, under this address or their login's."""
    sits = (Assignment.pool_id == pool_id) & Assignment.ended_at.is_(None)
    invited = select(Assignment.email_key).where(sits, Assignment.email_key.is_not(None))
    holder = aliased(Login)
    kept = (
        select(func.coalesce(holder.merged_into, holder.id))
        .join_from(Assignment, holder, holder.id == Assignment.login_id)
        .where(sits)
    )
    logins = select(Login.id).where(or_(Login.id.in_(kept), Login.merged_into.in_(kept)))
    keys = union(
        invited,
        select(Login.email_key).where(Login.id.in_(logins), Login.email_key.is_not(None)),
        select(LoginAlias.email_key).where(LoginAlias.login_id.in_(logins)),
    ).subquery()
    return (SeatImportRow.answer == Answer.OK) & SeatImportRow.email_key.in_(select(keys.c[0]))


def _free(session: Session, pool_id: int, now: datetime) -> int | None:
    if not standing_of(session, pool_id, now).takes_people:
        return 0
    capacity, used = session.execute(
        select(Pool.capacity, Pool.used).where(Pool.id == pool_id)
    ).one()
    return None if capacity is None else max(0, capacity - used)


def _turn_away(session: Session, import_id: int, free: int) -> None:
    first = session.scalar(
        select(SeatImportRow.number)
        .where(seatable(import_id))
        .order_by(SeatImportRow.number)
        .offset(free)
        .limit(1)
    )
    if first is not None:
        _set(session, seatable(import_id), SeatImportRow.number >= first, answer=Answer.NO_SEAT)
