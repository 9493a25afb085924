"""Charges that differ from the order's total: no cents are owed, and no money is lost."""

from sqlalchemy import select

from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.orders import OrderLine
from lms.sales.orders import find_order
from lms.sales.read_models import Standing, find_order_facts
from tests.checkouts.card_stories import Shop
from tests.clock import NOW
from tests.sales.order_fixtures import balanced


def paid_at_another_price(shop: Shop, minor: int) -> str:
    """Pay 99.00 by card for an order that costs another amount by then."""
    order = shop.draft()
    opened = shop.open(order)
    with shop.carrel.database.transaction() as session:
        line = session.scalars(select(OrderLine)).one()
        line.net_minor = line.unit_minor = minor
    shop.pay(opened)
    shop.hear()
    return order


def test_charge_that_is_a_few_cents_short_pays_the_order(shop: Shop) -> None:
    order = paid_at_another_price(shop, 9_950)
    with shop.carrel.database.read_session() as session:
        facts = find_order_facts(session, order)
        notes = session.scalars(select(Document).where(Document.reason.is_not(None))).all()
        receipt = session.scalars(select(Document).where(Document.kind == DocumentKind.RECEIPT))
        assert (facts.open_minor, facts.standing(NOW)) == (0, Standing.PAID)
        assert [(one.reason, one.total_minor) for one in notes] == [(CreditReason.WRITE_OFF, 50)]
        assert receipt.one().open_minor == 0
    assert balanced(shop.carrel.database)


def test_charge_for_an_order_that_became_free_is_credit(shop: Shop) -> None:
    order = paid_at_another_price(shop, 0)
    with shop.carrel.database.read_session() as session:
        assert find_order(session, order).placed_at is not None
    assert "payment card 9900 9900 - set" in shop.dump()
    assert balanced(shop.carrel.database)
