"""The page where managers take over an order: access, contents, accepting, and declining."""

import pytest

from lms.accounts.accounts import find_by_email
from lms.core.database import Database
from lms.models.organizations import Organization
from lms.order_reviews import takeovers
from lms.sales.read_models import OrderFacts
from tests.buying.buying_fixtures import (
    ROSA,
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
    row,
)
from tests.cast import Cast, Roles
from tests.clock import Clock
from tests.factories import make_verified_domain
from tests.visitor import Visitor


@pytest.fixture
def order(database: Database, cast: Cast, clock: Clock) -> OrderFacts:
    open_for_business(database)
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_verified_domain(session, elm, "pinecounty.example")
    facts = ordered(database, filled(database), details())
    confirmed(database)
    return facts


@pytest.fixture
def area(database: Database, cast: Cast) -> str:
    with database.read_session() as session:
        return f"/organization/{session.get_one(Organization, cast.organization_id).public_id}"


@pytest.fixture
def page(database: Database, cast: Cast, order: OrderFacts, area: str) -> str:
    with database.read_session() as session:
        (asked,) = takeovers.open_of(session, cast.organization_id)
    return f"{area}/takeovers/{asked.public_id}"


def test_takeover_page_is_not_found_for_people_who_are_not_managers(
    client: Visitor, database: Database, cast: Cast, roles: Roles, page: str
) -> None:
    for person in (cast.alice, roles.sue, roles.bill, roles.lee, roles.max):
        client.sign_in(person.id)
        assert client.get(page).status_code == 404
        assert client.post(f"{page}/accept").status_code == 404
        assert client.post(f"{page}/decline").status_code == 404
    with database.read_session() as session:
        rosa = find_by_email(session, ROSA)
    client.sign_in(rosa.id)
    assert client.get(page).status_code == 404


def test_manager_can_open_the_request_and_take_over_the_order(
    client: Visitor, database: Database, cast: Cast, order: OrderFacts, area: str, page: str
) -> None:
    client.sign_in(cast.mia.id)
    assert page in client.get(area).text
    assert page in client.get(f"{area}/orders").text
    shown = client.get(page).text
    for words in ("Rosa Delgado", ROSA, "Pine County Library", "$325.00"):
        assert words in shown
    answer = client.post(f"{page}/accept")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/orders/{order.public_id}")
    assert row(database, order).organization_id == cast.organization_id
    assert client.get(answer.headers["Location"]).status_code == 200
    assert page not in client.get(area).text
    assert client.get(page).status_code == 404


def test_manager_can_decline_the_order(
    client: Visitor, database: Database, cast: Cast, order: OrderFacts, area: str, page: str
) -> None:
    client.sign_in(cast.mia.id)
    assert client.post(f"{page}/decline").status_code == 303
    assert row(database, order).organization_id == order.organization_id
    assert page not in client.get(area).text
