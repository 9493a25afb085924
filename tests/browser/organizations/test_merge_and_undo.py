"""Two records of one library are merged and separated: what each role sees at each step."""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.mail.links import Links, MailContext
from lms.models.accounts import SellerRole
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.models.organizations import Role
from lms.sales import orders
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.read_models import find_order_facts
from tests.browser.conftest import Served, Visit
from tests.browser.organizations import organization_desk
from tests.browser.page_elements import is_done
from tests.factories import make_membership, make_organization

pytestmark = pytest.mark.browser

NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Record:
    """One of two records: its pages, the people in it, and what it bought."""

    slug: str
    public_id: str
    name: str
    manager: int
    billing: int
    supervisor: int
    order_number: str
    invoice_id: str

    @property
    def orders(self) -> str:
        """The path of its orders page."""
        return f"/organization/{self.public_id}/orders"


@dataclass(frozen=True, slots=True)
class Pages:
    """The browser pages of all roles."""

    ada: Page
    ben: Page
    mia: Page
    otto: Page
    bill: Page
    sue: Page


def add_record(served: Served, name: str, manager: str) -> Record:
    """Add a library with people of three roles, and an order by invoice."""
    slug = f"elm-{new_public_id()[:6]}"
    context = MailContext(Links(served.url), ZoneInfo("America/New_York"))
    with served.carrel.database.transaction() as session:
        organization = make_organization(session, slug, name=f"{name} {slug[4:]}")
        people = {
            role: served.add_person(session, person)
            for role, person in (
                (Role.OWNER, manager),
                (Role.BILLING, "Bill"),
                (Role.SUPERVISOR, "Sue"),
            )
        }
        for role, person in people.items():
            make_membership(session, organization, person, role=role)
        served.add_webinar(session, slug, title=f"Heron {slug}")
        line = NewLine(
            kind=OfferKind.GROUP_SEATS, covers=f"webinar:{slug}", price_minor=32_500, quantity=5
        )
        new = NewOrder(
            lines=(line,),
            email=people[Role.OWNER].email or "",
            name=manager,
            organization=slug,
            terms=Terms.INVOICE,
            currency="USD",
        )
        order = orders.place(session, new, mail_context=context, actor=None, now=now())
        facts = find_order_facts(session, order.public_id)
        return Record(
            slug,
            organization.public_id,
            organization.name,
            people[Role.OWNER].id,
            people[Role.BILLING].id,
            people[Role.SUPERVISOR].id,
            facts.number,
            facts.invoice_id or "",
        )


def sees_orders(page: Page, at: Record, *wanted: Record, but: tuple[Record, ...] = ()) -> None:
    """Check which records' orders and invoices a record's page lists and opens."""
    page.goto(at.orders)
    for one in wanted:
        expect(page.get_by_role("rowheader", name=one.order_number)).to_be_visible()
        assert status_of(page, f"/documents/{one.invoice_id}") == 200
    for one in but:
        expect(page.get_by_role("rowheader", name=one.order_number)).to_have_count(0)
        assert status_of(page, f"/documents/{one.invoice_id}") == NOT_FOUND


def status_of(page: Page, path: str) -> int:
    return page.request.get(path).status


def see_apart(pages: Pages, kept: Record, merged: Record) -> None:
    """Check that each role sees only its own record, and our team sees two customers."""
    sees_orders(pages.mia, kept, kept, but=(merged,))
    sees_orders(pages.bill, merged, merged, but=(kept,))
    sees_orders(pages.otto, merged, merged, but=(kept,))
    assert status_of(pages.otto, kept.orders) == NOT_FOUND
    assert status_of(pages.sue, merged.orders) == NOT_FOUND
    for page in (pages.ada, pages.ben):
        page.goto("/staff/balances")
        for one in (kept, merged):
            row = page.get_by_role("row").filter(has_text=one.name)
            expect(row.get_by_text("$325.00").first).to_be_visible()
    pages.ada.goto(f"/staff/organizations/{kept.slug}")
    expect(pages.ada.get_by_text(merged.order_number)).to_have_count(0)


def see_as_one(pages: Pages, kept: Record, merged: Record) -> None:
    """Check that both records' managers and billing see all orders, and our team one customer."""
    for page in (pages.mia, pages.otto, pages.bill):
        sees_orders(page, kept, kept, merged)
        page.goto(merged.orders)
        expect(page).to_have_url(re.compile(f"{kept.orders}$"))
        expect(page.get_by_text("Balance due: $650.00")).to_be_visible()
    assert status_of(pages.sue, kept.orders) == NOT_FOUND
    assert status_of(pages.sue, f"/documents/{merged.invoice_id}") == NOT_FOUND
    for page in (pages.ada, pages.ben):
        page.goto("/staff/balances")
        row = page.get_by_role("row").filter(has_text=kept.name)
        expect(row.get_by_text("$650.00").first).to_be_visible()
        expect(page.get_by_role("row").filter(has_text=merged.name)).to_have_count(0)
    pages.ada.goto(f"/staff/organizations/{merged.slug}")
    expect(pages.ada).to_have_url(re.compile(f"/organizations/{kept.slug}$"))
    for one in (kept, merged):
        expect(pages.ada.get_by_text(one.order_number)).to_be_visible()


def merge(page: Page, kept: Record, merged: Record) -> None:
    """Find the other record, check the preview, and merge."""
    organization_desk.preview_merge(page, kept.slug, merged.name)
    expect(page.get_by_role("heading", name="Are these the same organization?")).to_be_visible()
    expect(page.get_by_role("heading", name=merged.name)).to_be_visible()
    organization_desk.merge(page)


def test_merged_records_act_as_one_until_the_merge_is_undone(served: Served, visit: Visit) -> None:
    kept = add_record(served, "Elm County Library", "Mia")
    merged = add_record(served, "Library of Elm County", "Otto")
    with served.carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF).id
        ben = served.add_person(session, "Ben", seller_role=SellerRole.BOOKKEEPER).id
    everybody = (ada, ben, kept.manager, merged.manager, merged.billing, merged.supervisor)
    pages = Pages(*(visit(one).page for one in everybody))
    see_apart(pages, kept, merged)

    merge(pages.ada, kept, merged)

    see_as_one(pages, kept, merged)

    pages.ada.goto(f"/staff/organizations/{kept.slug}")
    pages.ada.get_by_role("button", name="Undo merge").click()
    is_done(pages.ada)

    see_apart(pages, kept, merged)
