"""Reports across all organizations: for staff only (tests/rules/test_routes.py)."""

import csv
import io
import re

import pytest

from lms.core.database import Database
from tests.cast import Cast, Roles
from tests.clock import Clock
from tests.factories import make_login
from tests.reports.watched_organization import Place, make_place, seat, see, watch
from tests.visitor import Visitor


@pytest.fixture
def house(database: Database, cast: Cast, clock: Clock) -> Place:
    """Let five people watch through an organization's seats."""
    with database.transaction() as session:
        place = make_place(session, "cataloguing")
        for upto in (900.0, 900.0, 900.0, 1000.0, 200.0):
            watch(session, place, seat(session, place, "Una Reed"), upto)
    return place


@pytest.fixture
def ada(client: Visitor, cast: Cast) -> Visitor:
    client.sign_in(cast.ada.id)
    return client


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))[1:]


def test_staff_see_viewing_by_webinar_organization_and_person(ada: Visitor, house: Place) -> None:
    page = ada.get("/staff/reports/viewing").text
    assert "Cataloguing" in page
    assert "80%" in page
    page = ada.get("/staff/reports/organizations").text
    assert house.organization.name in page
    page = ada.get("/staff/reports/people").text
    assert page.count("Una Reed") >= 5


def test_reports_page_links_to_every_report(ada: Visitor, cast: Cast) -> None:
    page = ada.get("/staff/reports").text.split("<main")[1]
    paths = re.findall(r'<a href="(/staff/[^"]+)">', page)
    assert {"/staff/reports/viewing", "/staff/balances", "/staff/lti/embeds", "/staff/audit"} < {
        *paths
    }
    for path in paths:
        assert ada.get(path).status_code == 200, path


def test_bookkeeper_sees_links_only_to_reports_they_can_open(client: Visitor, roles: Roles) -> None:
    client.sign_in(roles.beth.id)
    page = client.get("/staff/reports").text.split("<main")[1]
    paths = re.findall(r'<a href="(/staff/[^"]+)">', page)
    assert paths == [
        "/staff/balances",
        "/staff/balances/open.csv",
        "/staff/balances/revenue.csv",
    ]


def test_each_table_can_be_downloaded_as_csv(ada: Visitor, house: Place) -> None:
    figures = ["5", "5", "1.1", "4", "80", "78"]
    assert rows(ada.get("/staff/reports/webinars.csv").text) == [["Cataloguing", *figures]]
    found = rows(ada.get("/staff/reports/organizations.csv").text)
    assert found == [[house.organization.name, *figures]]
    people = rows(ada.get("/staff/reports/people.csv?sort=share").text)
    assert next(row[2:] for row in people) == ["1", "1", "20", "0", "0"]
    views = rows(ada.get("/staff/reports/views.csv?span=3").text)
    assert [row[1] for row in views] == [*[""] * 9, "5"]  # the weeks of three months


def test_person_has_a_page_and_one_viewer_has_no_retention_chart(
    ada: Visitor, house: Place, database: Database
) -> None:
    with database.transaction() as session:
        login, other = make_login(session, name="Ira Holt"), make_place(session, "weeding")
        see(session, other, login, 450.0)
    page = ada.get(f"/staff/reports/people/{login.public_id}").text
    assert "Ira Holt" in page
    assert "45%" in page
    page = ada.get("/staff/reports/webinars/weeding").text
    assert "<svg class=" not in page.split('id="no-heat-title"')[1].split("</section>")[0]


def test_unknown_webinar_or_person_is_not_found(ada: Visitor, house: Place) -> None:
    for path in ("webinars/nothing", "webinars/nothing/stretches.csv", "people/nobody"):
        assert ada.get(f"/staff/reports/{path}").status_code == 404
