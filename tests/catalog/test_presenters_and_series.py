"""Presenters and series: added, renamed, and removed only when nothing uses them."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.catalog.presenters import (
    PresenterWords,
    add_presenter,
    change_picture,
    edit_presenter,
    read_presenter,
    remove_presenter,
)
from lms.catalog.series import SeriesWords, add_series, edit_series, read_series, remove_series
from lms.catalog.staff_read_models import read_standing
from lms.catalog.webinar_details_validation import WebinarWords
from lms.catalog.webinars import add_webinar, edit_webinar
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.grants.grants import Target, Term, grant
from lms.models.catalog import Presenter
from lms.models.grants import Scope
from lms.search import webinar_search
from tests.clock import NOW
from tests.factories import make_login

ANN = PresenterWords("Ann Falk", "Teaches.")
SHELF = SeriesWords("Shelf life", "About shelves.")
UNKNOWN = "0" * 26


def found(database: Database, word: str) -> int:
    with database.read_session() as session:
        hits = webinar_search.hits((word,), session.get_bind().dialect.name)
        return len(session.scalars(select(hits.c.webinar_id)).all())


def test_renamed_presenter_is_found_by_search(database: Database) -> None:
    with database.transaction() as session:
        ann = add_presenter(session, ANN, actor=None, now=NOW)
        words = WebinarWords("Weeding", NOW, "UTC", presenters=(ann.slug,))
        add_webinar(session, words, actor=None, now=NOW)
        edit_presenter(session, ann.public_id, replace(ANN, name="Ann Berg"), actor=None, now=NOW)
        assert read_presenter(session, ann.public_id).slug == "ann-falk"
    assert (found(database, "falk"), found(database, "berg")) == (0, 1)


def test_new_presenters_are_added_with_a_webinar_without_duplicates(
    database: Database,
) -> None:
    with database.transaction() as session:
        ann = add_presenter(session, ANN, actor=None, now=NOW)
        words = WebinarWords(
            "Weeding", NOW, "UTC", presenters=(ann.slug,), new_presenters=("ann falk", "Bo Lind")
        )
        kept = add_webinar(session, words, actor=None, now=NOW)
        edit_webinar(session, kept.slug, words, actor=None, now=NOW)
        names = session.scalars(select(Presenter.name).order_by(Presenter.id)).all()
        assert names == ["Ann Falk", "Bo Lind"]
        assert read_standing(session, kept.slug).words.presenters == ("ann-falk", "bo-lind")
    long = replace(words, new_presenters=("x" * 201,))
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        add_webinar(session, long, actor=None, now=NOW)
    assert list(refusal.value.fields) == ["new_presenters"]


def test_renamed_series_is_found_by_search(database: Database) -> None:
    with database.transaction() as session:
        shelf = add_series(session, SHELF, actor=None, now=NOW)
        words = WebinarWords("Weeding", NOW, "UTC", series=(shelf.slug,))
        add_webinar(session, words, actor=None, now=NOW)
        edit_series(session, shelf.public_id, replace(SHELF, title="Stacks"), actor=None, now=NOW)
        assert read_series(session, shelf.public_id).title == "Stacks"
    assert (found(database, "shelf"), found(database, "stacks")) == (0, 1)


def test_presenter_without_a_name_is_rejected(database: Database) -> None:
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        add_presenter(session, PresenterWords(" ", "x" * 10_001), actor=None, now=NOW)
    assert set(refusal.value.fields) == {"name", "biography"}


def test_series_without_a_title_is_rejected(database: Database) -> None:
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        add_series(session, SeriesWords(" ", "x" * 10_001), actor=None, now=NOW)
    assert set(refusal.value.fields) == {"title", "description"}


def test_changing_a_picture_returns_the_replaced_one(database: Database) -> None:
    with database.transaction() as session:
        ann = add_presenter(session, ANN, actor=None, now=NOW)
        assert change_picture(session, ann.public_id, "a.jpg", actor=None, now=NOW) is None
        assert change_picture(session, ann.public_id, None, actor=None, now=NOW) == "a.jpg"


def test_presenter_of_a_webinar_is_not_removed(database: Database) -> None:
    with database.transaction() as session:
        ann = add_presenter(session, ANN, actor=None, now=NOW)
        words = WebinarWords("Weeding", NOW, "UTC", presenters=(ann.slug,))
        add_webinar(session, words, actor=None, now=NOW)
    with pytest.raises(Conflict), database.transaction() as session:
        remove_presenter(session, ann.public_id, actor=None, now=NOW)


def test_series_with_a_webinar_is_not_removed(database: Database) -> None:
    with database.transaction() as session:
        shelf = add_series(session, SHELF, actor=None, now=NOW)
        words = WebinarWords("Weeding", NOW, "UTC", series=(shelf.slug,))
        add_webinar(session, words, actor=None, now=NOW)
    with pytest.raises(Conflict), database.transaction() as session:
        remove_series(session, shelf.public_id, actor=None, now=NOW)


def sold(database: Database, scope: Scope, target: int) -> None:
    with database.transaction() as session:
        login = make_login(session)
        grant(
            session,
            login_id=login.id,
            target=Target(scope, target),
            term=Term(NOW),
            actor=None,
            now=NOW,
        )


def test_presenter_of_a_sold_pass_is_not_removed(database: Database) -> None:
    with database.transaction() as session:
        ann = add_presenter(session, ANN, actor=None, now=NOW)
        of_ann = select(Presenter.id).where(Presenter.public_id == ann.public_id)
        target = session.scalars(of_ann).one()
    sold(database, Scope.PRESENTER, target)
    with pytest.raises(Conflict), database.transaction() as session:
        remove_presenter(session, ann.public_id, actor=None, now=NOW)


def test_unused_presenter_and_series_are_removed(database: Database) -> None:
    with database.transaction() as session:
        ann = add_presenter(session, ANN, actor=None, now=NOW)
        shelf = add_series(session, SHELF, actor=None, now=NOW)
        remove_presenter(session, ann.public_id, actor=None, now=NOW)
        remove_series(session, shelf.public_id, actor=None, now=NOW)
        with pytest.raises(NotFound):
            read_presenter(session, ann.public_id)
        with pytest.raises(NotFound):
            read_series(session, shelf.public_id)


def test_unknown_presenter_or_series_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(NotFound):
            edit_presenter(session, UNKNOWN, ANN, actor=None, now=NOW)
        with pytest.raises(NotFound):
            edit_series(session, UNKNOWN, SHELF, actor=None, now=NOW)
