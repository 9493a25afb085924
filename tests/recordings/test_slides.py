"""Slides of a recording: those found by the encoder, and the changes staff make."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.models.audit import AuditEntry
from lms.models.recordings import SlideFate
from lms.recordings.slides import (
    Revision,
    SlideFacts,
    decide_fate,
    keep_found,
    pictured,
    read_removed,
    read_slides,
    revise,
)
from lms.web.playback.slide_strip_and_chapters import chapter_track
from media.video.slide_detection import Slide as Found
from tests.factories import make_recording, make_webinar

FOUND = (
    Found(0.0, 8.9, turns_page=True),
    Found(10.0, 18.9, turns_page=False),
    Found(20.0, 28.9, turns_page=True),
    Found(30.0, 3598.9, turns_page=True),
)


@pytest.fixture
def recording_id(database: Database) -> str:
    with database.transaction() as session:
        recording = make_recording(session, make_webinar(session, "slides"))
        keep_found(session, recording.public_id, FOUND)
        return recording.public_id


def shown(database: Database, recording_id: str) -> Sequence[SlideFacts]:
    with database.read_session() as session:
        return read_slides(session, recording_id)


def decide(database: Database, recording_id: str, slide_id: str, fate: SlideFate) -> None:
    with database.transaction() as session:
        decide_fate(session, recording_id, slide_id, fate, actor=None, now=now())


def spans(slides: Sequence[SlideFacts]) -> list[tuple[float, float, str]]:
    return [(slide.starts_s, slide.ends_s, slide.picture) for slide in slides]


def test_slides_cover_the_recording_to_its_end(database, recording_id):
    assert spans(shown(database, recording_id)) == [
        (0.0, 10.0, "slide-000089.jpg"),
        (10.0, 20.0, "slide-000189.jpg"),
        (20.0, 30.0, "slide-000289.jpg"),
        (30.0, 3600.0, "slide-035989.jpg"),
    ]


def test_joined_slide_extends_the_previous_one_and_replaces_its_picture(database, recording_id):
    slides = shown(database, recording_id)
    decide(database, recording_id, slides[1].id, SlideFate.JOINED)
    assert spans(shown(database, recording_id))[0] == (0.0, 20.0, "slide-000189.jpg")


def test_removed_slide_extends_the_previous_one_which_keeps_its_picture(database, recording_id):
    slides = shown(database, recording_id)
    decide(database, recording_id, slides[1].id, SlideFate.REMOVED)
    assert spans(shown(database, recording_id))[0] == (0.0, 20.0, "slide-000089.jpg")


def test_removed_slide_can_be_restored(database, recording_id):
    before = shown(database, recording_id)
    decide(database, recording_id, before[2].id, SlideFate.REMOVED)
    with database.read_session() as session:
        [removed] = read_removed(session, recording_id)
    decide(database, recording_id, removed.id, SlideFate.SHOWN)
    assert shown(database, recording_id) == before


def test_first_slide_cannot_be_joined(database, recording_id):
    with pytest.raises(Conflict):
        decide(database, recording_id, shown(database, recording_id)[0].id, SlideFate.JOINED)


def test_slides_joined_to_a_removed_slide_are_not_shown(database, recording_id):
    slides = shown(database, recording_id)
    decide(database, recording_id, slides[1].id, SlideFate.JOINED)
    decide(database, recording_id, slides[0].id, SlideFate.REMOVED)
    assert [slide.starts_s for slide in shown(database, recording_id)] == [20.0, 30.0]


def test_single_slide_is_not_shown(database, recording_id):
    with database.transaction() as session:
        keep_found(session, recording_id, FOUND[:1])
    assert shown(database, recording_id) == ()


def test_newly_found_slides_replace_earlier_ones(database, recording_id):
    with database.transaction() as session:
        keep_found(session, recording_id, FOUND[1:3])
    assert [slide.starts_s for slide in shown(database, recording_id)] == [10.0, 20.0]


def test_changes_by_staff_survive_another_encoding(database, recording_id):
    slides = shown(database, recording_id)
    with database.transaction() as session:
        named = {slides[2].id: Revision(title="  Where the  money is ", is_chapter=False)}
        revise(session, recording_id, named, actor=None, now=now())
    with database.transaction() as session:
        keep_found(session, recording_id, FOUND[:2])
        assert pictured(session, recording_id) == (8.9, 18.9, 28.9, 3598.9)
    kept = shown(database, recording_id)
    assert (kept[2].title, kept[2].is_chapter) == ("Where the money is", False)
    assert len(kept) == 4


def test_changes_are_recorded_in_the_audit_trail(database, recording_id):
    decide(database, recording_id, shown(database, recording_id)[1].id, SlideFate.REMOVED)
    with database.read_session() as session:
        acts = session.scalars(select(AuditEntry.act)).all()
    assert acts == ["recording.slides_edited"]


def test_long_titles_and_slides_of_other_recordings_are_refused(database, recording_id):
    [first, *_] = shown(database, recording_id)
    with database.transaction() as session:
        other = make_recording(session, make_webinar(session, "another")).public_id
    for error, asked, title in ((Invalid, recording_id, "x" * 201), (NotFound, other, "x")):
        revision = {first.id: Revision(title=title, is_chapter=True)}
        with database.transaction() as session, pytest.raises(error):
            revise(session, asked, revision, actor=None, now=now())


def test_chapters_last_until_the_next_one_starts(database, recording_id, app):
    slides = shown(database, recording_id)
    with database.transaction() as session:
        named = {slides[2].id: Revision(title="Cats & <dogs>", is_chapter=True)}
        revise(session, recording_id, named, actor=None, now=now())
    with app.test_request_context():
        track = chapter_track(shown(database, recording_id))
    assert track.splitlines() == [
        "WEBVTT",
        "",
        "00:00:00.000 --> 00:00:20.000",
        "Slide 1",
        "",
        "00:00:20.000 --> 00:00:30.000",
        "Cats &amp; &lt;dogs&gt;",
        "",
        "00:00:30.000 --> 01:00:00.000",
        "Slide 4",
    ]
