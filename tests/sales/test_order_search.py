"""The staff list of orders: found by words, numbers and amounts, and by where they stand."""

from dataclasses import replace
from datetime import datetime, timedelta

from lms.core.database import Database
from lms.models.orders import Terms
from lms.sales.order_search import WantedOrders, list_orders
from lms.sales.read_models import Standing
from tests.cast import Cast
from tests.clock import NOW
from tests.sales.order_fixtures import GROUP, SEAT, placed, read
from tests.sales.test_orders import CONTRACT


def buyers(database: Database, wanted: WantedOrders, *, at: datetime = NOW) -> list[str]:
    with database.read_session() as session:
        found = list_orders(session, wanted, now=at, offset=0, limit=10)
    return [each.buyer for each in found.items]


def test_sales_are_found_by_buyer_webinar_number_and_reference(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, replace(SEAT, po_number="PO 4711"))
    placed(database, CONTRACT)
    for query in ("dan", "reading", facts.number, "4711", facts.invoice_number or "", "99.00"):
        assert buyers(database, WantedOrders(query=query)) == ["Dan"]
    assert buyers(database, WantedOrders(query="elm")) == ["Elm County Library"]
    assert buyers(database, WantedOrders(terms=Terms.CARD)) == ["Dan"]


def test_sales_are_listed_by_where_they_stand(database: Database, cast: Cast) -> None:
    placed(database)
    group = placed(database, GROUP)
    late = NOW + timedelta(days=31)
    assert buyers(database, WantedOrders(standing=Standing.PAID)) == ["Dan"]
    assert buyers(database, WantedOrders(standing=Standing.UNPAID)) == ["Elm County Library"]
    assert buyers(database, WantedOrders(standing=Standing.PAST_DUE)) == []
    overdue = WantedOrders(standing=Standing.PAST_DUE)
    assert buyers(database, overdue, at=late) == ["Elm County Library"]
    assert read(database, group).standing(late) is Standing.PAST_DUE
