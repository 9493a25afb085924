"""A simulated year of purchases: all periodic jobs run every day on shared data."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, decide
from lms.buying.payment_promises import CheckSent, note_check
from lms.cancellation_offers import offers
from lms.cancellation_offers.jobs import REFUND, ROUND
from lms.catalog import webinars
from lms.checkouts.jobs import LISTEN, RETURN, SWEEP
from lms.component import work_of
from lms.documents.payment_links import order_of
from lms.jobs.queue import JobRun
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.grants import OfferKind
from lms.models.live import CancellationOffer, OfferChoice
from lms.models.mail import Mail
from lms.models.orders import Order, OrderLine, Terms
from lms.models.payments import Refund, RefundState
from lms.own_orders.jobs import REMIND as RENEW
from lms.payments.jobs import CHECK
from lms.pricing.price_list import Price, set_prices
from lms.receivables.jobs import REMIND
from lms.registry import LIBRARY
from lms.sales import credit_notes, orders
from lms.sales.credit_notes import Credit, NewCreditNote
from lms.sales.new_orders import NewOrder
from lms.sales.read_models import OrderFacts, find_order_facts
from tests.checkouts.card_stories import CONTEXT, Shop
from tests.clock import NOW
from tests.factories import make_grant, make_login, make_organization, make_webinar
from tests.live.upcoming_webinar import Quiet
from tests.mailbox import letters, link_in
from tests.sales.order_fixtures import GROUP, ONE_SEAT, PRICES, SEAT, balanced, paid
from tests.servers.stripe_objects import DISPUTES, PAYS, REFUND_FAILS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DECLINED: Final = "4000000000000002"
DAY: Final = timedelta(days=1)
ROUNDS: Final = (SWEEP, LISTEN, RETURN, REMIND, RENEW, ROUND, CHECK)
LAST: Final = "year-in-review"
OTHER: Final = "mending-spines"


class Year:
    """The seller's year, simulated day by day."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.database = shop, shop.carrel.database
        self._handlers = work_of((LIBRARY,)).handlers

    @property
    def now(self) -> datetime:
        return self.shop.clock.moment

    def until(self, month: int, day: int) -> None:
        """Advance to noon of a day this year, running each day's jobs and webhooks."""
        for _ in self._days(NOW.replace(month=month, day=day, hour=12)):
            self.shop.hear()
            for kind in ROUNDS:
                self.run(kind)
            self.shop.work()

    def _days(self, end: datetime) -> Iterator[None]:
        while self.now < end:
            self.shop.clock.set(min(self.now + DAY, end))
            yield

    def run(self, kind: str, subject: str = "") -> None:
        self._handlers[kind](self.shop.carrel, JobRun(0, "", subject, {}, 1, 1, Quiet()))

    def buys(self, new: NewOrder, card: str = PAYS) -> OrderFacts:
        """Buy something by card."""
        order = self.shop.draft(new)
        assert self.shop.pay(self.shop.open(order), card) == 303
        self.shop.hear()
        return self.facts(order)

    def orders(self, new: NewOrder) -> OrderFacts:
        return self.facts(self.shop.place(new))

    def facts(self, order: str) -> OrderFacts:
        with self.database.read_session() as session:
            return find_order_facts(session, order)

    def watches(self, email: str, slug: str = "reading-rooms") -> str:
        """Return the access decision for a person who opens the slides."""
        with self.database.read_session() as session:
            login_id = session.scalars(select(Login.id).where(Login.email == email)).one()
            webinar_id = session.scalars(select(Webinar.id).where(Webinar.slug == slug)).one()
            case = load_case(session, login_id=login_id, webinar_id=webinar_id)
        return decide(case.login, case.webinar, Action.HANDOUT, self.now).code.value

    def told(self, address: str, kind: str) -> list[Mail]:
        return [one for one in letters(self.database, address) if one.kind == kind]


@pytest.fixture
def year(shop: Shop) -> Year:
    with shop.carrel.database.transaction() as session:
        passes = Price(OfferKind.PASS, 1, 49_900, "USD")
        set_prices(session, (*PRICES, passes), actor=None, now=NOW - 400 * DAY)
        pam = make_login(session, "pam@example.org", name="Pam")
        october = datetime(2026, 10, 7, 4, tzinfo=NOW.tzinfo)
        make_grant(session, pam, starts_at=october - 365 * DAY, ends_at=october)
        make_organization(session, "oak-county", name="Oak County Library")
        for slug, days in ((LAST, 283), (OTHER, 300)):
            make_webinar(session, slug, held_at=NOW + days * DAY)
    return Year(shop)


def test_year_ends_with_balanced_books_and_one_email_per_event(year: Year) -> None:
    a_declined_card_is_mended(year)
    reminders_pause_for_a_check(year)
    one_dispute_is_won_and_one_lost(year)
    a_refund_of_a_line_fails_later(year)
    a_pass_is_renewed_late(year)
    a_canceled_webinar_has_seven_payers(year)
    year.until(12, 30)
    assert balanced(year.database)
    assert year.told("desk@example.org", "balances_differ") == []


def a_declined_card_is_mended(year: Year) -> None:
    sam = replace(SEAT, email="sam@example.net", name="Sam")
    opened = year.shop.open(year.shop.draft(sam))
    assert year.shop.pay(opened, DECLINED) == 402
    year.until(3, 3)
    assert year.told("sam@example.net", "access_opened") == []
    opened = year.shop.open(year.shop.draft(sam))
    assert year.shop.pay(opened) == 303
    year.shop.hear()
    assert year.watches("sam@example.net") == "OK_PERMANENT"


def reminders_pause_for_a_check(year: Year) -> None:
    elm = year.orders(GROUP)  # due in 30 days, on April 2
    year.until(4, 18)
    mia = "mia@example.org"
    assert len(year.told(mia, "payment_reminder")) == 2  # a week before, and 15 days past due
    with year.database.transaction() as session:
        order = orders.find_order(session, elm.public_id, lock=True)
        check = CheckSent("1042", date(2026, 4, 18))
        note_check(session, order, check, zone=CONTEXT.zone, now=year.now)
    year.until(5, 2)
    assert len(year.told(mia, "payment_reminder")) == 2
    year.until(5, 5)  # the pause has ended, and the check hasn't arrived
    assert len(year.told(mia, "payment_reminder")) == 3
    paid(year.database, elm, at=year.now)
    year.until(7, 1)
    assert len(year.told(mia, "payment_reminder")) == 3
    assert year.facts(elm.public_id).open_minor == 0


def one_dispute_is_won_and_one_lost(year: Year) -> None:
    books = year.shop.fake.books
    for name, is_won in (("wes", True), ("lou", False)):
        email = f"{name}@example.net"
        year.buys(replace(SEAT, email=email, name=name.title()), DISPUTES)
        assert year.watches(email) == "SUSPENDED_DISPUTE"
        disputes = [one for one in books.objects.values() if one["object"] == "dispute"]
        year.until(8, 1 if is_won else 15)
        books.decide(str(disputes[-1]["id"]), is_won=is_won)
        year.shop.hear()
    assert year.watches("wes@example.net") == "OK_PERMANENT"
    assert year.watches("lou@example.net") != "OK_PERMANENT"


def a_refund_of_a_line_fails_later(year: Year) -> None:
    other = replace(ONE_SEAT, covers=f"webinar:{OTHER}")
    ray = replace(SEAT, email="ray@example.net", name="Ray", lines=(ONE_SEAT, other))
    order = year.buys(ray, REFUND_FAILS)
    with year.database.transaction() as session:
        row = orders.find_order(session, order.public_id, lock=True)
        line = session.scalars(
            select(OrderLine).where(OrderLine.order_id == row.id).order_by(OrderLine.id)
        ).first()
        assert line is not None
        new = NewCreditNote(CreditReason.RETURN, (Credit(line.public_id),))
        note = credit_notes.credit(
            session, row, new, mail_context=CONTEXT, actor=None, now=year.now
        ).public_id
    year.shop.refund(note, 9900)
    year.until(9, 1)
    assert year.watches("ray@example.net") != "OK_PERMANENT"
    assert year.watches("ray@example.net", OTHER) == "OK_PERMANENT"
    year.shop.fake.books.fail_refunds()
    year.until(9, 2)
    with year.database.read_session() as session:
        states = session.scalars(select(Refund.state).order_by(Refund.id)).all()
    # the money is owed, and our team pays it out manually
    assert states == [RefundState.FAILED, RefundState.REQUESTED]
    assert len(year.told("desk@example.org", "refund_failed")) == 1


def a_pass_is_renewed_late(year: Year) -> None:
    year.until(10, 20)
    told = year.told("pam@example.org", "pass_expiring")
    assert len(told) == 4
    assert year.watches("pam@example.org") == "PASS_EXPIRED"
    with year.database.read_session() as session:
        order = order_of(session, link_in(told[-1]).rpartition("/")[2]).public_id
    assert year.shop.pay(year.shop.open(order)) == 303
    year.shop.hear()
    assert year.watches("pam@example.org") == "OK_TERM"


def a_canceled_webinar_has_seven_payers(year: Year) -> None:
    """Two exchange, two take a refund, one takes credit, and two don't answer."""
    seat = replace(SEAT, lines=(replace(ONE_SEAT, covers=f"webinar:{LAST}"),))
    by_invoice = replace(seat, terms=Terms.INVOICE)
    group = replace(GROUP, lines=(replace(GROUP.lines[0], covers=f"webinar:{LAST}"),))
    year.until(11, 20)
    # test orders get no offers, so these start as invoices
    card = [
        year.orders(replace(by_invoice, email=f"c{n}@example.net", name=f"C{n}")) for n in range(3)
    ]
    for order in card:
        assert year.shop.pay(year.shop.open(order.public_id)) == 303
        year.shop.hear()
    check = year.orders(replace(by_invoice, email="eve@example.org", name="Eve"))
    paid(year.database, check, check_number="7", at=year.now)
    unpaid = year.orders(replace(by_invoice, email="fay@example.org", name="Fay"))
    elm = year.orders(group)
    paid(year.database, elm, check_number="8", at=year.now)
    oak = year.orders(
        replace(group, organization="oak-county", email="ora@example.org", name="Ora")
    )
    _cancel(year)
    assert len(_offers(year)) == 7

    for order in (card[0], elm):
        _choose(year, order, OTHER)
    for order in (card[1], check):
        _choose(year, order, OfferChoice.REFUND)
    _choose(year, card[2], OfferChoice.CREDIT)
    year.run(REFUND, _webinar(year))
    year.until(11, 25)
    assert year.watches("c0@example.net", OTHER) == "OK_PERMANENT"
    for gone in (card[1], check, unpaid, oak):
        left = year.facts(gone.public_id)
        assert (left.credited_minor, left.open_minor) == (left.total_minor, 0)
    _money_went_where_it_was_wanted(year, card[2])

    with year.database.transaction() as session:
        webinars.restore_webinar(session, LAST, actor=None, now=year.now)
    year.until(11, 26)
    assert len(year.told("c1@example.net", "cancellation_offer")) == 1


def _cancel(year: Year) -> None:
    with year.database.transaction() as session:
        webinars.cancel_webinar(session, LAST, actor=None, now=year.now)
    year.until(11, 21)


def _money_went_where_it_was_wanted(year: Year, keeps: OrderFacts) -> None:
    with year.database.read_session() as session:
        refunded = session.scalars(
            select(Refund).where(Refund.requested_at > NOW + 200 * DAY)
        ).all()
        kept = session.scalars(
            select(Document.open_minor)
            .join(Order, Order.id == Document.order_id)
            .where(Order.public_id == keeps.public_id, Document.kind == DocumentKind.CREDIT_NOTE)
        ).all()
    assert sorted(one.amount_minor for one in refunded) == [9900, 9900]
    assert kept == [9900]


def _webinar(year: Year) -> str:
    with year.database.read_session() as session:
        return session.scalars(select(Webinar.public_id).where(Webinar.slug == LAST)).one()


def _offers(year: Year) -> list[CancellationOffer]:
    with year.database.read_session() as session:
        return list(session.scalars(select(CancellationOffer)))


def _choose(year: Year, order: OrderFacts, choice: str | OfferChoice) -> None:
    (offer,) = [
        one
        for one in _offers(year)
        if (one.login_id, one.organization_id)
        == (None if order.organization_id else order.login_id, order.organization_id)
    ]
    how = {"mail_context": CONTEXT, "actor": None, "now": year.now}
    with year.database.transaction() as session:
        if isinstance(choice, OfferChoice):
            offers.pay_back(session, offer.public_id, choice, **how)
        else:
            offers.exchange(session, offer.public_id, choice, **how)
