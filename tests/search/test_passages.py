"""Finding what is said and written in webinars, on the database of this run."""

import pytest
from sqlalchemy import select

from lms.catalog.public_listing import Wanted, read_listing
from lms.models.catalog import Webinar
from lms.models.recordings import Recording
from lms.models.search import Passage, PassageKind
from lms.recordings import captions, versions
from lms.search import passages, webinar_search
from lms.search.passages import Piece, Source
from tests.clock import NOW
from tests.factories import make_recording, make_webinar
from tests.recordings.caption_fixtures import caption, vtt_of


def spoken(database, asked, *webinar_ids):
    """Return the quoted passages, as (webinar, seconds or page)."""
    words = webinar_search.words_in(asked)
    with database.read_session() as session:
        hits = passages.hits(words, session.get_bind().dialect.name)
        told = select(hits.c.webinar_id, hits.c.first).where(hits.c.webinar_id.in_(webinar_ids))
        first = {row.webinar_id: row.first for row in session.execute(told)} if words else {}
        found = passages.quote(session, words, first)
    return [
        (webinar_id, quote.starts_s if quote.page is None else quote.page)
        for webinar_id, quotes in found.items()
        for quote in quotes.best
    ]


def listed(database, asked):
    with database.read_session() as session:
        listing = read_listing(session, Wanted(query=asked), login_id=None, now=NOW)
    return [entry.slug for entry in listing.found]


def test_only_the_first_twenty_passages_are_read_and_the_rest_not_counted(database):
    with database.transaction() as session:
        webinar = make_webinar(session, "shelves")
        other = make_webinar(session, "other")
        pieces = [Piece(f"the shelf number {place}", starts_s=30.0 * place) for place in range(50)]
        passages.keep(session, Source(webinar.id, PassageKind.TRANSCRIPT, "a"), pieces)
        passages.keep(session, Source(other.id, PassageKind.TRANSCRIPT, "b"), pieces[49:])
        ids = (webinar.id, other.id)
    assert spoken(database, "shelf", *ids) == [
        (ids[0], 0.0), (ids[0], 30.0), (ids[0], 60.0), (ids[1], 1470.0),
    ]  # fmt: skip
    with database.read_session() as session:
        listing = read_listing(session, Wanted(query="shelf"), login_id=None, now=NOW)
        first = {entry.id: entry.first for entry in listing.found}
        assert passages.quote(session, ("shelf",), first)[ids[0]].more == 17


@pytest.fixture
def weeding(database):
    """Add a webinar with a two-page handout, and another with weeding only in its title."""
    with database.transaction() as session:
        webinar = make_webinar(session, "shelves")
        other = make_webinar(session, "other")
        other.title = "Weeding"
        webinar_search.keep(session, (webinar.id, other.id))
        source = Source(webinar.id, PassageKind.HANDOUT, "a" * 26, "en")
        pages = (Piece("Why we keep books", page=1), Piece("How to be weeding shelves", page=2))
        passages.keep(session, source, pages)
        return webinar.id


def test_passage_is_found_by_its_words_with_its_page(database, weeding):
    assert spoken(database, "weeding", weeding) == [(weeding, 2)]
    assert spoken(database, "shelf weeding", weeding) == []


def test_title_match_is_listed_before_a_passage_match(database, weeding):
    assert listed(database, "weeding") == ["other", "shelves"]
    assert listed(database, "books") == ["shelves"]
    assert listed(database, "nothing of it") == []


def test_new_passages_replace_the_former_ones(database, weeding):
    with database.transaction() as session:
        source = Source(weeding, PassageKind.HANDOUT, "a" * 26, "en")
        passages.keep(session, source, (Piece("Mending spines", page=1),))
    assert listed(database, "books") == []
    assert spoken(database, "mend", weeding) == [(weeding, 1)]
    with database.transaction() as session:
        passages.drop(session, "a" * 26)
        assert session.scalars(select(Passage)).all() == []
    assert listed(database, "mending") == []


def test_captions_are_searched_while_they_are_published(database, storage, cast):
    track = caption(
        database,
        storage,
        cast.recording_id,
        vtt_of("Good morning", "The b\u00fccherei opens", "at nine", "A question"),
    )
    assert spoken(database, "bucherei", cast.webinar_id) == [(cast.webinar_id, 0.0)]
    assert spoken(database, "question", cast.webinar_id) == [(cast.webinar_id, 30.0)]
    assert spoken(database, "quest", cast.webinar_id) == [(cast.webinar_id, 30.0)]
    caption(database, storage, cast.recording_id, vtt_of("Replaced"))
    assert spoken(database, "question", cast.webinar_id) == []
    with database.transaction() as session:
        now_there = session.scalars(select(Passage.source)).all()
        assert track not in now_there
        captions.remove(session, now_there[0], actor=None, now=NOW)
    assert listed(database, "replaced") == []


def test_replaced_version_is_no_longer_found(database, storage, cast):
    caption(database, storage, cast.recording_id, vtt_of("The former words"))
    with database.transaction() as session:
        session.get_one(Recording, cast.recording_id).is_current = False
        session.flush()
        captions.index(session, cast.webinar_id)
    assert listed(database, "former") == []


def test_only_the_current_versions_captions_are_found(database, storage, cast):
    caption(database, storage, cast.recording_id, vtt_of("The former words"))
    with database.transaction() as session:
        first = session.get_one(Recording, cast.recording_id)
        first.run, first.is_current = "a" * 26, False
        session.flush()
        second = make_recording(session, session.get_one(Webinar, cast.webinar_id), number=2)
        captions.index(session, cast.webinar_id)
        public_id, other = first.public_id, second.id
    caption(database, storage, other, vtt_of("The newer ones"))
    assert (listed(database, "former"), listed(database, "newer")) == ([], [cast.slug])
    with database.transaction() as session:
        versions.make_current(session, public_id, actor=None, now=NOW)
    assert (listed(database, "former"), listed(database, "newer")) == ([cast.slug], [])


def test_each_webinar_has_its_own_passages(database, storage, cast):
    with database.transaction() as session:
        webinar = make_webinar(session, "second")
        other = make_recording(session, webinar)
        ids = (other.id, webinar.id)
    caption(database, storage, cast.recording_id, vtt_of("A lamp"))
    caption(database, storage, ids[0], vtt_of("A lamp", *["word"] * 5, "and a lamp"))
    assert spoken(database, "lamp", cast.webinar_id) == [(cast.webinar_id, 0.0)]
    assert spoken(database, "lamp", ids[1]) == [(ids[1], 0.0), (ids[1], 60.0)]
    assert listed(database, "lamp") == ["second", cast.slug]


@pytest.mark.parametrize(
    "asked", ['"', "a AND b", "NEAR(", "lamp*", "(", "' OR 1=1 --", "col:x", "-", "\u0000", "&|!:*"]
)
def test_any_input_is_searched_without_an_error(database, weeding, asked):
    listed(database, asked)
    spoken(database, asked, weeding)
