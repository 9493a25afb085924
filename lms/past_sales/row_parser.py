"""The row parser of past sales: reads each sale from a list.

Columns, by their headings: email, name, covers (a webinar's slug, presenter:SLUG, series:SLUG or
everything), bought, ends, source, organization, seats, price. A row with seats fills an organization's
pool; a row without seats gives access to the login, which several people may share. For an open
invoice: invoice number, invoice date, due date, amount open.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from types import MappingProxyType
from typing import BinaryIO, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.accounts import accounts
from lms.core.csv_files import read_named
from lms.core.dates_and_time_zones import end_of_day
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Invalid, Refused
from lms.core.model_base import CROCKFORD
from lms.grants.grants import Target
from lms.grants.request_and_sale_form_choices import EVERYTHING, read_targets
from lms.mail.links import MailContext
from lms.models.grants import OfferKind
from lms.models.orders import Terms
from lms.models.organizations import Organization
from lms.organizations import organizations
from lms.organizations.organization_matches import (
    Match,
    NewOrganizationFacts,
    find_matches_of_many,
)
from lms.past_sales.bulk_orders import PastOrder
from lms.past_sales.open_invoices import NO_DAY, OpenInvoice, read_day, read_invoice, read_minor
from lms.pricing.price_list import currency_of
from lms.sales.buyers import contact_name
from lms.sales.new_orders import FAULTY, NewLine, NewOrder, line_faults, order_faults

COLUMNS: Final = MappingProxyType(
    {
        "email": ("email", "emailaddress", "mail", "address"),
        "name": ("name", "fullname"),
        "covers": ("covers", "webinar", "scope", "webinarorscope"),
        "bought": ("bought", "boughtat", "boughton", "date", "purchased"),
        "ends": ("ends", "endsat", "endson", "expires"),
        "source": ("source", "from"),
        "organization": ("organization", "organisation", "library", "institution"),
        "seats": ("seats", "places", "quantity"),
        "price": ("price", "total", "charged"),
        "invoice": ("invoice", "invoicenumber", "invoiceno"),
        "invoiced": ("invoicedate", "invoicedon"),
        "due": ("duedate", "dueon", "due"),
        "open": ("amountopen", "openamount", "openbalance", "balancedue", "balance"),
    }
)
NEEDED: Final = ("email", "covers", "bought")
UNLIMITED: Final = "unlimited"
LONGEST_NOTE: Final = 500
LONGEST_NAME: Final = 200
LONGEST_CELL: Final = 600  # longer than any sensible cell; longer text is refused anyway

NO_COLUMNS = N_("The first row must have at least the headings email, covers, and bought.")
NO_NUMBER = N_("Enter a number of seats, or unlimited.")
NOT_HERE = N_(
    "Not found. Enter the last part of the web address of a webinar, series, or presenter."
)
NEW: Final = "new:"
MAY_BE = N_(
    'This may be %(known)s, which already exists. %(why)s Enter that name, or "new: %(name)s" '
    "to add another organization."
)
NO_ORGANIZATION = N_("Enter the organization that owns the seats.")
MORE_OPEN = N_("The open amount is higher than the price. Correct the price or leave it blank.")


@dataclass(frozen=True, slots=True)
class PastRow:
    """A row of a past-sales list: the line it begins on, and its cells by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _House:
    """The context for reading rows: organizations by name, their own time zones, targets, and the currency."""

    slugs: Mapping[str, str]
    zones: Mapping[str, str | None]
    targets: Mapping[str, Target]
    currency: str
    mail_context: MailContext


def read_past(file: BinaryIO) -> Iterator[PastRow]:
    """Yield the rows of a list, with one in memory at a time; raises Invalid, field `file`."""
    rows = read_named(file, COLUMNS, needed=NEEDED, missing=NO_COLUMNS, longest=LONGEST_CELL)
    for row in rows:
        yield PastRow(row.line, row.cells)


def read_orders(
    session: Session, rows: Sequence[Mapping[str, str]], mail_context: MailContext
) -> tuple[PastOrder | Refused, ...]:
    """Return the order that each row makes, or its refusal; writes nothing.

    The same row always gives the same public ID of the order.
    """
    slugs = _slugs_of(session, {_named(row.get("organization", "")) for row in rows})
    zones = select(Organization.slug, Organization.zone).where(
        Organization.slug.in_(slugs.values())
    )
    house = _House(
        slugs,
        {row.slug: row.zone for row in session.execute(zones)},
        read_targets(session, {_covers(row) for row in rows}),
        currency_of(session),
        mail_context,
    )
    return tuple(_read(row, house) for row in rows)


def find_likely(
    session: Session, rows: Sequence[Mapping[str, str]], orders: Sequence[PastOrder | Refused]
) -> tuple[str, ...]:
    """Return for each row a sentence if its new organization may be a known one, else "".

    A name after `new:` always means another organization (PRODUCT.md, I6).
    """
    asked = [_asked(row, order) for row, order in zip(rows, orders, strict=True)]
    news = list(dict.fromkeys(one for one in asked if one is not None))
    likely = dict(zip(news, find_matches_of_many(session, news), strict=True))
    return tuple(
        _may_be(one.name, likely[one][0]) if one is not None and likely[one] else ""
        for one in asked
    )


def _asked(row: Mapping[str, str], order: PastOrder | Refused) -> NewOrganizationFacts | None:
    if isinstance(order, Refused) or not order.new.organization_name:
        return None
    if row.get("organization", "").lower().startswith(NEW):
        return None
    return NewOrganizationFacts(order.new.organization_name, order.new.email)


def _may_be(name: str, match: Match) -> str:
    return MAY_BE % {"known": match.name, "why": match.reasons[0], "name": name}


def _named(organization: str) -> str:
    """Return the name in an organization's cell, without the `new:` prefix."""
    is_marked = organization.lower().startswith(NEW)
    return organization[len(NEW) :].strip() if is_marked else organization


def fault_of(refusal_: Refused) -> str:
    """Return what is wrong with a row, in one sentence."""
    if isinstance(refusal_, Invalid) and refusal_.fields:
        return next(iter(refusal_.fields.values()))
    return refusal_.message


def _read(cells: Mapping[str, str], house: _House) -> PastOrder | Refused:
    try:
        invoice = read_invoice(cells, house.currency)
        new = _order_of(cells, invoice, house)
        (line,) = new.lines
        target = house.targets.get(line.covers)
        if target is None:
            return Invalid(NOT_HERE)
        faults = order_faults(new) | line_faults(
            line, target, is_to_organization=new.is_to_organization
        )
        if faults:
            return Invalid(FAULTY, fields=faults)
        accounts.checked_name(contact_name(new.name, new.email))
        if new.organization_name and not new.organization:
            organizations.checked_name(new.organization_name)
    except Refused as refused:
        return refused
    paid_by = "" if new.is_to_organization else cells.get("organization", "")
    return PastOrder(new, target, invoice, " ".join(paid_by.split())[:LONGEST_NAME])


def _order_of(cells: Mapping[str, str], invoice: OpenInvoice | None, house: _House) -> NewOrder:
    """Return the order that a row describes; raises Invalid for unreadable cells."""
    address = read_address(cells["email"])
    covers = _covers(cells)
    bought = _moment(cells["bought"], house.mail_context, is_end=False)
    ends = cells.get("ends", "")
    seats, organization = cells.get("seats", ""), cells.get("organization", "")
    if seats and not organization:
        raise Invalid(NO_ORGANIZATION)
    slug = house.slugs.get(_named(organization), "") if seats else ""
    price, discount = _price(cells, invoice, house.currency)
    there = house.mail_context.in_zone(house.zones.get(slug))
    number = cells.get("invoice", "")
    told = (
        cells.get("source", ""),
        "" if seats else organization,
        f"invoice {number}" if number and invoice is None else "",
    )
    line = NewLine(
        kind=_kind(covers, seats),
        covers=covers,
        price_minor=price,
        discount_minor=discount,
        quantity=_seats(seats),
        starts_at=bought,
        ends_at=_moment(ends, there, is_end=True) if ends else None,
    )
    return NewOrder(
        lines=(line,),
        email=address.shown,
        name=cells.get("name", ""),
        terms=Terms.HISTORY,
        currency=house.currency,
        organization=slug,
        organization_name=_named(organization) if seats and not slug else "",
        due_on=invoice.due_on if invoice else None,
        note=", ".join(filter(None, told))[:LONGEST_NOTE],
        order_id=_order_id(address.key, covers, bought.isoformat(), organization.casefold(), seats),
    )


def _price(cells: Mapping[str, str], invoice: OpenInvoice | None, currency: str) -> tuple[int, int]:
    """Return the amount charged for a row, and its discount; a missing price is 0.

    For an open invoice, only the balance is charged here; the rest of the price counts as a discount.
    """
    price = read_minor(cells.get("price", ""), currency)
    if invoice is None:
        return price, 0
    if price and price < invoice.open_minor:
        raise Invalid(MORE_OPEN)
    return invoice.open_minor, max(price - invoice.open_minor, 0)


def _covers(cells: Mapping[str, str]) -> str:
    covers = cells["covers"].lower()
    return covers if ":" in covers or covers == EVERYTHING else f"webinar:{covers}"


def _kind(covers: str, seats: str) -> OfferKind:
    is_webinar = covers.startswith("webinar:")
    if not seats:
        return OfferKind.SINGLE if is_webinar else OfferKind.PASS
    if not is_webinar:
        return OfferKind.CONTRACT
    return OfferKind.INSTITUTIONAL if seats.lower() == UNLIMITED else OfferKind.GROUP_SEATS


def _seats(text: str) -> int | None:
    if not text:
        return 1
    if text.lower() == UNLIMITED:
        return None
    if not text.isascii() or not text.isdecimal():
        raise Invalid(NO_NUMBER)
    return int(text)


def _slugs_of(session: Session, names: set[str]) -> dict[str, str]:
    """Return the slug of the organization that has each text as its name or slug.

    For a merged organization it is the kept one's slug.
    """
    tidy = {name: " ".join(name.split()) for name in names if name}
    kept = aliased(Organization)
    rows = session.execute(
        select(Organization.slug, Organization.name, kept.slug.label("kept"))
        .join(kept, kept.id == func.coalesce(Organization.merged_into, Organization.id))
        .where(or_(Organization.slug.in_(tidy), Organization.name.in_(tidy.values())))
        .order_by(Organization.merged_into.is_not(None), Organization.id)
    ).all()
    found: dict[str, str] = {}
    for slug, name, kept_slug in rows:
        found.setdefault(slug, kept_slug)
        found.setdefault(name, kept_slug)
    return {
        name: found.get(name) or found[as_kept]
        for name, as_kept in tidy.items()
        if name in found or as_kept in found
    }


def _moment(text: str, mail_context: MailContext, *, is_end: bool) -> datetime:
    """Return a moment, or the beginning or end of a day in a time zone."""
    if len(text) > len("2026-10-06"):
        try:
            at = datetime.fromisoformat(text)
        except ValueError as error:
            raise Invalid(NO_DAY) from error
        return at.replace(tzinfo=at.tzinfo or mail_context.zone).astimezone(UTC)
    day = read_day(text)
    if is_end:
        return end_of_day(day, mail_context.zone)
    return datetime.combine(day, time(), tzinfo=mail_context.zone)


def _order_id(*parts: str) -> str:
    """Return the public ID of a past order: always the same for the same row."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:16])
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
