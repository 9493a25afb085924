"""A manager removes the person who ordered: the others get the emails, and our team sees it."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lms.cancellation_offers.mails import CHOOSE
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.live import OfferChoice
from lms.models.organizations import Organization, Role
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import button_to, is_done
from tests.browser.sales.arrived_mail import arrived, like
from tests.browser.sales.conftest import Customer
from tests.browser.sales.test_order_correction import add_wrong_order
from tests.browser.webinar_desk import cancel_webinar, choose_offer
from tests.cancellation_offers.offer_fixtures import go_round
from tests.factories import make_membership
from tests.servers.smtp import MailSink

pytestmark = pytest.mark.browser


def add_owner(served: Served, customer: Customer) -> Login:
    with served.carrel.database.transaction() as session:
        otto = served.add_person(session, "Otto")
        place = session.scalars(
            select(Organization).where(Organization.slug == customer.slug)
        ).one()
        make_membership(session, place, otto, role=Role.OWNER)
        return otto


def schedule(served: Served, slug: str) -> str:
    """Move a webinar to nine days from now; returns its title."""
    with served.carrel.database.transaction() as session:
        webinar = session.scalars(select(Webinar).where(Webinar.slug == slug)).one()
        webinar.held_at = now() + timedelta(days=9)
        return webinar.title


def test_owner_removes_the_buyer_and_decides_about_a_canceled_webinar(
    served: Served, customer: Customer, mail_sink: MailSink, visit: Visit
) -> None:
    slug = f"ibis-{new_public_id()[:6]}"
    order = add_wrong_order(served, customer, slug)
    title = schedule(served, slug)
    otto = add_owner(served, customer)
    address = str(otto.email)
    desk, page = visit(customer.staff).page, visit(otto.id).page
    desk.goto(order)
    expect(desk.get_by_text(address)).to_have_count(0)

    page.goto(f"/organization/{customer.organization_id}/members")
    row = page.get_by_role("row").filter(has_text=customer.manager_email)
    button_to(row, "/remove").click()
    is_done(page, "Mia")
    before = len(mail_sink.to(customer.manager_email))

    desk.goto(order)
    expect(desk.get_by_text(address)).to_be_visible()
    button_to(desk, "/resend").click()
    is_done(desk)
    arrived(mail_sink, address, subject=r"Your access: .*")
    cancel_webinar(desk, slug)
    go_round(served.carrel)  # which the worker does every two minutes
    offered = arrived(mail_sink, address, subject=like(CHOOSE, title=title))
    found = re.search(r"https?://\S+/canceled/\S+", offered.text)
    assert found, offered.text
    page.goto(found[0])
    choose_offer(page, OfferChoice.REFUND)
    arrived(mail_sink, address, subject=r"Credit note .*")

    later = mail_sink.to(customer.manager_email)[before:]
    assert [one.text for one in later if title in one.text] == []
