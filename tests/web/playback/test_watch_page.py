"""The watch page: who can open it, what it says, and what plays without scripts."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.playback import PlaybackSession
from lms.models.recordings import Recording, RecordingState
from lms.playback import heartbeats, progress_bitmap, sessions
from lms.playback.sessions import Screen
from lms.web.core.recording_time_texts import clock_of, minutes_of
from tests.clock import NOW
from tests.factories import make_handout, make_recording, make_webinar
from tests.statements import MOST, statements


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def page(client, cast):
    """Return a function that opens the watch page as a given person."""

    def read(person, **query):
        client.sign_in(person.id)
        return client.get(f"/webinars/{cast.slug}/watch", query_string=query)

    return read


def test_signed_out_person_is_sent_to_sign_in(client, cast):
    answer = client.get(f"/webinars/{cast.slug}/watch")
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=")


def test_person_without_access_sees_the_reason_and_next_step(page, cast):
    answer = page(cast.dan)
    assert answer.status_code == 403
    assert "You don\u2019t have access to this webinar yet." in answer.text
    assert f'href="/webinars/{cast.slug}#buy"' in answer.text
    assert "<video" not in answer.text


def test_watch_page_runs_at_most_six_statements(page, cast, database):
    page(cast.alice)
    with statements(database) as seen:
        page(cast.alice)
    assert len(seen) <= MOST


def test_person_with_an_ended_pass_sees_when_it_ended(page, cast):
    answer = page(cast.carol)
    assert answer.status_code == 403
    assert "Your pass ended on" in answer.text


def test_blocked_person_is_signed_out(page, cast, database):
    answer = page(cast.alice)
    assert answer.status_code == 200
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).blocked_at = NOW
    assert page(cast.alice).status_code == 303


def test_draft_is_not_found(page, cast, database):
    _set_state(database, cast, WebinarState.DRAFT)
    assert page(cast.alice).status_code == 404


def test_withdrawn_webinar_plays_only_for_people_with_access(page, cast, database):
    _set_state(database, cast, WebinarState.WITHDRAWN)
    assert page(cast.alice).status_code == 200
    assert page(cast.dan).status_code == 404


def test_removed_webinar_does_not_play_and_says_so(page, cast, database):
    _set_state(database, cast, WebinarState.PULLED)
    answer = page(cast.alice)
    assert answer.status_code == 403
    assert "was removed" in answer.text


def test_unknown_webinar_is_not_found(client, cast):
    client.sign_in(cast.alice.id)
    assert client.get("/webinars/nothing/watch").status_code == 404


def test_person_with_access_gets_the_player(page, cast):
    answer = page(cast.alice)
    assert answer.status_code == 200
    assert "<media-controller" in answer.text
    assert f'data-open="/webinars/{cast.slug}/playback"' in answer.text


def test_opening_the_page_starts_no_playback_session(page, cast, database):
    page(cast.alice)
    with database.read_session() as session:
        assert session.scalar(select(PlaybackSession.id)) is None


def test_policy_allows_hashed_styles_but_not_unsafe_inline(page, cast):
    policy = page(cast.alice).headers["Content-Security-Policy"]
    assert "style-src 'self' 'sha256-" in policy
    assert "unsafe-inline" not in policy


def test_page_shows_progress_and_where_to_resume(page, cast, database):
    _watch(database, cast, seconds=720)
    answer = page(cast.alice)
    assert "Watched 12 of 60 minutes" in answer.text
    assert "Resume at 12:00" in answer.text
    assert '<rect class="strip-watched" x="0.0" width="720.0"' in re.sub(r"\s+", " ", answer.text)


def test_progress_of_a_short_recording_is_shown_in_seconds(page, cast, database):
    with database.transaction() as session:
        session.get_one(Recording, cast.recording_id).seconds = 90.0
    assert "Watched 0:00 of 1:30" in page(cast.alice).text


def test_recording_stopped_at_the_end_starts_over(page, cast, database):
    _watch(database, cast, seconds=15, position=3595.0)
    text = re.sub(r"\s+", " ", page(cast.alice).text)
    assert 'data-resume="0.0"' in text
    assert "data-resume-words hidden" in text
    assert "data-from-start hidden" in text


def test_recording_that_is_processing_says_so(client, cast, database):
    with database.transaction() as session:
        webinar = make_webinar(session, free=True)
        make_recording(session, webinar, state=RecordingState.PROCESSING)
        make_handout(session, webinar, title="The slides")
        slug = webinar.slug
    client.sign_in(cast.dan.id)
    answer = client.get(f"/webinars/{slug}/watch")
    assert answer.status_code == 200
    assert "as soon as the recording is ready" in answer.text
    assert "The slides" in answer.text  # handouts don't wait for the recording


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [
        (9, WebinarState.ANNOUNCED, "Live on March 11, 2026"),
        (-9, WebinarState.ANNOUNCED, "Held February 21, 2026"),
        (-9, WebinarState.CANCELED, "Was scheduled for February 21, 2026"),
    ],
)
def test_date_label_depends_on_whether_the_webinar_was_held(
    client, cast, database, days, state, words
):
    with database.transaction() as session:
        held_at = NOW + timedelta(days=days)
        slug = make_webinar(session, free=True, held_at=held_at, state=state).slug
    client.sign_in(cast.dan.id)
    text = client.get(f"/webinars/{slug}/watch").text
    assert re.findall(r"(?:Live on|Held|Was scheduled for) \w+ \d+, \d+", text) == [words]


def test_handouts_are_listed_with_their_first_page(page, cast, database):
    with database.transaction() as session:
        handout = make_handout(session, session.get_one(Webinar, cast.webinar_id), title="Slides")
        address = f"/handouts/{handout.public_id}"
    answer = page(cast.alice)
    assert f'href="{address}"' in answer.text
    assert f'src="{address}/first-page.jpg"' in answer.text


def test_handouts_are_not_listed_without_access(page, cast, database):
    with database.transaction() as session:
        make_handout(session, session.get_one(Webinar, cast.webinar_id), title="Slides")
    assert "/handouts/" not in page(cast.dan).text


def test_only_staff_can_preview(page, cast):
    assert "Staff preview" in page(cast.ada, preview="1").text
    assert "Staff preview" not in page(cast.alice, preview="1").text
    assert page(cast.dan, preview="1").status_code == 403


def test_staff_without_access_are_refused_outside_preview(page, cast):
    assert page(cast.ada).status_code == 403


def test_staff_can_preview_a_draft(page, cast, database):
    _set_state(database, cast, WebinarState.DRAFT)
    answer = page(cast.ada, preview="1")
    assert answer.status_code == 200
    assert "/posters/" not in answer.text


def test_plain_video_plays_without_scripts(client, cast):
    client.sign_in(cast.alice.id)
    answer = client.post(f"/webinars/{cast.slug}/watch")
    assert answer.status_code == 200
    assert re.search(r'<video controls[^>]*src="/media/[^"]+/progressive\.mp4"', answer.text)


def test_person_without_access_is_refused_without_scripts(client, cast):
    client.sign_in(cast.dan.id)
    answer = client.post(f"/webinars/{cast.slug}/watch")
    assert answer.status_code == 403
    assert "don\u2019t have access" in answer.text


def test_recording_that_is_processing_says_so_without_scripts(client, cast, database):
    with database.transaction() as session:
        session.get_one(Recording, cast.recording_id).state = RecordingState.PROCESSING
    client.sign_in(cast.alice.id)
    answer = client.post(f"/webinars/{cast.slug}/watch")
    assert "play this recording without JavaScript yet" in answer.text


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (65.9, "1:05"), (3600, "1:00:00"), (36_061, "10:01:01")]
)
def test_position_is_formatted_like_a_player_clock(seconds, said):
    assert clock_of(seconds) == said


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (1, 1), (89, 1), (91, 2), (3600, 60)])
def test_minutes_are_rounded_but_never_down_to_zero(seconds, minutes):
    assert minutes_of(seconds) == minutes


def _set_state(database, cast, state):
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.state = state
        webinar.pulled_reason = "A reason." if state is WebinarState.PULLED else None


def _watch(database, cast, *, seconds, position=None):
    start = NOW - timedelta(days=1)
    told = progress_bitmap.checked_beat(position or float(seconds), 1.0, [(0.0, float(seconds))])
    with database.transaction() as session:
        playback = sessions.open_playback(
            session,
            screen=Screen(login_id=cast.alice.id, sign_in_id=None),
            webinar_id=cast.webinar_id,
            now=start,
        )
        at = start + timedelta(seconds=seconds)
        heartbeats.keep_beat(session, playback.session_id, beat=told, now=at)
