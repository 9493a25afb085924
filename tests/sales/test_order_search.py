"""The staff list of orders: search by words, numbers, and amounts, and filter by status."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.documents import CreditReason, Document
from lms.models.orders import Terms
from lms.payments import settlements
from lms.sales.credit_notes import Credit
from lms.sales.order_search import WantedOrders, list_orders
from lms.sales.read_models import OrderFacts, Standing
from tests.cast import Cast
from tests.clock import NOW
from tests.sales.order_fixtures import GROUP, SEAT, credited, first_line, paid, placed, read
from tests.sales.test_orders import CONTRACT


def buyers(database: Database, wanted: WantedOrders, *, at: datetime = NOW) -> list[str]:
    with database.read_session() as session:
        found = list_orders(session, wanted, now=at, offset=0, limit=10)
    return [each.buyer for each in found.items]


def test_orders_are_found_by_buyer_webinar_number_and_reference(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, replace(SEAT, po_number="PO 4711"))
    placed(database, CONTRACT)
    for query in ("dan", "reading", facts.number, "4711", facts.invoice_number or "", "99.00"):
        assert buyers(database, WantedOrders(query=query)) == ["Dan"]
    assert buyers(database, WantedOrders(query="elm")) == ["Elm County Library"]
    assert buyers(database, WantedOrders(terms=Terms.CARD)) == ["Dan"]


def test_orders_of_a_merged_account_are_found_by_the_kept_account(
    database: Database, cast: Cast
) -> None:
    placed(database)
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).merged_into = cast.carol.id
    for query in ("carol@example.org", "dan@example.org"):
        assert buyers(database, WantedOrders(query=query)) == ["Dan"]


def test_number_larger_than_any_amount_finds_its_purchase_order(
    database: Database, cast: Cast
) -> None:
    for number in ("4500012345", "9" * 25, "9" * 80):
        placed(database, replace(SEAT, po_number=number))
        found = buyers(database, WantedOrders(query=number))
        assert set(found) == {"Dan"}
    assert buyers(database, WantedOrders(query="9" * 400)) == []


def test_orders_are_filtered_by_status(database: Database, cast: Cast) -> None:
    placed(database)
    group = placed(database, GROUP)
    late = NOW + timedelta(days=31)
    assert buyers(database, WantedOrders(standing=Standing.PAID)) == ["Dan"]
    assert buyers(database, WantedOrders(standing=Standing.UNPAID)) == ["Elm County Library"]
    assert buyers(database, WantedOrders(standing=Standing.PAST_DUE)) == []
    overdue = WantedOrders(standing=Standing.PAST_DUE)
    assert buyers(database, overdue, at=late) == ["Elm County Library"]
    assert read(database, group).standing(late) is Standing.PAST_DUE


def test_partly_paid_status_requires_money_or_credit_of_another_order(
    database: Database, cast: Cast
) -> None:
    paid_in_part, returned, given, by_credit = (placed(database, GROUP) for _ in range(4))
    paid(database, paid_in_part, 10_000)
    credited(database, returned, CreditReason.RETURN, Credit(line(database, returned), seats=1))
    credited(
        database, given, CreditReason.GOODWILL, Credit(line(database, given), amount_minor=100)
    )
    other = placed(database)
    note = credited(database, other, CreditReason.GOODWILL)
    with database.transaction() as session:
        note = session.get_one(Document, note.id)
        invoice = session.scalars(
            select(Document).where(Document.public_id == by_credit.invoice_id)
        ).one()
        settlements.settle(session, invoice, note, 5_000, now=NOW)
    for facts, standing in (
        (paid_in_part, Standing.PARTLY_PAID),
        (returned, Standing.UNPAID),
        (given, Standing.UNPAID),
        (by_credit, Standing.PARTLY_PAID),
    ):
        assert read(database, facts).standing(NOW) is standing
        assert facts.public_id in listed(database, standing)
    assert set(listed(database, Standing.PARTLY_PAID)) == {
        paid_in_part.public_id,
        by_credit.public_id,
    }


def line(database: Database, facts: OrderFacts) -> str:
    """Return the public ID of an order's line."""
    return first_line(database, facts).public_id


def listed(database: Database, standing: Standing) -> list[str]:
    with database.read_session() as session:
        found = list_orders(session, WantedOrders(standing=standing), now=NOW, offset=0, limit=10)
    return [one.public_id for one in found.items]
