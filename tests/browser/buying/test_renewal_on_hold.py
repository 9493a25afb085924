"""A renewal on hold: before the term ends, in the grace period, and after access is granted."""

from datetime import timedelta
from typing import Final

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.policy import Code
from lms.contracts.mails import CONTRACT_LAPSED, CONTRACT_OVER, RENEWAL_ORDERED, RENEWED
from lms.core.clock import now
from lms.mail.links import Links, MailContext
from lms.models.accounts import Login, SellerRole
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.models.organizations import Organization, Role
from lms.models.seats import Pool
from lms.organizations.billing_details import BillingContact, edit_billing
from lms.sales import orders
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.payment_mails import ON_HOLD
from lms.web.sales.staff_order import DONE
from tests.browser.buying.conftest import SELLER, open_for_business
from tests.browser.buying.test_buy_for_a_library import link_in
from tests.browser.buying.years import House, Moment, answer, play
from tests.browser.page_elements import button_to, is_done, is_refused
from tests.browser.sales.arrived_mail import arrived, like
from tests.browser.sales.conftest import ZONE
from tests.factories import make_login, make_membership, make_organization
from tests.seat_rows import seat
from tests.seller.seller_settings import COMPLETE
from tests.servers.axe import axe_faults

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TALK, TITLE = "lamps", "Reading by Lamplight"
MANAGERS: Final = ("mia", "noor")


def open_shop(moment: Moment, house: House) -> None:
    """Add a library with two managers, a seat for Kim, and a contract that ends in 20 days."""
    open_for_business(moment.served)
    with moment.served.carrel.database.transaction() as session:
        moment.served.add_webinar(session, TALK, title=TITLE)
        make_login(session, house.address("ada"), name="Ada", seller_role=SellerRole.STAFF)
        library = make_organization(session, name=house.library)
        mia, noor, kim = (
            make_login(session, house.address(name), name=name.title())
            for name in ("mia", "noor", "kim")
        )
        make_membership(session, library, mia, role=Role.OWNER)
        make_membership(session, library, noor, role=Role.MANAGER)
        payables = BillingContact(payables=(house.address("ap"),))
        edit_billing(session, library.id, payables, actor=None, now=now())
        sell(session, moment, library, mia)
        pool = session.scalars(select(Pool).where(Pool.organization_id == library.id)).one()
        seat(session, pool, kim)


def sell(session: Session, moment: Moment, library: Organization, mia: Login) -> None:
    """Sell the contract by invoice 345 days ago; nothing has been paid since."""
    line = NewLine(kind=OfferKind.CONTRACT, covers="everything", quantity=12, price_minor=318_000)
    new = NewOrder(
        lines=(line,),
        email=mia.email or "",
        name=mia.name,
        organization=library.slug,
        terms=Terms.INVOICE,
        currency="USD",
    )
    context = MailContext(Links(moment.served.url), ZONE)
    at = now() - timedelta(days=345)
    orders.place(session, new, mail_context=context, actor=None, now=at)


def order_renewal(moment: Moment, house: House) -> None:
    """Renew as Mia; check that each manager and our team are emailed."""
    mia = moment.visit(house.address("mia")).page
    mia.goto("/organization")
    mia.get_by_role("link", name="Renew", exact=True).first.click()
    mia.get_by_role("checkbox", name="I agree").check()
    mia.get_by_role("button", name="Renew for $3,180.00").click()
    expect(mia.get_by_text("We\u2019ll review it and give you access")).to_be_visible()
    for name in MANAGERS:
        mail = house.mail(name, like(RENEWAL_ORDERED, organization=house.library))
        assert "when we approve the order or receive payment" in mail.text
    house.paid = 1  # the first invoice was for the previous term
    house.next_to_pay(rf"Invoice \S+, {SELLER}")
    review = arrived(house.sink, COMPLETE.ar_email, subject="Review order .*")
    assert house.library in review.text


def wait_for_payment(moment: Moment, house: House) -> None:
    """Put the order on hold; check that people are told and the staff home no longer lists it."""
    ada = moment.visit(house.address("ada")).page
    ada.goto("/staff")
    to_review = ada.get_by_role("link", name=f"{house.library}, $3,180.00")
    to_review.click()
    button_to(ada, "/hold").click()
    is_done(ada, DONE["hold"])
    for name in (*MANAGERS, "ap"):
        assert "$3,180.00" in house.mail(name, like(ON_HOLD)).text
    ada.goto("/staff")
    expect(to_review).to_have_count(0)


def see_term(page: Page, words: str) -> None:
    """Open the organization's home page and check the contract's term."""
    page.goto("/organization")
    expect(page.get_by_text(words).first).to_be_visible()
    assert axe_faults(page) == []


def before_the_end(house: House) -> None:
    with house.after(0) as moment:
        open_shop(moment, house)
        order_renewal(moment, house)
        wait_for_payment(moment, house)
        play(moment.visit(house.address("kim")), TALK)


def in_grace(house: House) -> None:
    """Check that managers are told after the term ended, and people can still watch."""
    with house.after(21) as moment:
        for name in MANAGERS:
            mail = house.mail(name, like(CONTRACT_OVER, organization=house.library))
            assert "receive payment" in mail.text
        noor = moment.visit(house.address("noor")).page
        noor.goto(link_in(moment.served, mail, "/organization/"))
        expect(noor.get_by_text("$3,180.00").first).to_be_visible()
        play(moment.visit(house.address("kim")), TALK)
        answer(moment, house, "kim", TITLE, Code.OK_GRACE)


def after_grace(house: House) -> None:
    """Check that access ended, and that our team's grant restores it for the same people."""
    with house.after(82) as moment:
        for name in MANAGERS:
            mail = house.mail(name, like(CONTRACT_LAPSED, organization=house.library))
            assert "receive payment" in mail.text
        kim = moment.visit(house.address("kim"))
        kim.page.goto(f"/webinars/{TALK}")
        is_refused(kim.page, Code.PAYMENT_PENDING, house.library)
        noor = moment.visit(house.address("noor")).page
        see_term(noor, "Awaiting payment")
        answer(moment, house, "kim", TITLE, Code.PAYMENT_PENDING)

        ada = moment.visit(house.address("ada")).page
        ada.goto("/staff/orders")
        ada.get_by_role("row").filter(has_text="On hold").get_by_role("link").first.click()
        button_to(ada, "/release").click()
        is_done(ada, DONE["release"])
        for name in MANAGERS:
            mail = house.mail(name, like(RENEWED, organization=house.library))
            assert "The same people have their seats again" in mail.text
        play(kim, TALK)
        see_term(noor, "Until")
        answer(moment, house, "kim", TITLE, Code.OK_TERM)


def check_told(house: House) -> None:
    """Check that managers got each email once, and people with a seat got none."""
    lines = (RENEWAL_ORDERED, ON_HOLD, CONTRACT_OVER, CONTRACT_LAPSED, RENEWED)
    for name in MANAGERS:
        for line in lines:
            told = house.mails(name, like(line, organization=house.library))
            assert len(told) == 1, (name, line)
    assert len(house.mails("ap", like(ON_HOLD))) == 1
    assert house.told("kim") == []


def test_renewal_on_hold_notifies_managers_and_restores_access(house: House) -> None:
    before_the_end(house)
    in_grace(house)
    after_grace(house)
    check_told(house)
