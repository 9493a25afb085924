"""Seat usage of an organization: in total, by pool, and by month."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.playback import PlaybackSession
from lms.models.recordings import Recording
from lms.models.seats import Assignment, Pool
from lms.seats.watch_progress import COMPLETED_FROM, records_of

MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class PoolUse:
    """The use of one pool by people who have or had a seat in it; `minutes` count each part once.

    Viewing after a person left the pool is excluded.
    """

    pool_id: str
    claimed: int
    begun: int
    completed: int
    minutes: int


@dataclass(frozen=True, slots=True)
class MonthUse:
    """One month: seats claimed in it and owned at its end (or now), and what was watched in it.

    `minutes` and `completed` count only viewing by people through the seat that they had then.
    """

    year: int
    month: int
    claimed: int
    held: int
    minutes: int
    completed: int


@dataclass(frozen=True, slots=True)
class Usage:
    """The data of the report; months oldest first."""

    pools: tuple[PoolUse, ...]
    months: tuple[MonthUse, ...]


def read_usage(session: Session, organization_id: int, *, zone: ZoneInfo, now: datetime) -> Usage:
    """Return an organization's usage; months begin in its zone."""
    return Usage(
        _pools(session, organization_id), tuple(_months(session, organization_id, zone, now))
    )


def _pools(session: Session, organization_id: int) -> tuple[PoolUse, ...]:
    its_pools = Pool.organization_id.in_(family_of(organization_id))
    mine = Assignment.pool_id.in_(select(Pool.id).where(its_pools))
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
        .where(its_pools)
        .group_by(Pool.id, Pool.public_id)
        .order_by(Pool.id)
    )
    found = []
    for pool_id, public_id, count in claimed:
        begun, completed, seconds = use.get(pool_id, (0, 0, 0))
        found.append(PoolUse(public_id, count, begun, completed, round(int(seconds) / 60)))
    return tuple(found)


def _months(
    session: Session, organization_id: int, zone: ZoneInfo, now: datetime
) -> Iterator[MonthUse]:
    spans = session.execute(
        select(Assignment.claimed_at, Assignment.ended_at)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(
            Pool.organization_id.in_(family_of(organization_id)),
            Assignment.claimed_at.is_not(None),
        )
    )
    claimed: Counter[int] = Counter()
    change: dict[int, int] = defaultdict(int)
    for began, ended in spans:
        assert began is not None  # noqa: S101  (the query selects claimed seats only)
        claimed[_number(began, zone)] += 1
        change[_number(began, zone)] += 1
        if ended is not None:
            change[_number(ended, zone)] -= 1
    last = _number(now, zone)
    first = last - MONTHS + 1
    watched = _watched(
        session, organization_id, [_begins(each, zone) for each in range(first, last + 2)]
    )
    held = sum(count for number, count in change.items() if number < first)
    for number in range(first, last + 1):
        held += change.get(number, 0)
        year, month = divmod(number, 12)
        seconds, completed = watched[number - first]
        yield MonthUse(year, month + 1, claimed[number], held, round(seconds / 60), completed)


def _watched(
    session: Session, organization_id: int, bounds: Sequence[datetime]
) -> list[tuple[int, int]]:
    """Return the seconds watched and webinars completed between consecutive bounds.

    A session counts in the month it began, and only while its person had a seat in the pool whose grant
    admitted them; for an allotted pool, the grant is that of the pool it was allotted from.
    """
    begun, reached = PlaybackSession.began_s, PlaybackSession.reached_s
    enough = COMPLETED_FROM * Recording.seconds
    has_completed = and_(begun < enough, reached >= enough)
    columns: list[ColumnElement[int]] = []
    for starts, ends in pairwise(bounds):
        within = and_(PlaybackSession.opened_at >= starts, PlaybackSession.opened_at < ends)
        columns.append(func.coalesce(func.sum(case((within, reached - begun), else_=0)), 0))
        columns.append(func.coalesce(func.sum(case((and_(within, has_completed), 1), else_=0)), 0))
    row = session.execute(
        select(*columns)
        .select_from(Pool)
        .join(Grant, Grant.pool_id == func.coalesce(Pool.allotted_from_id, Pool.id))
        .join(PlaybackSession, PlaybackSession.grant_id == Grant.id)
        .join(Recording, Recording.id == PlaybackSession.recording_id)
        .join(Login, Login.id == PlaybackSession.login_id)
        .join(
            Assignment,
            and_(
                Assignment.pool_id == Pool.id,
                Assignment.login_id.in_((PlaybackSession.login_id, Login.merged_into)),
                Assignment.claimed_at <= PlaybackSession.opened_at,
                or_(
                    Assignment.ended_at.is_(None),
                    Assignment.ended_at > PlaybackSession.opened_at,
                ),
            ),
        )
        .where(
            Pool.organization_id.in_(family_of(organization_id)),
            PlaybackSession.opened_at >= bounds[0],
            reached > begun,
        )
    ).one()
    return [(int(row[place]), int(row[place + 1])) for place in range(0, len(row), 2)]


def _begins(number: int, zone: ZoneInfo) -> datetime:
    year, month = divmod(number, 12)
    return datetime(year, month + 1, 1, tzinfo=zone)


def _number(at: datetime, zone: ZoneInfo) -> int:
    there = at.astimezone(zone)
    return there.year * 12 + there.month - 1
