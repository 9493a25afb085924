"""A bank takes back part of a card payment: what staff and the buyer see, and the access."""

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from lms.core.model_base import new_public_id
from lms.models.accounts import SellerRole
from tests.browser.buying.conftest import Sold
from tests.browser.buying.shopper import (
    check_page,
    choose,
    enter_library,
    enter_person,
    is_thanked,
    pay_by_card,
    watch,
)
from tests.browser.buying.test_buy_for_a_library import confirm
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import button_to
from tests.servers.smtp import MailSink
from tests.servers.stripe import FakeStripe
from tests.wait_until import PATIENCE_S

pytestmark = pytest.mark.browser

SEEN_WITHIN_MS = 120_000


class Bank:
    """The buyer's bank, whose disputes the card provider reports by webhooks."""

    def __init__(self, served: Served, fake: FakeStripe) -> None:
        self._fake, self._url = fake, f"{served.url}/webhooks/stripe"
        self._tell()  # ignore payments of other tests' buyers

    def dispute(self, amount_minor: int) -> None:
        """Take this amount of the newest payment back."""
        newest = self._objects("payment_intent")[-1]
        self._fake.books.dispute(str(newest["id"]), amount_minor)
        self._tell()

    def lose(self) -> None:
        """Decide the dispute against the seller."""
        self._fake.books.decide(str(self._objects("dispute")[-1]["id"]), is_won=False)
        self._tell()

    def _objects(self, kind: str) -> list[dict[str, object]]:
        return [one for one in self._fake.books.objects.values() if one["object"] == kind]

    def _tell(self) -> None:
        def post(body: bytes, signature: str) -> None:
            headers = {"Stripe-Signature": signature}
            requests.post(self._url, body, headers=headers, timeout=PATIENCE_S).raise_for_status()

        self._fake.deliver(post)


@pytest.fixture
def bank(served: Served, fake_stripe: FakeStripe) -> Bank:
    """The bank of the next buyer."""
    return Bank(served, fake_stripe)


def reload_until(page: Page, text: str | re.Pattern[str]) -> None:
    """Reload a page until the worker has done what it should show."""
    for _ in range(SEEN_WITHIN_MS // 1000):
        page.reload()
        if page.get_by_text(text).count():
            break
        page.wait_for_timeout(1000)
    expect(page.get_by_text(text).first).to_be_visible()


def buy_seats(page: Page, webinar: Sold, rosa: str) -> str:
    """Buy five seats for a library by card; returns the URL of the order's page."""
    page.goto(webinar.page)
    choose(page, "team", seats=5)
    enter_person(page, "Rosa Delgado", rosa)
    enter_library(page, f"Pine County Library {new_public_id()[:6]}")
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Pay $325.00").click()
    pay_by_card(page)
    is_thanked(page, "Rosa Delgado")
    return page.url


def at_desk(served: Served, visit: Visit) -> Page:
    """Return a browser page of a team member."""
    with served.carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF).id
    return visit(ada).page


def test_library_owes_the_disputed_part_and_can_still_watch(
    served: Served, visit: Visit, webinar: Sold, domain: str, mail_sink: MailSink, bank: Bank
) -> None:
    buyer, rosa = visit(), f"rosa-{new_public_id()[:6]}@{domain}"
    page = buyer.page
    order = buy_seats(page, webinar, rosa)
    confirm(page, served, mail_sink, rosa)
    desk = at_desk(served, visit)
    desk.goto(order.replace("/orders/", "/staff/orders/"))

    bank.dispute(10_000)
    reload_until(desk, "A payment is disputed")
    expect(desk.get_by_role("button", name="Suspend access")).to_be_visible()
    expect(desk.get_by_text("Amount in dispute").first).to_be_visible()
    expect(desk.get_by_text("$100.00").first).to_be_visible()
    check_page(desk)
    page.goto(order)
    button_to(page, "/seats/").click()
    watch(buyer)

    bank.lose()
    reload_until(desk, re.compile("Dispute lost"))
    expect(desk.get_by_text("$100.00").first).to_be_visible()
    check_page(desk)
    desk.get_by_role("link", name=re.compile(r"\$325\.00.*card|[Cc]ard")).first.click()
    expect(desk.get_by_text("Lost to disputes")).to_be_visible()
    check_page(desk)

    page.goto(order)
    expect(page.get_by_text("Balance due: $100.00")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="Watch now").click()
    expect(page.locator("media-controller")).to_be_visible()
    assert buyer.faults == []


def test_person_loses_access_during_a_partial_dispute(
    served: Served, visit: Visit, webinar: Sold, bank: Bank
) -> None:
    person = visit()
    page = person.page
    page.goto(webinar.page)
    choose(page, "me")
    enter_person(page, "Sam Ortiz", f"sam-{new_public_id()[:6]}@example.org")
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Pay $99.00").click()
    pay_by_card(page)
    is_thanked(page, "Sam Ortiz")
    watch(person)

    bank.dispute(4_000)
    reload_until(page, re.compile("dispute"))
    expect(page.locator("video")).to_have_count(0)
    check_page(page)
