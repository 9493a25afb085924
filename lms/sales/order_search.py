"""Order search: our team's list, by words, numbers, amounts, and status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import family_of
from lms.core.errors import Invalid
from lms.core.list_queries import count_rows
from lms.core.money_parsing_and_formatting import read_amount
from lms.models.accounts import Login
from lms.models.documents import Document
from lms.models.orders import Order, OrderLine, PurchaseOrder, Terms
from lms.models.organizations import Organization
from lms.models.payments import Payment, ReminderPause, Settlement
from lms.sales.invoices import NOT_BILLED
from lms.sales.read_models import (
    CREDITED,
    IS_CART,
    IS_DISPUTED,
    IS_LIVE,
    IS_PARTLY_PAID,
    ORDERS,
    QUOTE_EXPIRES_AT,
    RETURNED,
    LiveInvoice,
    OrderFacts,
    Standing,
    facts_of,
)

TO_REVIEW: Final = (Order.review_due_at.is_not(None), Order.canceled_at.is_(None))
_MATCHES: Final = select(Order.id).select_from(Order).outerjoin(LiveInvoice, IS_LIVE)


@dataclass(frozen=True, slots=True)
class WantedOrders:
    """Filters of a list: words, status as of `now`, payment terms, and payer.

    `to_review` selects orders about whose access our team must decide.
    """

    query: str = ""
    standing: Standing | None = None
    terms: Terms | None = None
    organization_id: int | None = None
    to_review: bool = False


@dataclass(frozen=True, slots=True)
class OrderSums:
    """The total and open amount of the orders in a list, in minor units of one currency."""

    currency: str
    total_minor: int
    open_minor: int


@dataclass(frozen=True, slots=True)
class Orders:
    """One page of orders, their total number, and their sums by currency."""

    items: tuple[OrderFacts, ...]
    total: int
    sums: tuple[OrderSums, ...]


def list_orders(
    session: Session, wanted: WantedOrders, *, now: datetime, offset: int, limit: int
) -> Orders:
    """Return a page of orders, newest first.

    Sums exclude test orders; they include drafts, quotes and canceled orders only if a status is
    selected.
    """
    found = _MATCHES.where(*_conditions(session, wanted, now))
    total = count_rows(session, found)
    newest = (Order.created_at.desc(), Order.id.desc())
    page = session.scalars(found.order_by(*newest).offset(offset).limit(limit)).all()
    rows = session.execute(ORDERS.where(Order.id.in_(page)).order_by(*newest))
    counted = found.where(Order.livemode.is_(True))
    if wanted.standing is None:
        counted = counted.where(Order.placed_at.is_not(None), Order.canceled_at.is_(None))
    return Orders(tuple(facts_of(row) for row in rows), total, _sums(session, counted))


def count_standing(session: Session, standing: Standing, *, now: datetime) -> int:
    """Return the number of orders with a status."""
    found = _MATCHES.where(_stands(standing, now))
    return count_rows(session, found)


def past_due_orders(session: Session, *, now: datetime, since: datetime) -> tuple[OrderFacts, ...]:
    """Return the orders whose invoice became due after `since` and is not paid.

    Excludes invoices that were past due when imported, test orders, and orders with paused reminders.
    """
    late = _stands(Standing.PAST_DUE, now)
    fell_due = (LiveInvoice.due_at > since, LiveInvoice.due_at > Order.created_at)
    paused = exists().where(
        ReminderPause.order_id == Order.id,
        ReminderPause.ended_at.is_(None),
        or_(ReminderPause.until.is_(None), ReminderPause.until > now),
    )
    wanted = ORDERS.where(late, *fell_due, Order.livemode.is_(True), ~paused)
    rows = session.execute(wanted.order_by(Order.id))
    return tuple(facts_of(row) for row in rows)


def _sums(session: Session, counted: Select[int]) -> tuple[OrderSums, ...]:
    net = select(func.sum(OrderLine.net_minor)).where(
        OrderLine.order_id == Order.id, OrderLine.replaced_at.is_(None)
    )
    total = func.coalesce(LiveInvoice.total_minor, net.correlate(Order).scalar_subquery(), 0)
    rows = session.execute(
        counted.with_only_columns(
            Order.currency, func.sum(total), func.sum(func.coalesce(LiveInvoice.open_minor, 0))
        )
        .group_by(Order.currency)
        .order_by(Order.currency)
    )
    return tuple(OrderSums(currency, int(cost), int(left)) for currency, cost, left in rows)


def _conditions(session: Session, wanted: WantedOrders, now: datetime) -> list[ColumnElement[bool]]:
    conditions = [~IS_CART, *(_says(session, word) for word in wanted.query.split())]
    if wanted.standing is not None:
        conditions.append(_stands(wanted.standing, now))
    if wanted.terms is not None:
        conditions.append(Order.terms == wanted.terms)
    if wanted.to_review:
        conditions += TO_REVIEW
    if wanted.organization_id is not None:
        conditions.append(Order.organization_id.in_(family_of(wanted.organization_id)))
    return conditions


def _stands(standing: Standing, now: datetime) -> ColumnElement[bool]:
    """Return the condition for a status, matching `OrderFacts.standing`."""
    placed = and_(Order.placed_at.is_not(None), Order.canceled_at.is_(None))
    calm = and_(placed, ~IS_DISPUTED)
    is_returned = and_(LiveInvoice.total_minor > 0, LiveInvoice.total_minor <= RETURNED)
    billed = and_(calm, LiveInvoice.id.is_not(None), ~is_returned)
    is_credited = and_(
        LiveInvoice.total_minor > 0,
        LiveInvoice.total_minor <= CREDITED,
        LiveInvoice.open_minor == 0,
    )
    late = and_(billed, LiveInvoice.open_minor > 0, LiveInvoice.due_at <= now)
    is_owed = and_(
        billed,
        LiveInvoice.open_minor > 0,
        or_(LiveInvoice.due_at.is_(None), LiveInvoice.due_at > now),
    )
    draft = and_(Order.placed_at.is_(None), Order.canceled_at.is_(None))
    never = Order.terms.in_(NOT_BILLED)
    return {
        Standing.DRAFT: and_(draft, ~IS_CART, QUOTE_EXPIRES_AT.is_(None)),
        Standing.QUOTED: and_(draft, now < QUOTE_EXPIRES_AT),
        Standing.EXPIRED: and_(draft, now >= QUOTE_EXPIRES_AT),
        Standing.CANCELED: Order.canceled_at.is_not(None),
        Standing.DISPUTED: and_(placed, IS_DISPUTED),
        Standing.TO_BILL: and_(calm, LiveInvoice.id.is_(None), ~never),
        Standing.RETURNED: and_(calm, is_returned),
        Standing.CREDITED: and_(billed, is_credited),
        Standing.PAID: or_(
            and_(calm, LiveInvoice.id.is_(None), never),
            and_(billed, LiveInvoice.open_minor == 0, ~is_credited),
        ),
        Standing.PAST_DUE: late,
        Standing.PARTLY_PAID: and_(is_owed, IS_PARTLY_PAID),
        Standing.UNPAID: and_(is_owed, ~IS_PARTLY_PAID),
    }[standing]


_Named, _Person = aliased(Organization), aliased(Login)


def _says(session: Session, word: str) -> ColumnElement[bool]:
    """Return the condition that a word is in buyer, contents, any number, or an amount.

    Ids are looked up first: as subqueries, they would be evaluated for every order.
    """
    found: list[ColumnElement[bool]] = []
    names = or_(
        _Person.name.icontains(word, autoescape=True),
        _Person.email.icontains(word, autoescape=True),
    )
    logins = _ids(
        session,
        select(Login.id).where(
            func.coalesce(Login.merged_into, Login.id).in_(
                select(func.coalesce(_Person.merged_into, _Person.id)).where(names)
            )
        ),
    )
    if logins:
        found += [Order.login_id.in_(logins), Order.contact_id.in_(logins)]
    customers = _ids(
        session,
        select(Organization.id).where(
            func.coalesce(Organization.merged_into, Organization.id).in_(
                select(func.coalesce(_Named.merged_into, _Named.id)).where(
                    _Named.name.icontains(word, autoescape=True)
                )
            )
        ),
    )
    if customers:
        found.append(Order.organization_id.in_(customers))
    for query in _order_ids(word):
        ids = _ids(session, query)
        if ids:
            found.append(Order.id.in_(ids))
    start = word.replace("-", "").lower()
    return or_(Order.public_id.startswith(start, autoescape=True), *found)


def _order_ids(word: str) -> Sequence[Select[Any]]:
    """Return the queries that find orders by document, purchase order or check number, or by amount."""
    paid = (
        select(Document.order_id)
        .join(Settlement, Settlement.invoice_id == Document.id)
        .join(Payment, Payment.id == Settlement.payment_id)
    )
    queries: list[Select[Any]] = [
        select(OrderLine.order_id).where(OrderLine.description.icontains(word, autoescape=True)),
        select(PurchaseOrder.order_id).where(PurchaseOrder.number.icontains(word, autoescape=True)),
        select(Document.order_id).where(Document.label.icontains(word, autoescape=True)),
        select(Order.id).where(
            or_(
                Order.contact_name.icontains(word, autoescape=True),
                Order.contact_email.icontains(word, autoescape=True),
                Order.organization_name.icontains(word, autoescape=True),
            )
        ),
        paid.where(Payment.check_number.icontains(word, autoescape=True)),
    ]
    try:
        minor = read_amount(word, "USD", field="q")
    except Invalid:  # such as the number of a purchase order, which no amount column can hold
        return queries
    queries += [
        select(Document.order_id).where(Document.total_minor == minor),
        paid.where(Payment.amount_minor == minor),
    ]
    return queries


def _ids(session: Session, query: Select[Any]) -> list[int]:
    """Return up to a thousand ids: more are not a useful search result."""
    return [one for one in session.scalars(query.distinct().limit(1000)) if one is not None]
