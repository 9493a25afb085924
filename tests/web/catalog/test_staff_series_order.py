"""Ordering the webinars of a series with buttons, and undoing it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.catalog.series_order import OTHERS
from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarSeries, WebinarState
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_series, make_webinar
from tests.page_texts import is_empty, shows, told
from tests.visitor import Visitor


@pytest.fixture
def path(database: Database, cast: Cast, clock: Clock) -> str:
    """Return the path of the order page of a series: Alpha, Beta, and Gamma, a draft."""
    with database.transaction() as session:
        series = make_series(session, "letters")
        series.title = "Letters"
        for number, title in enumerate(("Alpha", "Beta", "Gamma")):
            webinar = make_webinar(
                session, title.lower(), held_at=NOW - timedelta(days=30 - number)
            )
            webinar.title = title
            session.add(WebinarSeries(webinar_id=webinar.id, series_id=series.id))
        webinar.state = WebinarState.DRAFT
        return f"/staff/series/{series.public_id}/order"


@pytest.fixture
def ada(client: Visitor, cast: Cast, path: str) -> Visitor:
    client.sign_in(cast.ada.id)
    return client


def id_of(database: Database, slug: str) -> str:
    with database.read_session() as session:
        return session.scalars(select(Webinar.public_id).where(Webinar.slug == slug)).one()


def titles(page: str) -> list[str]:
    return re.findall(r">(Alpha|Beta|Gamma)</a>", page[page.index("<main") :])


def test_order_page_is_not_found_for_managers(client: Visitor, cast: Cast, path: str) -> None:
    client.sign_in(cast.mia.id)
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
    assert client.post(f"{path}/by-date").status_code == 404
    assert client.post(f"{path}/put-back").status_code == 404


def test_webinar_is_moved_on_the_order_page_and_the_series_page(
    ada: Visitor, database: Database, path: str
) -> None:
    page = ada.get(path).text
    assert titles(page) == ["Alpha", "Beta", "Gamma"]
    assert "/by-date" not in page
    answer = ada.post(path, data={"webinar": id_of(database, "alpha"), "place": "2"})
    assert answer.status_code == 303
    page = ada.get(answer.location).text
    assert titles(page) == ["Beta", "Alpha", "Gamma"]
    assert "Alpha" in told(page)
    assert "2" in told(page)
    assert "/by-date" in page
    assert titles(ada.get("/series/letters").text) == ["Beta", "Alpha"]


def test_move_button_keeps_the_focus_until_the_end_of_the_list(
    ada: Visitor, database: Database, path: str
) -> None:
    answer = ada.post(path, data={"webinar": id_of(database, "alpha"), "place": "2"})
    assert focused(ada.get(answer.location).text) == "Move down: Alpha"
    answer = ada.post(path, data={"webinar": id_of(database, "alpha"), "place": "3"})
    assert focused(ada.get(answer.location).text) == "Move up: Alpha"


def focused(page: str) -> str:
    [button] = re.findall(r"autofocus.*?</button>", page, re.DOTALL)
    found = re.search(r'visually-hidden">([^<]+)<', button)
    assert found
    return found[1]


def test_order_by_date_can_be_restored_and_undone(
    ada: Visitor, database: Database, path: str
) -> None:
    ada.post(path, data={"webinar": id_of(database, "gamma"), "place": "1"})
    answer = ada.post(f"{path}/by-date")
    page = ada.get(answer.location).text
    assert titles(page) == ["Alpha", "Beta", "Gamma"]
    assert "data-undo-text" in page
    [undo] = re.findall(r'action="([^"]+put-back[^"]*)"', page)
    assert titles(ada.get(ada.post(undo).location).text) == ["Gamma", "Alpha", "Beta"]


@pytest.mark.parametrize("was", ["", "1-2", "1-2-2", "1-2-3-4", "x"])
def test_invalid_order_is_not_restored(
    ada: Visitor, database: Database, path: str, was: str
) -> None:
    answer = ada.post(f"{path}/put-back?was={was}")
    page = ada.get(answer.location).text
    assert shows(page, OTHERS)
    assert titles(page) == ["Alpha", "Beta", "Gamma"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"place": "-1"},
        {"place": "one"},
        {"place": "1"},
        {"place": "\u00b2"},
        {"place": "9" * 5000},
    ],
)
def test_invalid_move_is_not_found(ada: Visitor, path: str, data: dict[str, str]) -> None:
    assert ada.post(path, data={"webinar": "0" * 26, **data}).status_code == 404


def test_series_without_webinars_shows_an_empty_state(
    ada: Visitor, database: Database, path: str
) -> None:
    with database.transaction() as session:
        empty = make_series(session, "empty").public_id
    assert is_empty(ada.get(f"/staff/series/{empty}/order").text)
    assert ada.get(f"/staff/series/{'0' * 26}/order").status_code == 404
