"""A webinar from announcement to cancellation and reinstatement, with every kind of buyer."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from lms.cancellation_offers.mails import CHOOSE, HELD
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.live.mails import CANCELED
from lms.mail.links import Links
from lms.models.accounts import Login, SellerRole
from lms.models.catalog import Webinar
from lms.models.documents import Document
from lms.models.grants import OfferKind
from lms.models.live import OfferChoice
from lms.models.orders import Order, OrderLine
from lms.models.payments import Payment, Settlement
from lms.models.seats import Pool
from lms.sales.new_orders import NewLine
from lms.seats import invitations, waitlist
from lms.seats.mails import OFFERED
from lms.web.cancellation_offers.staff_offers import NO_ANSWER, WITHDRAWN
from tests.browser.buying.shopper import (
    choose,
    enter_library,
    enter_people,
    enter_person,
    pay_by_card,
)
from tests.browser.buying.test_buy_for_a_library import confirm, link_in
from tests.browser.buying.test_every_purchase import (
    Buyer,
    everyone_here_by_card,
    group_showing_by_card,
    pass_by_card,
)
from tests.browser.conftest import Served, Visit
from tests.browser.invited_person import INVITATION, claim_button
from tests.browser.page_elements import button_to
from tests.browser.person import Person
from tests.browser.sales.arrived_mail import arrived, like, subject_of
from tests.browser.test_after_the_sale import bought, go_round, order_of
from tests.browser.webinar_desk import (
    cancel_webinar,
    check_choices,
    choose_offer,
    restore_webinar,
)
from tests.factories import make_webinar
from tests.seat_rows import seat
from tests.servers.axe import axe_faults
from tests.servers.smtp import MailSink

pytestmark = pytest.mark.browser

ANNOUNCEMENT = """\
Webinar announcement

{title}
with Henrietta Oyelaran

{day}
2:00 p.m. to 3:00 p.m. Eastern

A kettle, a brush and two kinds of glue save most of what you would discard. This webinar shows
which books to mend, and when to stop.

You will learn:

- how to mend a torn page
- how to tighten a loose hinge

Price: $99
"""


@dataclass(frozen=True, slots=True)
class Told:
    """Payers of the webinar and other affected people, by email address; and registered people."""

    payers: dict[str, str]
    others: dict[str, str]
    registered: tuple[Person, ...]


def announce(desk: Page, title: str) -> str:
    """Paste the announcement, save what was read, and announce it; returns the webinar's slug."""
    day = (now() + timedelta(days=20)).strftime("%A, %B %-d, %Y")
    desk.goto("/staff/webinars")
    desk.get_by_role("link", name=re.compile("announcement", re.IGNORECASE)).first.click()
    desk.locator("textarea").first.fill(ANNOUNCEMENT.format(title=title, day=day))
    desk.get_by_role("button", name="Continue").click()
    desk.get_by_role("button", name="Add Henrietta Oyelaran").click()
    expect(desk.get_by_role("textbox", name="Title", exact=True)).to_have_value(title)
    desk.get_by_role("button", name="Save draft").click()
    expect(desk.get_by_text("This is a draft. Only staff see it.")).to_be_visible()
    desk.get_by_role("button", name="Announce").click()
    expect(desk.get_by_text(f"{title} was announced.")).to_be_visible()
    return desk.url.rstrip("/").rsplit("/", 1)[1]


def sell(served: Served, visit: Visit, sink: MailSink, slug: str, mark: str) -> Told:
    """Sell the webinar in every way: five times by card, and once by a negotiated contract."""
    page_of_it = f"/webinars/{slug}"
    payers = {name: f"{name}{mark}@example.org" for name in ("sue", "tom", "gil", "ida")}
    others = {name: f"{name}{mark}@example.org" for name in ("pat", "kim")}
    page = visit().page
    page.goto(page_of_it)
    choose(page, "me")
    enter_person(page, "Sue", payers["sue"])
    _pay(page)
    page = visit().page
    page.goto(page_of_it)
    choose(page, "team", seats=5)
    enter_person(page, "Tom", payers["tom"])
    enter_library(page, f"Oak County Library {mark}")
    enter_people(page, others["kim"])
    _pay(page)
    for name, purchase in (("gil", group_showing_by_card), ("ida", everyone_here_by_card)):
        page = visit().page
        page.goto(page_of_it)
        purchase(Buyer(page, served, sink, payers[name]))
        expect(page.get_by_role("heading", level=1)).to_contain_text("Rosa Delgado")
    count_sales(served, slug)
    pat = visit()
    pat.page.goto(page_of_it)
    pass_by_card(Buyer(pat.page, served, sink, others["pat"]))
    confirm(pat.page, served, sink, others["pat"])
    con_id, negotiated = negotiate(served, mark)
    registered = (pat, visit(con_id))
    for person in registered:
        person.page.goto(page_of_it)
        button_to(person.page, "/register").click()
        expect(person.page.get_by_role("heading", name="re registered")).to_be_visible()
    return Told(payers, {**others, **negotiated}, registered)


def count_sales(served: Served, slug: str) -> None:
    """Turn test orders into real ones, because buyers of test orders aren't emailed."""
    lines = select(OrderLine.order_id).join(Webinar, Webinar.id == OrderLine.webinar_id)
    orders = lines.where(Webinar.slug == slug).scalar_subquery()
    invoices = select(Document.id).where(Document.order_id.in_(orders))
    payments = select(Settlement.payment_id).where(Settlement.invoice_id.in_(invoices))
    with served.carrel.database.transaction() as session:
        session.execute(update(Payment).where(Payment.id.in_(payments)).values(livemode=True))
        for table, ours in ((Document, Document.order_id), (Order, Order.id)):
            session.execute(update(table).where(ours.in_(orders)).values(livemode=True))


def _pay(page: Page) -> None:
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name=re.compile("^Pay")).click()
    pay_by_card(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")


def negotiate(served: Served, mark: str) -> tuple[int, dict[str, str]]:
    """Sell Cora's library a contract, with a seat for Con; returns Con's login, both addresses."""
    line = NewLine(kind=OfferKind.CONTRACT, covers="everything", price_minor=120_000, quantity=10)
    facts = bought(served.carrel, order_of("Cora", line, firm=f"Fir County {mark}"), is_paid=True)
    with served.carrel.database.transaction() as session:
        con = served.add_person(session, "Con")
        pools = select(Pool).where(Pool.organization_id == facts.organization_id)
        seat(session, session.scalars(pools).one(), con)
        cora = session.get_one(Login, facts.contact_id)
        return con.id, {"con": con.email or "", "cora": cora.email or ""}


@dataclass(frozen=True, slots=True)
class Wanted:
    """People with a link to a seat for the webinar: Kim, invited, and Wes, from the waitlist."""

    wes: str
    links: dict[str, str]


def offer_seat(served: Served, sink: MailSink, slug: str, told: Told) -> Wanted:
    """Add Wes to the waitlist for Tom's five seats, and email him an offer of an available one."""
    with served.carrel.database.transaction() as session:
        wes = served.add_person(session, "Wes")
        webinar = select(Webinar.id).where(Webinar.slug == slug).scalar_subquery()
        pools = select(Pool.id).where(Pool.webinar_id == webinar, Pool.capacity == 5)
        pool_id = session.scalars(pools).one()
        waitlist.join(session, pool_id, wes.id, actor=None, now=now())
        invitations.write_invitations(session, pool_id, 9, links=Links(served.url), now=now())
        address = wes.email or ""
    links = {
        who: link_in(served, arrived(sink, email, subject=subject), "/claim/")
        for who, email, subject in (
            ("kim", told.others["kim"], INVITATION),
            ("wes", address, like(OFFERED)),
        )
    }
    return Wanted(address, links)


def check_links(page: Page, wanted: Wanted, *, is_held: bool) -> None:
    """Check that seat links say the webinar was canceled, and claim them once it's back on."""
    for who, link in wanted.links.items():
        page.goto(link)
        expect(page.get_by_test_id("claim-open" if is_held else "claim-off")).to_be_visible()
        expect(claim_button(page)).to_have_count(
            int(is_held and who == "kim")
        )  # Wes has to sign in first
        if not is_held:
            assert axe_faults(page) == []


def check_told(sink: MailSink, subjects: dict[str, str]) -> None:
    """Wait until everyone has the email with their subject, and check that each got it once."""
    for address, subject in subjects.items():
        arrived(sink, address, subject=re.escape(subject))
    for address, subject in subjects.items():
        assert [subject_of(one) for one in sink.to(address)].count(subject) == 1, address


def check_sees(page: Page, slug: str, wanted: Wanted, *, is_sold: bool) -> None:
    """Check whether visitors can buy the webinar, and what its seat links say."""
    page.goto(f"/webinars/{slug}")
    expect(page.get_by_role("button", name=re.compile("^Buy"))).to_have_count(int(is_sold))
    check_links(page, wanted, is_held=is_sold)


def team(served: Served) -> list[str]:
    """Return the email addresses of our team."""
    with served.carrel.database.read_session() as session:
        found = session.scalars(select(Login.email).where(Login.seller_role.is_not(None)))
        return [email for email in found if email]


def cancel(desk: Page, served: Served, slug: str) -> None:
    cancel_webinar(desk, slug, "The kettle is broken.")
    go_round(served.carrel)


def exchange(page: Page, link: str, other: str) -> None:
    """Choose another webinar by the emailed link, without an account."""
    page.goto(link)
    page.get_by_label(other).check()
    choose_offer(page, OfferChoice.EXCHANGE)


def reinstate(desk: Page, served: Served, slug: str, title: str) -> None:
    restore_webinar(desk, slug, title)
    go_round(served.carrel)


def add_staff_and_alternative(served: Served, title: str) -> tuple[int, str]:
    """Add a webinar to exchange for, and a team member; returns their login and address."""
    with served.carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        slug = title.lower().replace(" ", "-")
        make_webinar(session, slug, held_at=now() + timedelta(days=30)).title = title
        return ada.id, ada.email or ""


def test_everyone_is_notified_of_cancellation_and_reinstatement(
    served: Served, visit: Visit, mail_sink: MailSink
) -> None:
    mark = new_public_id()[:6]
    title, other = f"Paper and Glue {mark}", f"Cloth and Thread {mark}"
    ada_id, ada_email = add_staff_and_alternative(served, other)
    staff, stranger = visit(ada_id), visit().page
    slug = announce(staff.page, title)
    told = sell(served, visit, mail_sink, slug, mark)
    wanted = offer_seat(served, mail_sink, slug, told)
    everyone = [*told.payers.values(), *told.others.values(), wanted.wes, ada_email]

    cancel(staff.page, served, slug)
    canceled, choice, held = (
        subject.replace("'", "\u2019") % {"title": title}
        for subject in (CANCELED.subject, CHOOSE, HELD)
    )
    choices = dict.fromkeys(told.payers.values(), choice)
    check_told(mail_sink, {**dict.fromkeys(everyone, canceled), **choices})
    check_sees(stranger, slug, wanted, is_sold=False)
    for person in told.registered:
        person.page.goto(f"/webinars/{slug}")
        expect(person.page.get_by_text("The kettle is broken.")).to_be_visible()
        assert axe_faults(person.page) == []
    mail = arrived(mail_sink, told.payers["sue"], subject=re.escape(choice))
    exchange(visit().page, link_in(served, mail, "/canceled/"), other)
    check_choices(staff.page, slug, {OfferChoice.EXCHANGE: 1, NO_ANSWER: 3})

    reinstate(staff.page, served, slug, title)
    still = [one for one in everyone if one != told.payers["sue"]]  # she exchanged it
    check_told(mail_sink, dict.fromkeys(still, held))
    assert held not in map(subject_of, mail_sink.to(told.payers["sue"]))
    check_choices(staff.page, slug, {OfferChoice.EXCHANGE: 1, WITHDRAWN: 3})
    check_sees(stranger, slug, wanted, is_sold=True)
    for person in told.registered:
        person.page.reload()
        expect(person.page.get_by_role("heading", name="re registered")).to_be_visible()
    about_it = [one for one in mail_sink.delivered if title in subject_of(one)]
    assert {to for one in about_it for to in one.recipients} <= {*everyone, *team(served)}
    assert [one for person in (staff, *told.registered) for one in person.faults] == []
