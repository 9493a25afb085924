"""Renewals of individual passes: notices, and payment by the link before or after the end."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lms.component import work_of
from lms.core.database import Database
from lms.core.errors import Conflict
from lms.documents.payment_links import order_of
from lms.documents.snapshots import BillTo
from lms.jobs.queue import JobRun
from lms.models.accounts import Login
from lms.models.grants import Grant, OfferKind
from lms.models.mail import Mail
from lms.models.orders import Order, Terms
from lms.models.payments import Payment
from lms.models.tax import ExemptionBasis
from lms.own_orders.jobs import REMIND
from lms.people import erasure
from lms.pricing.price_list import Price, set_prices
from lms.registry import LIBRARY
from lms.sales import billing
from lms.sales.billing import Billing
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.orders import find_order
from lms.sales.quotes import issue_quote
from tests.checkouts.card_stories import CONTEXT, Shop
from tests.checkouts.conftest import environ, shop
from tests.clock import NOW
from tests.factories import make_grant, make_login, make_webinar
from tests.live.upcoming_webinar import Quiet
from tests.mailbox import letters, link_in
from tests.sales.order_fixtures import balanced

__all__ = ["environ", "shop"]
DAY = timedelta(days=1)
PAM = "pam@example.org"
EVERYTHING = NewLine(OfferKind.PASS, "everything", 49_900)
END = datetime(2026, 10, 7, 4, tzinfo=UTC)  # midnight in New York (A1)
NEXT = datetime(2027, 10, 7, 4, tzinfo=UTC)


def price(minor: int) -> tuple[Price, ...]:
    return (Price(OfferKind.PASS, 1, minor, "USD"),)


@pytest.fixture
def pam(shop: Shop) -> int:
    """A person whose pass for everything ends in October; passes cost $499.00."""
    with shop.carrel.database.transaction() as session:
        set_prices(session, price(49_900), actor=None, now=NOW - 400 * DAY)
        login = make_login(session, PAM, name="Pam")
        make_grant(session, login, starts_at=END - 365 * DAY, ends_at=END)
        return login.id


def tell(shop: Shop, at: datetime) -> None:
    """Run the job at a time, twice, as two workers could."""
    shop.clock.set(at)
    for _ in range(2):
        work_of((LIBRARY,)).handlers[REMIND](shop.carrel, JobRun(0, "", "", {}, 1, 1, Quiet()))


def told(database: Database) -> list[Mail]:
    return [one for one in letters(database, PAM) if one.kind == "pass_expiring"]


def order_id(database: Database) -> str:
    """Return the ID of the order that the link in the newest email pays."""
    token = link_in(told(database)[-1]).rpartition("/")[2]
    with database.read_session() as session:
        return order_of(session, token).public_id


def ends(database: Database, login_id: int) -> list[tuple[datetime, datetime | None]]:
    with database.read_session() as session:
        grants = session.scalars(
            select(Grant)
            .where(Grant.login_id == login_id, Grant.revoked_at.is_(None))
            .order_by(Grant.starts_at)
        )
        return [(one.starts_at, one.ends_at) for one in grants]


def count(database: Database) -> int:
    with database.read_session() as session:
        mine = select(func.count(Order.id)).where(Order.contact_email == PAM)
        return session.scalar(mine) or 0


def test_notices_at_30_7_and_1_days_have_the_same_link_and_the_price(shop: Shop, pam: int) -> None:
    database = shop.carrel.database
    tell(shop, END - 31 * DAY)
    assert told(database) == []
    for days in (30, 7, 1):
        tell(shop, END - days * DAY)
    mails = told(database)
    assert len(mails) == 3
    assert len({link_in(one) for one in mails}) == 1
    assert all("Renew for $499.00" in one.text for one in mails)
    assert count(database) == 1


def test_pass_renewed_in_time_continues_from_its_end(shop: Shop, pam: int) -> None:
    tell(shop, END - 30 * DAY)
    database = shop.carrel.database
    order = order_id(database)
    shop.pay(shop.open(order))
    shop.come_back(order)
    assert ends(database, pam) == [(END - 365 * DAY, END), (END, NEXT)]
    tell(shop, END - 7 * DAY)
    assert len(told(database)) == 1
    assert balanced(database)


def test_pass_renewed_late_starts_when_it_is_paid(shop: Shop, pam: int) -> None:
    tell(shop, END - 30 * DAY)
    database = shop.carrel.database
    order = order_id(database)
    late = END + 10 * DAY
    shop.clock.set(late)
    shop.pay(shop.open(order))
    shop.come_back(order)
    assert ends(database, pam)[-1] == (late, datetime(2027, 10, 18, 4, tzinfo=UTC))
    assert balanced(database)


def test_unpaid_pass_ends_and_nothing_is_owed(shop: Shop, pam: int) -> None:
    for at in (END - 30 * DAY, END - DAY, END + DAY, END + 90 * DAY):
        tell(shop, at)
    database = shop.carrel.database
    assert ends(database, pam) == [(END - 365 * DAY, END)]
    assert [one.subject for one in told(database)] == [
        *["Your pass ends on Tuesday, October 6, 2026"] * 2,
        "Your pass ended on Tuesday, October 6, 2026",
    ]
    assert len({link_in(one) for one in told(database)}) == 1
    assert balanced(database)
    with database.read_session() as session:
        placed_at = select(Order.placed_at).where(Order.contact_email == PAM)
        assert session.scalars(placed_at).all() == [None]


def test_renewal_keeps_the_price_of_the_first_notice(shop: Shop, pam: int) -> None:
    database = shop.carrel.database
    with database.transaction() as session:
        set_prices(session, price(59_900), actor=None, now=NOW)
    tell(shop, END - 30 * DAY)
    with database.transaction() as session:
        set_prices(session, price(69_900), actor=None, now=NOW)
    tell(shop, END - 7 * DAY)
    assert ["Renew for $599.00" in one.text for one in told(database)] == [True, True]


def test_notice_links_to_a_request_if_there_is_no_price(shop: Shop, pam: int) -> None:
    database = shop.carrel.database
    with database.transaction() as session:
        set_prices(session, (), actor=None, now=NOW)
    tell(shop, END - 30 * DAY)
    assert "/ask?kind=pass" in told(database)[0].text
    assert count(database) == 0


def test_renewed_pass_causes_no_notice(shop: Shop, pam: int) -> None:
    database = shop.carrel.database
    with database.transaction() as session:
        make_grant(session, session.get_one(Login, pam), starts_at=END, ends_at=NEXT)
    tell(shop, END - 7 * DAY)
    assert told(database) == []


def test_renewal_on_hold_causes_a_payment_notice_when_the_pass_ends(shop: Shop, pam: int) -> None:
    """The person can't watch until it is paid, and shouldn't order another year."""
    database = shop.carrel.database
    shop.clock.set(END - 40 * DAY)
    renewal = NewOrder((EVERYTHING,), PAM, "Pam", Terms.INVOICE, "USD", is_held=True)
    ordered = shop.place(renewal)
    assert ends(database, pam)[-1] == (END, NEXT)
    for at in (END - 30 * DAY, END - DAY):
        tell(shop, at)
    assert told(database) == []
    tell(shop, END)
    [mail] = told(database)
    assert mail.subject == "Your pass ended on Tuesday, October 6, 2026"
    assert "the renewal you ordered as soon as we receive payment" in mail.text
    assert order_id(database) == ordered
    assert count(database) == 1


def test_pass_renewed_with_a_merged_account_causes_no_notice(shop: Shop, pam: int) -> None:
    database = shop.carrel.database
    with database.transaction() as session:
        other = make_login(session, "pam@work.example.org")
        make_grant(session, other, starts_at=END, ends_at=NEXT)
        other.merged_into = pam
    for at in (END - 7 * DAY, END):
        tell(shop, at)
    assert told(database) == []


@pytest.mark.parametrize(("days", "mails"), [(10, 1), (31, 0)])
def test_late_worker_sends_the_end_notice_within_30_days(
    shop: Shop, pam: int, days: int, mails: int
) -> None:
    tell(shop, END + days * DAY)
    assert len(told(shop.carrel.database)) == mails


def test_pass_entered_after_its_end_causes_no_notice(shop: Shop, pam: int) -> None:
    database = shop.carrel.database
    with database.transaction() as session:
        [grant] = session.scalars(select(Grant).where(Grant.login_id == pam))
        grant.created_at = END + DAY
    tell(shop, END + DAY)
    assert told(database) == []


def test_renewal_is_billed_like_the_order_that_bought_the_pass(shop: Shop, pam: int) -> None:
    shop.clock.set(NOW)
    line = NewLine(OfferKind.PASS, "everything", 49_900)
    bought = shop.place(NewOrder((line,), PAM, "Pam", terms=Terms.CARD, currency="USD"))
    database = shop.carrel.database
    to = Billing(BillTo("Pam Doe", "", ("1 Main Street",), PAM, ""), "NY")
    with database.transaction() as session:
        order = find_order(session, bought)
        order.bill_to, order.exempt_as = billing.pack(to), ExemptionBasis.GOVERNMENT
        [end] = session.scalars(select(Grant.ends_at).where(Grant.order_line_id.is_not(None)))
    assert end is not None
    tell(shop, end - 30 * DAY)
    with database.read_session() as session:
        renewal = find_order(session, order_id(database))
        assert billing.billing_of(session, renewal).to.address == ("1 Main Street",)
        assert renewal.exempt_as is ExemptionBasis.GOVERNMENT


def test_renewal_belongs_to_its_person_after_an_address_change(shop: Shop, pam: int) -> None:
    tell(shop, END - 30 * DAY)
    database = shop.carrel.database
    order = order_id(database)
    with database.transaction() as session:
        login = session.get_one(Login, pam)
        login.email = login.email_key = "pam@elsewhere.example"
    shop.pay(shop.open(order))
    shop.come_back(order)
    assert ends(database, pam) == [(END - 365 * DAY, END), (END, NEXT)]
    with database.read_session() as session:
        assert session.scalar(select(func.count(Login.id)).where(Login.email == PAM)) == 0


def test_organizations_quote_is_not_used_as_the_renewal(shop: Shop, pam: int) -> None:
    theirs = quoted(shop, pam, EVERYTHING, organization_name="Elm County")
    tell(shop, END - 30 * DAY)
    assert order_id(shop.carrel.database) != theirs
    assert "Renew for $499.00" in told(shop.carrel.database)[0].text


def test_quote_for_more_than_the_pass_is_not_used_as_the_renewal(shop: Shop, pam: int) -> None:
    with shop.carrel.database.transaction() as session:
        webinar = make_webinar(session)
        single = NewLine(OfferKind.SINGLE, f"webinar:{webinar.slug}", 9_900)
    theirs = quoted(shop, pam, EVERYTHING, single)
    tell(shop, END - 30 * DAY)
    assert order_id(shop.carrel.database) != theirs
    assert "Renew for $499.00" in told(shop.carrel.database)[0].text


def test_payment_completed_after_the_payer_was_deleted_is_recorded(shop: Shop, pam: int) -> None:
    tell(shop, END - 30 * DAY)
    database = shop.carrel.database
    order = order_id(database)
    opened = shop.open(order)
    with database.transaction() as session:
        links = CONTEXT.links
        erasure.erase(session, pam, hooks=(), links=links, actor=None, now=shop.clock.moment)
    shop.pay(opened)
    shop.come_back(order)
    with database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [49_900]
    assert balanced(database)
    with pytest.raises(Conflict):
        shop.open(order)


def quoted(shop: Shop, login_id: int, *lines: NewLine, organization_name: str = "") -> str:
    """Return the ID of an order that a signed-in person had quoted from their cart."""
    shop.clock.set(END - 31 * DAY)
    new = NewOrder(lines, PAM, "Pam", Terms.CARD, "USD", organization_name=organization_name)
    order_id = shop.draft(new)
    with shop.carrel.database.transaction() as session:
        order = find_order(session, order_id, lock=True)
        order.contact_id, order.is_self_service = login_id, True
        issue_quote(session, order, mail_context=CONTEXT, actor=None, now=shop.clock.moment)
    return order_id
