"""How an organisation's seats are used: in all, by pool, and month by month."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.models.seats import Assignment, Pool
from lms.seat_table import COMPLETED_FROM, records_of

MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class PoolUse:
    """The use of one pool by whoever has or had a seat in it; `minutes` were seen at least once."""

    pool_id: str
    claimed: int
    begun: int
    completed: int
    minutes: int


@dataclass(frozen=True, slots=True)
class MonthUse:
    """One month: seats claimed in it, and held at its end (or now)."""

    year: int
    month: int
    claimed: int
    held: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What the report shows; months oldest first."""

    pools: tuple[PoolUse, ...]
    months: tuple[MonthUse, ...]


def read_usage(session: Session, organisation_id: int, *, zone: ZoneInfo, now: datetime) -> Usage:
    """Return an organisation's use; months begin and end in its zone."""
    return Usage(
        _pools(session, organisation_id), tuple(_months(session, organisation_id, zone, now))
    )


def _pools(session: Session, organisation_id: int) -> tuple[PoolUse, ...]:
    mine = Assignment.pool_id.in_(select(Pool.id).where(Pool.organisation_id == organisation_id))
    each = records_of(mine)
    of_webinar = (
        select(
            each.c.assignment_id,
            each.c.webinar_id,
            func.max(each.c.watched_s).label("watched_s"),
            func.max(each.c.watched_s / each.c.seconds).label("share"),
        )
        .group_by(each.c.assignment_id, each.c.webinar_id)
        .subquery()
    )
    watched = session.execute(
        select(
            Assignment.pool_id,
            func.count(func.distinct(Assignment.login_id)),
            func.count().filter(of_webinar.c.share >= COMPLETED_FROM),
            func.sum(of_webinar.c.watched_s),
        )
        .join(of_webinar, of_webinar.c.assignment_id == Assignment.id)
        .group_by(Assignment.pool_id)
    )
    use = {pool_id: (begun, completed, seconds) for pool_id, begun, completed, seconds in watched}
    claimed = session.execute(
        select(Pool.id, Pool.public_id, func.count(Assignment.claimed_at))
        .outerjoin(Assignment, (Assignment.pool_id == Pool.id) & Assignment.ended_at.is_(None))
        .where(Pool.organisation_id == organisation_id)
        .group_by(Pool.id, Pool.public_id)
        .order_by(Pool.id)
    )
    found = []
    for pool_id, public_id, count in claimed:
        begun, completed, seconds = use.get(pool_id, (0, 0, 0))
        found.append(PoolUse(public_id, count, begun, completed, round(int(seconds) / 60)))
    return tuple(found)


def _months(
    session: Session, organisation_id: int, zone: ZoneInfo, now: datetime
) -> Iterator[MonthUse]:
    spans = session.execute(
        select(Assignment.claimed_at, Assignment.ended_at)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(Pool.organisation_id == organisation_id, Assignment.claimed_at.is_not(None))
    )
    claimed: Counter[int] = Counter()
    change: dict[int, int] = defaultdict(int)
    for began, ended in spans:
        assert began is not None  # noqa: S101  (the statement asks for those alone)
        claimed[_number(began, zone)] += 1
        change[_number(began, zone)] += 1
        if ended is not None:
            change[_number(ended, zone)] -= 1
    last = _number(now, zone)
    first = last - MONTHS + 1
    held = sum(count for number, count in change.items() if number < first)
    for number in range(first, last + 1):
        held += change.get(number, 0)
        year, month = divmod(number, 12)
        yield MonthUse(year, month + 1, claimed[number], held)


def _number(moment: datetime, zone: ZoneInfo) -> int:
    there = moment.astimezone(zone)
    return there.year * 12 + there.month - 1
