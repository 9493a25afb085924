"""Playback sessions: who gets one, what extends it, and what ends it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.access.policy import Code, Turned
from lms.core.errors import NotFound
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant, Withdrawal
from lms.models.playback import PlaybackEnd, PlaybackSession, WatchRecord
from lms.models.recordings import Recording
from lms.playback import heartbeats, progress_bitmap, sessions
from lms.playback.heartbeats import Ended, Kept
from lms.playback.sessions import Playback, Screen
from tests.cast import PASS_ENDS
from tests.clock import NOW
from tests.factories import make_login, make_organization, make_recording, make_webinar

MINUTE = timedelta(minutes=1)


def open_for(session, person, cast, *, now=NOW):
    screen = Screen(login_id=person.id, sign_in_id=None)
    return sessions.open_playback(
        session, screen=screen, webinar_id=cast.webinar_id, takes_over=True, now=now
    )


def beat(session, playback, *, at, spans=(), position=0.0, rate=1.0):
    told = progress_bitmap.checked_beat(position, rate, spans)
    return heartbeats.keep_beat(session, playback.session_id, beat=told, now=at)


def ended_as(session, playback):
    return session.scalar(
        select(PlaybackSession.ended_as).where(PlaybackSession.public_id == playback.session_id)
    )


def test_person_without_access_gets_no_session(database, cast):
    with database.transaction() as session:
        answer = open_for(session, cast.dan, cast)
        assert isinstance(answer, Turned)
        assert answer.code is Code.NO_GRANT
        assert session.scalar(select(PlaybackSession.id)) is None


def test_person_with_an_expired_pass_gets_no_session(database, cast):
    with database.transaction() as session:
        answer = open_for(session, cast.carol, cast)
    assert isinstance(answer, Turned)
    assert answer.code is Code.PASS_EXPIRED


def test_person_with_access_gets_a_session_of_24_hours(database, cast):
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
    assert isinstance(playback, Playback)
    assert playback.expires_at == NOW + timedelta(hours=24)
    assert playback.access_ends_at is None


def test_session_ends_with_the_grant(database, cast):
    late = PASS_ENDS - 10 * MINUTE
    with database.transaction() as session:
        playback = open_for(session, cast.bob, cast, now=late)
    assert playback.expires_at == PASS_ENDS
    assert playback.access_ends_at == PASS_ENDS


def test_a_webinar_without_a_playable_recording_gets_no_session(database, cast):
    with database.transaction() as session:
        webinar = make_webinar(session, free=True)
        screen = Screen(login_id=cast.alice.id, sign_in_id=None)
        answer = sessions.open_playback(session, screen=screen, webinar_id=webinar.id, now=NOW)
        with pytest.raises(NotFound):
            sessions.open_preview(session, screen=screen, webinar_id=webinar.id, now=NOW)
    assert isinstance(answer, Turned)
    assert answer.code is Code.RECORDING_NOT_READY


def test_staff_can_preview_a_recording_without_access(database, cast):
    screen = Screen(login_id=cast.ada.id, sign_in_id=None)
    with database.transaction() as session:
        playback = sessions.open_preview(
            session, screen=screen, webinar_id=cast.webinar_id, now=NOW
        )
    assert playback.expires_at == NOW + timedelta(hours=24)


def test_heartbeat_saves_the_position_and_the_watched_buckets(database, cast):
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        kept = beat(session, playback, at=NOW + timedelta(seconds=15), spans=[(0, 15)], position=15)
    assert isinstance(kept, Kept)
    assert kept.watched_s == 15
    with database.transaction() as session:
        again = open_for(session, cast.alice, cast)
    assert again.place.position_s == 15
    assert again.place.watched_s == 15


def test_forged_first_heartbeat_earns_nothing_even_on_an_old_record(database, cast):
    with database.transaction() as session:
        open_for(session, cast.alice, cast)
        later = NOW + timedelta(days=3)
        playback = open_for(session, cast.alice, cast, now=later)
        kept = beat(session, playback, at=later + timedelta(seconds=15), spans=[(0, 3600)])
    assert kept.verdict is progress_bitmap.Verdict.TOO_SOON
    assert kept.watched_s == 0


def test_progress_of_one_person_does_not_count_for_another(database, cast):
    with database.transaction() as session:
        beat(session, open_for(session, cast.alice, cast), at=NOW + MINUTE, spans=[(0, 15)])
        playback = open_for(session, cast.bob, cast)
    assert playback.place.watched_s == 0


def test_progress_of_a_merged_login_counts(database, cast):
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        beat(session, playback, at=NOW + MINUTE, spans=[(0, 15)], position=15)
        session.get_one(Login, cast.alice.id).merged_into = cast.bob.id
        session.flush()
        playback = open_for(session, cast.bob, cast, now=NOW + 2 * MINUTE)
    assert playback.place.watched_s == 15


def test_position_past_the_end_is_saved_as_the_end(database, cast):
    with database.transaction() as session:
        beat(session, open_for(session, cast.alice, cast), at=NOW + MINUTE, position=9999.0)
        assert session.scalar(select(WatchRecord.position_s)) == 3600.0


def test_new_version_of_another_length_starts_without_progress(database, cast):
    with database.transaction() as session:
        beat(session, open_for(session, cast.alice, cast), at=NOW + MINUTE, spans=[(0, 15)])
        session.get_one(Recording, cast.recording_id).is_current = False
        session.flush()
        webinar = session.get_one(Webinar, cast.webinar_id)
        make_recording(session, webinar, number=2, seconds=1800.0)
        playback = open_for(session, cast.alice, cast)
    assert playback.seconds == 1800.0
    assert playback.place.watched_s == 0


def revoke(session, cast):
    grant = session.scalars(select(Grant).where(Grant.login_id == cast.alice.id)).one()
    grant.revoked_at, grant.revoked_as = NOW, Withdrawal.REVOKED


def block(session, cast):
    session.get_one(Login, cast.alice.id).blocked_at = NOW


def pull(session, cast):
    webinar = session.get_one(Webinar, cast.webinar_id)
    webinar.state, webinar.pulled_reason = WebinarState.PULLED, "A speaker withdrew consent."


def expire(session, cast):
    session.scalars(select(Grant).where(Grant.login_id == cast.alice.id)).one().ends_at = NOW


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (revoke, PlaybackEnd.REVOKED),
        (block, PlaybackEnd.BLOCKED),
        (pull, PlaybackEnd.PULLED),
        (expire, PlaybackEnd.EXPIRED),
    ],
)
def test_heartbeat_ends_the_session_once_access_is_lost(database, cast, act, reason):
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        act(session, cast)
        session.flush()
        answer = beat(session, playback, at=NOW + timedelta(seconds=15), spans=[(0, 15)])
        assert answer == Ended(reason)
        assert ended_as(session, playback) is reason
        assert session.scalar(select(WatchRecord.watched_s)) == 0


def test_heartbeat_of_an_ended_session_gets_the_reason(database, cast):
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        sessions.end_session(session, playback.session_id, ended_as=PlaybackEnd.SIGNED_OUT, now=NOW)
        assert beat(session, playback, at=NOW + MINUTE) == Ended(PlaybackEnd.SIGNED_OUT)


def test_heartbeat_after_24_hours_ends_the_session(database, cast):
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        assert beat(session, playback, at=NOW + timedelta(hours=24)) == Ended(PlaybackEnd.EXPIRED)


def test_progress_up_to_the_end_of_a_session_is_saved(database, cast):
    day = timedelta(hours=24)
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        beat(session, playback, at=NOW + day - timedelta(seconds=15), spans=[(0, 15)])
        late = NOW + day + timedelta(seconds=5)
        assert beat(session, playback, at=late, spans=[(15, 35)]) == Ended(PlaybackEnd.EXPIRED)
        assert session.scalar(select(WatchRecord.watched_s)) == 30


def ended_at(session, playback, moment):
    """End a session by releasing its seat at the given time."""
    sessions.end_session(session, playback.session_id, ended_as=PlaybackEnd.RELEASED, now=moment)


def test_late_heartbeat_does_not_move_a_paused_position(database, cast):
    second = timedelta(seconds=1)
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        beat(session, playback, at=NOW + 15 * second, spans=[(0, 15)], position=15)
        ended_at(session, playback, NOW + 16 * second)
        beat(session, playback, at=NOW + 31 * second, position=15.2)
        assert session.scalar(select(WatchRecord.position_s)) == 15


def test_late_heartbeat_counts_only_up_to_the_end(database, cast):
    second = timedelta(seconds=1)
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        beat(session, playback, at=NOW + 15 * second, spans=[(0, 15)], position=15)
        ended_at(session, playback, NOW + 22 * second)
        beat(session, playback, at=NOW + 30 * second, spans=[(15, 30)], position=30)
        assert session.scalar(select(WatchRecord.position_s)) == 22
        assert session.scalar(select(WatchRecord.watched_s)) == 20


def test_late_heartbeat_saves_a_position_after_seeking_back(database, cast):
    second = timedelta(seconds=1)
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        beat(session, playback, at=NOW + 15 * second, spans=[(0, 15)], position=600)
        ended_at(session, playback, NOW + 16 * second)
        beat(session, playback, at=NOW + 20 * second, spans=[(100, 105)], position=105)
        assert session.scalar(select(WatchRecord.position_s)) == 101


def test_late_heartbeat_does_not_overwrite_the_next_session(database, cast):
    second = timedelta(seconds=1)
    with database.transaction() as session:
        first = open_for(session, cast.alice, cast)
        beat(session, first, at=NOW + 15 * second, spans=[(0, 15)], position=15)
        ended_at(session, first, NOW + 16 * second)
        second_one = open_for(session, cast.alice, cast, now=NOW + 17 * second)
        beat(session, second_one, at=NOW + 32 * second, spans=[(600, 615)], position=615)
        beat(session, first, at=NOW + 40 * second, spans=[(15, 16)], position=16)
        place = session.execute(select(WatchRecord.position_s, WatchRecord.updated_at)).one()
        assert place == (615, NOW + 32 * second)


def test_heartbeat_of_an_unknown_session_is_not_found(database, cast):
    with database.transaction() as session, pytest.raises(NotFound):
        heartbeats.keep_beat(
            session, "x" * 26, beat=progress_bitmap.checked_beat(0, 1, ()), now=NOW
        )


def test_first_reason_for_ending_a_session_stays(database, cast):
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        first = sessions.end_session(
            session, playback.session_id, ended_as=PlaybackEnd.REVOKED, now=NOW
        )
        second = sessions.end_session(
            session, playback.session_id, ended_as=PlaybackEnd.CLOSED, now=NOW
        )
        assert (first, second) == (1, 0)
        assert ended_as(session, playback) is PlaybackEnd.REVOKED


def test_ending_sessions_of_a_login_leaves_other_people_playing(database, cast):
    with database.transaction() as session:
        hers = open_for(session, cast.alice, cast)
        his = open_for(session, cast.bob, cast)
        sessions.end_for_login(session, cast.alice.id, ended_as=PlaybackEnd.BLOCKED, now=NOW)
        assert ended_as(session, hers) is PlaybackEnd.BLOCKED
        assert ended_as(session, his) is None


def test_ending_for_a_sign_in_ends_only_sessions_of_that_browser(database, cast, client):
    here, elsewhere = client.sign_in(cast.alice.id), client.sign_in(cast.alice.id)
    with database.transaction() as session:
        playback = sessions.open_playback(
            session,
            screen=Screen(login_id=cast.alice.id, sign_in_id=here),
            webinar_id=cast.webinar_id,
            now=NOW,
        )
        sessions.end_for_sign_in(session, elsewhere, ended_as=PlaybackEnd.SIGNED_OUT, now=NOW)
        assert ended_as(session, playback) is None
        sessions.end_for_sign_in(session, here, ended_as=PlaybackEnd.SIGNED_OUT, now=NOW)
        assert ended_as(session, playback) is PlaybackEnd.SIGNED_OUT


def test_ending_for_a_webinar_ends_sessions_of_every_version(database, cast):
    with database.transaction() as session:
        playback = open_for(session, cast.alice, cast)
        session.get_one(Recording, cast.recording_id).is_current = False
        session.flush()
        make_recording(session, session.get_one(Webinar, cast.webinar_id), number=2)
        newer = open_for(session, cast.bob, cast)
        sessions.end_for_webinar(session, cast.webinar_id, ended_as=PlaybackEnd.PULLED, now=NOW)
        assert ended_as(session, playback) is ended_as(session, newer) is PlaybackEnd.PULLED


def test_session_without_a_heartbeat_for_four_hours_is_ended(database, cast):
    with database.transaction() as session:
        silent = open_for(session, cast.alice, cast)
        heard = open_for(session, cast.bob, cast)
        beat(session, heard, at=NOW + timedelta(hours=2))
        assert sessions.end_idle(session, now=NOW + timedelta(hours=4)) == 1
        assert ended_as(session, silent) is PlaybackEnd.IDLE
        assert ended_as(session, heard) is None


def test_unknown_login_gets_no_session(database, cast):
    with database.transaction() as session:
        stranger = make_login(session)
        session.delete(stranger)
        session.flush()
        with pytest.raises(NotFound):
            open_for(session, stranger, cast)


def test_previews_are_deleted_after_a_month_and_other_sessions_are_kept(database, cast):
    ended = NOW + timedelta(hours=1)
    with database.transaction() as session:
        webinar_id = cast.webinar_id
        staff, alice = Screen(cast.ada.id, None), Screen(cast.alice.id, None)
        preview = sessions.open_preview(session, screen=staff, webinar_id=webinar_id, now=NOW)
        watched = sessions.open_playback(session, screen=alice, webinar_id=webinar_id, now=NOW)
        for each in (preview, watched):
            sessions.end_session(session, each.session_id, ended_as=PlaybackEnd.CLOSED, now=ended)
    for days, kept in ((29, 2), (31, 1)):
        with database.transaction() as session:
            sessions.forget_previews(session, now=NOW + timedelta(days=days))
            left = session.scalars(select(PlaybackSession.is_preview)).all()
        assert len(left) == kept
    assert left == [False]


def test_repeated_views_without_progress_are_deleted_after_three_years(database, cast):
    def add(began_s, reached_s, *, login=cast.alice, organization_id=None):
        return PlaybackSession(
            login_id=login.id,
            recording_id=cast.recording_id,
            sign_in_id=None,
            organization_id=organization_id,
            opened_at=NOW,
            expires_at=NOW + timedelta(days=1),
            beat_at=NOW,
            began_s=began_s,
            reached_s=reached_s,
            ended_at=NOW,
            ended_as=PlaybackEnd.CLOSED,
        )

    with database.transaction() as session:
        elm = make_organization(session, "elm-frames").id
        first, repeat = add(0, 600), add(600, 600)
        more, other_person = add(600, 900), add(900, 900, login=cast.bob)
        in_a_frame, empty = add(900, 900, organization_id=elm), add(None, None)
        every = [first, repeat, more, other_person, in_a_frame, empty]
        session.add_all(every)
        session.flush()
        ids = [each.id for each in every]
    for years, kept in ((2, ids), (4, [ids[0], ids[2], ids[3], ids[4]])):
        with database.transaction() as session:
            sessions.forget_repeats(session, now=NOW + timedelta(days=365 * years))
            query = select(PlaybackSession.id).order_by(PlaybackSession.id)
            assert session.scalars(query).all() == kept
