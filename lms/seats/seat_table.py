"""The seat table: an organization's people and seats, filtered and sorted, at 20,000 rows.

About a person's watching it shows what PRODUCT.md (Privacy) lets managers see: whether they
started, the share watched, and what is completed; no positions, times or searches.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Subquery,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import family_of
from lms.core.list_queries import Page, has_words
from lms.mail.bounces import bounced_addresses, takes_no_mail
from lms.mail.opt_outs import opted_out
from lms.models.accounts import Login
from lms.models.seats import Assignment, AssignmentState, Pool, Seat, SeatState
from lms.seats.watch_progress import COMPLETED_FROM, read_shares, records_of

PAGE_SIZE: Final = 50
PORTION: Final = 500


class Standing(StrEnum):
    """The state of a row; rows of locked and released seats show the last person."""

    CLAIMED = "claimed"
    INVITED = "invited"
    OFFERED = "offered"
    FROZEN = "frozen"
    LOCKED = "locked"
    RELEASED = "released"


SITTING: Final = frozenset({Standing.CLAIMED, Standing.INVITED, Standing.OFFERED, Standing.FROZEN})


class Sort(StrEnum):
    """The column that the table is sorted by."""

    NAME = "name"
    ADDRESS = "address"
    STATE = "state"
    SINCE = "since"
    WATCHED = "watched"


class Watching(StrEnum):
    """Whether the person has started to watch."""

    NEVER = "never"
    BEGUN = "begun"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters: words of names and addresses, one pool, one standing, watched or not.

    `bounced` selects people whose address takes no email.
    """

    query: str = ""
    pool_id: str | None = None
    standing: Standing | None = None
    watching: Watching | None = None
    bounced: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """The sort column and direction."""

    by: Sort = Sort.NAME
    descending: bool = False


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One person in one seat; `share` is the average over the webinars they started, 0 to 1."""

    assignment_id: int
    seat_id: str
    pool_id: str
    name: str
    email: str | None
    standing: Standing
    since: datetime
    expires_at: datetime | None  # of an open invitation or offer
    opens_at: datetime | None  # of a locked seat; None waits for staff's approval
    email_key: str | None = None
    bounced: bool = False
    unsubscribed: bool = False  # from invitations and reminders
    begun: int = 0
    completed: int = 0
    share: float = 0.0


_person = func.coalesce(Login.name, Assignment.name)
_written_to = func.coalesce(Login.email_key, Assignment.email_key)
# One text, because each comparison folds case again; search words contain no space.
_NAMES: Final = (
    func.coalesce(Login.name, "")
    + " "
    + func.coalesce(Assignment.name, "")
    + " "
    + func.coalesce(Assignment.email, "")
    + " "
    + func.coalesce(Login.email, "")
)
_SORTS: Final[Mapping[Sort, Any]] = {
    # People with only an address are sorted among the names, not before them.
    Sort.NAME: func.lower(func.coalesce(func.nullif(_person, ""), Assignment.email)),
    Sort.ADDRESS: Assignment.email_key,
    Sort.STATE: Assignment.state,
    Sort.SINCE: func.coalesce(Assignment.claimed_at, Assignment.created_at),
}


def read_rows(
    session: Session, organization_id: int, wanted: Wanted, order: Order, *, offset: int
) -> Page[SeatRow]:
    """Return one page of an organization's table."""
    asked = _asked(session, organization_id, wanted, order)
    if wanted.query or wanted.watching is not None or order.by is Sort.WATCHED:
        # A slow query runs once: all matching IDs are fewer bytes than one page of rows.
        all_ids = session.scalars(asked).all()
        return Page(_rows(session, all_ids[offset : offset + PAGE_SIZE]), len(all_ids))
    counted = asked.order_by(None).with_only_columns(func.count())
    ids = session.scalars(asked.offset(offset).limit(PAGE_SIZE)).all()
    return Page(_rows(session, ids), session.scalar(counted) or 0)


def every_row(
    session: Session, organization_id: int, wanted: Wanted, order: Order
) -> Iterator[SeatRow]:
    """Yield all rows of the table in its order, for the CSV file."""
    ids = session.scalars(_asked(session, organization_id, wanted, order)).all()
    for start in range(0, len(ids), PORTION):
        yield from _rows(session, ids[start : start + PORTION])


def every_seat(session: Session, organization_id: int, wanted: Wanted) -> tuple[str, ...]:
    """Return the public IDs of all seats in the table, for "select all"."""
    asked = _asked(session, organization_id, wanted, None)
    seats = select(Seat.public_id).join(Assignment, Assignment.seat_id == Seat.id)
    return tuple(session.scalars(seats.where(Assignment.id.in_(asked)).order_by(Assignment.id)))


_COLUMNS: Final[tuple[Any, ...]] = (
    Assignment.id,
    Seat.public_id.label("seat_id"),
    Pool.public_id.label("pool_id"),
    _person.label("name"),
    func.coalesce(Assignment.email, Login.email).label("email"),
    _written_to.label("email_key"),
    Assignment.state,
    Seat.state.label("seat_state"),
    Assignment.ended_at,
    func.coalesce(Assignment.claimed_at, Assignment.created_at).label("since"),
    Assignment.expires_at,
    Seat.opens_at,
)


def _asked(
    session: Session, organization_id: int, wanted: Wanted, order: Order | None
) -> Select[int]:
    """Return the query for the matching IDs; the page's rows are joined to them later."""
    pools = select(Pool.id).where(Pool.organization_id.in_(family_of(organization_id)))
    if wanted.pool_id is not None:
        pools = pools.where(Pool.public_id == wanted.pool_id)
    pool_ids = session.scalars(pools).all()
    by = order.by if order is not None else None
    asked = select(Assignment.id).where(
        Assignment.pool_id.in_(pool_ids), *_standing(wanted.standing)
    )
    if wanted.query or by is Sort.NAME or wanted.bounced:
        asked = asked.outerjoin(Login, Login.id == Assignment.login_id)
    asked = asked.where(*has_words(wanted.query, _NAMES))
    if wanted.bounced:
        asked = asked.where(takes_no_mail(_written_to))
    seen = None
    if wanted.watching is not None or by is Sort.WATCHED:
        seen = _seen(pool_ids)
        asked = asked.outerjoin(seen, seen.c.assignment_id == Assignment.id)
        if wanted.watching is not None:
            is_never = wanted.watching is Watching.NEVER
            has = seen.c.watched_s
            asked = asked.where(has.is_(None) if is_never else has.is_not(None))
    return asked if order is None else asked.order_by(*_sorted(order, seen))


def _sorted(order: Order, seen: Subquery | None) -> tuple[ColumnElement[Any], ...]:
    by = _SORTS[order.by] if seen is None or order.by is not Sort.WATCHED else None
    column = func.coalesce(seen.c.watched_s, 0) if by is None and seen is not None else by
    assert column is not None  # noqa: S101  (sorting by watching joins it)
    # The ID makes the order unique, so that no row is on two pages.
    if order.descending:
        return (column.desc(), Assignment.id.desc())
    return (column.asc(), Assignment.id.asc())


def _standing(standing: Standing | None) -> tuple[ColumnElement[bool], ...]:
    later = aliased(Assignment)
    is_last = ~exists().where(later.seat_id == Assignment.seat_id, later.id > Assignment.id)
    is_locked = exists().where(Seat.id == Assignment.seat_id, Seat.state == SeatState.LOCKED)
    is_locked = is_locked.correlate(Assignment)  # not to the seats of `every_seat`
    match standing:
        case None:
            return (Assignment.ended_at.is_(None),)
        case Standing.RELEASED:
            return (Assignment.ended_at.is_not(None),)
        case Standing.LOCKED:
            return (Assignment.ended_at.is_not(None), is_locked, is_last)
        case _:
            state = AssignmentState(standing.value)
            return (Assignment.ended_at.is_(None), Assignment.state == state)


def _seen(pool_ids: Sequence[int]) -> Subquery:
    """Return the seconds that people of these pools watched of what the pools cover."""
    each = records_of(Assignment.pool_id.in_(pool_ids))
    return (
        select(each.c.assignment_id, func.sum(each.c.watched_s).label("watched_s"))
        .group_by(each.c.assignment_id)
        .subquery()
    )


def _rows(session: Session, ids: Sequence[int]) -> tuple[SeatRow, ...]:
    joined = (
        select(*_COLUMNS)
        .select_from(Assignment)
        .join(Pool, Pool.id == Assignment.pool_id)
        .join(Seat, Seat.id == Assignment.seat_id)
        .outerjoin(Login, Login.id == Assignment.login_id)
        .where(Assignment.id.in_(ids))
    )
    found = {row.id: _row(row) for row in session.execute(joined)}
    rows = _with_bounces(session, [found[each] for each in ids])
    return _with_watching(session, rows)


def _row(row: Row[Any]) -> SeatRow:
    standing = Standing(row.state.value)
    if row.ended_at is not None and row.seat_state is SeatState.LOCKED:
        standing = Standing.LOCKED
    return SeatRow(
        assignment_id=row.id,
        seat_id=row.seat_id,
        pool_id=row.pool_id,
        name=row.name or "",
        email=row.email,
        standing=standing,
        since=row.since,
        expires_at=row.expires_at,
        opens_at=row.opens_at,
        email_key=row.email_key,
    )


def _with_bounces(session: Session, rows: Sequence[SeatRow]) -> list[SeatRow]:
    """Mark people with a seat or an invitation whose address bounces or is unsubscribed."""
    keys = {row.email_key for row in rows if row.email_key and row.standing in SITTING}
    bounced, unsubscribed = bounced_addresses(session, keys), opted_out(session, keys)
    return [
        replace(row, bounced=row.email_key in bounced, unsubscribed=row.email_key in unsubscribed)
        if row.standing in SITTING
        else row
        for row in rows
    ]


def _with_watching(session: Session, rows: Sequence[SeatRow]) -> tuple[SeatRow, ...]:
    shares = read_shares(session, [row.assignment_id for row in rows])
    return tuple(_watched_by(row, shares.get(row.assignment_id, ())) for row in rows)


def _watched_by(row: SeatRow, shares: Sequence[float]) -> SeatRow:
    begun = [share for share in shares if share > 0]
    if not begun:
        return row
    return replace(
        row,
        begun=len(begun),
        completed=sum(share >= COMPLETED_FROM for share in begun),
        share=sum(begun) / len(begun),
    )


def are_of(session: Session, organization_id: int, seat_ids: Sequence[str]) -> bool:
    """Return whether all these seats have a person and belong to this organization."""
    found = session.scalar(
        select(func.count(Assignment.id))
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(
            Pool.organization_id.in_(family_of(organization_id)),
            Assignment.ended_at.is_(None),
            Seat.public_id.in_(seat_ids),
        )
    )
    return found == len(seat_ids)


def read_chosen(
    session: Session, organization_id: int, seat_ids: Sequence[str]
) -> tuple[SeatRow, ...]:
    """Return the people in these seats of an organization, by name."""
    ids = session.scalars(
        select(Assignment.id)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .outerjoin(Login, Login.id == Assignment.login_id)
        .where(
            Pool.organization_id.in_(family_of(organization_id)),
            Assignment.ended_at.is_(None),
            Seat.public_id.in_(seat_ids),
        )
        .order_by(_SORTS[Sort.NAME], Assignment.id)
    ).all()
    return _rows(session, ids)
