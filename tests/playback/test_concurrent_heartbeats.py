"""Concurrent heartbeats with the fast path: no watched time is lost."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.models.playback import Stream, WatchRecord
from lms.playback import heartbeats, progress_bitmap, sessions
from lms.playback.heartbeats import Doubtful, Kept
from lms.playback.sessions import Screen
from tests.clock import NOW
from tests.servers.databases import on_postgresql

LATER = NOW + timedelta(seconds=60)


def seen(start, end):
    return progress_bitmap.checked_beat(end, 1.0, [(start, end)])


@pytest.fixture
def session_id(database, cast):
    with database.transaction() as session:
        screen = Screen(login_id=cast.alice.id, sign_in_id=None)
        opened = sessions.open_playback(session, screen=screen, webinar_id=cast.webinar_id, now=NOW)
        return opened.session_id


def swiftly(database, session_id, beat):
    with database.driver() as driver:
        return heartbeats.keep_swiftly(driver, session_id, beat=beat, now=LATER)


def watched(database):
    with database.read_session() as session:
        return session.scalars(select(WatchRecord.watched_s)).one()


def test_heartbeat_is_saved_by_the_fast_path(database, session_id):
    answer = swiftly(database, session_id, seen(0, 15))
    assert isinstance(answer, Kept)
    assert watched(database) == 15


def test_heartbeat_that_finds_a_changed_record_is_saved_by_the_slow_path(database, session_id):
    with ThreadPoolExecutor(1) as beside:
        with database.transaction() as session:
            heartbeats.keep_beat(session, session_id, beat=seen(0, 15), now=LATER)
            later = beside.submit(swiftly, database, session_id, seen(15, 30))
            wait([later], timeout=0.3)
        answer = later.result()
    assert isinstance(answer, Doubtful if on_postgresql() else Kept)
    with database.transaction() as session:
        heartbeats.keep_beat(session, session_id, beat=seen(15, 30), now=LATER)
    assert watched(database) == 30


def test_nothing_is_saved_if_another_screen_has_the_stream(database, session_id):
    with database.transaction() as session:
        stream = session.scalars(select(Stream)).one()
        stream.session_id = "another"
    assert isinstance(swiftly(database, session_id, seen(0, 15)), Doubtful)
    assert watched(database) == 0
