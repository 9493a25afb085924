"""What a search shows of what is said: to everybody that it is said, to who may watch the words."""

import pytest

from lms.models.catalogue import Webinar, WebinarState
from lms.models.search import PassageKind
from lms.passages import Piece, Source
from lms.passages import keep as keep_passages
from media.kinds import DocumentKind
from tests.factories import make_handout
from tests.recordings.captioned import caption, vtt_of


@pytest.fixture(autouse=True)
def said(clock, database, storage, cast):
    """The recording speaks of lanterns at its twentieth second."""
    data = vtt_of("Good morning", "and", "<i>lanterns</i> &amp; <b>lamps</b>", every=12)
    caption(database, storage, cast.recording_id, data)


def look(client, who=None):
    if who is not None:
        client.sign_in(who.id)
    return client.get("/webinars?q=lanterns").text


@pytest.mark.parametrize("who", ["alice", "bob", "ada"])
def test_who_may_watch_reads_the_words_and_goes_there(client, cast, who):
    page = look(client, getattr(cast, who))
    assert "<mark>lanterns</mark> &amp; lamps" in page
    assert f"/webinars/{cast.slug}/watch?t=24" in page


@pytest.mark.parametrize("who", ["carol", "dan", "mia", None])
def test_everybody_else_learns_that_it_is_said(client, cast, who):
    page = look(client, getattr(cast, who) if who else None)
    assert "It is spoken of in the recording." in page
    assert "<mark>" not in page
    assert "lamps" not in page
    assert "watch?t=" not in page


@pytest.mark.parametrize("state", [WebinarState.DRAFT, WebinarState.PULLED])
def test_what_is_off_the_catalogue_is_not_found_by_what_it_says(client, cast, database, state):
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.state = state
        webinar.pulled_reason = "A reason" if state is WebinarState.PULLED else None
    for who in (cast.alice, cast.dan):
        page = look(client, who)
        assert "No webinar matches" in page


WRITTEN = [Piece("what we wrote of lanterns", page=3)]


@pytest.fixture
def written(database, cast):
    """A handout of a kind writes of lanterns on its third page, or slide."""

    def keep(kind, title):
        with database.transaction() as session:
            handout = make_handout(session, session.get_one(Webinar, cast.webinar_id), title=title)
            handout.kind, handout.pages = kind, 0 if kind is DocumentKind.DOCX else 7
            source = Source(cast.webinar_id, PassageKind.HANDOUT, handout.public_id)
            keep_passages(session, source, WRITTEN)
            return f"/handouts/{handout.public_id}"

    return keep


def test_what_a_pdf_says_opens_at_its_page(client, cast, written):
    address = written(DocumentKind.PDF, "Tuesday")
    page = look(client, cast.alice)
    assert f'href="{address}/pages/3"' in page
    assert "Tuesday, page 3" in page
    assert "what we wrote of <mark>lanterns</mark>" in page


def test_what_slides_and_letters_say_is_told_with_the_file(client, cast, written):
    slides, letter = written(DocumentKind.PPTX, "Deck"), written(DocumentKind.DOCX, "Letter")
    page = look(client, cast.alice)
    assert f'href="{slides}">Deck, slide 3<' in page
    assert f'href="{letter}">Letter<' in page


@pytest.mark.parametrize("who", ["carol", "dan", None])
def test_who_may_not_watch_reads_nothing_of_a_handout(client, cast, written, who):
    address = written(DocumentKind.PDF, "Tuesday")
    page = look(client, getattr(cast, who) if who else None)
    assert address not in page
    assert "what we wrote" not in page
