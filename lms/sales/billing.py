"""Billing: who is billed for an order, where, on which terms, and the printed text of a line."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_id, zone_of
from lms.core.dates_and_time_zones import last_calendar_day
from lms.core.errors import N_, Invalid
from lms.core.postal_addresses import Address
from lms.documents.issuing import NewLine
from lms.documents.snapshots import BillTo
from lms.models.accounts import Login
from lms.models.grants import OfferKind, Scope
from lms.models.orders import LineAct, Order, OrderLine, PurchaseOrder, Terms
from lms.models.organizations import Organization
from lms.organizations.billing_details import payables_of
from lms.organizations.organizations import OrganizationFacts
from lms.pricing.offers import SEATS
from lms.requests.read_models import number_of
from lms.seller.settings import read_seller
from lms.tax.order_taxes import order_taxes

# the number of an order's newest purchase order, "" without one
PO_NUMBER = func.coalesce(
    select(PurchaseOrder.number)
    .where(PurchaseOrder.order_id == Order.id)
    .order_by(PurchaseOrder.id.desc())
    .limit(1)
    .correlate(Order)
    .scalar_subquery(),
    "",
)
NON_APPROPRIATION: Final = N_(
    "If funds are not appropriated for a later fiscal year, the customer may end this agreement"
    " at the end of the fiscal year for which funds were appropriated, without penalty."
)
# A fiscal year that begins after the next one is the farthest that anyone bills ahead.
LATEST_BILLING: Final = timedelta(days=2 * 366)
TOO_FAR: Final = N_("Choose a date within the next two years.")
_TITLES: Final = {
    OfferKind.SINGLE: "Webinar seat",
    OfferKind.GROUP_SEATS: "Webinar seats",
    OfferKind.GROUP_SHOWING: "Group viewing",
    OfferKind.INSTITUTIONAL: "Institutional access",
    OfferKind.PASS: "All-access pass",
    OfferKind.CONTRACT: "All-access contract",
}
_ACTS: Final = {LineAct.RENEWAL: "Renewal. ", LineAct.MORE_SEATS: "Additional seats. "}


@dataclass(frozen=True, slots=True)
class Billing:
    """Who is billed, as printed, and the state that determines tax.

    `postal` is the address as entered, if the customer's own order has one.
    """

    to: BillTo
    state: str
    postal: Address | None = None


def billing_of(session: Session, order: Order) -> Billing:
    """Return who is billed: a manual correction, or else the customer record, or else the contact."""
    if order.bill_to is not None:
        return unpack(order.bill_to)
    contact = session.get(Login, order.contact_id) if order.contact_id else None
    name = contact.name if contact else order.contact_name
    email = (contact.email if contact else None) or order.contact_email
    if order.organization_id is None:
        to = order.organization_name or name
        attention = name if order.organization_name else ""
        return Billing(BillTo(to, attention, (), email, ""), "")
    payer = session.get_one(Organization, kept_id(session, order.organization_id))
    return _of_organization(session, payer, name, email)


def pack(billing: Billing) -> dict[str, Any]:
    """Return the billing data to store with an order."""
    to = billing.to
    return {
        "name": to.name,
        "attention": to.attention,
        "address": list(to.address),
        "email": to.email,
        "vendor_number": to.vendor_number,
        "state": billing.state,
        "postal": asdict(billing.postal) if billing.postal else None,
    }


def unpack(data: dict[str, Any]) -> Billing:
    """Return the billing data that `pack` stored."""
    to = BillTo(
        data["name"],
        data["attention"],
        tuple(data["address"]),
        data["email"],
        data["vendor_number"],
    )
    postal = Address(**data["postal"]) if data.get("postal") else None
    return Billing(to, data["state"], postal)


def with_contact(data: dict[str, Any], *, name: str, email: str) -> dict[str, Any]:
    """Return the billing data that `pack` stored, with another contact.

    An email address for invoices stays if it isn't the contact's own.
    """
    before = unpack(data)
    is_person = not before.to.attention
    to = replace(
        before.to,
        name=name if is_person else before.to.name,
        attention="" if is_person else name,
        email=email,
    )
    return pack(replace(before, to=to))


def net_days_of(session: Session, organization: OrganizationFacts | None, given: int | None) -> int:
    """Return the net days of an order: as given, or else the customer's terms, or else ours."""
    if given is not None:
        return given
    own = None
    if organization is not None:
        own = session.get_one(Organization, organization.id).net_days
    return own if own is not None else read_seller(session).net_days


def due_on(order: Order, on: date) -> date:
    """Return the due date of an invoice issued on a day."""
    return order.due_on or on + timedelta(days=order.net_days)


def check_bill_on(day: date | None, *, now: datetime) -> None:
    """Raise Invalid for a billing day so far away that it must be a mistake."""
    if day is not None and day > now.date() + LATEST_BILLING:
        raise Invalid(TOO_FAR, field="bill_on")


def say_terms(order: Order) -> str:
    """Return the payment terms as printed."""
    if order.terms is Terms.CARD:
        return "Paid by card"
    return f"Net {order.net_days}" if order.net_days else "Due on receipt"


def po_number(session: Session, order: Order) -> str:
    """Return the number of an order's newest purchase order, "" without one."""
    return session.scalar(select(PO_NUMBER).where(Order.id == order.id)) or ""


def order_number(order: Order) -> str:
    """Return an order's number for people."""
    return number_of(order.public_id)


def title_of(line: OrderLine) -> str:
    """Return what a line sells, as printed."""
    covers = line.description or "every webinar"
    if line.scope is Scope.SERIES:
        covers = f"every webinar in {line.description}"
    elif line.scope is Scope.PRESENTER:
        covers = f"every webinar by {line.description}"
    return f"{_TITLES[line.kind]}: {covers}"


def printed_lines(
    session: Session, order: Order, lines: list[OrderLine], *, zone: ZoneInfo, today: date
) -> tuple[NewLine, ...]:
    """Return an order's lines as a document prints them, each with its tax (M4).

    `zone` is ours, and of `today`; the days of a term are the payer's.
    """
    billing = billing_of(session, order)
    payer_zone = zone_of(session, order.organization_id) if order.organization_id else zone
    taxes = order_taxes(session, order, lines, state=billing.state, zone=zone, today=today)
    found = []
    for line, tax in zip(lines, taxes, strict=True):
        gross = line.net_minor + line.discount_minor
        is_even = bool(line.quantity) and gross == line.unit_minor * (line.quantity or 0)
        detail = _ACTS.get(line.act, "")
        if line.kind in SEATS or line.kind is OfferKind.INSTITUTIONAL:
            detail += "Permanent access."
        if not is_even and line.quantity is not None:
            detail += f" {line.quantity} seats."
        if line.discount_reason:
            detail += f" Discount: {line.discount_reason}"
        found.append(
            NewLine(
                description=title_of(line),
                quantity=line.quantity if is_even or line.quantity is None else 1,
                unit_minor=line.unit_minor if is_even else gross,
                net_minor=line.net_minor,
                discount_minor=line.discount_minor,
                detail=detail.strip(),
                order_line_id=line.id,
                service_from=_day(line.starts_at, payer_zone) if line.ends_at else None,
                service_to=last_calendar_day(line.ends_at, payer_zone) if line.ends_at else None,
                tax=tax,
            )
        )
    return tuple(found)


def _of_organization(
    session: Session, organization: Organization, attention: str, email: str
) -> Billing:
    address = organization.billing_address or organization.legal_address
    return Billing(
        BillTo(
            name=organization.legal_name or organization.name,
            attention=attention,
            address=address.lines if address else (),
            email=next(iter(payables_of(session, organization.id)), email),
            vendor_number=organization.vendor_number,
        ),
        address.state if address else "",
    )


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return at.astimezone(zone).date() if at else None
