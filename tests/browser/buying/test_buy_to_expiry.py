"""A library's two years: seats bought, claimed, reassigned; a pass bought, renewed, expired."""

import re
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from lms.access.policy import Code
from lms.contracts.mails import OWNED_PASS_ENDED, OWNED_PASS_ENDS, OWNED_PASS_RENEWED
from lms.core.clock import now
from lms.models.accounts import SellerRole
from lms.models.mail import Mail
from lms.models.seats import VerifiedDomain
from lms.seats.mails import INVITED, RELEASED
from tests.browser.buying.conftest import SELLER, open_for_business
from tests.browser.buying.shopper import (
    check_page,
    choose,
    enter_library,
    enter_people,
    enter_person,
    is_thanked,
    pay_by_card,
)
from tests.browser.buying.test_buy_for_a_library import confirm, link_in
from tests.browser.buying.years import PLAY, House, Moment, answer, play
from tests.browser.invited_person import claim_seat, create_account
from tests.browser.page_elements import is_done, is_refused
from tests.browser.person import Person
from tests.browser.sales.arrived_mail import like, pdf_in, words_of
from tests.factories import make_organization

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

TALK, OTHER = "lamps", "candles"
TITLES: Final = {TALK: "Reading by Lamplight", OTHER: "Reading by Candlelight"}


def open_shop(moment: Moment, house: House) -> None:
    """Add what is sold, a team member, and a library with a verified domain."""
    open_for_business(moment.served)
    with moment.served.carrel.database.transaction() as session:
        for slug, title in TITLES.items():
            moment.served.add_webinar(session, slug, title=title)
        ada = moment.served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        ada.email = ada.email_key = house.address("ada")
        known = make_organization(session, name=f"Known {house.mark}")
        domain = house.address("").removeprefix("@")
        session.add(VerifiedDomain(organization_id=known.id, domain=domain, verified_at=now()))


def order_seats(moment: Moment, house: House) -> Page:
    """Order five seats by invoice, two of them for named people, and confirm the address."""
    page, rosa = moment.visit().page, house.address("rosa")
    page.goto(f"/webinars/{TALK}")
    choose(page, "team", seats=5)
    enter_person(page, "Rosa Delgado", rosa)
    enter_library(page, house.library)
    page.locator("#payable_email").fill(house.address("ap"))
    names = [house.address(name) for name in ("kim", "lee")]
    enter_people(page, "\n".join(names))
    page.get_by_role("radio", name="Invoice").check()
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Place order: $325.00").click()
    confirm(page, moment.served, house.sink, rosa)
    return page


def pay_invoice(moment: Moment, house: House, amount: str) -> None:
    """Pay as accounts payable by the link in the invoice's email, and get the receipt."""
    invoice = house.next_to_pay(rf"Invoice \S+, {SELLER}")
    assert amount in words_of(pdf_in(invoice)[1])
    payer = moment.visit().page
    payer.goto(link_in(moment.served, invoice, "/pay/"))
    payer.get_by_role("button", name=f"Pay {amount} by card").click()
    pay_by_card(payer)
    expect(payer.get_by_text("Paid", exact=True).first).to_be_visible()
    receipt = house.next_to_pay(r"Receipt .*")
    assert amount in words_of(pdf_in(receipt)[1])
    house.paid += 1


def claim(moment: Moment, house: House, name: str) -> Person:
    """Claim the seat by the invitation's link, creating an account."""
    person = moment.visit()
    invitation = house.mail(name, like(INVITED, organization=house.library))
    person.page.goto(link_in(moment.served, invitation, "/claim/"))
    create_account(person.page, name.title())
    claim_seat(person.page, house.library)
    return person


def position(person: Person, slug: str) -> float:
    """Return the player's start position, in seconds."""
    person.page.goto(f"/webinars/{slug}/watch")
    person.page.locator(PLAY).click()
    person.until("document.querySelector('video')?.readyState > 1")
    return float(person.page.evaluate("document.querySelector('video').currentTime"))


def see_home(page: Page) -> str:
    """Open the organization's home page; returns its path."""
    page.goto("/organization")
    page.wait_for_url("**/organization/*")
    return urlsplit(page.url).path


def reassign(page: Page, house: House, old: str, new: str) -> None:
    """Reassign a person's seat to another address."""
    page.goto(f"{see_home(page)}/people")
    page.get_by_role("link", name=old).first.click()
    page.get_by_role("link", name="Reassign seat").click()
    page.get_by_role("heading", name="Reassign seat").wait_for()
    check_page(page)
    enter_successor(page, house.address(new))


def enter_successor(page: Page, address: str) -> None:
    """Enter who gets the seat instead, and check that they are invited."""
    page.locator("#email").fill(address)
    page.get_by_role("button", name="Reassign seat").click()
    is_done(page, address)


def see_lost(moment: Moment, house: House, kim: Person) -> None:
    """Check that a person who lost their seat is told whom to ask, and can't watch."""
    with moment.served.carrel.database.transaction() as session:
        late = update(Mail).where(Mail.kind == "seat_released")
        session.execute(late.values(run_at=now()))  # it's delayed so the release can be undone
    mail = house.mail("kim", like(RELEASED))
    assert house.library in mail.text
    assert TITLES[TALK] in mail.text
    kim.page.goto(f"/webinars/{TALK}")
    is_refused(kim.page, Code.SEAT_RELEASED, house.library)
    expect(kim.page.get_by_role("link", name="Ask Rosa Delgado").first).to_be_visible()
    kim.page.goto(f"/webinars/{TALK}/watch")
    expect(kim.page.locator("video")).to_have_count(0)
    kim.faults.clear()  # the refused player page is a 403


def buy_pass(page: Page, house: House) -> None:
    """Buy a pass for the library as its manager, by invoice."""
    page.goto("/passes")
    page.get_by_role("button", name="Buy for $499.00").click()
    page.get_by_role("radio", name=house.library).check()
    page.get_by_role("radio", name="Invoice").check()
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Place order: $499.00").click()
    is_thanked(page, "Rosa Delgado")


def first_saturday(house: House) -> None:
    with house.after(0) as moment:
        open_shop(moment, house)
        rosa = order_seats(moment, house)
        pay_invoice(moment, house, "$325.00")
        kim = claim(moment, house, "kim")
        play(kim, TALK, until_s=12)
        kim.page.goto("/library")
        assert position(kim, TALK) > 5  # it resumes where they stopped
        rosa.goto(f"{see_home(rosa)}/people")
        expect(rosa.get_by_role("row").filter(has_text="Kim")).to_contain_text("%")
        answer(moment, house, "kim", TITLES[TALK], Code.OK_PERMANENT)

        reassign(rosa, house, "Kim", "noor")
        see_lost(moment, house, kim)
        answer(moment, house, "kim", TITLES[TALK], Code.SEAT_RELEASED)
        noor = claim(moment, house, "noor")
        play(noor, TALK)
        rosa.reload()
        expect(rosa.get_by_text("Reassigned").first).to_be_visible()
        told = [*house.told("noor"), *house.told("lee")]
        assert not any(re.fullmatch(like(RELEASED), one) for one in told)

        buy_pass(rosa, house)
        pay_invoice(moment, house, "$499.00")


def three_weeks_before_the_end(house: House) -> None:
    with house.after(345) as moment:
        rosa = moment.visit(house.address("rosa")).page
        home = see_home(rosa)
        give_pass_to_pat(rosa, house)
        pat = claim(moment, house, "pat")
        play(pat, OTHER)

        mail = house.mail("rosa", like(OWNED_PASS_ENDS, organization=house.library))
        rosa.goto(link_in(moment.served, mail, "/organization/"))
        check_page(rosa)
        expect(rosa.get_by_text("$499.00", exact=True)).to_be_visible()
        term = rosa.locator("dt:text-is('New term') + dd").inner_text().strip()
        rosa.get_by_role("checkbox", name=re.compile("^I agree")).check()
        rosa.get_by_role("button", name="Renew for $499.00").click()
        is_done(rosa)
        house.mail("rosa", like(OWNED_PASS_RENEWED, organization=house.library))
        pay_invoice(moment, house, "$499.00")
        rosa.goto(home)
        expect(rosa.get_by_text(f"Until {term.split(' to ')[1]}", exact=True)).to_be_visible()
        answer(moment, house, "pat", TITLES[OTHER], Code.OK_TERM)
        assert not any("renew" in one.lower() for one in [*house.told("pat"), *house.told("noor")])


def give_pass_to_pat(rosa: Page, house: House) -> None:
    """Reassign the buyer's seat of the pass to Pat."""
    rosa.goto(see_home(rosa))
    rosa.get_by_role("link", name="All webinars").first.click()
    rosa.get_by_role("link", name="Rosa Delgado").first.click()
    rosa.get_by_role("link", name="Reassign seat").click()
    enter_successor(rosa, house.address("pat"))


def see_that_the_pass_ended(moment: Moment, house: House) -> None:
    """Check that the manager is told once, for how many people, and can renew from the email."""
    subject = like(OWNED_PASS_ENDED, organization=house.library)
    mail = house.mail("rosa", subject)
    assert "1 person" in " ".join(mail.text.split())
    rosa = moment.visit(house.address("rosa")).page
    rosa.goto(link_in(moment.served, mail, "/organization/"))
    check_page(rosa)
    expect(rosa.get_by_role("button", name="Renew for $499.00")).to_be_visible()
    assert len(house.mails("rosa", subject)) == 1
    assert not house.mails("pat", like(OWNED_PASS_ENDED))


def five_days_after_the_end(house: House) -> None:
    with house.after(736) as moment:
        pat = moment.visit(house.address("pat"))
        pat.page.goto(f"/webinars/{OTHER}")
        is_refused(pat.page, Code.PASS_EXPIRED, house.library)
        check_page(pat.page)
        pat.page.get_by_role("link", name="Ask Rosa Delgado").first.click()
        pat.page.get_by_role("button", name="Send to Rosa Delgado").click()
        is_done(pat.page, "Rosa Delgado")
        asked = house.mail("rosa", "A question about your organization\u2019s seats")
        assert house.address("pat") in asked.text

        see_that_the_pass_ended(moment, house)
        rosa = moment.visit(house.address("rosa")).page
        assert f"{moment.served.url}/organization" in asked.text
        rosa.goto("/organization")
        rosa.get_by_role("link", name="Renew", exact=True).first.click()
        expect(rosa.get_by_role("button", name="Renew for $499.00")).to_be_visible()
        answer(moment, house, "pat", TITLES[OTHER], Code.PASS_EXPIRED)

        noor = moment.visit(house.address("noor"))
        noor.page.goto(f"/webinars/{TALK}")
        expect(noor.page.get_by_test_id(f"access-{Code.OK_PERMANENT}")).to_be_visible()
        play(noor, TALK)


def test_library_buys_invites_watches_reassigns_renews_and_lets_pass_expire(house: House) -> None:
    first_saturday(house)
    three_weeks_before_the_end(house)
    five_days_after_the_end(house)
    for name in ("kim", "lee", "noor", "pat"):  # no email was sent twice
        assert len(set(house.told(name))) == len(house.told(name)), house.told(name)
