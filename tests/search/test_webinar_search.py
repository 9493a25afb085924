"""Finding webinars by title, text, and presenter, on the database of this run."""

from collections.abc import Sequence
from threading import Event, Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.models.catalog import Presenter, Webinar, WebinarPresenter, WebinarSeries
from lms.search import webinar_search
from tests.clock import NOW
from tests.factories import make_series, make_webinar


@pytest.fixture
def library(database: Database) -> Database:
    with database.transaction() as session:
        harassment = make_webinar(session, "harassment")
        harassment.title = "Patron Harassment Scenarios"
        harassment.overview = "What to do as a *staffer* and a **leader**."
        weeding = make_webinar(session, "weeding")
        weeding.title = "Weeding without tears"
        weeding.overview = "Shelves that breathe. Nothing about harassment, one word about mold."
        weeding.agenda = "Deciding calmly\nExplaining to the board"
        tomas = Presenter(slug="tomas", name="Tomás Okafor", created_at=NOW)
        session.add(tomas)
        session.flush()
        session.add(WebinarPresenter(webinar_id=weeding.id, presenter_id=tomas.id, position=1))
        desk = make_series(session, "desk-and-door")
        desk.title = "The Desk and the Door"
        session.add(WebinarSeries(webinar_id=harassment.id, series_id=desk.id))
        webinar_search.keep(session, (harassment.id, weeding.id))
    return database


def found(database: Database, asked: str) -> Sequence[str]:
    with database.read_session() as session:
        return _found(session, asked)


def _found(session: Session, asked: str) -> Sequence[str]:
    hits = webinar_search.hits(webinar_search.words_in(asked), session.get_bind().dialect.name)
    rows = session.scalars(
        select(Webinar.slug).join(hits, hits.c.webinar_id == Webinar.id).order_by(hits.c.rank)
    )
    return list(rows)


@pytest.mark.parametrize(
    ("asked", "slugs"),
    [
        ("weeding", ["weeding"]),
        ("WEEDED", ["weeding"]),
        ("leader", ["harassment"]),
        ("board", ["weeding"]),
        ("Okafor", ["weeding"]),
        ("tomas", ["weeding"]),
        ("Tomás", ["weeding"]),
        ("oka", ["weeding"]),
        ("desk door", ["harassment"]),
        ("the desk and the door", ["harassment"]),
        ("weeding leader", []),
        ("elephants", []),
    ],
)
def test_webinar_is_found_by_title_text_series_and_presenter(
    library: Database, asked: str, slugs: list[str]
) -> None:
    assert found(library, asked) == slugs


def test_word_in_the_title_counts_more_than_one_in_the_text(library: Database) -> None:
    assert found(library, "harassment") == ["harassment", "weeding"]


@pytest.mark.parametrize(
    "asked",
    ['"', "weeding'", "a OR b", "weeding) -- ", "NEAR(a b)", "*", "col:weeding", "!!", "&|"],
)
def test_any_input_is_treated_as_words(library: Database, asked: str) -> None:
    assert set(found(library, asked) if webinar_search.words_in(asked) else ()) <= {"weeding"}


def test_common_words_are_ignored_unless_there_are_no_others() -> None:
    assert webinar_search.words_in("What to do at the Desk") == ("desk",)
    assert webinar_search.words_in("to the") == ("to", "the")


def test_index_follows_changes(library: Database) -> None:
    with library.transaction() as session:
        weeding = session.scalars(select(Webinar).where(Webinar.slug == "weeding")).one()
        weeding.title = "Pruning without tears"
        webinar_search.keep(session, (weeding.id,))
    assert found(library, "weeding") == []
    assert found(library, "pruning") == ["weeding"]


def test_rolled_back_change_does_not_change_the_index(library: Database) -> None:
    class Stopped(Exception):
        pass

    def change() -> None:
        with library.transaction() as session:
            weeding = session.scalars(select(Webinar).where(Webinar.slug == "weeding")).one()
            weeding.title = "Pruning without tears"
            webinar_search.keep(session, (weeding.id,))
            raise Stopped

    with pytest.raises(Stopped):
        change()
    assert found(library, "weeding") == ["weeding"]
    assert found(library, "pruning") == []


def test_deleted_webinar_is_no_longer_found(library: Database) -> None:
    with library.transaction() as session:
        session.delete(session.scalars(select(Webinar).where(Webinar.slug == "weeding")).one())
    assert found(library, "mold") == []


def test_concurrent_index_updates_of_one_webinar_run_one_after_the_other(
    library: Database,
) -> None:
    with library.read_session() as session:
        weeding = session.scalars(select(Webinar.id).where(Webinar.slug == "weeding")).one()
    is_renamed, faults = Event(), list[Exception]()

    def keep_again() -> None:
        is_renamed.wait()
        try:
            with library.transaction() as session:
                webinar_search.keep(session, (weeding,))
        except Exception as error:  # noqa: BLE001  (asserted below)
            faults.append(error)

    other = Thread(target=keep_again)
    other.start()
    with library.transaction() as session:
        session.scalars(select(Presenter).where(Presenter.slug == "tomas")).one().name = "Tom Reed"
        webinar_search.keep(session, (weeding,))
        is_renamed.set()
        other.join(0.3)
    other.join()
    assert faults == []
    assert found(library, "reed") == ["weeding"]
    assert found(library, "okafor") == []
