"""Read models of orders: an order as pages show it, with its access and status.

The status is computed from documents and payments (MONEY.md, M1).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import kept_organization
from lms.core.errors import or_not_found
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.grants import Grant, OfferKind, Scope, Withdrawal
from lms.models.orders import DeliveredThrough, Order, OrderLine, Quote, Terms
from lms.models.organizations import Organization
from lms.models.payments import Settlement
from lms.models.seats import Pool
from lms.organizations.orders import FIRST_LINE
from lms.organizations.payers import Payer
from lms.payments.paid_invoices import DISPUTED_INVOICES
from lms.requests.read_models import number_of
from lms.sales.billing import PO_NUMBER
from lms.sales.invoices import NOT_BILLED


class Standing(StrEnum):
    """The status of an order; the first that applies is used."""

    DRAFT = "draft"
    QUOTED = "quoted"
    EXPIRED = "expired"
    CANCELED = "canceled"
    DISPUTED = "disputed"
    TO_BILL = "to_bill"
    RETURNED = "returned"
    CREDITED = "credited"
    PAID = "paid"
    PAST_DUE = "past_due"
    PARTLY_PAID = "partly_paid"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class OrderGrant:
    """The access that an order gave: what it covers, its holder, and its state."""

    id: int
    public_id: str
    line_id: int
    kind: OfferKind
    scope: Scope
    covers: str
    slug: str
    login_id: int | None
    login_name: str | None
    login_email: str | None
    pool_id: int | None
    pool_public_id: str | None
    seats: int | None
    starts_at: datetime
    ends_at: datetime | None
    awaits_payment_since: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revoked_as: Withdrawal | None
    term_zone: str | None  # of the pool's organization, in which the days of its term begin and end


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order in one row: buyer, first line, and current invoice. Amounts in minor units.

    `net_minor` is before tax; `returned_minor` was credited with the reason `return`, `credited_minor`
    with any reason. `is_partly_paid` is True if money, or credit from another invoice, was applied to
    the invoice.
    """

    id: int
    public_id: str
    login_id: int | None
    organization_id: int | None
    organization_public_id: str | None
    organization_slug: str | None
    buyer: str
    contact_id: int | None
    contact_name: str
    contact_email: str | None
    terms: Terms
    net_days: int
    currency: str
    livemode: bool
    note: str
    created_at: datetime
    placed_at: datetime | None
    bill_on: date | None
    due_on: date | None
    held_at: datetime | None
    review_due_at: datetime | None
    canceled_at: datetime | None
    kind: OfferKind
    quantity: int | None
    covers: str
    delivered_through: DeliveredThrough
    lines: int
    net_minor: int
    po_number: str
    invoice_id: str | None
    invoice_number: str | None
    invoice_total_minor: int | None
    open_minor: int
    due_at: datetime | None
    returned_minor: int
    credited_minor: int
    is_partly_paid: bool
    is_disputed: bool
    quote_expires_at: datetime | None

    @property
    def number(self) -> str:
        """Return the order's number for people."""
        return number_of(self.public_id)

    @property
    def is_to_organization(self) -> bool:
        """Return whether an organization buys."""
        return self.organization_id is not None

    @property
    def total_minor(self) -> int:
        """Return the order's total: its invoice with tax, or its lines before tax."""
        return self.net_minor if self.invoice_total_minor is None else self.invoice_total_minor

    def standing(self, now: datetime) -> Standing:
        """Return the order's status."""
        if self.canceled_at is not None:
            return Standing.CANCELED
        if self.placed_at is None:
            return self._quoted(now)
        if self.is_disputed:
            return Standing.DISPUTED
        if self.invoice_id is None:
            return Standing.PAID if self.terms in NOT_BILLED else Standing.TO_BILL
        return self._billed(now)

    def is_on_hold(self, now: datetime) -> bool:
        """Return whether access waits for the payment or our team; it ended for a canceled or returned order."""
        is_over = self.standing(now) in (Standing.CANCELED, Standing.RETURNED)
        return self.held_at is not None and not is_over

    def _quoted(self, now: datetime) -> Standing:
        if self.quote_expires_at is None:
            return Standing.DRAFT
        return Standing.QUOTED if now < self.quote_expires_at else Standing.EXPIRED

    def _billed(self, now: datetime) -> Standing:
        total = self.invoice_total_minor or 0
        if total and self.returned_minor >= total:
            return Standing.RETURNED
        if total and self.credited_minor >= total and self.open_minor == 0:
            return Standing.CREDITED
        if self.open_minor == 0:
            return Standing.PAID
        if self.due_at is not None and now >= self.due_at:
            return Standing.PAST_DUE
        return Standing.PARTLY_PAID if self.is_partly_paid else Standing.UNPAID


_Contact = aliased(Login)
LiveInvoice = aliased(Document)
IS_LIVE = and_(
    LiveInvoice.order_id == Order.id,
    LiveInvoice.kind == DocumentKind.INVOICE,
    LiveInvoice.replaced_at.is_(None),
)
_covers = func.coalesce(Webinar.title, Series.title, Presenter.name, "")
_standing_lines = (OrderLine.order_id == Order.id, OrderLine.replaced_at.is_(None))
_Line = aliased(OrderLine)
RETURNED = (
    select(func.coalesce(func.sum(Document.total_minor), 0))
    .where(Document.refers_to_id == LiveInvoice.id, Document.reason == CreditReason.RETURN)
    .correlate(LiveInvoice)
    .scalar_subquery()
)
CREDITED = (
    select(func.coalesce(func.sum(Document.total_minor), 0))
    .where(Document.refers_to_id == LiveInvoice.id, Document.kind == DocumentKind.CREDIT_NOTE)
    .correlate(LiveInvoice)
    .scalar_subquery()
)
# an invoice's own credit notes don't count as payment
_Note = aliased(Document)
IS_PARTLY_PAID = (
    select(Settlement.id)
    .outerjoin(_Note, _Note.id == Settlement.credit_note_id)
    .where(
        Settlement.invoice_id == LiveInvoice.id,
        Settlement.undone_at.is_(None),
        or_(Settlement.payment_id.is_not(None), _Note.refers_to_id != LiveInvoice.id),
    )
    .correlate(LiveInvoice)
    .exists()
)
IS_DISPUTED = func.coalesce(LiveInvoice.id, 0).in_(DISPUTED_INVOICES)
QUOTE_EXPIRES_AT = (
    select(Quote.expires_at)
    .where(Quote.order_id == Order.id, Quote.superseded_at.is_(None))
    .order_by(Quote.version.desc())
    .limit(1)
    .correlate(Order)
    .scalar_subquery()
)
# Carts of customers who have neither ordered nor requested a quote are private.
IS_CART = and_(
    Order.cart_token_hash.is_not(None), Order.placed_at.is_(None), QUOTE_EXPIRES_AT.is_(None)
)
ORDERS: Final = (
    select(
        Order.id,
        Order.public_id,
        Order.login_id,
        Order.organization_id,
        Organization.public_id.label("organization_public_id"),
        Organization.slug.label("organization_slug"),
        func.coalesce(
            Organization.name,
            Login.name,
            func.nullif(Order.organization_name, ""),
            Order.contact_name,
        ).label("buyer"),
        Order.contact_id,
        func.coalesce(_Contact.name, Order.contact_name).label("contact_name"),
        func.coalesce(_Contact.email, func.nullif(Order.contact_email, "")).label("contact_email"),
        Order.terms,
        Order.net_days,
        Order.currency,
        Order.livemode,
        Order.note,
        Order.created_at,
        Order.placed_at,
        Order.bill_on,
        Order.due_on,
        Order.held_at,
        Order.review_due_at,
        Order.canceled_at,
        _Line.kind,
        _Line.quantity,
        _Line.description.label("covers"),
        _Line.delivered_through,
        select(func.count())
        .select_from(OrderLine)
        .where(*_standing_lines)
        .correlate(Order)
        .scalar_subquery()
        .label("lines"),
        select(func.coalesce(func.sum(OrderLine.net_minor), 0))
        .where(*_standing_lines)
        .correlate(Order)
        .scalar_subquery()
        .label("net_minor"),
        PO_NUMBER.label("po_number"),
        LiveInvoice.public_id.label("invoice_id"),
        LiveInvoice.label.label("invoice_number"),
        LiveInvoice.total_minor.label("invoice_total_minor"),
        func.coalesce(LiveInvoice.open_minor, 0).label("open_minor"),
        LiveInvoice.due_at,
        RETURNED.label("returned_minor"),
        CREDITED.label("credited_minor"),
        IS_PARTLY_PAID.label("is_partly_paid"),
        IS_DISPUTED.label("is_disputed"),
        QUOTE_EXPIRES_AT.label("quote_expires_at"),
    )
    .select_from(Order)
    .join(_Line, _Line.id == FIRST_LINE)
    .outerjoin(LiveInvoice, IS_LIVE)
    .outerjoin(Login, Login.id == Order.login_id)
    .outerjoin(Organization, Organization.id == Order.organization_id)
    .outerjoin(_Contact, _Contact.id == Order.contact_id)
)
_Holder = aliased(Organization)
_GRANTS: Final = (
    select(
        Grant.id,
        Grant.public_id,
        Grant.order_line_id.label("line_id"),
        Grant.kind,
        Grant.scope,
        _covers.label("covers"),
        func.coalesce(Webinar.slug, Series.slug, Presenter.slug, "").label("slug"),
        Grant.login_id,
        Login.name.label("login_name"),
        Login.email.label("login_email"),
        Grant.pool_id,
        Pool.public_id.label("pool_public_id"),
        Grant.seats,
        Grant.starts_at,
        Grant.ends_at,
        Grant.awaits_payment_since,
        Grant.suspended_at,
        Grant.revoked_at,
        Grant.revoked_as,
        _Holder.zone.label("term_zone"),
    )
    .select_from(Grant)
    .join(OrderLine, OrderLine.id == Grant.order_line_id)
    .outerjoin(Webinar, Webinar.id == Grant.webinar_id)
    .outerjoin(Series, Series.id == Grant.series_id)
    .outerjoin(Presenter, Presenter.id == Grant.presenter_id)
    .outerjoin(Login, Login.id == Grant.login_id)
    .outerjoin(Pool, Pool.id == Grant.pool_id)
    .outerjoin(_Holder, _Holder.id == kept_organization(Pool.organization_id))
)


def find_order_facts(session: Session, order_id: str) -> OrderFacts:
    """Return an order by its public ID; raises NotFound."""
    row = or_not_found(session.execute(ORDERS.where(Order.public_id == order_id)).one_or_none())
    return facts_of(row)


def grants_of_order(session: Session, order_id: int) -> tuple[OrderGrant, ...]:
    """Return the access that an order gave, by line."""
    rows = session.execute(
        _GRANTS.where(OrderLine.order_id == order_id).order_by(
            OrderLine.position, Grant.pool_id, Grant.id
        )
    )
    return tuple(OrderGrant(*tuple(row)) for row in rows)


def standing_grants_of_order(session: Session, order_id: int) -> tuple[OrderGrant, ...]:
    """Return the access that an order gave and that wasn't revoked, by line."""
    return tuple(one for one in grants_of_order(session, order_id) if one.revoked_at is None)


def orders_of_payer(session: Session, payer: Payer) -> tuple[OrderFacts, ...]:
    """Return the orders of a payer, newest first."""
    theirs = ORDERS.where(payer.owns(Order), ~IS_CART)
    rows = session.execute(theirs.order_by(Order.created_at.desc(), Order.id.desc()))
    return tuple(facts_of(row) for row in rows)


def facts_of(row: Row[*tuple[Any, ...]]) -> OrderFacts:
    """Return an order from a row of `ORDERS`."""
    values = dict(row._mapping)  # noqa: SLF001
    for name in ("is_partly_paid", "is_disputed"):
        values[name] = bool(values[name])
    return OrderFacts(**values)
