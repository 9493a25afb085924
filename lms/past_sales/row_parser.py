"""The row parser of past sales: reads who bought what from one list.

Columns, by their headings: e-mail, name, covers (a webinar's slug, presenter:SLUG, series:SLUG or
everything), bought, ends, source, organization, seats. A row with seats fills an organization's
pool; one without lets the login in, which may be one that several people share.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import BinaryIO, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.accounts import accounts
from lms.core.csv_reader import read_named
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Invalid, Refused
from lms.core.model_base import CROCKFORD
from lms.grants.grants import Target
from lms.grants.request_and_sale_form_choices import EVERYTHING, read_targets
from lms.mail.links import MailContext
from lms.models.grants import OfferKind
from lms.models.organizations import Organization
from lms.models.sales import Terms
from lms.organizations import organizations
from lms.past_sales.bulk_sales import PastSale
from lms.sales import sales
from lms.sales.sales import NewSale

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
    }
)
NEEDED: Final = ("email", "covers", "bought")
UNLIMITED: Final = "unlimited"
LONGEST_NOTE: Final = 500
LONGEST_CELL: Final = 600  # longer than any cell that makes sense: what is cut is refused anyway
CURRENCY: Final = "USD"  # of a price that nobody wrote down: it is recorded as 0

NO_COLUMNS = N_("The first row needs headings for at least: e-mail, covers, bought.")
NO_DAY = N_("Write days as 2026-10-06.")
NO_NUMBER = N_("Give seats as a number, or unlimited.")
NOT_HERE = N_("Nothing here goes by this: give the web name of a webinar, a series or a presenter.")
NO_ORGANIZATION = N_("Seats are an organization's: name it.")


@dataclass(frozen=True, slots=True)
class PastRow:
    """A row of the past: the line it begins on, and its cells by column."""

    line: int
    cells: Mapping[str, str]


def read_past(file: BinaryIO) -> Iterator[PastRow]:
    """Yield the rows of a list, holding one at a time; raises Invalid, field `file`."""
    rows = read_named(file, COLUMNS, needed=NEEDED, missing=NO_COLUMNS, longest=LONGEST_CELL)
    for row in rows:
        yield PastRow(row.line, row.cells)


def read_sales(
    session: Session, rows: Sequence[Mapping[str, str]], mail_context: MailContext
) -> tuple[PastSale | Refused, ...]:
    """Return the sale that each row makes, or why it can make none; nothing is written.

    A sale's outside id is the same for the same row, whenever it comes.
    """
    slugs = _slugs_of(session, {row.get("organization", "") for row in rows})
    targets = read_targets(session, {_covers(row) for row in rows})
    return tuple(_read(row, slugs, targets, mail_context) for row in rows)


def fault_of(refusal_: Refused) -> str:
    """Return what is wrong with a row, in one sentence."""
    if isinstance(refusal_, Invalid) and refusal_.fields:
        return next(iter(refusal_.fields.values()))
    return refusal_.message


def _read(
    cells: Mapping[str, str],
    slugs: Mapping[str, str],
    targets: Mapping[str, Target],
    mail_context: MailContext,
) -> PastSale | Refused:
    try:
        new = _sale_of(cells, slugs, mail_context)
        if new.covers not in targets:
            return Invalid(NOT_HERE)
        target = sales.checked(new, targets.get(new.covers))
        accounts.checked_name(sales.contact_name(new))
        if new.organization_name and not new.organization:
            organizations.checked_name(new.organization_name)
    except Refused as refused:
        return refused
    return PastSale(new, target)


def _sale_of(
    cells: Mapping[str, str], slugs: Mapping[str, str], mail_context: MailContext
) -> NewSale:
    """Return what a row says was sold; raises Invalid for what can't be read."""
    address = read_address(cells["email"])
    covers = _covers(cells)
    bought = _moment(cells["bought"], mail_context, is_end=False)
    ends = cells.get("ends", "")
    seats, organization = cells.get("seats", ""), cells.get("organization", "")
    if seats and not organization:
        raise Invalid(NO_ORGANIZATION)
    slug = slugs.get(organization, "") if seats else ""
    told = (cells.get("source", ""), "" if seats else organization)
    return NewSale(
        kind=_kind(covers, seats),
        covers=covers,
        email=address.shown,
        name=cells.get("name", ""),
        price_minor=0,
        currency=CURRENCY,
        terms=Terms.HISTORY,
        organization=slug,
        organization_name=organization if seats and not slug else "",
        quantity=_seats(seats),
        starts_at=bought,
        ends_at=_moment(ends, mail_context, is_end=True) if ends else None,
        note=", ".join(filter(None, told))[:LONGEST_NOTE],
        sale_id=_sale_id(address.key, covers, bought.isoformat(), organization.casefold(), seats),
    )


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
    """Return the slug of the organization that each name is the name or the slug of."""
    tidy = {name: " ".join(name.split()) for name in names if name}
    rows = session.execute(
        select(Organization.slug, Organization.name)
        .where(or_(Organization.slug.in_(tidy), Organization.name.in_(tidy.values())))
        .order_by(Organization.id)
    ).all()
    found: dict[str, str] = {}
    for slug, name in rows:
        found.setdefault(slug, slug)
        found.setdefault(name, slug)
    return {
        name: found.get(name) or found[as_kept]
        for name, as_kept in tidy.items()
        if name in found or as_kept in found
    }


def _moment(text: str, mail_context: MailContext, *, is_end: bool) -> datetime:
    """Return a moment, or the begin or the end of a day in the house's zone."""
    try:
        at = datetime.fromisoformat(text)
        if len(text) > len("2026-10-06"):
            return at.replace(tzinfo=at.tzinfo or mail_context.zone).astimezone(UTC)
        day = date(at.year, at.month, at.day)
    except ValueError as error:
        raise Invalid(NO_DAY) from error
    if is_end:
        return sales.last_moment(day, mail_context.zone)
    return datetime.combine(day, time(), tzinfo=mail_context.zone)


def _sale_id(*parts: str) -> str:
    """Return the outside id of a past sale: the same for the same row, whenever it comes."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:16])
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
