"""Media delivery in front of the pages: who can use an open session, and how soon it ends."""

import pytest

from lms.core.clock import now
from lms.models.playback import PlaybackEnd
from lms.playback import sessions
from lms.web.wsgi_middleware_stack import front
from tests.player import open_playback


@pytest.fixture
def alice(app, carrel, client, cast, storage, database):
    """Alice's player, with the media middleware in front of the app."""
    app.wsgi_app = front(app, carrel)
    client.sign_in(cast.alice.id)
    player = open_playback(client, cast.slug)
    prefix = carrel.signer.read(player.token, 0).prefix
    storage.put_bytes(f"{prefix}/run/high.mp4", b"0123456789", "video/mp4")
    storage.put_bytes(f"{prefix}/captions/c.vtt", b"WEBVTT\n", "text/vtt")
    return player


def test_media_url_works_only_in_its_own_browser(app, alice):
    answer = alice.get("run/high.mp4", headers={"Range": "bytes=2-4"})
    assert (answer.status_code, answer.data) == (206, b"234")
    copied = alice.without_cookies(app).get("run/high.mp4", headers={"Range": "bytes=2-4"})
    assert copied.status_code == 403


def test_captions_are_served_under_the_same_token(alice):
    answer = alice.get("captions/c.vtt")
    assert answer.data == b"WEBVTT\n"
    assert answer.content_type.startswith("text/vtt")


def test_another_persons_signed_in_browser_is_refused(app, cast, alice):
    other = app.test_client()
    other.sign_in(cast.dan.id)
    assert type(alice)(other, alice.addresses).get("run/high.mp4").status_code == 403


def test_another_browser_is_refused(alice):
    assert alice.get("run/high.mp4", headers={"User-Agent": "curl/8"}).status_code == 403


def test_another_network_is_refused(alice):
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert alice.get("run/high.mp4", environ_overrides=elsewhere).status_code == 403


def test_forwarded_address_is_ignored_without_a_trusted_proxy(alice):
    forged = {"X-Forwarded-For": "203.0.113.9"}
    assert alice.get("run/high.mp4", headers=forged).status_code == 200


def test_altered_media_url_is_not_found(alice):
    altered = alice.token[:9] + ("B" if alice.token[9] == "A" else "A") + alice.token[10:]
    answer = alice.client.get(f"/media/{altered}/run/high.mp4")
    assert answer.status_code == 404


def test_another_recording_is_not_found_under_the_token(alice):
    assert alice.get("../other/run/high.mp4").status_code == 404


def test_ended_session_is_refused_within_seconds(app, alice, carrel, database):
    assert alice.get("run/high.mp4").status_code == 200
    session_id = carrel.signer.read(alice.token, 0).session
    with database.transaction() as session:
        sessions.end_session(session, session_id, ended_as=PlaybackEnd.SIGNED_OUT, now=now())
    # A new front reads ended sessions at once, as this one does after two seconds.
    app.wsgi_app = front(app, carrel)
    assert alice.get("run/high.mp4").status_code == 403
    assert alice.without_cookies(app).get("run/high.mp4").status_code == 403
