"""The progress of a playback session that is recorded when the session ends."""

from datetime import timedelta

from lms.models.playback import PlaybackEnd, PlaybackSession, Stream, WatchRecord
from lms.playback import sessions
from tests.clock import NOW


def test_session_without_the_stream_keeps_its_progress(database, cast, client):
    here, elsewhere = client.sign_in(cast.alice.id), client.sign_in(cast.alice.id)
    with database.transaction() as session:
        first, second = (
            PlaybackSession(
                login_id=cast.alice.id,
                recording_id=cast.recording_id,
                sign_in_id=sign_in_id,
                opened_at=NOW,
                expires_at=NOW + timedelta(days=1),
                beat_at=NOW,
                began_s=0,
                reached_s=100,
            )
            for sign_in_id in (here, elsewhere)
        )
        session.add_all([first, second])
        session.add(
            WatchRecord(
                login_id=cast.alice.id,
                recording_id=cast.recording_id,
                buckets=b"",
                watched_s=900,
                position_s=900,
                earned_until=NOW,
                updated_at=NOW,
            )
        )
        session.flush()
        session.add(
            Stream(
                login_id=cast.alice.id,
                session_id=second.public_id,
                browser="",
                since=NOW,
                held_until=NOW + timedelta(minutes=1),
            )
        )
        for sign_in_id in (here, elsewhere):
            sessions.end_for_sign_in(session, sign_in_id, ended_as=PlaybackEnd.SIGNED_OUT, now=NOW)
        session.expire_all()
        assert (first.reached_s, second.reached_s) == (100, 900)
