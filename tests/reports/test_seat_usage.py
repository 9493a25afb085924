"""Seat usage: what an organization's people watch through their seats, while they have them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.models.seats import AssignmentEnd
from lms.playback import heartbeats, sessions
from lms.playback.progress_bitmap import checked_beat
from lms.playback.sessions import Screen
from lms.reports.seat_usage import MonthUse, Usage, read_usage
from lms.seats import allotments
from lms.seats.seat_table import Order, Standing, Wanted, read_rows
from tests.clock import NOW
from tests.factories import make_grant, make_organization, make_recording
from tests.seats.pool_fixtures import FOR_GOOD, Home, let_go, make_home, people, take_seat

UTC_ZONE = ZoneInfo("UTC")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Seated:
    """An organization with a seat, the person who has it, and a recording of 1,000 seconds."""

    home: Home
    login_id: int
    seat: str


@pytest.fixture
def seated(database: Database) -> Seated:
    home = make_home(database, 3, FOR_GOOD)
    with database.transaction() as session:
        webinar = session.get_one(Webinar, home.webinar_id)
        make_recording(session, webinar, seconds=1000.0)
    [pat] = people(database, 1)
    return Seated(home, pat, take_seat(database, home.pool_id, pat, NOW - timedelta(days=1)))


def watch(
    database: Database, who: int, home: Home, upto: float, *, at: datetime, ends: bool = True
) -> str:
    """Watch this many seconds of a webinar, from its beginning."""
    with database.transaction() as session:
        opened = sessions.open_playback(
            session, screen=Screen(who, None), webinar_id=home.webinar_id, now=at
        )
    moment = at + timedelta(seconds=upto)
    with database.transaction() as session:
        beat = checked_beat(upto, 1.0, ((0.0, upto),))
        heartbeats.keep_beat(session, opened.session_id, beat=beat, now=moment)
    if ends:
        with database.transaction() as session:
            sessions.end_session(
                session, opened.session_id, ended_as=PlaybackEnd.CLOSED, now=moment
            )
    return opened.session_id


def usage(database: Database, home: Home, at: datetime) -> Usage:
    with database.read_session() as session:
        return read_usage(session, home.organization_id, zone=UTC_ZONE, now=at)


def month(found: Usage, year: int, number: int) -> MonthUse:
    return next(each for each in found.months if (each.year, each.month) == (year, number))


def test_minutes_and_completions_count_in_the_month_they_were_watched(
    database: Database, seated: Seated
) -> None:
    watch(database, seated.login_id, seated.home, 600.0, at=NOW)
    april = datetime(2026, 4, 10, tzinfo=UTC)
    watch(database, seated.login_id, seated.home, 960.0, at=april)
    found = usage(database, seated.home, april + MINUTE)
    march = month(found, 2026, 3)
    assert (march.minutes, march.completed) == (10, 0)
    after = month(found, 2026, 4)
    assert (after.minutes, after.completed) == (6, 1)
    [pool] = found.pools
    assert (pool.minutes, pool.completed) == (16, 1)


def test_month_starts_and_ends_in_the_organizations_time_zone(
    database: Database, seated: Seated
) -> None:
    late = datetime(2026, 4, 1, 2, tzinfo=UTC)  # still in March in New York
    watch(database, seated.login_id, seated.home, 300.0, at=late)
    with database.read_session() as session:
        where = seated.home.organization_id
        found = read_usage(session, where, zone=ZoneInfo("America/New_York"), now=late + MINUTE)
    assert month(found, 2026, 3).minutes == 5


def test_viewing_after_leaving_does_not_count(database: Database, seated: Seated) -> None:
    watch(database, seated.login_id, seated.home, 300.0, at=NOW)
    left = NOW + timedelta(days=1)
    let_go(database, seated.seat, left, AssignmentEnd.REMOVED)
    with database.transaction() as session:
        make_grant(session, session.get_one(Login, seated.login_id))
    watch(database, seated.login_id, seated.home, 1000.0, at=left + timedelta(hours=1))
    found = usage(database, seated.home, left + timedelta(days=2))
    assert month(found, 2026, 3).minutes == 5
    assert month(found, 2026, 3).completed == 0
    [pool] = found.pools
    assert (pool.minutes, pool.completed, pool.begun) == (5, 0, 1)
    with database.read_session() as session:
        wanted = Wanted(standing=Standing.RELEASED)
        rows = read_rows(session, seated.home.organization_id, wanted, Order(), offset=0)
    assert [round(row.share, 2) for row in rows.items] == [0.3]


def test_session_ended_by_a_release_counts_up_to_the_release(
    database: Database, seated: Seated
) -> None:
    playing = watch(database, seated.login_id, seated.home, 30.0, at=NOW, ends=False)
    left = NOW + timedelta(seconds=40)
    let_go(database, seated.seat, left, AssignmentEnd.REMOVED)
    with database.read_session() as session:
        reached = session.scalar(
            select(PlaybackSession.reached_s).where(PlaybackSession.public_id == playing)
        )
    assert reached == 30


def test_viewing_on_another_screen_is_not_counted_twice(database: Database, seated: Seated) -> None:
    first = watch(database, seated.login_id, seated.home, 300.0, at=NOW, ends=False)
    watch(database, seated.login_id, seated.home, 600.0, at=NOW + timedelta(hours=1))
    with database.transaction() as session:
        sessions.end_idle(session, now=NOW + timedelta(hours=9))
    with database.read_session() as session:
        reached = session.scalar(
            select(PlaybackSession.reached_s).where(PlaybackSession.public_id == first)
        )
    assert reached == 300
    assert month(usage(database, seated.home, NOW + timedelta(days=1)), 2026, 3).minutes == 10


def test_viewing_through_personal_access_does_not_count(database: Database, seated: Seated) -> None:
    [kim] = people(database, 1)
    with database.transaction() as session:
        make_grant(session, session.get_one(Login, kim))
    watch(database, kim, seated.home, 600.0, at=NOW)
    assert month(usage(database, seated.home, NOW + MINUTE), 2026, 3).minutes == 0


def test_viewing_in_an_allotted_seat_counts_for_the_member(
    database: Database, seated: Seated
) -> None:
    with database.transaction() as session:
        branch = make_organization(session)
        session.get_one(Organization, branch.id).parent_id = seated.home.organization_id
        session.flush()
        part = allotments.allot(session, seated.home.pool_id, branch.id, 1, actor=None, now=NOW)
    [kim] = people(database, 1)
    take_seat(database, part.id, kim)
    watch(database, kim, seated.home, 600.0, at=NOW + MINUTE)
    with database.read_session() as session:
        theirs = read_usage(session, branch.id, zone=UTC_ZONE, now=NOW + timedelta(hours=1))
    assert month(theirs, 2026, 3).minutes == 10
    ours = usage(database, seated.home, NOW + timedelta(hours=1))
    assert month(ours, 2026, 3).minutes == 0
