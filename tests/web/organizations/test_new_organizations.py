"""Organizations created by customers' orders: access, likely matches, and "Mark as new"."""

import pytest

from lms.core.database import Database
from lms.models.organizations import Organization
from lms.organizations.new_organizations import CHECKED
from lms.sales.read_models import OrderFacts
from tests.buying.buying_fixtures import (
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
)
from tests.cast import Cast, Roles
from tests.clock import Clock
from tests.page_texts import is_empty, shows
from tests.visitor import Visitor

PAGE = "/staff/organizations-to-check"


@pytest.fixture
def order(database: Database, cast: Cast, clock: Clock) -> OrderFacts:
    open_for_business(database)
    return ordered(database, filled(database), details(organization_name="Elm Co. Library"))


def slug_of(database: Database, order: OrderFacts) -> str:
    with database.read_session() as session:
        return session.get_one(Organization, order.organization_id).slug


def test_new_organizations_are_not_found_for_people_outside_staff(
    client: Visitor, cast: Cast, roles: Roles, database: Database, order: OrderFacts
) -> None:
    slug = slug_of(database, order)
    for person in (cast.alice, cast.mia, roles.beth):
        client.sign_in(person.id)
        assert client.get(PAGE).status_code == 404
        assert client.post(f"{PAGE}/{slug}").status_code == 404


def test_unconfirmed_order_is_not_listed(staff: Visitor, order: OrderFacts) -> None:
    assert is_empty(staff.get(PAGE).text)
    assert f'href="{PAGE}"' not in staff.get("/staff").text


def test_likely_matches_link_to_the_merge(
    staff: Visitor, database: Database, order: OrderFacts
) -> None:
    confirmed(database)
    assert f'href="{PAGE}"' in staff.get("/staff").text
    page = staff.get(PAGE).text
    assert "Elm Co. Library" in page
    assert "Rosa Delgado" in page
    merge = f"/staff/organizations/elm-county/merge?other={slug_of(database, order)}"
    assert merge in page
    assert staff.get(merge).status_code == 200
    answer = staff.post(
        "/staff/organizations/elm-county/merge",
        data={"other": slug_of(database, order), "keep": "elm-county"},
    )
    assert answer.status_code == 303
    assert is_empty(staff.get(PAGE).text)


def test_new_organization_is_marked_as_checked(
    staff: Visitor, database: Database, order: OrderFacts
) -> None:
    confirmed(database)
    slug = slug_of(database, order)
    assert staff.post(f"{PAGE}/{slug}").status_code == 303
    assert is_empty(staff.get(PAGE).text)
    with database.read_session() as session:
        assert session.get_one(Organization, order.organization_id).unverified_since is None
    assert shows(staff.post(f"{PAGE}/{slug}", follow_redirects=True).text, CHECKED)
