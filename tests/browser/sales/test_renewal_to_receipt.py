"""From Renew to the receipt: quote, purchase order, invoice by email, check, and a new term."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.page_elements import is_done, link_to
from tests.browser.sales.arrived_mail import arrived, pdf_in, subject_of, words_of
from tests.browser.sales.conftest import SELLER, Customer
from tests.browser.sales.order_desk import record_check
from tests.servers.smtp import MailSink

pytestmark = pytest.mark.browser


def ask_to_renew(page: Page, customer: Customer) -> str:
    """Press Renew and request the quote; returns the new term shown on the page."""
    page.goto(f"/organization/{customer.organization_id}")
    page.get_by_role("link", name="Renew", exact=True).first.click()
    expect(page.get_by_text("$3,180.00", exact=True)).to_be_visible()
    term = page.locator("dt:text-is('New term') + dd").inner_text().strip()
    page.get_by_role("button", name="Request renewal quote").click()
    is_done(page)
    return term


def send_quote(page: Page, customer: Customer) -> str:
    """Open the request and send its draft as a quote; returns the order's URL."""
    page.goto("/staff/requests")
    page.get_by_role("row").filter(has_text=customer.name).get_by_role("link").first.click()
    link_to(page, "/staff/orders/").last.click()
    page.get_by_role("link", name="Issue a quote").click()
    page.get_by_role("button", name="Issue quote").click()
    is_done(page)
    return page.url


def accept_quote(page: Page, customer: Customer, *, po_number: str, amount: str) -> None:
    page.goto(f"/organization/{customer.organization_id}/orders")
    page.get_by_role("link", name="Accept quote").click()
    page.locator("#po_number").fill(po_number)
    page.get_by_label("Purchase order amount").fill(amount)
    page.get_by_role("button", name="Accept quote and place order").click()
    expect(page.get_by_text("Order placed.")).to_be_visible()


def test_renewal_is_quoted_ordered_invoiced_and_paid(
    customer: Customer, mail_sink: MailSink, visit: Visit
) -> None:
    mia, ada = visit(customer.manager).page, visit(customer.staff).page
    term = ask_to_renew(mia, customer)
    order_url = send_quote(ada, customer)
    quote = arrived(mail_sink, customer.manager_email, subject=r"Quote .*")
    assert "$3,180.00" in words_of(pdf_in(quote)[1])

    accept_quote(mia, customer, po_number="88123", amount="3,000.00")

    invoice = arrived(mail_sink, customer.payables, subject=rf"Invoice \S+, PO 88123, {SELLER}")
    name, pdf = pdf_in(invoice)
    assert name == f"{subject_of(invoice).partition(',')[0]}.pdf"
    assert all(each in words_of(pdf) for each in ("88123", "$3,180.00", "PO Box 40"))
    ada.goto(order_url)
    expect(ada.get_by_text("The purchase order differs")).to_be_visible()
    expect(ada.get_by_text("PO 88123 is for $3,000.00")).to_be_visible()

    record_check(ada, order_url, number="2207", slip="D-77")

    receipt = arrived(mail_sink, customer.payables, subject=r"Receipt \S+, PO 88123, .*")
    assert "2207" in words_of(pdf_in(receipt)[1])
    mia.goto(f"/organization/{customer.organization_id}/orders")
    expect(mia.get_by_text("Balance due:")).to_have_count(0)
    mia.goto(f"/organization/{customer.organization_id}")
    expect(mia.get_by_text(f"Until {term.split(' to ')[1]}", exact=True)).to_be_visible()
