"""Issuing documents: numbers without gaps or duplicates, and unchanging snapshots (M2, M3)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from lms.core.database import Database
from lms.documents.snapshots import sha256_of, unpack
from lms.models.accounts import Login
from lms.models.documents import Document, NumberSeries
from lms.models.organizations import Organization
from lms.sales import orders
from lms.sales.order_search import WantedOrders, list_orders
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, placed


def labels(database: Database) -> list[str]:
    with database.read_session() as session:
        return list(session.scalars(select(Document.label).order_by(Document.id)))


def test_numbers_start_at_one_each_year(database: Database, cast: Cast) -> None:
    placed(database, GROUP)
    placed(database, GROUP)
    placed(database, GROUP, at=datetime(2027, 1, 1, 4, 59, tzinfo=UTC))  # still 2026 in New York
    placed(database, GROUP, at=datetime(2027, 1, 1, 5, tzinfo=UTC))
    assert labels(database) == ["2026-0001", "2026-0002", "2026-0003", "2027-0001"]


def test_number_is_reused_after_a_rollback(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        orders.place(session, GROUP, mail_context=OFFICE, actor=None, now=NOW)
        session.rollback()
    placed(database, GROUP)
    assert labels(database) == ["2026-0001"]


def test_test_documents_have_their_own_numbers(database: Database, cast: Cast) -> None:
    placed(database, replace(GROUP, livemode=False))
    placed(database, GROUP)
    assert labels(database) == ["TEST-2026-0001", "2026-0001"]
    with database.read_session() as session:
        assert set(session.scalars(select(NumberSeries.series))) == {
            "test-invoice-2026",
            "invoice-2026",
        }


def test_document_is_unchanged_by_later_edits(database: Database, cast: Cast) -> None:
    placed(database, replace(GROUP, po_number="PO 88123"))
    with database.transaction() as session:
        session.get_one(Organization, cast.organization_id).name = "Another name"
        session.get_one(Login, cast.mia.id).name = "Someone else"
    with database.read_session() as session:
        document = session.scalars(select(Document)).one()
    snapshot = unpack(document.snapshot)
    assert snapshot.bill_to.name == "Elm County Library"
    assert snapshot.bill_to.attention == "Mia"
    assert (snapshot.po_number, snapshot.total_minor) == ("PO 88123", 32_500)
    assert sha256_of(document.snapshot) == document.sha256


def test_due_date_follows_the_terms(database: Database, cast: Cast) -> None:
    facts = placed(database, replace(GROUP, net_days=45))
    assert facts.due_at is not None
    assert facts.due_at.astimezone(OFFICE.zone).date() == (NOW + timedelta(days=46)).date()


def test_order_is_found_by_its_purchase_order_number(database: Database, cast: Cast) -> None:
    facts = placed(database, replace(GROUP, po_number="88123"))
    placed(database, SEAT)
    with database.read_session() as session:
        found = list_orders(session, WantedOrders("88123"), now=NOW, offset=0, limit=9)
    assert [one.public_id for one in found.items] == [facts.public_id]
