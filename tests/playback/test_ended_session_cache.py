"""Ended sessions are cached in memory and noticed within seconds, with few database queries."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from lms.core.database import Database
from lms.models.playback import PlaybackEnd
from lms.playback import sessions
from lms.playback.ended_session_cache import EndedSessionCache
from lms.playback.sessions import LONGEST, Screen
from tests.clock import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture
def live(database, clock):
    return EndedSessionCache(database)


@pytest.fixture
def playing(database, cast):
    with database.transaction() as session:
        screen = Screen(login_id=cast.alice.id, sign_in_id=None)
        playback = sessions.open_playback(
            session, screen=screen, webinar_id=cast.webinar_id, now=NOW
        )
    return playback.session_id


@pytest.fixture
def statements(database):
    heard = []

    def hear(conn, cursor, statement, *rest):
        heard.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(database.engine, "before_cursor_execute", hear)


def end(database, session_id, at):
    with database.transaction() as session:
        sessions.end_session(session, session_id, ended_as=PlaybackEnd.REVOKED, now=at)


def test_session_that_ended_before_this_process_started_is_not_live(database, playing, clock, live):
    end(database, playing, NOW)
    clock.advance(timedelta(hours=20))
    assert not live(playing)


def test_session_ended_by_another_process_is_noticed_within_two_seconds(
    database, playing, clock, live
):
    assert live(playing)
    end(database, playing, clock.advance(SECOND))
    clock.advance(SECOND)
    assert not live(playing)


def test_end_that_was_committed_late_is_noticed(database, playing, clock, live):
    assert live(playing)
    clock.advance(90 * SECOND)
    assert live(playing)
    end(database, playing, NOW + 5 * SECOND)
    clock.advance(2 * SECOND)
    assert not live(playing)


def test_media_request_makes_no_query_while_the_cache_is_fresh(playing, clock, live, statements):
    live(playing)
    del statements[:]
    for _ in range(100):
        live(playing)
    assert statements == []


def test_database_is_queried_at_most_once_in_two_seconds(playing, clock, live, statements):
    for _ in range(40):
        live(playing)
        clock.advance(SECOND / 4)
    assert sum("playback_session" in each for each in statements) == 5


def test_ended_session_is_noticed_after_the_clock_was_set_back(database, playing, clock, live):
    clock.advance(timedelta(hours=1))
    assert live(playing)
    clock.set(NOW)
    end(database, playing, NOW)
    assert not live(playing)


def test_expired_sessions_are_removed_from_the_cache(database, playing, clock, live):
    end(database, playing, NOW)
    assert not live(playing)
    clock.advance(LONGEST + timedelta(minutes=10))
    live(playing)
    assert live._ended == {}


def test_no_session_is_live_if_the_database_was_never_reached(tmp_path):
    live = EndedSessionCache(Database(f"sqlite:///{tmp_path}/nothing/here"))
    assert not live("x" * 26)


def test_playing_continues_for_30_seconds_without_the_database(database, playing, clock, live):
    assert live(playing)
    live._database = Database("sqlite:////nowhere/at/all")
    clock.advance(29 * SECOND)
    assert live(playing)
    clock.advance(2 * SECOND)
    assert not live(playing)
