"""Heartbeats of people who watch with a seat: both the pool's grant and the seat are checked."""

from datetime import timedelta

import pytest

from lms.core.compiled_statements import Driver
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd
from lms.models.seats import AssignmentEnd, AssignmentState
from lms.playback import heartbeats, progress_bitmap, sessions
from lms.playback.heartbeats import Doubtful, Ended, Kept
from lms.playback.sessions import Screen
from tests.clock import NOW
from tests.factories import make_assignment, make_grant, make_pool, make_pool_grant

YEAR = timedelta(days=365)
LATER = NOW + timedelta(seconds=15)
STILL = progress_bitmap.checked_beat(0.0, 1.0, ())


@pytest.fixture
def seated(database, cast):
    """Open Dan's playback with a seat; return its id, the seat's model and id, and the grant id."""
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, organization, session.get_one(Webinar, cast.webinar_id))
        grant = make_pool_grant(session, pool)
        seat = make_assignment(session, pool, session.get_one(Login, cast.dan.id))
        screen = Screen(login_id=cast.dan.id, sign_in_id=None)
        playback = sessions.open_playback(
            session, screen=screen, webinar_id=cast.webinar_id, now=NOW
        )
        return playback.session_id, type(seat), seat.id, grant.id


def test_playback_with_a_claimed_seat_continues_by_the_fast_path(database, seated):
    with database.transaction() as session:
        answer = heartbeats.keep_swiftly(Driver.of(session), seated[0], beat=STILL, now=LATER)
        assert isinstance(answer, Kept)


def test_released_seat_ends_playback_with_the_reason(database, seated):
    session_id, seats, seat_id, _ = seated
    with database.transaction() as session:
        seat = session.get_one(seats, seat_id)
        seat.state, seat.ended_at = AssignmentState.RELEASED, NOW
        seat.ended_as = AssignmentEnd.REMOVED
        assert heartbeats.keep_beat(session, session_id, beat=STILL, now=LATER) == Ended(
            PlaybackEnd.RELEASED
        )


def test_playback_continues_with_a_grant_of_their_own(database, cast, seated):
    session_id, seats, seat_id, _ = seated
    with database.transaction() as session:
        seat = session.get_one(seats, seat_id)
        seat.state, seat.ended_at = AssignmentState.RELEASED, NOW
        seat.ended_as = AssignmentEnd.REMOVED
        make_grant(
            session, session.get_one(Login, cast.dan.id), session.get_one(Webinar, cast.webinar_id)
        )
        driver = Driver.of(session)
        assert isinstance(
            heartbeats.keep_swiftly(driver, session_id, beat=STILL, now=LATER), Doubtful
        )
        assert isinstance(heartbeats.keep_beat(session, session_id, beat=STILL, now=LATER), Kept)
        assert isinstance(heartbeats.keep_swiftly(driver, session_id, beat=STILL, now=LATER), Kept)


def test_suspended_contract_ends_playback(database, seated):
    session_id, _, _, grant_id = seated
    with database.transaction() as session:
        session.get_one(Grant, grant_id).suspended_at = NOW
        assert heartbeats.keep_beat(session, session_id, beat=STILL, now=LATER) == Ended(
            PlaybackEnd.SUSPENDED
        )


@pytest.mark.parametrize("is_own", [False, True])
def test_webinar_removed_from_passes_ends_playback_with_a_pass(database, cast, is_own):
    with database.transaction() as session:
        if is_own:
            make_grant(session, session.get_one(Login, cast.dan.id), ends_at=NOW + YEAR)
        else:
            organization = session.get_one(Organization, cast.organization_id)
            pool = make_pool(session, organization)
            make_pool_grant(session, pool, ends_at=NOW + YEAR)
            make_assignment(session, pool, session.get_one(Login, cast.dan.id))
        screen = Screen(login_id=cast.dan.id, sign_in_id=None)
        playback = sessions.open_playback(
            session, screen=screen, webinar_id=cast.webinar_id, now=NOW
        )
        driver = Driver.of(session)
        answer = heartbeats.keep_swiftly(driver, playback.session_id, beat=STILL, now=LATER)
        assert isinstance(answer, Kept)
        session.get_one(Webinar, cast.webinar_id).is_in_passes = False
        session.flush()
        answer = heartbeats.keep_swiftly(driver, playback.session_id, beat=STILL, now=LATER)
        assert isinstance(answer, Doubtful)
        ended = heartbeats.keep_beat(session, playback.session_id, beat=STILL, now=LATER)
        assert ended == Ended(PlaybackEnd.REVOKED)


def test_playback_continues_into_the_grace_period_of_a_contract(database, cast):
    ends_at, grace_until = NOW + timedelta(minutes=1), NOW + timedelta(hours=2)
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, organization, session.get_one(Webinar, cast.webinar_id))
        grant = make_pool_grant(session, pool)
        grant.starts_at = NOW - timedelta(days=9)
        grant.ends_at, grant.grace_until = ends_at, grace_until
        session.get_one(Webinar, cast.webinar_id).held_at = NOW - timedelta(days=2)
        make_assignment(session, pool, session.get_one(Login, cast.dan.id))
        session.flush()
        screen = Screen(login_id=cast.dan.id, sign_in_id=None)
        playback = sessions.open_playback(
            session, screen=screen, webinar_id=cast.webinar_id, now=NOW
        )
        assert (playback.expires_at, playback.access_ends_at) == (grace_until, grace_until)
        after = ends_at + timedelta(minutes=1)
        answer = heartbeats.keep_beat(session, playback.session_id, beat=STILL, now=after)
        assert isinstance(answer, Kept)
        answer = heartbeats.keep_beat(session, playback.session_id, beat=STILL, now=grace_until)
        assert isinstance(answer, Ended)
