"""Test money gives access only to our team, is in no balance, and can be purged (M28)."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from lms.access.policy import Code
from lms.checkouts import trial_orders
from lms.checkouts.opening import OpenCheckout
from lms.checkouts.paid_sessions import Settling, fold
from lms.checkouts.trial_orders import Purged
from lms.core.database import Database
from lms.models.documents import CreditReason, Document
from lms.models.orders import Order, Terms
from lms.models.payments import Payment
from lms.payments.balances import credits_of, open_invoices, refunds_owed
from lms.payments.provider import ProviderSession
from lms.sales import quotes
from lms.sales.order_search import past_due_orders
from lms.sales.orders import find_order
from lms.sales.quotes import Acceptance
from tests.cast import Cast
from tests.checkouts.card_stories import CONTEXT, Shop
from tests.clock import NOW
from tests.sales.order_fixtures import GROUP, SEAT, balanced, placed
from tests.sales.test_orders import code


def count(database: Database, model: type) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def settle_with_a_test_key(shop: Shop, order: str) -> None:
    """Settle a payment as if made with a test key of Stripe itself, which isn't simulated."""
    pay_with_a_test_key(shop, shop.open(order))


def pay_with_a_test_key(shop: Shop, opened: OpenCheckout) -> None:
    shop.pay(opened)
    found = shop.provider.fetch(opened.url.rpartition("/")[2])
    assert isinstance(found, ProviderSession)
    with shop.carrel.database.transaction() as session:
        fold(session, found, Settling(CONTEXT, opens_to_all=False, now=NOW))


def test_order_paid_with_a_test_key_gives_access_only_to_our_team(shop: Shop, cast: Cast) -> None:
    settle_with_a_test_key(shop, shop.draft())
    settle_with_a_test_key(shop, shop.draft(replace(SEAT, email="ada@example.org", name="Ada")))
    database = shop.carrel.database
    assert code(database, cast, cast.dan.id) is Code.PAYMENT_PENDING
    assert code(database, cast, cast.ada.id) is Code.OK_PERMANENT


def test_unverified_team_address_on_a_cart_gives_no_access(shop: Shop, cast: Cast) -> None:
    database = shop.carrel.database
    for number, (contact, is_held) in enumerate(((None, True), (cast.ada.id, False))):
        order_id = shop.draft(replace(SEAT, email="ada@example.org", name="Ada"))
        with database.transaction() as session:
            order = find_order(session, order_id, lock=True)
            order.cart_token_hash, order.contact_id = f"{number}" * 64, contact
        settle_with_a_test_key(shop, order_id)
        with database.read_session() as session:
            assert (find_order(session, order_id).held_at is not None) is is_held


def test_quote_with_an_opened_card_page_is_a_real_order_once_invoiced(
    shop: Shop, cast: Cast
) -> None:
    order_id = shop.draft(GROUP)
    opened = shop.open(order_id)
    with shop.carrel.database.transaction() as session:
        order = find_order(session, order_id, lock=True)
        quote = quotes.issue_quote(session, order, mail_context=CONTEXT, actor=None, now=NOW)
        accepted = Acceptance("Mia", po_number="88123")
        quotes.accept(session, quote, accepted, mail_context=CONTEXT, actor=None, now=NOW)
    pay_with_a_test_key(shop, opened)  # a test card doesn't pay what is owed
    with shop.carrel.database.read_session() as session:
        (owed,) = open_invoices(session)
        assert (owed.number, owed.open_minor) == ("2026-0001", 32_500)
        assert not credits_of(session)
    assert balanced(shop.carrel.database)


def test_test_money_is_in_no_balance_and_no_reminder(shop: Shop) -> None:
    order = shop.draft(replace(GROUP, terms=Terms.CARD))
    shop.pay(shop.open(order))
    shop.hear()
    shop.fake.books.refund_in_dashboard(shop.payment(), 32500)
    shop.hear()
    later = NOW + timedelta(days=90)
    with shop.carrel.database.read_session() as session:
        assert not open_invoices(session)
        assert not credits_of(session)
        assert not refunds_owed(session)
        assert past_due_orders(session, now=later, since=NOW - timedelta(days=1)) == ()


def test_purging_removes_test_orders_and_revokes_their_access(shop: Shop, cast: Cast) -> None:
    database = shop.carrel.database
    kept = placed(database, replace(SEAT, email="bob@example.org", name="Bob"))
    order = shop.draft()
    shop.pay(shop.open(order))
    shop.hear()
    shop.refund(shop.credit(order, CreditReason.GOODWILL), 9900)
    shop.pay(shop.open(shop.draft(replace(GROUP, terms=Terms.CARD))))
    shop.hear()
    shop.finish()
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    purged = trial_orders.purge(shop.carrel, actor=None, now=NOW)
    assert purged == Purged(orders=2, documents=5, payments=2)
    assert code(database, cast, cast.dan.id) is not Code.OK_PERMANENT
    assert (count(database, Order), count(database, Document), count(database, Payment)) == (
        1,
        2,
        1,
    )
    with database.read_session() as session:
        assert session.scalars(select(Order.public_id)).all() == [kept.public_id]
    assert balanced(database)
    again = trial_orders.purge(shop.carrel, actor=None, now=NOW)
    assert again == Purged(orders=0, documents=0, payments=0)


def test_purging_removes_a_quote_paid_with_a_test_card(shop: Shop, cast: Cast) -> None:
    order_id = shop.draft()
    with shop.carrel.database.transaction() as session:
        order = find_order(session, order_id, lock=True)
        quotes.issue_quote(session, order, mail_context=CONTEXT, actor=None, now=NOW)
    shop.pay(shop.open(order_id))
    shop.hear()
    assert trial_orders.purge(shop.carrel, actor=None, now=NOW).orders == 1
