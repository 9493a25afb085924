"""Mistyped searches, on whichever database this run is about."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from lms.catalog.public_listing import Wanted, read_forgiving_listing
from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarState
from lms.models.search import PassageKind, SearchWord
from lms.search import passages, webinar_search
from lms.search.passages import Piece, Source
from tests.clock import NOW
from tests.factories import make_webinar


@pytest.fixture
def catalog(database: Database) -> Database:
    with database.transaction() as session:
        titles = {
            "neighbors": "Recording the neighbors: oral history with a telephone",
            "training": "Training for trustees",
            "stories": "Story time in a restless room",
            "draft": "Numbers that trustees remember",
        }
        rows = {slug: make_webinar(session, slug) for slug in titles}
        for slug, row in rows.items():
            row.title = titles[slug]
        rows["draft"].state = WebinarState.DRAFT
        webinar_search.keep(session, [row.id for row in rows.values()])
        source = Source(rows["training"].id, PassageKind.TRANSCRIPT, "a")
        passages.keep(session, source, [Piece("We visit the archive.", starts_s=0.0)])
    return database


def found(database: Database, query: str) -> tuple[Sequence[str], str]:
    """Return the webinars that a search finds, and the query that finds them."""
    with database.read_session() as session:
        listing, used = read_forgiving_listing(session, Wanted(query=query), login_id=None, now=NOW)
    return [entry.slug for entry in listing.found], used


def test_mistyped_words_find_what_the_right_ones_find(catalog: Database) -> None:
    for typed, slug, meant in (
        ("oral histroy", "neighbors", "oral history"),
        ("nieghbors", "neighbors", "neighbors"),
        ("telefone", "neighbors", "telephone"),
        ("sotry time", "stories", "story time"),
        ("trianing trustes", "training", "training trustees"),
        ("archve", "training", "archive"),
    ):
        assert found(catalog, typed) == ([slug], meant)


def test_what_is_found_as_typed_is_not_corrected(catalog: Database) -> None:
    with catalog.transaction() as session:
        typo = make_webinar(session, "typo")
        typo.title = "A histroy of typing errors"
        webinar_search.keep(session, (typo.id,))
    assert found(catalog, "histroy") == (["typo"], "histroy")


def test_words_without_a_likeness_find_nothing(catalog: Database) -> None:
    for query in ("elephants", "", "12345678", "xx yy", "orl", "z" * 40):
        assert found(catalog, query) == ([], query)


def test_correction_does_not_find_what_is_not_announced(catalog: Database) -> None:
    assert found(catalog, "numbrs remembr") == ([], "numbrs remembr")


def test_each_word_is_stored_once(catalog: Database) -> None:
    with catalog.transaction() as session:
        ids = session.scalars(select(Webinar.id)).all()
        before = session.scalars(select(SearchWord.word)).all()
        webinar_search.keep(session, ids)
        assert sorted(session.scalars(select(SearchWord.word))) == sorted(before)
