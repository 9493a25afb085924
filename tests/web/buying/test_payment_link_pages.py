"""The payment link of an order on pages of our team and of the payer's managers."""

import pytest

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.organizations import Organization
from lms.sales import cancellations
from lms.sales.read_models import OrderFacts
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.sales.order_fixtures import GROUP, SEAT, locked, placed
from tests.sales.test_quotes import drafted
from tests.visitor import Visitor
from tests.web.buying.test_payment_page import link


@pytest.fixture
def order(database: Database, cast: Cast, clock: Clock) -> OrderFacts:
    return placed(database, GROUP)


@pytest.fixture
def path(database: Database, cast: Cast, order: OrderFacts) -> str:
    return f"/organization/{of(database, cast)}/orders/{order.public_id}/payment-link"


def of(database: Database, cast: Cast) -> str:
    with database.read_session() as session:
        return session.get_one(Organization, cast.organization_id).public_id


def test_payment_link_page_is_not_found_without_a_billing_role(
    client: Visitor, cast: Cast, roles: Roles, path: str
) -> None:
    for person in (cast.dan, roles.rita, roles.sue, roles.lee, roles.max, roles.beth):
        client.sign_in(person.id)
        assert client.get(path).status_code == client.post(path).status_code == 404


def test_bookkeeper_cannot_see_or_create_a_payment_link(
    client: Visitor, carrel: Carrel, roles: Roles, order: OrderFacts
) -> None:
    url = link(carrel, order)
    client.sign_in(roles.beth.id)
    assert url not in client.get(f"/staff/orders/{order.public_id}").text
    assert client.post(f"/staff/orders/{order.public_id}/payment-link").status_code == 404


def test_billing_contact_can_copy_and_replace_the_link(
    client: Visitor, carrel: Carrel, roles: Roles, order: OrderFacts, path: str
) -> None:
    old = link(carrel, order)
    client.sign_in(roles.bill.id)
    assert path in client.get(path.partition("/orders/")[0] + "/orders").text
    assert old in client.get(path).text
    assert client.post(path).status_code == 303
    new = link(carrel, order)
    assert new != old
    assert new in client.get(path).text
    assert client.get(old).status_code == 410


def test_link_of_another_persons_order_is_not_found(
    client: Visitor, database: Database, roles: Roles, order: OrderFacts, path: str
) -> None:
    other = path.replace(order.public_id, placed(database, SEAT).public_id)
    client.sign_in(roles.olive.id)
    assert client.get(other).status_code == client.post(other).status_code == 404


def test_staff_can_create_a_link_and_see_that_it_was_opened(
    client: Visitor, carrel: Carrel, cast: Cast, order: OrderFacts
) -> None:
    page = f"/staff/orders/{order.public_id}"
    client.sign_in(cast.ada.id)
    assert "/pay/" not in client.get(page).text
    assert client.post(f"{page}/payment-link").status_code == 303
    text = client.get(page).text
    assert link(carrel, order) in text
    assert 'data-testid="link-unopened"' in text
    carrel_client = client.application.test_client()
    assert carrel_client.get(link(carrel, order)).status_code == 200
    assert 'data-testid="link-opened"' in client.get(page).text


def test_canceled_order_offers_no_link_to_our_team_or_its_managers(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = drafted(database, GROUP)
    page, theirs = f"/staff/orders/{facts.public_id}", f"/organization/{of(database, cast)}/orders"
    client.sign_in(cast.ada.id)
    assert f'action="{page}/payment-link"' in client.get(page).text
    with database.transaction() as session:
        cancellations.cancel(session, locked(session, facts), actor=None, now=NOW)
    shown = client.get(page).text
    assert "Canceled" in shown
    assert f'action="{page}/payment-link"' not in shown
    client.sign_in(cast.mia.id)
    assert '/payment-link"' not in client.get(theirs).text
