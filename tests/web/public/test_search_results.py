"""Search results from transcripts, slides, and handouts: their words only with access."""

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.models.catalog import Webinar, WebinarState
from lms.models.handouts import Handout, HandoutPage, HandoutPageTime
from lms.models.recordings import Recording, SlideFate
from lms.models.search import PassageKind
from lms.recordings import slides as recording_slides
from lms.search.passages import Piece, Source
from lms.search.passages import keep as keep_passages
from lms.web.public.search_results import CLOSED
from media.files.file_types import DocumentKind
from media.video.slide_detection import Slide as FoundSlide
from tests.factories import make_handout
from tests.page_texts import is_empty, shows
from tests.recordings.caption_fixtures import caption, vtt_of


@pytest.fixture(autouse=True)
def said(clock, database, storage, cast):
    """Add captions that mention lanterns at 24 seconds."""
    data = vtt_of("Good morning", "and", "<i>lanterns</i> &amp; <b>lamps</b>", every=12)
    caption(database, storage, cast.recording_id, data)


def look(client, who=None):
    if who is not None:
        client.sign_in(who.id)
    return client.get("/webinars?q=lanterns").text


@pytest.mark.parametrize("who", ["alice", "bob", "ada"])
def test_person_with_access_sees_the_words_and_a_link_to_their_time(client, cast, who):
    page = look(client, getattr(cast, who))
    assert "<mark>lanterns</mark> &amp; lamps" in page
    assert f"/webinars/{cast.slug}/watch?t=24" in page


@pytest.mark.parametrize("who", ["carol", "dan", "mia", None])
def test_person_without_access_sees_only_that_there_is_a_match(client, cast, who):
    page = look(client, getattr(cast, who) if who else None)
    assert shows(page, CLOSED)
    assert "<mark>" not in page
    assert "lamps" not in page
    assert "watch?t=" not in page


@pytest.mark.parametrize("state", [WebinarState.DRAFT, WebinarState.PULLED])
def test_transcripts_of_draft_and_removed_webinars_are_not_searched(client, cast, database, state):
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.state = state
        webinar.pulled_reason = "A reason" if state is WebinarState.PULLED else None
    for who in (cast.alice, cast.dan):
        page = look(client, who)
        assert is_empty(page)


WRITTEN = [Piece("what we wrote of lanterns", page=3)]


@pytest.fixture
def written(database, cast):
    """Return a function that adds a handout that mentions lanterns on its third page or slide."""

    def keep(kind, title):
        with database.transaction() as session:
            handout = make_handout(session, session.get_one(Webinar, cast.webinar_id), title=title)
            handout.kind, handout.pages = kind, 0 if kind is DocumentKind.DOCX else 7
            source = Source(cast.webinar_id, PassageKind.HANDOUT, handout.public_id)
            keep_passages(session, source, WRITTEN)
            return f"/handouts/{handout.public_id}"

    return keep


def test_pdf_match_links_to_its_page(client, cast, written):
    address = written(DocumentKind.PDF, "Tuesday")
    page = look(client, cast.alice)
    assert f'href="{address}/pages/3"' in page
    assert "Tuesday, page 3" in page
    assert "what we wrote of <mark>lanterns</mark>" in page


def test_match_in_slides_or_a_word_file_links_to_the_file(client, cast, written):
    slides, letter = written(DocumentKind.PPTX, "Deck"), written(DocumentKind.DOCX, "Letter")
    page = look(client, cast.alice)
    assert f'href="{slides}">Deck, slide 3<' in page
    assert f'href="{letter}">Letter<' in page


@pytest.mark.parametrize("who", ["carol", "dan", None])
def test_handout_text_is_not_shown_without_access(client, cast, written, who):
    address = written(DocumentKind.PDF, "Tuesday")
    page = look(client, getattr(cast, who) if who else None)
    assert address not in page
    assert "what we wrote" not in page


def test_slide_match_links_to_the_moment_it_is_shown(client, cast, database, written):
    address = written(DocumentKind.PDF, "Tuesday")
    with database.transaction() as session:
        handout = session.scalars(select(Handout).where(Handout.title == "Tuesday")).one()
        page = HandoutPage(handout_id=handout.id, number=3, width=100, height=75)
        session.add(page)
        session.flush()
        session.add(
            HandoutPageTime(page_id=page.id, recording_id=cast.recording_id, starts_s=754.0)
        )
    page = look(client, cast.alice)
    assert f'/webinars/{cast.slug}/watch?t=754">12:34: Tuesday, page 3<' in page
    assert f"{address}/pages/3" not in page


def test_slide_title_is_found_only_in_the_current_version(client, cast, database):
    with database.transaction() as session:
        recording = session.get_one(Recording, cast.recording_id)
        times = ((0.0, 59.0), (60.0, 119.0), (120.0, 179.0))
        found = tuple(FoundSlide(*each, turns_page=True) for each in times)
        recording_slides.keep_found(session, recording.public_id, found)
        named = recording_slides.read_slides(session, recording.public_id)[1]
        revision = {named.id: recording_slides.Revision(title="Lanterns & wicks", is_chapter=True)}
        recording_slides.revise(session, recording.public_id, revision, actor=None, now=now())
    page = look(client, cast.alice)
    assert f'/webinars/{cast.slug}/watch?t=60">1:00<' in page
    assert "<mark>Lanterns</mark> &amp; wicks" in page
    with database.transaction() as session:
        recording_slides.decide_fate(
            session, recording.public_id, named.id, SlideFate.REMOVED, actor=None, now=now()
        )
    assert "wicks" not in look(client, cast.alice)
    with database.transaction() as session:
        recording_slides.decide_fate(
            session, recording.public_id, named.id, SlideFate.SHOWN, actor=None, now=now()
        )
        session.get_one(Recording, cast.recording_id).is_current = False
        recording_slides.index(session, cast.webinar_id)
    assert "wicks" not in look(client, cast.alice)
