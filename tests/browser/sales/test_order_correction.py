"""A wrong order is corrected: quantity, PO number, bill-to, payer; no email says it's canceled."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.mail.links import Links, MailContext
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.models.organizations import Role
from lms.organizations.billing_details import BillingContact, edit_billing
from lms.sales import orders
from lms.sales.new_orders import NewLine, NewOrder
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import is_done
from tests.browser.sales.arrived_mail import arrived, pdf_in, subject_of, words_of
from tests.browser.sales.conftest import SELLER, ZONE, Customer
from tests.browser.sales.order_desk import record_check
from tests.factories import make_membership, make_organization
from tests.servers.smtp import MailSink

pytestmark = pytest.mark.browser

CANCELED = re.compile(r"cancel", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Right:
    """The library that actually ordered."""

    organization_id: str
    name: str
    owner: int
    owner_email: str
    payables: str


def add_wrong_order(served: Served, customer: Customer, slug: str) -> str:
    """Place an order of five seats with a wrong PO number; returns its page's URL."""
    with served.carrel.database.transaction() as session:
        served.add_webinar(session, slug, title=f"Heron {slug}")
        line = NewLine(
            kind=OfferKind.GROUP_SEATS, covers=f"webinar:{slug}", price_minor=32_500, quantity=5
        )
        new = NewOrder(
            lines=(line,),
            email=customer.manager_email,
            name="Mia",
            organization=customer.slug,
            terms=Terms.PURCHASE_ORDER,
            currency="USD",
            po_number="1111",
        )
        context = MailContext(Links(served.url), ZONE)
        order = orders.place(session, new, mail_context=context, actor=None, now=now())
        return f"/staff/orders/{order.public_id}"


def correct_lines_and_bill_to(page: Page, order: str) -> None:
    page.goto(order)
    page.get_by_role("link", name="Correct the order").click()
    page.get_by_label("Seats").fill("4")
    page.locator("#lines-0-price").fill("300.00")
    page.get_by_label("PO number").fill("88124")
    page.get_by_label("Attention").fill("Finance Office")
    page.get_by_role("button", name="Correct and reissue the invoice").click()
    is_done(page)
    expect(page.get_by_text("4 seats, permanent")).to_be_visible()


def correct_payer(page: Page, order: str, *, name: str, email: str) -> None:
    page.goto(order)
    page.get_by_role("link", name="Correct the payer").click()
    page.get_by_label("Organization").fill(name)
    page.get_by_label("Contact name").fill("Otto")
    page.get_by_label("Contact email").fill(email)
    page.get_by_role("button", name="Change the payer").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def see_seats(page: Page, organization_id: str, slug: str, *, count: int) -> None:
    page.goto(f"/organization/{organization_id}")
    expect(page.get_by_role("heading", name=f"Heron {slug}")).to_have_count(count)


def add_right_library(served: Served, slug: str) -> Right:
    """Add the library that actually ordered, with an owner and accounts payable."""
    name, payables = f"Oak Branch Library {slug[6:]}", f"ap-{slug}@example.org"
    with served.carrel.database.transaction() as session:
        right = make_organization(session, slug, name=name)
        otto = served.add_person(session, "Otto")
        make_membership(session, right, otto, role=Role.OWNER)
        contact = BillingContact(payables=(payables,))
        edit_billing(session, right.id, contact, actor=None, now=now())
        return Right(right.public_id, name, otto.id, otto.email or "", payables)


def test_wrong_order_is_corrected_without_a_cancellation_email(
    served: Served, customer: Customer, mail_sink: MailSink, visit: Visit
) -> None:
    slug = f"heron-{new_public_id()[:6]}"
    right = add_right_library(served, slug)
    order = add_wrong_order(served, customer, slug)
    mia, ada = visit(customer.manager).page, visit(customer.staff).page
    arrived(mail_sink, customer.payables, subject=rf"Invoice \S+, PO 1111, {SELLER}")

    correct_lines_and_bill_to(ada, order)

    again = arrived(mail_sink, customer.payables, subject=rf"Invoice \S+, PO 88124, {SELLER}")
    printed = words_of(pdf_in(again)[1])
    assert all(each in printed for each in ("$300.00", "88124", "Finance Office"))
    mia.goto(f"/organization/{customer.organization_id}/orders")
    expect(mia.get_by_text("Balance due: $300.00")).to_be_visible()

    record_check(ada, order, number="2207")
    arrived(mail_sink, customer.payables, subject=r"Receipt \S+, PO 88124, .*")
    correct_payer(ada, order, name=right.name, email=right.owner_email)

    arrived(mail_sink, right.payables, subject=rf"Invoice \S+, PO 88124, {SELLER}")
    arrived(mail_sink, right.payables, subject=r"Receipt \S+, PO 88124, .*")
    arrived(mail_sink, right.owner_email, subject=".*")
    see_seats(mia, customer.organization_id, slug, count=0)
    otto = visit(right.owner).page
    see_seats(otto, right.organization_id, slug, count=1)
    otto.goto(f"/organization/{right.organization_id}/orders")
    expect(otto.get_by_text("Balance due:")).to_have_count(0)
    told = (customer.manager_email, customer.payables, right.owner_email, right.payables)
    for mail in [mail for address in told for mail in mail_sink.to(address)]:
        assert not CANCELED.search(subject_of(mail) + mail.text), mail.text
