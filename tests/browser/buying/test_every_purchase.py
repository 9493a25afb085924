"""How many actions, screens, and emails each kind of purchase takes a new buyer."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from lms.core.model_base import new_public_id
from tests.browser.buying.conftest import Sold
from tests.browser.buying.shopper import ADDRESS, TO_CONFIRM
from tests.browser.buying.test_buy_for_a_library import link_in
from tests.browser.conftest import Served, Visit
from tests.browser.invited_person import PASSWORD
from tests.browser.page_elements import is_done, submit_of
from tests.browser.sales.arrived_mail import arrived
from tests.servers.smtp import MailSink

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Cost:
    """What a purchase takes: clicks and fields, screens, and emails to open."""

    acts: int
    screens: int
    emails: int


class Buyer:
    """A buyer whose actions, screens, and emails are counted."""

    def __init__(self, page: Page, served: Served, sink: MailSink, email: str) -> None:
        self.page, self.email = page, email
        self._served, self._sink = served, sink
        self._acts = self._screens = self._emails = 0
        page.on("domcontentloaded", self._note_screen)

    @property
    def cost(self) -> Cost:
        return Cost(self._acts, self._screens, self._emails)

    def _note_screen(self, _page: Page) -> None:
        self._screens += 1

    def press(self, what: Locator) -> None:
        self._acts += 1
        what.click()

    def choose(self, question: str, value: str) -> None:
        self.press(self.page.locator(f"input[name={question}][value={value}]"))

    def fill(self, field: str, value: str) -> None:
        self._acts += 1
        self.page.locator(f"#{field}").fill(value)

    def button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=re.compile(f"^{name}")))

    def is_somebody(self, *, library: bool) -> None:
        """Enter the buyer's name and address."""
        self.fill("name", "Rosa Delgado")
        self.fill("email", self.email)
        if library:
            self.fill("organization_name", f"Pine County Library {self.email[:8]}")
            for field, value in ADDRESS.items():
                self.fill(field, value)
        self.press(self.page.get_by_role("checkbox", name=re.compile("^I agree")))

    def pays_by_card(self) -> None:
        self.button("Pay")
        self.fill("card", "4242 4242 4242 4242")
        self.button("Pay")

    def confirms(self) -> None:
        """Open the only email, and choose a password."""
        mail = arrived(self._sink, self.email, subject=TO_CONFIRM)
        self._emails += 1
        self.page.goto(link_in(self._served, mail, "/orders/confirm/"))
        self.fill("password", PASSWORD)
        self.press(submit_of(self.page))
        is_done(self.page)


def three_seats_by_card(buyer: Buyer) -> None:
    buyer.choose("choice", "team")
    buyer.button(r"Buy for \$225")
    buyer.is_somebody(library=True)
    buyer.pays_by_card()


def group_showing_by_card(buyer: Buyer) -> None:
    buyer.choose("choice", "showing")
    buyer.button(r"Buy for \$299")
    buyer.choose("payer", "new")
    buyer.is_somebody(library=True)
    buyer.pays_by_card()


def everyone_here_by_card(buyer: Buyer) -> None:
    buyer.choose("choice", "library")
    buyer.button(r"Buy for \$499")
    buyer.is_somebody(library=True)
    buyer.pays_by_card()


def everyone_in_our_lms_on_invoice(buyer: Buyer) -> None:
    buyer.choose("choice", "library")
    buyer.press(buyer.page.locator("#buy-through"))
    buyer.page.locator("#buy-through").select_option("lms")
    buyer.button(r"Buy for \$499")
    buyer.is_somebody(library=True)
    buyer.choose("payment", "invoice")
    buyer.button("Place order")
    buyer.confirms()


def pass_by_card(buyer: Buyer) -> None:
    buyer.choose("choice", "pass")
    buyer.button(r"Buy for \$499")
    buyer.is_somebody(library=False)
    buyer.pays_by_card()


def five_seats_by_check(buyer: Buyer) -> None:
    buyer.choose("choice", "team")
    buyer.fill("buy-seats", "5")
    buyer.button(r"Buy for \$325")
    buyer.is_somebody(library=True)
    buyer.choose("payment", "check")
    buyer.button("Place order")
    buyer.confirms()


PURCHASES: dict[Callable[[Buyer], None], Cost] = {
    three_seats_by_card: Cost(13, 4, 0),
    group_showing_by_card: Cost(14, 4, 0),
    everyone_here_by_card: Cost(13, 4, 0),
    everyone_in_our_lms_on_invoice: Cost(15, 5, 1),
    pass_by_card: Cost(8, 4, 0),
    five_seats_by_check: Cost(15, 5, 1),
}


@pytest.mark.parametrize("purchase", PURCHASES, ids=lambda one: one.__name__)
def test_each_purchase_takes_the_expected_number_of_steps(
    served: Served,
    visit: Visit,
    webinar: Sold,
    mail_sink: MailSink,
    purchase: Callable[[Buyer], None],
) -> None:
    stranger = visit()
    buyer = Buyer(
        stranger.page,
        served,
        mail_sink,
        f"rosa-{new_public_id()[:6]}@{new_public_id()[:6]}.example",
    )
    stranger.page.goto(webinar.page)
    purchase(buyer)
    expect(stranger.page.get_by_role("heading", level=1)).to_contain_text("Rosa Delgado")
    stranger.page.wait_for_load_state()  # the heading can appear before its page is counted
    assert buyer.cost == PURCHASES[purchase]
    assert stranger.faults == []
