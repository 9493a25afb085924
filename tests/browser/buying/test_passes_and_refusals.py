"""Other places to buy: the page of passes, the watch page, and sending a cart to purchasing."""

import re

import pytest
from playwright.sync_api import expect

from lms.core.model_base import new_public_id
from tests.browser.buying.conftest import Sold
from tests.browser.buying.shopper import check_page, enter_library, enter_person
from tests.browser.buying.test_buy_for_a_library import link_in
from tests.browser.conftest import Served, Visit
from tests.browser.sales.arrived_mail import arrived
from tests.servers.smtp import MailSink

pytestmark = pytest.mark.browser


def test_pass_page_leads_to_checkout(visit: Visit) -> None:
    page = visit().page
    page.goto("/passes")
    check_page(page)
    page.get_by_role("button", name="Buy for $499.00").click()
    expect(page.get_by_role("heading", name="Check out")).to_be_visible()


def test_person_without_access_can_buy_on_the_watch_page(
    served: Served, visit: Visit, webinar: Sold
) -> None:
    with served.carrel.database.transaction() as session:
        dan = served.add_person(session, "Dan").id
    page = visit(dan).page
    page.goto(f"{webinar.page}/watch")
    check_page(page)
    page.get_by_role("button", name="Buy for $99.00").click()
    expect(page.get_by_label("Your name")).to_have_value("Dan")


def test_cart_is_sent_to_purchasing(
    served: Served, visit: Visit, webinar: Sold, mail_sink: MailSink
) -> None:
    tag = new_public_id()[:6]
    rosa, office = f"rosa-{tag}@example.org", f"office-{tag}@example.org"
    page = visit().page
    page.goto(webinar.page)
    page.get_by_role("button", name="Buy for $99.00").click()
    enter_person(page, "Rosa Delgado", rosa)
    page.locator("input[name=payer][value=new]").check()
    enter_library(page, "Pine County Library")
    page.get_by_role("radio", name=re.compile("^Send to purchasing")).check()
    page.get_by_label("Your purchasing office\u2019s email address").fill(office)
    check_page(page)
    page.get_by_role("button", name="Send to purchasing").click()
    page.wait_for_url("**/checkout/quote/sent")
    page.goto(link_in(served, arrived(mail_sink, rosa, subject=".*"), "/checkout/quote/"))
    check_page(page)
    page.get_by_role("button", name="View my quote").click()
    expect(page.get_by_role("link", name="Accept quote")).to_be_visible()
    theirs = visit().page
    theirs.goto(link_in(served, arrived(mail_sink, office, subject=".*"), "/pay/"))
    expect(theirs.get_by_role("link", name="Accept quote")).to_be_visible()
