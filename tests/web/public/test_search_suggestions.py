"""Suggestions while typing: public names only, found by one statement."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from lms.catalog.presenters import PresenterWords, add_presenter
from lms.catalog.series import SeriesWords, add_series
from lms.catalog.webinar_details_validation import WebinarWords
from lms.catalog.webinars import add_webinar, publish_webinar
from lms.models.catalog import Webinar, WebinarSeries, WebinarState
from lms.search import webinar_search
from lms.web.core import form_fields
from tests.clock import NOW
from tests.factories import make_series
from tests.web.public.test_home_catalog_and_webinar_pages import statements


@pytest.fixture
def shelf(database):
    """Add webinars of Mona Moss in the series Moving house, and another presenter's draft."""
    with database.transaction() as session:
        for name in ("Mona Moss", "Drafty Moe"):
            add_presenter(session, PresenterWords(name), actor=None, now=NOW)
        for name in ("Moving house", "Motley drafts"):
            add_series(session, SeriesWords(name), actor=None, now=NOW)
        for title, presenter, series, is_shown in (
            ("Moving a library", "mona-moss", "moving-house", True),
            ("Mobile shelves", "mona-moss", "moving-house", True),
            ("Motion not yet told", "drafty-moe", "motley-drafts", False),
        ):
            words = WebinarWords(
                title,
                NOW + timedelta(days=3),
                "America/New_York",
                presenters=(presenter,),
                series=(series,),
            )
            kept = add_webinar(session, words, actor=None, now=NOW)
            if is_shown:
                publish_webinar(session, kept.slug, actor=None, now=NOW)
            webinar_search.keep(session, (kept.id,))
    return database


def suggested(client, query: str) -> list[tuple[str, str]]:
    answer = client.get("/search/suggestions", query_string={"q": query})
    assert answer.status_code == 200
    return [(each["title"], each["url"]) for each in answer.json["found"]]


def test_presenters_series_and_webinars_are_suggested_by_prefix(client, shelf):
    assert suggested(client, "mov") == [
        ("Moving house", "/series/moving-house"),
        ("Moving a library", "/webinars/moving-a-library"),
        ("Mobile shelves", "/webinars/mobile-shelves"),
    ]
    assert suggested(client, "moss")[0] == ("Mona Moss", "/presenters/mona-moss")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("García", "Élodie García"),
        ("garc", "Élodie García"),
        ("élodie g", "Élodie García"),
        ("elodie", "Élodie García"),
        ("o'brien", "Pat O'Brien-Smith"),
        ("brien", "Pat O'Brien-Smith"),
        ("smith", "Pat O'Brien-Smith"),
    ],
)
def test_name_is_suggested_regardless_of_accents_and_punctuation(client, shelf, query, name):
    with shelf.transaction() as session:
        people = [
            add_presenter(session, PresenterWords(each), actor=None, now=NOW).slug
            for each in ("Élodie García", "Pat O'Brien-Smith")
        ]
        words = WebinarWords("Maps", NOW, "UTC", presenters=tuple(people))
        kept = add_webinar(session, words, actor=None, now=NOW)
        publish_webinar(session, kept.slug, actor=None, now=NOW)
    assert suggested(client, query)[0][0] == name


@pytest.mark.parametrize("who", [None, "alice", "mia", "ada"])
@pytest.mark.parametrize("query", ["motion", "drafty", "motley"])
def test_drafts_are_not_suggested_in_search(clock, client, cast, shelf, who, query):
    if who:
        client.sign_in(getattr(cast, who).id)
    assert suggested(client, query) == []


@pytest.mark.parametrize("query", ["", " ", "m", "%", "_", "'", '"', "mov*", "a" * 5000, "ǅ"])
def test_any_query_text_is_accepted(client, shelf, query):
    suggested(client, query)


def test_wildcards_are_matched_literally(client, shelf):
    assert suggested(client, "m%s") == []
    assert suggested(client, "m_na") == []


def test_withdrawn_webinar_is_no_longer_suggested(client, shelf):
    with shelf.transaction() as session:
        session.execute(update(Webinar).values(state=WebinarState.WITHDRAWN))
    assert suggested(client, "moving") == []


def test_suggestions_need_one_statement_and_are_publicly_cached(client, cast, shelf):
    client.get("/privacy")
    with statements(shelf) as seen:
        answer = client.get("/search/suggestions?q=moving")
    assert len(seen) == 1
    assert answer.headers["Cache-Control"] == "public, max-age=60"


def test_fields_suggest_titles_of_webinars_on_sale_with_every_word(client, shelf):
    found = client.get("/search/titles?q=mo+lib").json["items"]
    assert [one["name"] for one in found] == ["Moving a library"]
    assert client.get("/search/titles?q=told").json == {"items": []}  # a draft
    assert "/search/titles" in client.get("/purchasing/quote").text


def named(client, kind, query):
    answer = client.get(f"/search/names/{kind}?q={query}")
    assert "Cookie" in answer.vary
    return [one["name"] for one in answer.json["items"]]


def test_fields_suggest_names_of_series_and_presenters(client, shelf):
    assert named(client, "series", "hou mov") == ["Moving house"]
    assert named(client, "presenters", "moss mona") == ["Mona Moss"]
    assert named(client, "passes", "mo") == ["Moving house", "Mona Moss"]
    assert client.get("/search/names/webinars").status_code == 404


@pytest.mark.parametrize("who", [None, "alice", "mia"])
def test_public_fields_do_not_suggest_names_of_drafts(clock, client, cast, shelf, who):
    if who:
        client.sign_in(getattr(cast, who).id)
    for kind in ("series", "presenters", "passes"):
        assert named(client, kind, "draft") == []
    assert "otley drafts" not in client.get("/purchasing/quote").text
    assert client.get("/search/names/series").headers["Cache-Control"] == "public, max-age=60"


def test_staff_fields_suggest_names_of_drafts(clock, client, cast, shelf):
    client.sign_in(cast.ada.id)
    assert named(client, "series", "draft") == ["Motley drafts"]
    assert named(client, "passes", "draft") == ["Motley drafts", "Drafty Moe"]
    assert "private" in client.get("/search/names/series").headers["Cache-Control"]


def test_catalog_does_not_find_a_series_of_drafts_by_title(client, shelf):
    assert client.get("/webinars?series=Moving+house").status_code == 303
    assert client.get("/webinars?series=Motley+drafts").status_code == 404


def test_catalog_with_many_series_is_filtered_by_a_typed_title(client, cast, shelf, monkeypatch):
    with shelf.transaction() as session:
        row = make_series(session, "ducks")
        session.add(WebinarSeries(webinar_id=cast.webinar_id, series_id=row.id))
    monkeypatch.setattr(form_fields, "MOST_LISTED", 0)
    assert client.get("/webinars?series=ducks&q=").status_code == 200
    for more in ("", "&endpoint=x", "&_method=POST", "&_anchor=x&page=2"):
        typed = client.get(f"/webinars?series=Duck&q=room{more}")
        assert typed.status_code == 303
        assert typed.location == "/webinars?series=ducks&q=room"
    assert 'value="Ducks"' in client.get("/webinars?series=ducks").text
    assert client.get("/webinars?series=geese").status_code == 404
