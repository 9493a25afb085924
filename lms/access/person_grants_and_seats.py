"""A person's grants and seats: those they have or can claim, and their waitlist positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.grant_paths import grant_of, lines
from lms.access.policy import UNPAID, Candidate, Code, PoolPlace, Way, weigh_holdings
from lms.core.errors import NotFound
from lms.core.list_queries import read_columns
from lms.models.accounts import Login, LoginAlias
from lms.models.catalog import OFF, Presenter, Series, Webinar
from lms.models.seats import Assignment, AssignmentState, Pool, Seat, WaitingEntry

# People can claim a seat reserved for them before the term starts or the payment arrives.
_AHEAD: Final = UNPAID | {Code.NOT_STARTED}
_KEPT: Final = frozenset({Way.INVITED, Way.OFFERED, Way.MANAGED})
_NEWCOMERS: Final = frozenset({Way.BY_DOMAIN, Way.EXPIRED})


@dataclass(frozen=True, slots=True)
class Holding:
    """One grant that a person can reach, with its verdict; `slug` is set for a single webinar.

    `is_off` says that this webinar was canceled or removed, so that no one can claim a seat.
    """

    target_id: int | None
    slug: str | None
    is_off: bool
    candidate: Candidate

    @property
    def place(self) -> PoolPlace | None:
        """Return the person's relation to the grant's pool; None for their own grant."""
        return self.candidate.grant.place

    @property
    def may_claim(self) -> bool:
        """Return whether this person can claim a seat now."""
        if self.is_off:
            return False
        if self.candidate.code in (Code.INVITE_NOT_CLAIMED, Code.SEAT_CLAIMABLE):
            return True
        place = self.place
        return place is not None and place.way in _KEPT and self.candidate.code in _AHEAD

    @property
    def may_join_waiting_list(self) -> bool:
        """Return whether the person could claim a seat if one were free."""
        place, code = self.place, self.candidate.code
        is_new = place is not None and place.way in _NEWCOMERS
        return is_new and code is Code.NO_GRANT and not self.is_off


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """A person's relation to one pool, by its best grant, and the public ID of their seat, if any.

    `number` is their position on the waitlist, from 1.
    """

    pool_id: int
    holding: Holding
    place: PoolPlace
    seat: str | None
    number: int | None


def _holdings(found: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401  (a subquery of lines)
    targets = func.coalesce(found.c.webinar_id, found.c.series_id, found.c.presenter_id)
    return (
        select(
            *found.c,
            targets.label("target_id"),
            Webinar.slug,
            Webinar.state.in_(OFF).label("is_off"),
            func.coalesce(Webinar.title, Series.title, Presenter.name, "").label("covers"),
        )
        .outerjoin(Webinar, Webinar.id == found.c.webinar_id)
        .outerjoin(Series, Series.id == found.c.series_id)
        .outerjoin(Presenter, Presenter.id == found.c.presenter_id)
    )


_ALL: Final = _holdings(lines())
_OF_POOL: Final = _holdings(lines(Pool.public_id == bindparam("pool")))
_theirs = select(Login.id).where(
    or_(Login.id == bindparam("login_id"), Login.merged_into == bindparam("login_id"))
)
_addresses = (
    select(Login.email_key)
    .where(Login.id.in_(_theirs), Login.confirmed_at.is_not(None))
    .union_all(select(LoginAlias.email_key).where(LoginAlias.login_id.in_(_theirs)))
)
_SEAT: Final = (
    select(Seat.public_id)
    .join_from(Assignment, Seat)
    .join(Pool, Pool.id == Assignment.pool_id)
    .where(
        Pool.public_id == bindparam("pool"),
        Assignment.login_id.in_(_theirs),
        Assignment.ended_at.is_(None),
        Assignment.state == AssignmentState.CLAIMED,
    )
)
_ahead = aliased(WaitingEntry)
_before = or_(
    _ahead.joined_at < WaitingEntry.joined_at,
    (_ahead.joined_at == WaitingEntry.joined_at) & (_ahead.id < WaitingEntry.id),
)
_NUMBERS: Final = (
    select(
        Pool.public_id,
        select(func.count() + 1)
        .where(_ahead.pool_id == WaitingEntry.pool_id, _ahead.ended_at.is_(None), _before)
        .scalar_subquery()
        .label("number"),
    )
    .join_from(WaitingEntry, Pool)
    .where(
        WaitingEntry.ended_at.is_(None),
        or_(WaitingEntry.login_id.in_(_theirs), WaitingEntry.email_key.in_(_addresses)),
    )
)


def read_holdings(session: Session, login_id: int, now: datetime) -> Sequence[Holding]:
    """Return all grants a person can reach, active or not, best first."""
    return _weighed(read_columns(session, _ALL, {"login_id": login_id}).all(), now)


def read_numbers(session: Session, login_id: int) -> Mapping[str, int]:
    """Return a person's positions on waitlists, from 1, by the pool's public ID."""
    return {row.public_id: row.number for row in session.execute(_NUMBERS, {"login_id": login_id})}


def read_own_place(session: Session, login_id: int, pool: str, now: datetime) -> OwnPlace:
    """Return a person's relation to a pool; raises NotFound if they have no way to it."""
    values = {"login_id": login_id, "pool": pool}
    rows = session.execute(_OF_POOL, values).all()
    found = _weighed([row for row in rows if row.pool == pool], now)
    pool_id = session.scalar(select(Pool.id).where(Pool.public_id == pool))
    if pool_id is None or not found or found[0].place is None:
        raise NotFound
    seat = session.scalar(_SEAT.limit(1), values)
    number = read_numbers(session, login_id).get(pool)
    return OwnPlace(pool_id, found[0], found[0].place, seat, number)


def _weighed(rows: Sequence[Row[*tuple[Any, ...]]], now: datetime) -> list[Holding]:
    named = {row.public_id: row for row in rows if row.public_id is not None}
    grants = (grant_of(row, row.covers) for row in rows if row.public_id is not None)
    return [
        Holding(
            named[each.grant.public_id].target_id,
            named[each.grant.public_id].slug,
            bool(named[each.grant.public_id].is_off),
            each,
        )
        for each in weigh_holdings(grants, now)
    ]
