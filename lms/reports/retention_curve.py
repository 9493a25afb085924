"""The retention curve: which parts of a recording people watch and where they stop.

It includes at least five people, and always everyone who has watched, at any time: the difference
between two curves of other days or people could reveal one person's viewing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Select, Subquery, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from lms.core.list_queries import count_rows
from lms.models.accounts import Login
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.models.seats import Assignment, Pool
from lms.playback.progress_bitmap import BUCKET_S, Tally, merge, share
from lms.reports.periods_and_count_suppression import LEAST
from lms.reports.viewing_queries import Whose, is_known, person
from lms.seats.watch_progress import COMPLETED_FROM, covers

AT_ONCE: Final = 5_000  # bitmaps in memory, 90 bytes for each hour
MOST_STRETCHES: Final = 60
MOST_STOPS: Final = 12
LENGTHS_S: Final = (5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a recording, in seconds; `share` of the people who started have watched it, 0 to 1."""

    starts_s: float
    ends_s: float
    share: float


@dataclass(frozen=True, slots=True)
class Stop:
    """A part of a recording, and how many people who have not finished stopped in it."""

    starts_s: float
    ends_s: float
    people: int


@dataclass(frozen=True, slots=True)
class Heat:
    """The curve of one recording. `stops` is empty if fewer than five people have stopped."""

    seconds: float
    people: int
    stretches: tuple[Stretch, ...]
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class NoHeat:
    """There is no curve: there is no recording, or fewer than five people have watched."""

    has_recording: bool


def read_heat(session: Session, whose: Whose, webinar_id: int) -> Heat | NoHeat:
    """Return the curve of a webinar's current recording.

    For an organization, includes only what its people watched while they had a seat; people who
    continued after they left are excluded.
    """
    played = session.execute(
        select(Recording.id, Recording.seconds).where(
            Recording.webinar_id == webinar_id, Recording.is_current, Recording.seconds > 0
        )
    ).one_or_none()
    if played is None or not played.seconds:
        return NoHeat(has_recording=False)
    asked = _records(whose, played.id)
    if _count(session, asked) < LEAST:
        return NoHeat(has_recording=True)
    return drawn(_people(_rows(session, asked), played.seconds), played.seconds)


def drawn(people: Iterable[tuple[bytes, float]], seconds: float) -> Heat | NoHeat:
    """Return the curve of people's buckets and last positions."""
    tally, count, stops = Tally(), 0, []
    for buckets, position_s in people:
        tally.add(buckets)
        count += 1
        if share(buckets, seconds) < COMPLETED_FROM:
            stops.append(min(position_s, seconds))
    if count < LEAST:
        return NoHeat(has_recording=True)
    stretches = tuple(_stretches(tally.counts(seconds), count, seconds))
    return Heat(seconds, count, stretches, tuple(_stops(stops, seconds)))


def _records(whose: Whose, recording_id: int) -> Select[Any]:
    asked: Any = (
        select(
            person.label("person"),
            WatchRecord.id,
            WatchRecord.buckets,
            WatchRecord.position_s,
            WatchRecord.updated_at,
        )
        .join_from(WatchRecord, Login, Login.id == WatchRecord.login_id)
        .where(WatchRecord.recording_id == recording_id, WatchRecord.watched_s > 0, is_known())
    )
    found: Select[Any] = asked
    if whose.organization_id is None:
        return found
    pools = (
        select(Pool.id)
        .join(Recording, Recording.id == recording_id)
        .where(whose.is_of(Pool.organization_id), covers(Recording))
        .subquery()
    )
    return found.where(_watched_in_a_seat(pools))


def _watched_in_a_seat(pools: Subquery) -> Any:  # noqa: ANN401  (a condition)
    own, theirs, other = aliased(Assignment), aliased(Assignment), aliased(Login)
    mine = exists().where(
        own.pool_id.in_(select(pools.c.id)),
        own.login_id.in_((Login.id, Login.merged_into)),
        _is_whole(own),
    )
    by_another = exists().where(
        other.merged_into == person,
        other.merged_into > 0,
        theirs.login_id == other.id,
        theirs.pool_id.in_(select(pools.c.id)),
        _is_whole(theirs),
    )
    return or_(mine, by_another)


def _is_whole(seat: type[Assignment]) -> Any:  # noqa: ANN401  (a condition)
    return and_(
        seat.claimed_at.is_not(None),
        or_(seat.ended_at.is_(None), WatchRecord.updated_at <= seat.ended_at),
    )


def _count(session: Session, asked: Select[Any]) -> int:
    return count_rows(session, asked.with_only_columns(person).distinct())


def _rows(session: Session, asked: Select[Any]) -> Iterator[Any]:
    """Yield the records ordered by person, reading them in batches."""
    ordered = asked.order_by(person, WatchRecord.id).limit(AT_ONCE)
    found = session.execute(ordered).all()
    while found:
        yield from found
        last = found[-1]
        beyond = or_(person > last.person, and_(person == last.person, WatchRecord.id > last.id))
        found = session.execute(ordered.where(beyond)).all() if len(found) == AT_ONCE else []


def _people(rows: Iterable[Any], seconds: float) -> Iterator[tuple[bytes, float]]:
    """Yield each person's buckets, merged over their logins, and their last position."""
    for _person, theirs in groupby(rows, key=lambda row: row.person):
        buckets = b""
        records = list(theirs)
        for row in records:
            buckets = merge(buckets, row.buckets, seconds=seconds)
        yield buckets, max(records, key=lambda row: row.updated_at).position_s


def _stretches(counts: Sequence[int], people: int, seconds: float) -> Iterator[Stretch]:
    length = _length(seconds, MOST_STRETCHES)
    each = length // BUCKET_S
    for first in range(0, len(counts), each):
        inside = counts[first : first + each]
        ends = min(float((first + each) * BUCKET_S), seconds)
        yield Stretch(first * BUCKET_S, ends, sum(inside) / len(inside) / people)


def _stops(places: Sequence[float], seconds: float) -> Iterator[Stop]:
    if len(places) < LEAST:
        return
    length = _length(seconds, MOST_STOPS)
    for starts in range(0, max(1, -int(-seconds // length)) * length, length):
        ends = min(float(starts + length), seconds)
        is_last = ends >= seconds
        inside = sum(starts <= place < ends or (is_last and place >= ends) for place in places)
        yield Stop(float(starts), ends, inside)


def _length(seconds: float, most: int) -> int:
    return next((each for each in LENGTHS_S if seconds / each <= most), LENGTHS_S[-1])
