"""The transcript: for people with access only, next to the recording, as a page, and as a file."""

import pytest

from lms.core.model_base import new_public_id
from lms.recordings.captions import find_caption
from tests.recordings.caption_fixtures import caption, vtt_of

LINES = ("Good morning <b>everybody</b>", "<script>alert(1)</script>", "Thank you")


@pytest.fixture
def track(database, storage, cast):
    return caption(database, storage, cast.recording_id, vtt_of(*LINES))


@pytest.mark.parametrize("what", ["", "/lines.json", "/transcript.txt"])
@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("bob", 200), ("carol", 403), ("dan", 403), ("mia", 403), ("ada", 200)],
)
def test_only_people_with_access_can_read_the_transcript(
    clock, client, cast, track, who, status, what
):
    client.sign_in(getattr(cast, who).id)
    assert client.get(f"/transcripts/{track}{what}").status_code == status


@pytest.mark.parametrize("what", ["", "/lines.json", "/transcript.txt"])
def test_signed_out_person_is_sent_to_sign_in(client, track, what):
    answer = client.get(f"/transcripts/{track}{what}")
    assert answer.status_code == 303
    assert "/sign-in" in answer.location


def test_unknown_transcript_is_not_found(client, cast):
    client.sign_in(cast.alice.id)
    assert client.get(f"/transcripts/{new_public_id()}").status_code == 404


def test_page_works_without_scripts_and_escapes_the_captions(client, cast, track):
    client.sign_in(cast.alice.id)
    page = client.get(f"/transcripts/{track}").text
    assert "Good morning everybody" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert f'href="/webinars/{cast.slug}/watch?t=20"' in page


def test_lines_include_their_times(client, cast, track):
    client.sign_in(cast.alice.id)
    told = client.get(f"/transcripts/{track}/lines.json").json
    assert told["language"] == "en"
    assert told["lines"][1] == [10.0, 10.9, "<script>alert(1)</script>"]


def test_the_file_is_text_named_after_the_webinar(client, cast, track):
    client.sign_in(cast.alice.id)
    answer = client.get(f"/transcripts/{track}/transcript.txt")
    assert answer.text.splitlines()[0] == "Good morning everybody"
    assert answer.mimetype == "text/plain"
    assert f"{cast.slug}.en.txt" in answer.headers["Content-Disposition"]


def test_long_transcript_is_split_into_pages(client, cast, database, storage):
    track = caption(database, storage, cast.recording_id, vtt_of(*["Word"] * 1200, every=1))
    client.sign_in(cast.alice.id)
    assert client.get(f"/transcripts/{track}").text.count("<time") == 500
    assert client.get(f"/transcripts/{track}?page=3").text.count("<time") == 200
    assert client.get(f"/transcripts/{track}?page=4").status_code == 404


def test_watch_page_links_the_transcript_and_starts_at_the_given_time(client, cast, track):
    client.sign_in(cast.alice.id)
    page = client.get(f"/webinars/{cast.slug}/watch?t=12").text
    assert f"/transcripts/{track}/lines.json" in page
    assert 'data-resume="12.0"' in page
    for odd in ("-5", "nan", "inf", "x", "99999999", ""):
        page = client.get(f"/webinars/{cast.slug}/watch?t={odd}")
        assert page.status_code == 200
        assert 'data-resume="0.0"' in page.text


def test_languages_are_offered_with_the_first_track_first(client, cast, database, storage, track):
    caption(database, storage, cast.recording_id, vtt_of("Buenos días"), language="es")
    client.sign_in(cast.alice.id)
    page = client.get(f"/webinars/{cast.slug}/watch").text
    assert page.index(">English</option>") < page.index(">Español</option>")


def test_captions_without_stored_text_are_read_from_their_file(client, cast, database, track):
    with database.transaction() as session:
        find_caption(session, track).shown = None
    client.sign_in(cast.alice.id)
    assert "Good morning everybody" in client.get(f"/transcripts/{track}").text
