"""Copied playback addresses: in another browser or network, with and without their owner.

PERFORMANCE.md, Delivery (Tightened). What our own page plays is refused elsewhere. The stated
exceptions are frames, native players, and cast devices: their addresses play within one network and
count as the person's one stream.
"""

from datetime import timedelta

import pytest

from lms.core.clock import now
from lms.playback import sessions
from lms.playback.sessions import Playback, Screen
from lms.web.playback.media_tokens import issue
from lms.web.wsgi_middleware_stack import front
from media.delivery import authorization
from media.delivery.media_tokens import Use
from tests.player import AGENT, Player, open_playback

FILM = "run/high.mp4"
SIDE = ("captions/c.vtt", "run/thumbs.vtt", "run/slide-1.jpg")
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
TELEVISION = "CrKey/1.56 (a device that is cast to)"


@pytest.fixture(autouse=True)
def delivered(app, carrel):
    """Serve the whole product, with media in front of the pages."""
    app.wsgi_app = front(app, carrel)


@pytest.fixture
def stored(carrel, storage):
    """Return a function that stores the files of a player's recording."""

    def store(player):
        prefix = carrel.signer.read(player.token, 0).prefix
        for name in (FILM, "run/master.m3u8", *SIDE):
            storage.put_bytes(f"{prefix}/{name}", b"0123456789", "application/octet-stream")
        return player

    return store


@pytest.fixture
def alice(client, cast, stored):
    """Return Alice's page, played by our script."""
    client.sign_in(cast.alice.id)
    return stored(open_playback(client, cast.slug))


@pytest.fixture
def native(client, cast, stored):
    """Return Alice's page in a browser that plays HLS natively."""
    client.sign_in(cast.alice.id)
    return stored(open_playback(client, cast.slug, native=True))


def page_token(player):
    return player.addresses["slides"].split("/")[2]


def statuses(player, *names, **request):
    return {player.get(name, **request).status_code for name in names or (FILM,)}


class TestOfOurOwnPage:
    @pytest.mark.parametrize("where", [{}, ELSEWHERE], ids=["same network", "another network"])
    @pytest.mark.parametrize("is_watching", [True, False])
    def test_another_browser_is_refused_whether_or_not_the_owner_watches(
        self, app, alice, where, is_watching
    ):
        if is_watching:
            assert alice.beat(position=1.0).status_code == 200
        copied = alice.without_cookies(app)
        assert statuses(copied, FILM, "run/master.m3u8", environ_overrides=where) == {403}
        for verb in ("beat", "close"):
            answer = copied.client.post(
                copied.addresses[verb],
                json={"position": 0, "rate": 1, "spans": []},
                headers={"User-Agent": AGENT},
                environ_overrides=where,
            )
            assert (answer.status_code, answer.json["code"]) == (403, "fenced")
        assert statuses(alice) == {200}

    def test_another_persons_browser_is_refused(self, app, cast, alice):
        other = app.test_client()
        other.sign_in(cast.dan.id)
        assert statuses(Player(other, alice.addresses)) == {403}

    def test_owners_second_browser_is_refused_and_reaches_the_stream_limit(self, app, cast, alice):
        other = app.test_client()
        other.sign_in(cast.alice.id)
        assert statuses(Player(other, alice.addresses)) == {403}
        asked = other.post(
            f"/webinars/{cast.slug}/playback", json={}, headers={"User-Agent": AGENT}
        )
        assert (asked.status_code, asked.json["code"]) == (409, "STREAM_LIMIT")

    def test_captions_and_images_are_refused_in_another_browser(self, app, alice):
        token = page_token(alice)
        for name in SIDE:
            path, headers = f"/media/{token}/{name}", {"User-Agent": AGENT}
            assert alice.client.get(path, headers=headers).status_code == 200
            assert app.test_client().get(path, headers=headers).status_code == 403

    def test_heartbeat_token_does_not_open_video(self, carrel, alice):
        token = page_token(alice)
        assert token == alice.addresses["beat"].split("/")[2] != alice.token
        for name in (FILM, "run/master.m3u8"):
            answer = alice.client.get(f"/media/{token}/{name}", headers={"User-Agent": AGENT})
            assert answer.status_code == 404

    def test_video_address_expires_after_ten_minutes_and_heartbeat_renews_it(
        self, carrel, alice, monkeypatch
    ):
        ticket = carrel.signer.read(alice.token, 0)
        assert ticket.use is Use.FILM
        assert 300 <= ticket.expires - now().timestamp() <= 600
        later = now() + timedelta(minutes=10)
        monkeypatch.setattr(authorization.time, "time", later.timestamp)
        answer = alice.get(FILM)
        assert (answer.status_code, answer.json["code"]) == (403, "LINK_EXPIRED")
        monkeypatch.setattr("lms.core.clock.now", lambda: later)
        renewed = alice.beat(position=1.0).json["film"]
        path, headers = f"/media/{renewed}/{FILM}", {"User-Agent": AGENT}
        assert alice.client.get(path, headers=headers).status_code == 200

    def test_heartbeat_from_another_network_returns_an_address_for_it(self, alice):
        assert statuses(alice, environ_overrides=ELSEWHERE) == {403}
        renewed = alice.beat(position=1.0, environ_overrides=ELSEWHERE).json["film"]
        path, headers = f"/media/{renewed}/{FILM}", {"User-Agent": AGENT}
        there = alice.client.get(path, headers=headers, environ_overrides=ELSEWHERE)
        assert there.status_code == 200
        assert alice.client.get(path, headers=headers).status_code == 403

    def test_ipv4_and_ipv6_networks_can_alternate(self, alice):
        sixth = {"REMOTE_ADDR": "2001:db8:7::1"}
        renewed = alice.beat(position=1.0, environ_overrides=sixth).json["film"]
        path, headers = f"/media/{renewed}/{FILM}", {"User-Agent": AGENT}
        for where in (sixth, {}):
            answer = alice.client.get(path, headers=headers, environ_overrides=where)
            assert answer.status_code == 200
        other = alice.client.get(path, headers=headers, environ_overrides=ELSEWHERE)
        assert other.status_code == 403

    def test_closing_heartbeat_returns_no_address(self, alice):
        assert "film" not in alice.close(position=1.0).json


class TestOfTheBrowserThatOrdered:
    def test_order_cookie_is_required_to_play(self, app, carrel, cast, database, stored):
        with database.transaction() as session:
            screen = Screen(cast.alice.id, None)
            playback = sessions.open_playback(
                session, screen=screen, webinar_id=cast.webinar_id, now=now()
            )
        with app.test_request_context(
            headers={"Cookie": "carrel-order=secret", "User-Agent": AGENT},
            environ_base={"REMOTE_ADDR": "127.0.0.1"},
        ):
            tokens = issue(playback, native=False, framed=False, now=now())
        assert carrel.signer.read(tokens.film, 0).use is Use.FILM
        buyer = app.test_client()
        buyer.set_cookie("carrel-order", "secret")
        player = stored(Player(buyer, {"hls": f"/media/{tokens.film}/run/master.m3u8"}))
        assert statuses(player) == {200}
        assert statuses(player.without_cookies(app)) == {403}
        buyer.sign_in(cast.alice.id)  # the order was confirmed in another tab
        assert statuses(player) == {200}


class TestOfANativePlayer:
    """A native player fetches media with its own user agent and can't change addresses."""

    def test_another_user_agent_in_the_same_network_plays(self, app, native):
        program = {"User-Agent": "AppleCoreMedia/1.0"}
        assert statuses(native, FILM, *SIDE, headers=program) == {200}
        assert statuses(native.without_cookies(app), headers=program) == {200}

    def test_another_network_is_refused(self, app, native):
        copied = native.without_cookies(app)
        assert statuses(copied, environ_overrides=ELSEWHERE) == {403}

    def test_browser_with_another_person_signed_in_is_refused(self, app, cast, native):
        other = app.test_client()
        other.sign_in(cast.dan.id)
        assert statuses(Player(other, native.addresses)) == {403}

    def test_copied_address_stops_when_its_owner_leaves(self, app, carrel, native):
        copied = native.without_cookies(app)
        assert statuses(copied) == {200}
        native.close(position=1.0)
        app.wsgi_app = front(app, carrel)  # as in another process, or two seconds later
        assert statuses(copied) == {403}

    def test_native_stream_counts_as_the_one_stream_and_ends_on_takeover(
        self, app, carrel, cast, native
    ):
        copied = native.without_cookies(app)
        other = app.test_client()
        other.sign_in(cast.alice.id)
        asked = other.post(
            f"/webinars/{cast.slug}/playback", json={}, headers={"User-Agent": AGENT}
        )
        assert asked.status_code == 409
        open_playback(other, cast.slug, take_over=True)
        app.wsgi_app = front(app, carrel)
        assert statuses(copied) == {403}


class TestOfADeviceThatIsCastTo:
    """A cast device sends no cookie: it can play what a native player can, and no more."""

    def test_address_of_our_own_page_is_refused(self, app, alice):
        device = alice.without_cookies(app)
        assert statuses(device, headers={"User-Agent": TELEVISION}) == {403}

    def test_address_of_a_native_player_plays_only_in_its_network(self, app, native):
        device = native.without_cookies(app)
        assert statuses(device, headers={"User-Agent": TELEVISION}) == {200}
        away = {"headers": {"User-Agent": TELEVISION}, "environ_overrides": ELSEWHERE}
        assert statuses(device, **away) == {403}


class TestOfAFrame:
    """A frame on another site gets no cookie; its address is bound to browser and network."""

    @pytest.fixture
    def framed(self, app, carrel, cast, database, stored):
        with database.transaction() as session:
            screen = Screen(cast.alice.id, None)
            playback = sessions.open_playback(
                session, screen=screen, webinar_id=cast.webinar_id, now=now()
            )
        assert isinstance(playback, Playback)
        with app.test_request_context(
            headers={"User-Agent": AGENT}, environ_base={"REMOTE_ADDR": "127.0.0.1"}
        ):
            tokens = issue(playback, native=False, framed=True, now=now())
        assert tokens.page == tokens.film
        visitor = app.test_client()
        verbs = {verb: f"/playback/{tokens.page}/{verb}" for verb in ("beat", "close", "why")}
        return stored(Player(visitor, {"hls": f"/media/{tokens.film}/run/master.m3u8", **verbs}))

    def test_frame_plays_without_a_cookie_and_heartbeats_return_no_address(self, framed):
        assert statuses(framed, FILM, *SIDE) == {200}
        answer = framed.beat(position=1.0)
        assert (answer.status_code, "film" in answer.json) == (200, False)

    def test_another_browser_or_network_is_refused(self, framed):
        assert statuses(framed, headers={"User-Agent": TELEVISION}) == {403}
        assert statuses(framed, environ_overrides=ELSEWHERE) == {403}

    def test_frame_stops_when_another_stream_starts(self, app, carrel, cast, client, framed):
        client.sign_in(cast.alice.id)
        open_playback(client, cast.slug, take_over=True)
        app.wsgi_app = front(app, carrel)
        assert statuses(framed) == {403}
