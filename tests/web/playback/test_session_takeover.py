"""A person's second screen: its message, taking over playback, and the first one's message."""

import pytest

from lms.models.playback import PlaybackEnd
from lms.playback import sessions
from lms.web.playback.session_opening_and_end_reasons import (
    MOVED,
    PLAY_HERE_AGAIN,
    PLAY_HERE_INSTEAD,
)
from tests.clock import NOW
from tests.player import AGENT, open_playback

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def elsewhere(app, cast):
    """Return Alice's other browser, which is playing, and its addresses."""
    other = app.test_client()
    other.sign_in(cast.alice.id)
    answer = other.post(f"/webinars/{cast.slug}/playback", json={}, headers={"User-Agent": FIREFOX})
    assert answer.status_code == 200
    return other, answer.json


def test_takeover_without_access_is_refused(client, cast, elsewhere):
    client.sign_in(cast.dan.id)
    answer = client.post(f"/webinars/{cast.slug}/playback", json={"take_over": True})
    assert answer.status_code == 403
    other, addresses = elsewhere
    told = {"position": 0, "rate": 1, "spans": []}
    assert (
        other.post(addresses["beat"], json=told, headers={"User-Agent": FIREFOX}).status_code == 200
    )


def test_second_screen_names_the_browser_that_is_playing(client, cast, elsewhere):
    client.sign_in(cast.alice.id)
    answer = client.post(f"/webinars/{cast.slug}/playback", json={})
    assert answer.status_code == 409
    assert answer.json["code"] == "STREAM_LIMIT"
    assert "Firefox on Windows" in answer.json["sentence"]
    assert answer.json["take_over_label"] == PLAY_HERE_INSTEAD


def test_first_screen_says_which_browser_took_over(client, cast, elsewhere):
    client.sign_in(cast.alice.id)
    open_playback(client, cast.slug, take_over=True)
    other, addresses = elsewhere
    told = other.post(addresses["why"], json={}, headers={"User-Agent": FIREFOX}).json
    assert told["code"] == "TAKEN_OVER"
    assert told["sentence"].startswith(MOVED.partition("%(time)")[0] % {"browser": "A browser"})
    assert told["take_over_label"] == PLAY_HERE_AGAIN
    assert told["may_reopen"] is False


def test_takeover_works_without_scripts(client, cast, elsewhere):
    client.sign_in(cast.alice.id)
    path = f"/webinars/{cast.slug}/watch"
    page = client.post(path, headers={"User-Agent": AGENT})
    assert page.status_code == 409
    assert "Firefox on Windows" in page.text
    assert 'name="take_over"' in page.text
    page = client.post(path, data={"take_over": "yes"}, headers={"User-Agent": AGENT})
    assert page.status_code == 200
    assert "progressive.mp4" in page.text


def test_staff_previews_do_not_count_toward_the_stream_limit(client, cast, elsewhere, database):
    client.sign_in(cast.ada.id)
    open_playback(client, cast.slug, preview=True)
    open_playback(client, cast.slug, preview=True)


@pytest.mark.parametrize("ended_as", list(PlaybackEnd))
def test_each_end_reason_has_a_sentence(client, cast, database, ended_as):
    client.sign_in(cast.alice.id)
    player = open_playback(client, cast.slug)
    with database.transaction() as session:
        sessions.end_for_login(session, cast.alice.id, ended_as=ended_as, now=NOW)
    told = player.why().json
    assert told["sentence"].endswith(".")
    assert told["may_reopen"] is (ended_as is not PlaybackEnd.TAKEN_OVER)
