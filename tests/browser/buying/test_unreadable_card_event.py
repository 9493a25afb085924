"""A card payment whose webhook can't be read: staff see it, and the payment counts once."""

import json
import re
import time
from http.client import HTTPConnection
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.checkouts.jobs import SWEEP
from lms.core.model_base import new_public_id
from lms.models.accounts import SellerRole
from lms.models.jobs import Job, JobState
from tests.browser.buying.conftest import Sold
from tests.browser.buying.shopper import choose, enter_person, is_thanked, watch
from tests.browser.buying.test_buy_by_card import paid_by
from tests.browser.conftest import Served, Visit
from tests.browser.person import Person
from tests.browser.sales.arrived_mail import arrived, subject_of
from tests.servers.axe import axe_faults
from tests.servers.smtp import MailSink
from tests.servers.stripe import FakeStripe

pytestmark = pytest.mark.browser

OK: Final = 200
FAILED: Final = "The card provider sent an event that we can\u2019t read"


def pay_and_leave(buyer: Person, webinar: Sold, email: str) -> None:
    """Pay on the provider's page, and close the tab before it redirects back."""
    page = buyer.page
    page.goto(webinar.page)
    choose(page, "me")
    enter_person(page, "Sam Ortiz", email)
    agree_and_pay(page)
    expect(page.get_by_label("Card number")).to_be_visible()
    page.request.post(page.url, form={"card": "4242424242424242"}, max_redirects=0)


def agree_and_pay(page: Page) -> None:
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Pay $99.00").click()


def deliver(served: Served, stripe: FakeStripe, **values: Any) -> None:
    """Send the webhook for the last payment, with some values replaced."""
    body = json.dumps({**stripe.books.events[-1], **values}).encode()
    headers = {"Stripe-Signature": stripe.sign(body), "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", served.port, timeout=60)
    try:
        connection.request("POST", "/webhooks/stripe", body, headers)
        assert connection.getresponse().status == OK
    finally:
        connection.close()


def until_first_sweep(served: Served) -> None:
    """Wait for the worker's first query to the provider; later ones are ten minutes apart."""
    for _ in range(600):
        with served.carrel.database.read_session() as session:
            done = Job.kind == SWEEP, Job.state == JobState.DONE
            if session.scalars(select(Job.id).where(*done)).first():
                return
        time.sleep(0.1)
    raise TimeoutError("the worker hasn't asked the card provider")


def see_failed_job(desk: Page) -> None:
    """Open the unreadable event from the staff home; trying it again clears the reminder."""
    for _ in range(100):  # until the worker has processed it
        desk.goto("/staff")
        if desk.get_by_role("link", name="See errors and retry").count():
            break
        desk.wait_for_timeout(200)
    assert axe_faults(desk) == []
    desk.get_by_role("link", name="See errors and retry").click()
    desk.get_by_role("row").filter(has_text=FAILED).first.get_by_role("link").click()
    expect(desk.get_by_text("Compare recent payments with the provider")).to_be_visible()
    assert axe_faults(desk) == []


def check_bought_once(served: Served, sink: MailSink, email: str) -> None:
    """Check that an address paid once and got one order email."""
    arrived(sink, email, subject="Your order .*")
    assert paid_by(served, email) == [9900]
    assert [subject_of(one).startswith("Your order") for one in sink.to(email)].count(True) == 1


def test_paying_again_leads_to_the_paid_order(
    served: Served, visit: Visit, webinar: Sold, mail_sink: MailSink, fake_stripe: FakeStripe
) -> None:
    with served.carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF).id
    sam, email, desk = visit(), f"sam-{new_public_id()[:6]}@example.org", visit(ada)
    until_first_sweep(served)
    pay_and_leave(sam, webinar, email)
    deliver(served, fake_stripe, id=None)
    assert paid_by(served, email) == []
    sam.page.goto("/checkout")
    agree_and_pay(sam.page)
    is_thanked(sam.page, "Sam Ortiz")
    watch(sam)
    see_failed_job(desk.page)
    check_bought_once(served, mail_sink, email)

    deliver(served, fake_stripe)  # a readable copy arrives later and changes nothing
    desk.page.goto(f"/staff/people/why?address={email}&webinar={webinar.title}")
    expect(desk.page.get_by_role("main")).to_contain_text(email)
    check_bought_once(served, mail_sink, email)
    assert [*sam.faults, *desk.faults] == []


def test_second_event_completes_the_order_of_a_buyer_who_left(
    served: Served, visit: Visit, webinar: Sold, mail_sink: MailSink, fake_stripe: FakeStripe
) -> None:
    tess, email = visit(), f"tess-{new_public_id()[:6]}@example.org"
    pay_and_leave(tess, webinar, email)
    deliver(served, fake_stripe, data=None)
    deliver(served, fake_stripe, id=f"evt_{new_public_id()}")
    check_bought_once(served, mail_sink, email)

    tess.page.goto("/checkout")
    expect(tess.page.get_by_role("heading", name="Your cart is empty")).to_be_visible()
    tess.page.goto(webinar.page)
    tess.page.get_by_role("link", name=re.compile("^Watch")).first.click()
    tess.page.locator("media-controller .player-bar media-play-button").click()
    tess.until("document.querySelector('video').currentTime > 0.5")
    assert tess.faults == []
