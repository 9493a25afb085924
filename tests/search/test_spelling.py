"""Misspelled searches, on the database of this run."""

from collections.abc import Sequence
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from sqlalchemy import select

from lms.catalog.public_listing import Wanted, read_forgiving_listing
from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarState
from lms.models.search import PassageKind, SearchWord
from lms.search import passages, spelling, webinar_search
from lms.search.passages import Piece, Source
from tests.clock import NOW
from tests.factories import make_webinar
from tests.seats.test_concurrent_claims import together


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


def swap(word: str, place: int) -> str:
    """Return a word with two letters in the wrong order."""
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def drop(word: str, place: int) -> str:
    """Return a word without one of its letters."""
    return word[:place] + word[place + 1 :]


def test_misspelled_words_find_what_the_correct_ones_find(catalog: Database) -> None:
    for typed, slug, meant in (
        (f"oral {swap('history', 4)}", "neighbors", "oral history"),
        (swap("neighbors", 1).upper(), "neighbors", "neighbors"),
        ("telefone", "neighbors", "telephone"),
        (f"{swap('story', 1)} time", "stories", "story time"),
        (f"{swap('training', 2)} {drop('trustees', 5)}", "training", "training trustees"),
        (drop("archive", 4), "training", "archive"),
    ):
        assert found(catalog, typed) == ([slug], meant)


TYPED = swap("history", 4)


def test_query_with_results_is_not_corrected(catalog: Database) -> None:
    with catalog.transaction() as session:
        typo = make_webinar(session, "typo")
        typo.title = f"A {TYPED} of typing errors"
        webinar_search.keep(session, (typo.id,))
    assert found(catalog, TYPED) == (["typo"], TYPED)


def test_words_without_a_similar_one_find_nothing(catalog: Database) -> None:
    for query in ("elephants", "", "12345678", "xx yy", "orl", "z" * 40):
        assert found(catalog, query) == ([], query)


def test_correction_does_not_find_unannounced_webinars(catalog: Database) -> None:
    typed = f"{drop('numbers', 5)} {drop('remember', 6)}"
    assert found(catalog, typed) == ([], typed)


def test_each_word_is_stored_once(catalog: Database) -> None:
    with catalog.transaction() as session:
        ids = session.scalars(select(Webinar.id)).all()
        before = session.scalars(select(SearchWord.word)).all()
        webinar_search.keep(session, ids)
    with catalog.read_session() as session:
        assert sorted(session.scalars(select(SearchWord.word))) == sorted(before)


def test_two_who_store_the_same_words_in_another_order_both_finish(
    database: Database,
) -> None:
    met = Barrier(2)

    def learn(place: int) -> None:
        words = ("archive", "zebra")[:: 1 - 2 * place]
        with database.transaction() as session:
            spelling.learn(session, words[:1])
            with suppress(BrokenBarrierError):  # SQLite allows one writer at a time
                met.wait(0.5)
            spelling.learn(session, words[1:])

    together(2, learn)
    with database.read_session() as session:
        assert set(session.scalars(select(SearchWord.word))) == {"archive", "zebra"}


def test_words_are_stored_after_a_rolled_back_savepoint(
    database: Database,
) -> None:
    with database.transaction() as session:
        spelling.learn(session, ["archive"])
        with suppress(KeyError), session.begin_nested():
            with session.begin_nested():
                pass
            raise KeyError
        spelling.learn(session, ["zebra"])
    with database.read_session() as session:
        assert set(session.scalars(select(SearchWord.word))) == {"archive", "zebra"}
