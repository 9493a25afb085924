"""Opening playback, heartbeats, and the reason why a session ended."""

import json
from base64 import b64decode
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.access.explanations import ACCESS_REMOVED, NO_ACCESS
from lms.models.grants import Grant, Withdrawal
from lms.models.playback import PlaybackEnd, PlaybackSession, WatchRecord
from lms.models.recordings import Caption
from lms.playback import heartbeats, sessions
from lms.web.playback.session_opening_and_end_reasons import ENDINGS
from media.delivery.media_tokens import fingerprint
from tests.clock import NOW
from tests.factories import make_webinar
from tests.page_texts import as_shown
from tests.player import Player, open_playback

SECONDS_15 = timedelta(seconds=15)


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def alice(client, cast):
    client.sign_in(cast.alice.id)
    return open_playback(client, cast.slug)


def test_playback_requires_sign_in(client, cast):
    answer = client.post(f"/webinars/{cast.slug}/playback", json={})
    assert answer.status_code == 403


def test_person_without_access_sees_the_reason_and_next_step(client, cast):
    client.sign_in(cast.dan.id)
    answer = client.post(f"/webinars/{cast.slug}/playback", json={})
    assert answer.status_code == 403
    assert answer.json["code"] == "NO_GRANT"
    assert answer.json["sentence"] == as_shown(NO_ACCESS)
    assert answer.json["step_url"] == f"/webinars/{cast.slug}#buy"


def test_a_preview_is_for_staff_only(client, cast):
    client.sign_in(cast.alice.id)
    answer = client.post(f"/webinars/{cast.slug}/playback", json={"preview": True})
    assert answer.status_code == 404


def test_staff_can_preview_without_access(client, cast):
    client.sign_in(cast.ada.id)
    assert client.post(f"/webinars/{cast.slug}/playback", json={}).status_code == 403
    player = open_playback(client, cast.slug, preview=True)
    assert player.addresses["seconds"] == 3600


def test_ended_staff_preview_offers_to_continue_not_to_buy(client, cast):
    client.sign_in(cast.ada.id)
    player = open_playback(client, cast.slug, preview=True)
    told = client.post(player.addresses["why"]).json
    assert (told["may_reopen"], told["step_url"]) == (True, None)


def test_unknown_webinar_is_not_found(client, cast):
    client.sign_in(cast.alice.id)
    assert client.post("/webinars/nothing/playback", json={}).status_code == 404


@pytest.mark.parametrize(
    "sent", ["[" * 60_000, '{"a":' * 10_000, "1" * 6_000, "NaN", "{", "[1]", ""]
)
def test_malformed_request_body_is_ignored(client, cast, sent):
    client.sign_in(cast.alice.id)
    address = f"/webinars/{cast.slug}/playback"
    answer = client.post(address, data=sent, content_type="application/json")
    assert (answer.status_code, answer.json["seconds"]) == (200, 3600)


def test_opening_requires_the_form_token(client, cast):
    client.sign_in(cast.alice.id)
    address = f"/webinars/{cast.slug}/playback"
    assert (
        client.post(
            address, json={}, headers={"X-CSRFToken": "", "Accept": "application/json"}
        ).status_code
        == 400
    )


def test_person_with_access_gets_the_media_addresses(alice, cast):
    assert alice.addresses["hls"].startswith("/media/")
    assert alice.addresses["hls"].endswith("/master.m3u8")
    assert alice.addresses["resume_s"] == 0


def test_token_is_bound_to_cookie_browser_and_network(alice, carrel):
    ticket = carrel.signer.read(alice.token, NOW.timestamp())
    assert ticket.agent == fingerprint(alice.agent)
    assert ticket.network == "127.0.0.0/24"
    assert ticket.cookie


def test_native_player_token_is_not_bound_to_the_user_agent(client, cast, carrel):
    client.sign_in(cast.alice.id)
    player = open_playback(client, cast.slug, native=True)
    assert carrel.signer.read(player.token, NOW.timestamp()).agent == ""


def test_heartbeat_saves_progress(alice, clock):
    clock.advance(SECONDS_15)
    answer = alice.beat(position=15.0, spans=[[0, 15]])
    assert answer.status_code == 200
    assert answer.json["verdict"] == "kept"
    assert b64decode(answer.json["watched"])[0] == 0b111


def test_heartbeat_can_be_a_plain_text_beacon(client, alice, clock):
    clock.advance(SECONDS_15)
    told = json.dumps({"position": 15.0, "rate": 1, "spans": [[0, 15]]})
    answer = client.post(
        alice.addresses["beat"],
        data=told,
        content_type="text/plain;charset=UTF-8",
        headers={"User-Agent": alice.agent},
    )
    assert answer.json["verdict"] == "kept"


def test_player_resumes_where_it_stopped(client, cast, alice, clock):
    clock.advance(SECONDS_15)
    alice.beat(position=754.2)
    again = open_playback(client, cast.slug, take_over=True)
    assert again.addresses["resume_s"] == 754.2


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"[]",
        b"{}",
        b'{"position": "x", "rate": 1, "spans": []}',
        b'{"position": NaN, "rate": 1, "spans": []}',
        b'{"position": 1, "rate": 1, "spans": [[1]]}',
        b'{"position": 1, "rate": 1, "spans": 7}',
        b'{"position": 1' + b"0" * 400 + b', "rate": 1, "spans": []}',
        b"[" * 50_000,
        b" " * 70_000,
    ],
)
def test_invalid_heartbeat_is_refused_and_saves_nothing(client, alice, database, told):
    answer = client.post(
        alice.addresses["beat"],
        data=told,
        headers={"User-Agent": alice.agent, "Accept": "application/json"},
    )
    assert answer.status_code == 400
    with database.read_session() as session:
        assert session.scalar(select(WatchRecord.watched_s)) == 0


def test_forged_heartbeat_earns_nothing(alice, clock):
    clock.advance(SECONDS_15)
    answer = alice.beat(position=3600.0, spans=[[0, 3600]])
    assert answer.json["verdict"] == "too_soon"
    assert not any(b64decode(answer.json["watched"]))


def test_altered_token_is_not_found(alice):
    altered = ("A" if alice.token[5] != "A" else "B").join((alice.token[:5], alice.token[6:]))
    for verb in ("beat", "close", "why"):
        answer = alice.client.post(
            f"/playback/{altered}/{verb}",
            json={"position": 0, "rate": 1, "spans": []},
            headers={"User-Agent": alice.agent},
        )
        assert answer.status_code == 404


def test_heartbeat_from_another_persons_browser_is_refused(app, cast, alice, carrel):
    other = app.test_client()
    other.sign_in(cast.dan.id)
    assert Player(other, alice.addresses, alice.agent).beat().status_code == 403


def test_heartbeat_from_another_browser_is_refused(alice):
    assert Player(alice.client, alice.addresses, "curl/8").beat().status_code == 403


def test_heartbeat_from_another_network_without_a_cookie_is_refused(client, cast):
    client.sign_in(cast.alice.id)
    native = open_playback(client, cast.slug, native=True)
    answer = native.beat(environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert answer.status_code == 403
    assert answer.json["code"] == "fenced"


def test_heartbeat_with_an_expired_token_is_refused(alice, clock):
    clock.advance(timedelta(hours=24))
    answer = alice.beat()
    assert answer.status_code == 403
    assert answer.json["code"] == "expired"


def test_heartbeat_after_revocation_ends_the_session(database, cast, alice, clock):
    _revoke(database, cast)
    clock.advance(SECONDS_15)
    answer = alice.beat(position=15.0, spans=[[0, 15]])
    assert answer.status_code == 403
    assert answer.json == {"code": "ended", "reason": "revoked"}
    with database.read_session() as session:
        assert session.scalar(select(PlaybackSession.ended_as)) is PlaybackEnd.REVOKED


def test_heartbeat_without_the_database_is_asked_to_retry(database, alice, clock, monkeypatch):
    def away(*_, **__):
        raise database.driver_fault

    clock.advance(SECONDS_15)
    with monkeypatch.context() as broken:
        broken.setattr(heartbeats, "keep_swiftly", away)
        broken.setattr(heartbeats, "keep_beat", away)
        for tell in (alice.beat, alice.close):
            answer = tell(position=15.0, spans=[[0, 15]])
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "15")
    assert alice.beat(position=15.0, spans=[[0, 15]]).json["verdict"] == "kept"


def test_closing_saves_the_last_heartbeat_and_ends_the_session(database, alice, clock):
    clock.advance(SECONDS_15)
    assert alice.close(position=15.0, spans=[[0, 15]]).json["verdict"] == "kept"
    assert alice.beat().json == {"code": "ended", "reason": "closed"}
    with database.read_session() as session:
        assert session.scalar(select(WatchRecord.watched_s)) == 15


def test_session_of_another_person_cannot_be_closed(alice, cast, app):
    other = app.test_client()
    other.sign_in(cast.dan.id)
    assert Player(other, alice.addresses, alice.agent).close().status_code == 403
    assert alice.beat().status_code == 200


def test_why_says_that_access_was_revoked_and_what_to_do(database, cast, alice):
    _revoke(database, cast)
    told = alice.why().json
    assert told["sentence"] == ACCESS_REMOVED
    assert told["step_label"] == "Contact us"
    assert told["may_reopen"] is False


def test_why_offers_a_new_session_to_a_person_with_access(database, alice):
    with database.transaction() as session:
        sessions.end_idle(session, now=NOW + timedelta(hours=5))
    told = alice.why().json
    assert told["may_reopen"] is True
    assert told["sentence"] == as_shown(ENDINGS[PlaybackEnd.IDLE])


def test_why_says_whether_the_session_continues(database, cast, app, alice):
    assert alice.why().json["is_live"] is True
    other = app.test_client()
    other.sign_in(cast.dan.id)
    assert "is_live" not in Player(other, alice.addresses, alice.agent).why().json
    with database.transaction() as session:
        sessions.end_idle(session, now=NOW + timedelta(hours=5))
    assert alice.why().json["is_live"] is False


def test_why_answers_with_an_expired_token(cast, alice, clock):
    clock.advance(timedelta(hours=24))
    alice.client.sign_in(cast.alice.id)
    assert alice.why().json["may_reopen"] is True


def test_why_asks_a_signed_out_person_to_sign_in(app, cast, database, alice):
    with database.transaction() as session:
        sessions.end_for_login(session, cast.alice.id, ended_as=PlaybackEnd.SIGNED_OUT, now=NOW)
    told = alice.without_cookies(app).why().json
    assert told["code"] == "sign_in_first"
    assert told["sentence"] == ENDINGS[PlaybackEnd.SIGNED_OUT]
    assert told["step_url"] == f"/sign-in?next=/webinars/{cast.slug}/watch"
    assert told["may_reopen"] is False


def test_why_answers_about_the_person_signed_in_now(app, cast, alice):
    other = app.test_client()
    other.sign_in(cast.dan.id)
    told = Player(other, alice.addresses, alice.agent).why().json
    assert told["code"] == "NO_GRANT"


def test_session_without_a_cookie_says_why_it_ended(database, cast, carrel, client):
    with database.transaction() as session:
        screen = sessions.Screen(login_id=cast.carol.id, sign_in_id=None)
        playback = sessions.open_preview(
            session, screen=screen, webinar_id=cast.webinar_id, now=NOW
        )
    player = Player.of(client, carrel, playback)
    told = player.why().json
    assert told["code"] == "PASS_EXPIRED"
    assert told["may_reopen"] is False


def test_captions_are_served_under_the_token(client, cast, database):
    client.sign_in(cast.alice.id)
    with database.transaction() as session:
        session.add(
            Caption(
                recording_id=cast.recording_id,
                language="en",
                label="English",
                key="renditions/x/captions/y.vtt",
                created_at=NOW,
            )
        )
    (track,) = open_playback(client, cast.slug).addresses["captions"]
    assert track["language"] == "en"
    assert track["src"].startswith("/media/")
    assert track["src"].endswith(".vtt")
    assert "/captions/" in track["src"]


def test_recording_that_is_not_ready_says_so(client, cast, database):
    client.sign_in(cast.alice.id)
    with database.transaction() as session:
        slug = make_webinar(session, free=True).slug
    answer = client.post(f"/webinars/{slug}/playback", json={})
    assert answer.status_code == 403
    assert answer.json["code"] == "RECORDING_NOT_READY"


def _revoke(database, cast):
    with database.transaction() as session:
        grant = session.scalars(select(Grant).where(Grant.login_id == cast.alice.id)).one()
        grant.revoked_at, grant.revoked_as = NOW, Withdrawal.REVOKED


def test_token_works_until_its_session_ends(client, cast, clock, database):
    ends_at = NOW + timedelta(seconds=60.5)
    with database.transaction() as session:
        session.query(Grant).filter_by(login_id=cast.bob.id).one().ends_at = ends_at
    client.sign_in(cast.bob.id)
    player = open_playback(client, cast.slug)
    clock.set(ends_at - timedelta(seconds=0.3))
    assert player.beat().status_code == 200
    clock.set(ends_at)
    assert player.beat().status_code == 403
