"""Reader of the order form: turns what staff typed into a new order, or into errors by field."""

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import zone_of
from lms.core.dates_and_time_zones import end_of_day
from lms.core.errors import N_, Invalid
from lms.core.money_parsing_and_formatting import read_amount
from lms.grants import grant_target_lookup
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.orders import DeliveredThrough, LineAct, Terms
from lms.organizations.organization_lists import match_organization
from lms.organizations.organization_matches import NewOrganizationFacts, find_matches
from lms.pricing.offers import DATED, OF_A_LOGIN, SEATS
from lms.sales.new_orders import FAULTY, NewLine, NewOrder, check
from lms.web.sales.order_form import NEW_ORGANIZATION, ORGANIZATION, LineForm, OrderForm
from lms.web.sales.purchase_order_fields import read_po_number

MAY_BE: Final = N_(
    "This may be %(known)s, which already exists. %(why)s Choose it above, or check the box below."
)
NO_NAME: Final = N_("Enter the name of the organization.")
ONLY_CONTRACTS: Final = N_("You can renew only contracts. Choose another option.")
ONLY_SEATS: Final = N_("You can add only seats. Choose a new purchase instead.")
TOO_MUCH: Final = N_("Enter a discount from 0 to the price of this line.")
NO_REASON: Final = N_("Enter the reason for the discount.")
CHOSEN: Final = frozenset({"kind", "act", "delivered_through"})
NO_WEBINAR: Final = N_("Enter the webinar's title and choose it from the list.")


def read_order(session: Session, form: OrderForm) -> NewOrder:
    """Return the order in the form; raises Invalid, with errors by the fields that `check` names."""
    faults: dict[str, str] = {}
    is_typed_well = form.validate()
    slug, organization_id, name = _payer(session, form, faults)
    zone = zone_of(session, organization_id)
    lines = []
    for place, entry in enumerate(form.lines):
        if CHOSEN & entry.form.errors.keys():
            continue  # the form already shows an error, and the rest of the line depends on it
        try:
            lines.append(_line(session, entry.form, str(form.currency.data), zone))
        except Invalid as refusal:
            faults |= {f"lines-{place}-{field}": text for field, text in refusal.fields.items()}
    if not is_typed_well or faults:
        raise Invalid(FAULTY, fields=faults)
    new = NewOrder(
        lines=tuple(lines),
        email=form.email.address.shown,
        name=form.name.data or "",
        terms=Terms(form.terms.data),
        currency=str(form.currency.data),
        organization=slug,
        organization_name=name,
        po_number=form.po_number.data or "",
        net_days=form.net_days.data,
        due_on=form.due_on.data,
        bill_on=form.bill_on.data,
        is_held=form.is_held.data,
        note=form.note.data or "",
        order_id=form.order_id.data or "",
        answers=form.request.data or None,
    )
    check(session, new)
    read_po_number(session, form, organization_id, but=form.order_id.data or "")
    return new


def _payer(
    session: Session, form: OrderForm, faults: dict[str, str]
) -> tuple[str, int | None, str]:
    """Return the paying organization's slug and row id, and the name of one to create."""
    if form.payer.data == NEW_ORGANIZATION:
        name = " ".join((form.organization_name.data or "").split())
        if not name:
            faults["organization_name"] = NO_NAME
        elif not form.is_another.data:
            faults |= _known(session, name, form.email.data or "")
        return "", None, name
    if form.payer.data != ORGANIZATION:
        return "", None, ""
    try:
        found = match_organization(session, form.organization.data or "")
    except Invalid as refusal:
        faults |= refusal.fields
        return "", None, ""
    return found.slug, found.id, ""


def _known(session: Session, name: str, email: str) -> dict[str, str]:
    """Return the error of a new organization that may already exist (PRODUCT.md, I6)."""
    matches = find_matches(session, NewOrganizationFacts(name, email))
    if not matches:
        return {}
    known = {"known": matches[0].name, "why": matches[0].reasons[0]}
    return {"organization_name": _(MAY_BE) % known}


def _line(session: Session, line: LineForm, currency: str, zone: ZoneInfo) -> NewLine:
    kind, act = OfferKind(line.kind.data), LineAct(line.act.data)
    if act is LineAct.RENEWAL and kind is not OfferKind.CONTRACT:
        raise Invalid(ONLY_CONTRACTS, field="act")
    if act is LineAct.MORE_SEATS and kind not in (*SEATS, OfferKind.CONTRACT):
        raise Invalid(ONLY_SEATS, field="act")
    is_dated = kind in DATED
    covers = str(line.covers.data)
    if not is_dated:
        covers = webinar_covered(session, line.webinar.data or "", line.about.data or "")
    quantity = line.quantity.data
    if kind is OfferKind.INSTITUTIONAL:
        quantity = None
    elif kind in OF_A_LOGIN:
        quantity = 1
    price = read_amount(line.price.data or "", currency, field="price")
    discount, reason = _discount(line, price, currency)
    return NewLine(
        kind=kind,
        covers=covers,
        price_minor=price - discount,
        discount_minor=discount,
        discount_reason=reason,
        quantity=quantity,
        act=act,
        adds_to=(line.adds_to.data or None) if act is LineAct.MORE_SEATS else None,
        pool=(line.pool.data or None) if act is not LineAct.NEW else None,
        starts_at=_morning(line.starts_at.data, zone) if is_dated else None,
        ends_at=_evening(line.ends_at.data, zone) if is_dated else None,
        delivered_through=DeliveredThrough(line.delivered_through.data)
        if kind is OfferKind.INSTITUTIONAL
        else DeliveredThrough.HERE,
    )


def _discount(line: LineForm, price: int, currency: str) -> tuple[int, str]:
    """Return the discount of a line and its reason; raises Invalid."""
    text, reason = (line.discount.data or "").strip(), (line.discount_reason.data or "").strip()
    minor = read_amount(text, currency, field="discount") if text else 0
    if not 0 <= minor <= price:
        raise Invalid(TOO_MUCH, field="discount")
    if minor and not reason:
        raise Invalid(NO_REASON, field="discount_reason")
    return minor, reason


def _morning(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), tzinfo=zone)


def _evening(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else end_of_day(day, zone, field="ends_at")


def webinar_covered(session: Session, typed: str, about: str) -> str:
    """Return `webinar:<slug>` for what staff typed; `about` is the slug with which the form was filled.

    Raises Invalid (field `webinar`).
    """
    text = typed.strip()
    if not text:
        raise Invalid(NO_WEBINAR, field="webinar")
    known = select(Webinar.slug).where(Webinar.slug == about, Webinar.title == text)
    slug = session.scalar(known) or grant_target_lookup.find_webinar(session, text).slug
    return f"{Scope.WEBINAR}:{slug}"
