"""Values of staff forms: presenter order, unusual time zones, and the accent color preview."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.catalog.presenters import PresenterWords, add_presenter
from lms.catalog.staff_read_models import count_holders
from lms.catalog.webinar_details_validation import WebinarWords
from lms.catalog.webinars import add_webinar
from lms.core.database import Database
from lms.core.dates_and_time_zones import SKIPPED
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Webinar, WebinarPresenter
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_grant, make_login
from tests.page_texts import shows
from tests.visitor import Visitor

WORDS = WebinarWords("Weeding", NOW, "US/Eastern", presenters=("zoe", "ann"))


@pytest.fixture
def weeding(database: Database) -> str:
    with database.transaction() as session:
        for name in ("Ann", "Max", "Zoe"):
            add_presenter(session, PresenterWords(name), actor=None, now=NOW)
        return add_webinar(session, WORDS, actor=None, now=NOW).slug


@pytest.mark.parametrize("who", ["alice", "dan", "mia", "ada"])
def test_accent_preview_is_only_for_owners(
    client: Visitor, cast: Cast, clock: Clock, who: str
) -> None:
    client.sign_in(getattr(cast, who).id)
    assert client.get("/staff/branding/look?accent=%23ff0000").status_code == 404


def test_accent_preview_returns_light_and_dark_colors(owner: Visitor) -> None:
    shown = owner.get("/staff/branding/look?accent=%2317407A").get_json()
    assert shown["light"]["accent"] == "#17407a"
    assert shown["dark"]["accent"] != "#17407a"
    assert set(shown["dark"]) == {"accent", "on-accent", "accent-strong", "accent-soft"}


@pytest.mark.parametrize("accent", ["", "red", "%23fff", "%2317407a;}body{"])
def test_invalid_color_is_refused(owner: Visitor, accent: str) -> None:
    assert owner.get(f"/staff/branding/look?accent={accent}").status_code == 400


def test_saving_a_webinar_keeps_its_presenter_order_and_time_zone(
    ada: Visitor, database: Database, weeding: str
) -> None:
    page = ada.get(f"/staff/webinars/{weeding}/edit").text
    order = re.findall(r'name="presenters"[^>]*value="(\w+)"', page)
    assert order == ["zoe", "ann", "max"]
    seen = re.search(r'name="seen"[^>]*value="([^"]+)"', page)
    assert seen is not None
    form = {
        "title": "Weeding",
        "held_at": "2026-03-02T10:00",
        "zone": "US/Eastern",
        "minutes": "60",
        "presenters": ["zoe", "ann"],
        "seen": seen[1],
        "slug": weeding,
    }
    assert ada.post(f"/staff/webinars/{weeding}/edit", data=form).status_code == 303
    with database.read_session() as session:
        named = session.scalars(
            select(Presenter.slug).join(WebinarPresenter).order_by(WebinarPresenter.position)
        )
        assert list(named) == ["zoe", "ann"]
        row = session.scalars(select(Webinar).where(Webinar.slug == weeding)).one()
        assert (row.zone, row.held_at) == ("US/Eastern", NOW)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd"])
def test_invalid_time_zone_is_refused_and_the_input_is_kept(ada: Visitor, zone: str) -> None:
    form = {"title": "Weeding", "held_at": "2026-03-02T10:00", "zone": zone, "minutes": "60"}
    answer = ada.post("/staff/webinars/new", data=form)
    assert answer.status_code == 400
    assert 'value="Weeding"' in answer.text


def test_time_skipped_by_daylight_saving_is_refused(ada: Visitor) -> None:
    form = {
        "title": "Weeding",
        "held_at": "2026-03-08T02:30",
        "zone": "America/New_York",
        "minutes": "60",
    }
    answer = ada.post("/staff/webinars/new", data=form)
    assert answer.status_code == 400
    assert shows(answer.text, SKIPPED)
    assert 'value="2026-03-08T02:30"' in answer.text


def holders(database: Database, webinar_id: int) -> int:
    with database.read_session() as session:
        return count_holders(session, webinar_id, now=NOW)


def test_people_with_ended_passes_are_not_counted(database: Database, cast: Cast) -> None:
    assert holders(database, cast.webinar_id) == 2  # Alice and Bob; Carol's pass has ended


def test_merged_logins_of_one_person_count_once(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        other = make_login(session)
        make_grant(session, other, session.get_one(Webinar, cast.webinar_id))
        session.get_one(Login, other.id).merged_into = cast.alice.id
    assert holders(database, cast.webinar_id) == 2


def test_pass_that_ends_before_the_webinar_is_not_counted(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = NOW + timedelta(days=400)
    assert holders(database, cast.webinar_id) == 1
