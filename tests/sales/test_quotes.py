"""Quotes: versions, guaranteed prices, acceptance by purchase order, billing dates (M15, P8)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Conflict, Gone, Invalid
from lms.models.catalog import OFF, WebinarState
from lms.models.documents import Document, DocumentKind
from lms.models.grants import Grant
from lms.models.orders import LineAct, PurchaseOrder, Quote, Terms
from lms.models.organizations import Organization
from lms.pricing.price_list import set_prices
from lms.sales import invoices, orders, quotes
from lms.sales.new_orders import NewOrder
from lms.sales.quotes import Acceptance
from lms.sales.read_models import OrderFacts, Standing, find_order_facts
from lms.seller.settings import edit_seller
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    PRICES,
    documents,
    first_line,
    locked,
    placed,
    read,
    take_off,
    with_line,
)
from tests.sales.test_orders import CONTRACT
from tests.seller.seller_settings import COMPLETE

PO = Acceptance("Mia", po_number="88123", po_amount_minor=32_500)


def drafted(database: Database, new: NewOrder = GROUP, *, at: datetime = NOW) -> OrderFacts:
    with database.transaction() as session:
        order = orders.draft(session, new, actor=None, now=at)
        return find_order_facts(session, order.public_id)


def quoted(
    database: Database,
    facts: OrderFacts,
    *,
    at: datetime = NOW,
    expires_on: date | None = None,
) -> Quote:
    with database.transaction() as session:
        order = locked(session, facts)
        return quotes.issue_quote(
            session, order, expires_on=expires_on, mail_context=OFFICE, actor=None, now=at
        )


def accepted(database: Database, quote: Quote, how: Acceptance = PO, *, at: datetime = NOW) -> None:
    with database.transaction() as session:
        again = session.get_one(Quote, quote.id)
        quotes.accept(session, again, how, mail_context=OFFICE, actor=None, now=at)


def test_draft_gives_no_access_and_has_no_document(database: Database, cast: Cast) -> None:
    facts = drafted(database)
    assert facts.standing(NOW) is Standing.DRAFT
    with database.read_session() as session:
        assert not session.scalars(select(Grant).where(Grant.order_line_id.is_not(None))).all()
        assert not session.scalars(select(Document)).all()


def test_only_the_newest_version_can_be_accepted(database: Database, cast: Cast) -> None:
    facts = drafted(database)
    first, second = quoted(database, facts), quoted(database, facts)
    assert (first.version, second.version) == (1, 2)
    with pytest.raises(Conflict):
        accepted(database, first)
    accepted(database, second)
    with pytest.raises(Conflict):
        accepted(database, second)
    assert [one[:2] for one in documents(database, facts)] == [
        ("quote", "Q-2026-0001"),
        ("quote", "Q-2026-0002"),
        ("invoice", "2026-0001"),
    ]


def test_accepted_quote_keeps_its_price_after_prices_rise(database: Database, cast: Cast) -> None:
    quote = quoted(database, facts := drafted(database))
    dearer = [replace(each, price_minor=2 * each.price_minor) for each in PRICES]
    with database.transaction() as session:
        set_prices(session, dearer, actor=None, now=NOW)
    accepted(database, quote, at=NOW + timedelta(days=59))
    after = read(database, facts)
    assert (after.terms, after.total_minor, after.po_number) == (
        Terms.PURCHASE_ORDER,
        32_500,
        "88123",
    )
    with database.read_session() as session:
        assert session.scalars(select(Grant.seats).where(Grant.order_line_id.is_not(None))).all()


def test_quote_is_valid_for_sixty_days(database: Database, cast: Cast) -> None:
    quote = quoted(database, drafted(database))
    last = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert quote.expires_at == datetime(2026, 5, 2, 4, tzinfo=UTC)
    with pytest.raises(Gone):
        accepted(database, quote, at=last + timedelta(days=1))
    accepted(database, quote, at=last)


def test_purchase_order_received_in_time_locks_the_price(database: Database, cast: Cast) -> None:
    quote = quoted(database, drafted(database))
    late = NOW + timedelta(days=70)
    in_time = replace(PO, received_on=date(2026, 4, 30))
    with pytest.raises(Gone):
        accepted(database, quote, replace(PO, received_on=date(2026, 5, 3)), at=late)
    accepted(database, quote, in_time, at=late)


@pytest.mark.parametrize("state", OFF)
def test_canceled_or_removed_webinar_is_neither_quoted_nor_sold(
    database: Database, cast: Cast, state: WebinarState
) -> None:
    quote = quoted(database, facts := drafted(database))
    take_off(database, state)
    for act in (lambda: accepted(database, quote), lambda: quoted(database, facts)):
        with pytest.raises(Invalid):
            act()
    assert [kind for kind, *_ in documents(database, facts)] == ["quote"]
    take_off(database, WebinarState.ANNOUNCED)  # reinstated
    accepted(database, quote)
    assert read(database, facts).placed_at is not None


def test_a_withdrawn_webinar_is_sold_as_quoted(database: Database, cast: Cast) -> None:
    quote = quoted(database, facts := drafted(database))
    take_off(database, WebinarState.WITHDRAWN)
    accepted(database, quote)
    assert read(database, facts).placed_at is not None


def test_past_sale_of_a_canceled_webinar_is_recorded(database: Database, cast: Cast) -> None:
    take_off(database)
    past = replace(GROUP, terms=Terms.HISTORY)
    assert placed(database, past).placed_at is not None


@pytest.mark.parametrize("days", [-1, 181])
def test_quote_must_expire_within_180_days(database: Database, cast: Cast, days: int) -> None:
    facts = drafted(database)
    with pytest.raises(Invalid) as refusal:
        quoted(database, facts, expires_on=NOW.date() + timedelta(days=days))
    assert "expires_on" in refusal.value.fields


def test_quote_can_be_valid_until_the_end_of_the_fiscal_year(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        session.get_one(Organization, cast.organization_id).fiscal_year_start = 7
        session.flush()
        ends = quotes.end_of_fiscal_year(session, cast.organization_id, date(2026, 3, 2))
        assert ends == date(2026, 6, 30)
        far = quotes.end_of_fiscal_year(session, cast.organization_id, date(2026, 7, 1))
        assert far == date(2026, 7, 1) + timedelta(days=180)


def test_purchase_order_for_another_amount_is_stored_as_received(
    database: Database, cast: Cast
) -> None:
    quote = quoted(database, facts := drafted(database))
    accepted(database, quote, replace(PO, po_amount_minor=30_000))
    with database.read_session() as session:
        order = session.scalars(select(PurchaseOrder)).one()
    assert (order.amount_minor, read(database, facts).total_minor) == (30_000, 32_500)


def test_name_is_required_to_accept_a_quote(database: Database, cast: Cast) -> None:
    quote = quoted(database, drafted(database))
    with pytest.raises(Invalid) as refusal:
        accepted(database, quote, replace(PO, name=" "))
    assert "name" in refusal.value.fields


def test_order_with_a_billing_date_is_invoiced_on_that_date(database: Database, cast: Cast) -> None:
    quote = quoted(database, facts := drafted(database, CONTRACT))
    accepted(database, quote, replace(PO, bill_on=date(2026, 7, 1)))
    assert read(database, facts).standing(NOW) is Standing.TO_BILL
    july = datetime(2026, 7, 1, 4, tzinfo=UTC)
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)
    for at, found in ((july - timedelta(seconds=1), 0), (july, 1), (july, 0)):
        with database.transaction() as session:
            due = invoices.due_for_billing(session, zone=OFFICE.zone, now=at)
            assert len(due) == found
            for order_id in due:
                invoices.bill_due(session, order_id, mail_context=OFFICE, now=at)
    with database.read_session() as session:
        invoice = session.scalars(
            select(Document).where(Document.kind == DocumentKind.INVOICE)
        ).one()
    assert invoice.snapshot["issued_on"] == "2026-07-01"


def test_draft_is_priced_at_current_prices_but_a_contract_is_not(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW)
    seats, contract = drafted(database), drafted(database, CONTRACT)
    with database.transaction() as session:
        assert quotes.price_today(session, locked(session, seats), now=NOW) == 32_500
        assert quotes.price_today(session, locked(session, contract), now=NOW) is None


def test_more_seats_are_priced_at_current_prices(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW)
    line = first_line(database, placed(database, GROUP)).public_id
    more = drafted(database, with_line(GROUP, act=LineAct.MORE_SEATS, quantity=2, adds_to=line))
    later = NOW + timedelta(days=90)
    with database.transaction() as session:
        assert quotes.price_today(session, locked(session, more), now=later) == 2 * 6_500


def test_multiyear_quote_says_what_happens_without_funds(database: Database, cast: Cast) -> None:
    three_years = with_line(
        CONTRACT, starts_at=NOW, ends_at=NOW + timedelta(days=3 * 365), price_minor=900_000
    )
    quoted(database, drafted(database, three_years))
    with database.read_session() as session:
        document = session.scalars(select(Document)).one()
    assert "not appropriated" in document.snapshot["sentences"][0]
