"""A library buys seats by purchase order; a third person pays; a free address gets no access."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from lms.core.model_base import new_public_id
from tests.browser.buying.conftest import Sold
from tests.browser.buying.shopper import (
    check_page,
    choose,
    confirm_order,
    enter_library,
    enter_people,
    enter_person,
    is_thanked,
    pay_by_card,
    watch,
)
from tests.browser.conftest import Served, Visit
from tests.browser.invited_person import PASSWORD, claim_button, create_account
from tests.browser.page_elements import button_to
from tests.browser.sales.arrived_mail import arrived, pdf_in, words_of
from tests.servers.smtp import Delivered, MailSink

pytestmark = pytest.mark.browser


def link_in(served: Served, mail: Delivered, path: str) -> str:
    """Return the path of an email's first link that starts with `path`."""
    found = re.search(rf"{re.escape(served.url + path)}\S+", mail.text)
    assert found, mail.text
    return urlsplit(found[0]).path


def order_seats(page: Page, webinar: Sold, email: str, *, names: str = "") -> None:
    """Order five seats by purchase order 88123 for a new library."""
    page.goto(webinar.page)
    choose(page, "team", seats=5)
    enter_person(page, "Rosa Delgado", email)
    enter_library(page, f"Pine County Library {new_public_id()[:6]}")
    enter_people(page, names)
    page.get_by_role("radio", name="Purchase order").check()
    page.locator("#po_number").fill("88123")
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    check_page(page)
    page.get_by_role("button", name="Place order: $325.00").click()
    is_thanked(page, "Rosa Delgado")


def confirm(page: Page, served: Served, sink: MailSink, email: str) -> None:
    """Open the link in the order's email and choose a password."""
    mail = arrived(sink, email, subject="(Confirm your|Your) order .*")
    page.goto(link_in(served, mail, "/orders/confirm/"))
    check_page(page)
    confirm_order(page, PASSWORD)


def test_librarian_buys_five_seats_invites_four_and_watches(
    served: Served, visit: Visit, webinar: Sold, domain: str, mail_sink: MailSink
) -> None:
    librarian = visit()
    page, rosa = librarian.page, f"rosa@{domain}"
    names = [f"{name}@{domain}" for name in ("kim", "lee", "mo", "nia")]
    order_seats(page, webinar, rosa, names="\n".join(names))
    expect(page.locator("#confirm-title")).to_be_visible()
    check_page(page)

    confirm(page, served, mail_sink, rosa)

    page.reload()
    expect(page.get_by_text("1 seat: assign it to yourself or invite someone.")).to_be_visible()
    check_page(page)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("PDF")).first.click()
    assert "88123" in words_of(download.value.path().read_bytes())
    button_to(page, "/seats/").click()
    watch(librarian)
    assert librarian.faults == []
    assert [one for one in mail_sink.to(rosa) if "confirm" in one.text.lower()][1:] == []
    invoice = arrived(mail_sink, rosa, subject=r"Invoice \S+, PO 88123, .*")
    assert "$325.00" in words_of(pdf_in(invoice)[1])

    accept_and_watch(served, visit, mail_sink, names[0])


def accept_and_watch(served: Served, visit: Visit, sink: MailSink, email: str) -> None:
    """Claim a seat by the invitation, without an account before, and watch."""
    colleague = visit()
    page = colleague.page
    page.goto(link_in(served, arrived(sink, email, subject=".*"), "/claim/"))
    assert len(sink.to(email)) == 1
    check_page(page)
    create_account(page, "Kim Larkspur")
    claim_button(page).click()
    page.get_by_role("link", name=re.compile("^Watch")).first.click()
    page.locator("media-controller .player-bar media-play-button").click()
    colleague.until("document.querySelector('video').currentTime > 0.5")


def test_third_person_pays_an_invoice_by_its_payment_link(
    served: Served, visit: Visit, webinar: Sold, domain: str, mail_sink: MailSink
) -> None:
    librarian, rosa = visit().page, f"rosa@{domain}"
    order_seats(librarian, webinar, rosa)
    confirm(librarian, served, mail_sink, rosa)
    invoice = arrived(mail_sink, rosa, subject=r"Invoice \S+, PO 88123, .*")

    payer = visit()
    page = payer.page
    page.goto(link_in(served, invoice, "/pay/"))
    check_page(page)
    page.get_by_role("button", name="Pay $325.00 by card").click()
    pay_by_card(page)
    expect(page.get_by_role("heading", name="Balance due")).to_have_count(0)
    expect(page.get_by_text("Paid", exact=True).first).to_be_visible()
    check_page(page)
    assert payer.faults == []
    arrived(mail_sink, rosa, subject=r"Receipt .*")
    librarian.reload()
    expect(librarian.get_by_text(re.compile(r"\$325\.00\s+Paid"))).to_be_visible()


def test_free_email_address_with_purchase_order_gets_invoice_but_no_access(
    served: Served, visit: Visit, webinar: Sold, mail_sink: MailSink
) -> None:
    stranger = visit()
    page, mallory = stranger.page, f"mallory-{new_public_id()[:6]}@gmail.com"
    order_seats(page, webinar, mallory)
    confirm(page, served, mail_sink, mallory)

    page.reload()
    expect(
        page.get_by_text(re.compile(r"^We.ll review your order by Monday.+ 5:00\s[Pp][Mm]"))
    ).to_be_visible()
    expect(page.get_by_role("link", name="Watch now")).to_have_count(0)
    check_page(page)
    invoice = arrived(mail_sink, mallory, subject=r"Invoice \S+, PO 88123, .*")
    assert "$325.00" in words_of(pdf_in(invoice)[1])
    page.goto(f"{webinar.page}/watch")
    expect(page.locator("video")).to_have_count(0)
    page.goto("/library")
    check_page(page)
