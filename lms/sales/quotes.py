"""Quotes of orders, in versions, of which only the newest can be accepted (MONEY.md, M15, and P8)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.contracts import grace_periods, renewals
from lms.core.attached_files import KeptFile
from lms.core.dates_and_time_zones import end_of_day
from lms.core.errors import N_, Conflict, Gone, Invalid
from lms.core.model_base import locked
from lms.documents.issuing import NewDocument, issue
from lms.documents.policies_in_print import current_versions, printed_policies
from lms.grants.grants import next_end, year_from
from lms.mail.links import MailContext
from lms.models.documents import Document, DocumentKind
from lms.models.orders import LineAct, Order, OrderLine, Quote, Terms
from lms.organizations.billing_details import read_billing
from lms.pricing.price_list import read_prices
from lms.pricing.quotes import Ask, Unpriced, quote
from lms.requests import requests
from lms.sales import billing, invoices, order_access, orders, purchase_orders, seat_prices
from lms.sales.purchase_orders import NewPurchaseOrder
from lms.seats import pools

HOLDS_FOR_DAYS = 60
LONGEST_DAYS = 180
TOO_LONG = N_("Choose a date within the next 180 days.")
OLD_VERSION = N_("A newer version of this quote was sent. Use that one.")
EXPIRED = N_("This quote has expired. Issue a new version at the current price.")
ACCEPTED = N_("This quote was already accepted.")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The acceptance of a quote: a name, and the purchase order, if there is one.

    `received_on` is the day the purchase order arrived, which locks the price (P8). `has_agreed` is
    True if the customer accepted the policies.
    """

    name: str
    po_number: str = ""
    po_amount_minor: int | None = None
    file: KeptFile | None = None
    received_on: date | None = None
    is_held: bool = False
    bill_on: date | None = None
    has_agreed: bool = False


def issue_quote(  # noqa: PLR0913  (the order, its expiry, and the sender)
    session: Session,
    order: Order,
    *,
    expires_on: date | None = None,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
    is_mailed: bool = True,
) -> Quote:
    """Issue a new version of an order's quote, which replaces the previous one; `order` is locked.

    It is valid for 60 days, or until another day at most 180 days away. Raises Invalid, also if the
    order can't be delivered, and Conflict for an order that was placed or canceled.
    """
    if order.placed_at is not None:
        raise Conflict(orders.PLACED_ALREADY)
    if order.canceled_at is not None:
        raise Conflict(orders.CANCELED)
    lines = invoices.standing_lines(session, order.id)
    order_access.check_deliverable(session, order, lines, now=now)
    zone = mail_context.zone
    today = now.astimezone(zone).date()
    last = expires_on or today + timedelta(days=HOLDS_FOR_DAYS)
    if not may_expire_on(last, today):
        raise Invalid(TOO_LONG, field="expires_on")
    before = newest(session, order.id)
    if before is not None:
        before.superseded_at = now
    document = issue(
        session,
        NewDocument(
            kind=DocumentKind.QUOTE,
            currency=order.currency,
            bill_to=billing.billing_of(session, order).to,
            lines=billing.printed_lines(session, order, lines, zone=zone, today=today),
            order_id=order.id,
            order_number=billing.order_number(order),
            organization_id=order.organization_id,
            expires_on=last,
            terms=billing.say_terms(order),
            policies=printed_policies(session, mail_context=mail_context, now=now),
            sentences=_sentences(lines),
            livemode=order.livemode,
        ),
        zone=zone,
        actor=actor,
        now=now,
        is_mailed=is_mailed,
    )
    made = Quote(
        order_id=order.id,
        document_id=document.id,
        version=before.version + 1 if before else 1,
        expires_at=end_of_day(last, zone),
    )
    session.add(made)
    session.flush()
    audit.record(session, "quote.sent", order.public_id, actor=actor, now=now)
    requests.finish_with_order(session, order.id, actor=actor, now=now)
    grace_periods.follow_order(session, order.id, now=now)
    return made


def accept(
    session: Session,
    quote_: Quote,
    acceptance: Acceptance,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Order:
    """Accept a quote at its price, which places its order; return the order.

    Raises Conflict for a version that was replaced or accepted, Gone for one that expired before the
    purchase order arrived, Invalid.
    """
    order = session.scalars(locked(select(Order).where(Order.id == quote_.order_id))).one()
    session.refresh(quote_)
    _check(quote_, acceptance, zone=mail_context.zone, now=now)
    billing.check_bill_on(acceptance.bill_on, now=now)
    quote_.accepted_at, quote_.accepted_name = now, " ".join(acceptance.name.split())
    if acceptance.has_agreed:
        order.policies = current_versions(session, now=now)
    if acceptance.bill_on is not None:
        order.bill_on = acceptance.bill_on
    if acceptance.po_number.strip():
        order.terms = Terms.PURCHASE_ORDER
        at = _received(acceptance, mail_context.zone, now)
        received = NewPurchaseOrder(
            acceptance.po_number, at, acceptance.po_amount_minor, acceptance.file
        )
        purchase_orders.keep(session, order, received)
    zone = order_access.zone_of(session, order, mail_context)
    _renew_from_now(session, order, zone=zone, now=now)
    session.flush()
    audit.record(session, "quote.accepted", order.public_id, actor=actor, now=now)
    orders.agree(
        session,
        order,
        is_held=acceptance.is_held,
        mail_context=mail_context,
        actor=actor,
        now=now,
    )
    return order


def newest(session: Session, order_id: int) -> Quote | None:
    """Return the newest version of an order's quote, or None."""
    return session.scalar(
        select(Quote).where(Quote.order_id == order_id).order_by(Quote.version.desc()).limit(1)
    )


def version_named(session: Session, order_id: int, number: str) -> Quote | None:
    """Return the version of an order's quote with this printed number, or else the newest version."""
    printed = session.scalar(
        select(Quote)
        .join(Document, Document.id == Quote.document_id)
        .where(Quote.order_id == order_id, func.lower(Document.label) == number.strip().lower())
    )
    return printed or newest(session, order_id)


def price_today(session: Session, order: Order, *, now: datetime) -> int | None:
    """Return an order's total by today's price list; None if a line is negotiated."""
    total = 0
    for line in invoices.standing_lines(session, order.id):
        price = _line_today(session, line, now=now)
        if price is None:
            return None
        total += price
    return total


def hindrance_to(session: Session, order: Order, *, now: datetime) -> str:
    """Return why an order that was quoted can't be delivered anymore; "" if it can."""
    try:
        lines = invoices.standing_lines(session, order.id)
        order_access.check_deliverable(session, order, lines, now=now)
    except Invalid as refusal:
        return refusal.message
    return ""


def may_expire_on(day: date | None, today: date) -> bool:
    """Return whether a quote of today can be valid until a day (PRODUCT.md, P8)."""
    return day is not None and today <= day <= today + timedelta(days=LONGEST_DAYS)


def end_of_fiscal_year(session: Session, organization_id: int | None, today: date) -> date | None:
    """Return the last day of a customer's fiscal year, at most 180 days away; None if unknown."""
    if organization_id is None:
        return None
    month = read_billing(session, organization_id).terms.fiscal_year_start
    if month is None:
        return None
    first = date(today.year, month, 1)
    if first <= today:
        first = date(today.year + 1, month, 1)
    return min(first - timedelta(days=1), today + timedelta(days=LONGEST_DAYS))


def _line_today(session: Session, line: OrderLine, *, now: datetime) -> int | None:
    adds_to = session.get(OrderLine, line.adds_to_id) if line.adds_to_id else None
    if adds_to is not None and adds_to.pool_id is not None:
        pool = pools.read_pool(session, adds_to.pool_id)
        more = seat_prices.price_of_more(session, pool, line.quantity or 1, now=now)
        return None if isinstance(more, Unpriced) else more.price_minor
    priced = quote(
        read_prices(session, order_access.target_of(line)), Ask(line.kind, line.quantity)
    )
    return None if isinstance(priced, Unpriced) else priced.total_minor


def _check(quote_: Quote, acceptance: Acceptance, *, zone: ZoneInfo, now: datetime) -> None:
    if quote_.superseded_at is not None:
        raise Conflict(OLD_VERSION)
    if quote_.accepted_at is not None:
        raise Conflict(ACCEPTED)
    if not acceptance.name.strip():
        raise Invalid(N_("Enter the name of the person who accepts the quote."), field="name")
    has_more = acceptance.file is not None or acceptance.po_amount_minor is not None
    if has_more and not acceptance.po_number.strip():
        raise Invalid(N_("Enter the purchase order number."), field="po_number")
    if _received(acceptance, zone, now) >= quote_.expires_at:
        raise Gone(EXPIRED)


def _renew_from_now(session: Session, order: Order, *, zone: ZoneInfo, now: datetime) -> None:
    """Let a full term that was quoted begin now if it is renewed only after its grace period (A5, C5)."""
    for line in invoices.standing_lines(session, order.id):
        if line.act is not LineAct.RENEWAL or line.pool_id is None or line.starts_at is None:
            continue
        full = (next_end(line.starts_at, zone), year_from(line.starts_at, zone).ends_at)
        is_late = renewals.next_start(session, line.pool_id, now=now) == now
        if is_late and line.ends_at in full:
            line.starts_at = line.ends_at = None


def _received(acceptance: Acceptance, zone: ZoneInfo, now: datetime) -> datetime:
    if acceptance.received_on is None:
        return now
    return min(now, datetime.combine(acceptance.received_on, time(12), tzinfo=zone))


def _sentences(lines: list[OrderLine]) -> tuple[str, ...]:
    """Return the non-appropriation clause for a quote of several years (M9)."""
    longest = max(
        (line.ends_at - line.starts_at for line in lines if line.ends_at and line.starts_at),
        default=timedelta(),
    )
    return (billing.NON_APPROPRIATION,) if longest > timedelta(days=366) else ()
