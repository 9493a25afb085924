"""Sample orders as staff would record them, and helpers that place and read them."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from lms.core.database import Database
from lms.core.postal_addresses import Address
from lms.documents.payment_links import PaymentLinks
from lms.models.catalog import Webinar, WebinarState
from lms.models.documents import CreditReason, Document
from lms.models.grants import OfferKind
from lms.models.orders import Order, OrderLine, Terms
from lms.models.organizations import Organization
from lms.models.payments import PaymentMethod
from lms.models.tax import Supply, TaxRule
from lms.payments.balance_check import differences
from lms.payments.payments import NewPayment
from lms.pricing.price_list import Price
from lms.sales import credit_notes, orders, receiving
from lms.sales.credit_notes import Credit, NewCreditNote
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.read_models import OrderFacts, OrderGrant, find_order_facts, grants_of_order
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE

PRICES = (
    Price(OfferKind.SINGLE, 1, 9900, "USD"),
    Price(OfferKind.GROUP_SEATS, 3, 7500, "USD"),
    Price(OfferKind.GROUP_SEATS, 5, 6500, "USD"),
)
ONE_SEAT = NewLine(kind=OfferKind.SINGLE, covers="webinar:reading-rooms", price_minor=9900)
FIVE_SEATS = NewLine(
    kind=OfferKind.GROUP_SEATS, covers="webinar:reading-rooms", price_minor=32500, quantity=5
)
SEAT = NewOrder(
    lines=(ONE_SEAT,), email="dan@example.org", name="Dan", terms=Terms.CARD, currency="USD"
)
GROUP = NewOrder(
    lines=(FIVE_SEATS,),
    email="mia@example.org",
    name="Mia",
    organization="elm-county",
    terms=Terms.INVOICE,
    currency="USD",
)

PAY = PaymentLinks(OFFICE.links, b"a key of tests")


def with_line(order: NewOrder, **values: Any) -> NewOrder:
    """Return an order with its only line changed."""
    return replace(order, lines=(replace(order.lines[0], **values),))


def placed(database: Database, new: NewOrder = SEAT, *, at: datetime = NOW) -> OrderFacts:
    """Place an order."""
    with database.transaction() as session:
        order = orders.place(session, new, mail_context=OFFICE, actor=None, now=at)
        return find_order_facts(session, order.public_id)


def take_off(database: Database, state: WebinarState = WebinarState.CANCELED) -> None:
    """Cancel the webinar of these orders, or remove it."""
    with database.transaction() as session:
        webinar = session.scalars(select(Webinar).where(Webinar.slug == "reading-rooms")).one()
        webinar.state = state
        webinar.pulled_reason = "No rights." if state is WebinarState.PULLED else None


def locked(session: Any, facts: OrderFacts) -> Order:
    """Return an order's row, locked."""
    return orders.find_order(session, facts.public_id, lock=True)


def read(database: Database, facts: OrderFacts) -> OrderFacts:
    """Return an order as it is now."""
    with database.read_session() as session:
        return find_order_facts(session, facts.public_id)


def grants(database: Database, facts: OrderFacts) -> tuple[OrderGrant, ...]:
    """Return an order's grants as they are now."""
    with database.read_session() as session:
        return grants_of_order(session, facts.id)


def paid(
    database: Database,
    facts: OrderFacts,
    amount_minor: int | None = None,
    *,
    check_number: str = "1042",
    at: datetime = NOW,
    slip: str = "",
) -> str:
    """Record a check for an order's invoice, in full by default; return the payment's ID."""
    now = read(database, facts)
    amount = now.open_minor if amount_minor is None else amount_minor
    with database.transaction() as session:
        payment = receiving.receive(
            session,
            NewPayment(
                method=PaymentMethod.CHECK,
                currency=now.currency,
                amount_minor=amount,
                received_on=at.astimezone(OFFICE.zone).date(),
                login_id=now.login_id,
                organization_id=now.organization_id,
                check_number=check_number,
                slip=slip,
                pays={now.invoice_id or "": min(amount, now.open_minor)},
            ),
            mail_context=OFFICE,
            actor=None,
            now=at,
        )
        return payment.public_id


def credited(
    database: Database,
    facts: OrderFacts,
    reason: CreditReason = CreditReason.RETURN,
    *lines: Credit,
    at: datetime = NOW,
) -> Document:
    """Credit an order's invoice: everything that is left, unless lines are given."""
    with database.transaction() as session:
        order = locked(session, facts)
        new = NewCreditNote(reason, lines)
        return credit_notes.credit(session, order, new, mail_context=OFFICE, actor=None, now=at)


def first_line(database: Database, facts: OrderFacts) -> OrderLine:
    """Return the first current line of an order."""
    with database.read_session() as session:
        return orders.lines_of(session, facts.id)[0]


def documents(database: Database, facts: OrderFacts) -> list[tuple[str, str, int, int]]:
    """Return an order's documents as issued: kind, printed number, total, and open amount."""
    with database.read_session() as session:
        rows = session.scalars(
            select(Document).where(Document.order_id == facts.id).order_by(Document.id)
        )
        return [(row.kind.value, row.label, row.total_minor, row.open_minor) for row in rows]


def balanced(database: Database) -> bool:
    """Return whether every stored balance matches its rows."""
    with database.read_session() as session:
        return differences(session) == ()


def add_ohio_tax(database: Database, cast: Cast) -> None:
    """Move Elm County to Ohio, which taxes everything at 8%."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        elm.billing_address = Address("1 Main Street", "", "Elm", "OH", "43210", "US")
        session.add(
            TaxRule(
                state="OH",
                name="Ohio sales tax",
                supply=Supply.BOTH,
                rate=Decimal(8),
                from_on=date(2020, 1, 1),
                created_at=NOW,
            )
        )
