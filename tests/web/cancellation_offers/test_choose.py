"""The offer page of a canceled webinar: access, content, and each choice."""

from urllib.parse import urlsplit

import pytest

from lms.cancellation_offers.offer_links import offer_links
from lms.cancellation_offers.offers import CHOSEN, NO_OTHER
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.live import OfferChoice
from lms.models.organizations import Organization
from lms.seller.settings import SellerSettings, edit_seller
from tests.cancellation_offers.offer_fixtures import (
    OTHER,
    SLUG,
    Payers,
    cancel,
    furnish,
    offer_of,
    refund_all,
    reinstate,
)
from tests.cancellation_offers.test_postponements import LATER, postpone
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.live.conftest import to_come
from tests.live.upcoming_webinar import DAY
from tests.page_texts import shows
from tests.sales.order_fixtures import OrderFacts, grants, paid
from tests.visitor import Visitor

__all__ = ["to_come"]


@pytest.fixture
def payers(to_come: Cast, database: Database, carrel: Carrel) -> Payers:
    found = furnish(database)
    cancel(carrel)
    return found


def page_of(carrel: Carrel, facts: OrderFacts) -> str:
    offer = offer_of(carrel.database, facts)
    return urlsplit(offer_links(carrel.settings).page(offer.public_id)).path


def test_page_opens_only_by_the_emailed_link(
    client: Visitor, carrel: Carrel, payers: Payers
) -> None:
    mine, other = page_of(carrel, payers.card), page_of(carrel, payers.elm)
    borrowed = f"{mine.rpartition('/')[0]}/{other.rpartition('/')[2]}"
    for path in (borrowed, f"{mine[:-1]}x", f"/canceled/{'0' * 26}/x"):
        assert client.get(path).status_code == 404
        assert client.post(path, data={"choice": "refund"}).status_code == 404
    answer = client.get(mine)
    assert answer.status_code == 200
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert offer_of(carrel.database, payers.card).choice is None


def test_page_explains_the_choices_of_the_payer(
    client: Visitor, carrel: Carrel, payers: Payers
) -> None:
    page = client.get(page_of(carrel, payers.elm)).text
    for said in ("Refund $325.00", "Mending spines", "Same price", "Keep $325.00 as credit"):
        assert said in page
    assert "your order doesn\u2019t change" in page
    page = client.get(page_of(carrel, payers.oak)).text
    assert "cancel the invoice on the webinar" in page
    assert "Cancel invoice: $325.00" in page
    assert "toward a future order" not in page


def test_refund_of_a_partly_paid_invoice_explains_the_credit(
    to_come: Cast, client: Visitor, carrel: Carrel
) -> None:
    oak = furnish(carrel.database).oak
    paid(carrel.database, oak, 30000, check_number="9")
    cancel(carrel)
    page = " ".join(client.get(page_of(carrel, oak)).text.split())
    assert "Access to this webinar ends. We\u2019ll credit your invoice for $25.00" in page


def test_link_can_refund_once_without_an_account(
    client: Visitor, carrel: Carrel, payers: Payers
) -> None:
    path = page_of(carrel, payers.card)
    assert client.post(path, data={"choice": "refund"}).status_code == 303
    page = client.get(path).text
    assert "This purchase was refunded." in page
    assert 'class="button" href="/webinars"' in page
    again = client.post(path, data={"choice": "credit"})
    assert again.status_code == 409
    assert shows(again.text, CHOSEN)
    assert offer_of(carrel.database, payers.card).choice is OfferChoice.REFUND


def test_unpaid_payer_sees_a_canceled_invoice_instead_of_a_refund(
    client: Visitor, carrel: Carrel, payers: Payers
) -> None:
    path = page_of(carrel, payers.oak)
    assert client.post(path, data={"choice": "refund"}).status_code == 303
    page = client.get(path).text
    assert "Your invoice was canceled. The credit note is in a separate email." in page
    assert "refund" not in page.split("<main")[1].split("</main")[0].lower()


def test_payer_without_a_choice_sees_that_it_was_refunded(
    client: Visitor, carrel: Carrel, payers: Payers
) -> None:
    """Our team refunds the payers who haven't chosen; the page doesn't say that they chose."""
    refund_all(carrel)
    page = client.get(page_of(carrel, payers.card)).text
    assert "This purchase was refunded." in page
    assert "chose" not in page.split("<main")[1].split("</main")[0]


def test_exchange_requires_another_webinar(client: Visitor, carrel: Carrel, payers: Payers) -> None:
    path = page_of(carrel, payers.elm)
    answer = client.post(path, data={"choice": "exchange"})
    assert answer.status_code == 400
    assert shows(answer.text, NO_OTHER)
    client.post(path, data={"choice": "exchange", "other": OTHER})
    page = client.get(path).text
    assert "You chose “Mending spines” instead." in page
    assert 'class="button" href="/library"' in page


def test_page_says_the_order_is_unchanged_after_reinstatement(
    client: Visitor, carrel: Carrel, payers: Payers
) -> None:
    reinstate(carrel)
    path = page_of(carrel, payers.elm)
    page = client.get(path).text
    assert "Your order hasn\u2019t changed." in page
    assert f'href="/webinars/{SLUG}">View the webinar</a>' in page
    assert client.post(path, data={"choice": "refund"}).status_code == 409


def test_webinar_page_shows_the_offer_only_to_its_buyer(
    client: Visitor, carrel: Carrel, payers: Payers, to_come: Cast
) -> None:
    client.sign_in(to_come.dan.id)
    page = client.get(f"/webinars/{SLUG}").text
    assert page_of(carrel, payers.card) in page
    assert '<a href="#choice">' in page
    client.sign_in(to_come.bob.id)
    assert "/canceled/" not in client.get(f"/webinars/{SLUG}").text


@pytest.fixture
def moved(to_come: Cast, database: Database, carrel: Carrel, clock: Clock) -> Payers:
    """Return the payers of a webinar whose date changed an hour after they bought it."""
    found = furnish(database)
    clock.set(LATER)
    postpone(carrel)
    return found


def test_new_date_can_be_kept_exchanged_or_refunded(
    client: Visitor, carrel: Carrel, moved: Payers, to_come: Cast
) -> None:
    path = page_of(carrel, moved.card)
    page = client.get(path).text
    for said in (
        "has a new date",
        "Keep your order for the new date",
        "Refund $99.00",
        "Mending spines",
    ):
        assert said in page, said
    assert "toward a future order" not in page
    client.sign_in(to_come.dan.id)
    assert path in client.get(f"/webinars/{SLUG}").text
    assert client.post(path, data={"choice": "keep"}).status_code == 303
    assert "You kept your order for the new date." in client.get(path).text
    assert client.post(path, data={"choice": "refund"}).status_code == 409
    assert path not in client.get(f"/webinars/{SLUG}").text
    client.sign_in(to_come.ada.id)
    page = client.get(f"/staff/webinars/{SLUG}").text
    assert "Kept for the new date" in page
    assert "Refund everyone" not in page


def test_new_date_offers_no_refund_after_the_refund_period(
    client: Visitor, carrel: Carrel, moved: Payers, clock: Clock
) -> None:
    with carrel.database.transaction() as session:
        edit_seller(session, SellerSettings(refund_days=1), actor=None, now=NOW)
    clock.set(NOW + 2 * DAY)
    path = page_of(carrel, moved.card)
    page = client.get(path).text
    assert "Refund $99.00" not in page
    assert "refund period has ended" in page
    assert client.post(path, data={"choice": "refund"}).status_code == 409


def test_staff_see_all_choices_and_only_staff_can_refund_everyone(
    client: Visitor, carrel: Carrel, payers: Payers, to_come: Cast, roles: Roles
) -> None:
    for who in (to_come.mia, roles.beth):
        client.sign_in(who.id)
        assert client.post(f"/staff/webinars/{SLUG}/offers/refund", data={}).status_code == 404
    client.post(page_of(carrel, payers.card), data={"choice": "refund"})
    client.sign_in(to_come.ada.id)
    page = client.get(f"/staff/webinars/{SLUG}").text
    assert "Payers\u2019 choices" in page
    assert page.count("No answer yet") == 4
    assert "Oak County Library" in page
    assert client.post(f"/staff/webinars/{SLUG}/offers/refund", data={}).status_code == 303
    assert "Refunds started." in client.get(f"/staff/webinars/{SLUG}").text


def test_managers_and_billing_contacts_see_their_organizations_offer(
    client: Visitor, carrel: Carrel, payers: Payers, to_come: Cast, roles: Roles
) -> None:
    mine, others = page_of(carrel, payers.elm), page_of(carrel, payers.oak)
    for who in (to_come.mia.id, roles.bill.id):
        client.sign_in(who)
        page = client.get(f"/webinars/{SLUG}").text
        assert mine in page
        assert others not in page
    client.sign_in(roles.sue.id)
    assert "/canceled/" not in client.get(f"/webinars/{SLUG}").text


def test_organization_page_shows_the_offer_until_a_choice_is_made(
    client: Visitor, carrel: Carrel, payers: Payers, to_come: Cast
) -> None:
    with carrel.database.read_session() as session:
        elm = session.get_one(Organization, to_come.organization_id).public_id
    client.sign_in(to_come.mia.id)
    path, here = page_of(carrel, payers.elm), f"/organization/{elm}"
    (grant,) = grants(carrel.database, payers.elm)
    page = client.get(here).text
    assert path in page
    assert "Unavailable" in page
    assert f"{grant.pool_public_id}/more-seats" not in page
    assert f"invite?pool={grant.pool_public_id}" not in page
    client.post(path, data={"choice": "refund"})
    assert path not in client.get(here).text
