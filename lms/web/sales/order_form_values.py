"""Values of the order form: from a draft or a URL, and each step that changes its lines.

A form is filled from texts as a browser sends them, so that adding or removing a line loses nothing
that was typed.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from lms.access.merged_organizations import zone_of
from lms.core.dates_and_time_zones import last_calendar_day
from lms.core.errors import N_, Invalid, NotFound, or_not_found
from lms.core.model_base import new_public_id
from lms.core.money_parsing_and_formatting import read_amount, write_amount
from lms.grants.request_and_sale_form_choices import EVERYTHING
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.orders import LineAct, Order, OrderLine, Terms
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.organizations.organization_lists import match_organization
from lms.organizations.organizations import find_managers
from lms.pricing.offers import OF_A_LOGIN
from lms.pricing.price_list import MOST_SEATS, currency_of, read_prices
from lms.pricing.quotes import Ask, Quote, by_the_day, quote
from lms.sales import billing, contract_lines, orders
from lms.sales.new_orders import MOST_LINES, NewLine
from lms.seats.pools import PoolFacts, find_pool
from lms.web.core.number_parsing_and_formatting import read_figures
from lms.web.sales.order_form import NEW_ORGANIZATION, OF_A_LINE, ORGANIZATION, PERSON

Line = dict[str, str]
Typed = MultiDict[str, str]
NO_FISCAL_YEAR: Final = N_("Add the start of the fiscal year to the customer record first.")


def blank_values(session: Session) -> Typed:
    """Return the values of an order without a request; the URL can name its customer."""
    args = request.args
    kind = next((each for each in OfferKind if each == args.get("kind")), OfferKind.SINGLE)
    slug = args.get("organization", "")
    payer = ORGANIZATION if slug or "email" not in args else PERSON
    typed: Typed = MultiDict(
        {
            "order_id": new_public_id(),
            "currency": currency_of(session),
            "payer": payer,
            "organization": slug,
            "email": args.get("email", ""),
            "name": args.get("name", ""),
            "terms": Terms.INVOICE.value,
        }
    )
    line = blank_line(kind)
    if args.get("webinar"):
        line |= {"webinar": args["webinar"]}
    line["price"] = list_price(session, line)
    return with_lines(typed, [line])


def draft_values(session: Session, order: Order) -> Typed:
    """Return the form values of a draft."""
    zone = zone_of(session, order.organization_id)
    organization = (
        session.get(Organization, order.organization_id) if order.organization_id else None
    )
    payer = PERSON
    if organization is not None:
        payer = ORGANIZATION
    elif order.organization_name:
        payer = NEW_ORGANIZATION
    typed: Typed = MultiDict(
        {
            "order_id": order.public_id,
            "currency": order.currency,
            "payer": payer,
            "organization": organization.slug if organization else "",
            "organization_name": order.organization_name,
            "name": order.contact_name,
            "email": order.contact_email,
            "terms": order.terms.value,
            "po_number": billing.po_number(session, order),
            "net_days": str(order.net_days),
            "due_on": day_text(order.due_on),
            "bill_on": day_text(order.bill_on),
            "note": order.note,
        }
    )
    lines = [
        _of_order_line(session, line, order.currency, zone)
        for line in orders.lines_of(session, order.id)
    ]
    return with_lines(typed, lines or [blank_line(OfferKind.SINGLE)])


def blank_line(kind: OfferKind) -> Line:
    """Return the values of a new line."""
    return {
        "kind": kind.value,
        "act": LineAct.NEW.value,
        "covers": EVERYTHING,
        "quantity": "" if kind is OfferKind.INSTITUTIONAL else "1",
        "delivered_through": "here",
    }


def lines_of(typed: Typed) -> list[Line]:
    """Return the lines as typed, in order."""
    found: dict[int, Line] = {}
    for name, value in typed.items():
        match = OF_A_LINE.fullmatch(name)
        if match and int(match[1]) < MOST_LINES:
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [found[place] for place in sorted(found)]


def with_lines(typed: Typed, lines: Sequence[Mapping[str, str]]) -> Typed:
    """Return the values with these lines in place of their own."""
    kept = [(name, value) for name, value in typed.items() if not OF_A_LINE.fullmatch(name)]
    kept += [
        (f"lines-{place}-{name}", value)
        for place, line in enumerate(lines)
        for name, value in line.items()
    ]
    return MultiDict(kept)


def step(session: Session, typed: Typed, name: str, *, now: datetime) -> Typed:
    """Return the values after a button of the form that doesn't submit it.

    Raises NotFound for an unknown button, and Invalid and Conflict as the domain does.
    """
    lines = lines_of(typed)
    act, _, about = name.partition(":")
    if act == "add" and len(lines) < MOST_LINES:
        lines.append(blank_line(OfferKind.SINGLE))
    elif act in ("renew", "more"):
        pool = find_pool(session, about)
        line = contract_values(session, pool, act, "", now=now, currency=typed["currency"])
        lines = [*(one for one in lines if not _is_blank(one)), line]
    elif act in ("remove", "price", "coterm"):
        place = or_not_found(read_figures(about, len(lines) - 1))
        _change(session, typed, lines, act, place, now=now)
    elif act == "find":
        _fill_in_contact(session, typed)
    else:
        raise NotFound
    return with_lines(typed, lines)


def contract_values(
    session: Session, pool: PoolFacts, act: str, quantity: str, *, now: datetime, currency: str
) -> Line:
    """Return the line that renews a pool or adds seats to it, at the pool's own price."""
    zone = zone_of(session, pool.organization_id)
    seats = read_figures(quantity, MOST_SEATS) or None
    if act == "renew":
        line = contract_lines.renewal_line(session, pool, seats, zone, now=now)
    else:
        line = contract_lines.line_of_more_seats(session, pool, seats or 1, zone, now=now)
    return {**_of_new_line(line, pool, currency, zone), "pool": pool.public_id}


def list_price(session: Session, line: Mapping[str, str]) -> str:
    """Return the list price of a line as the form shows it; "" if it is negotiated."""
    kind = next((each for each in OfferKind if each == line.get("kind")), None)
    typed = line.get("quantity", "").strip()
    seats = read_figures(typed, MOST_SEATS) or None
    if kind is None or (typed and seats is None):
        return ""
    people = seats if kind not in OF_A_LOGIN else None
    quoted = quote(read_prices(session), Ask(kind, people))
    return write_amount(quoted.total_minor, quoted.currency) if isinstance(quoted, Quote) else ""


def price_of(session: Session, line: Mapping[str, str], *, currency: str, now: datetime) -> str:
    """Return the correct price of a line: that of a renewal or of more seats, else the list price."""
    acts = {LineAct.RENEWAL.value: "renew", LineAct.MORE_SEATS.value: "more"}
    if line.get("pool") and line.get("act") in acts:
        pool = find_pool(session, line["pool"])
        act = acts[line["act"]]
        quantity = line.get("quantity", "")
        return contract_values(session, pool, act, quantity, now=now, currency=currency)["price"]
    return list_price(session, line)


def read_day(text: str) -> date | None:
    """Return the day that a date field contains; None if it is invalid."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def day_text(day: date | None) -> str:
    """Return a day in the format of a date field."""
    return day.isoformat() if day else ""


def _fill_in_contact(session: Session, typed: Typed) -> None:
    """Fill in the organization's full name, and its first manager if no contact was typed yet."""
    organization = match_organization(session, typed.get("organization", ""))
    if session.scalar(select(func.count()).where(Organization.name == organization.name)) == 1:
        typed["organization"] = organization.name
    known = [one for one in find_managers(session, organization.id, most=1) if one.email]
    if known and not typed.get("email", "").strip():
        typed["email"], typed["name"] = known[0].email or "", known[0].name


def _change(
    session: Session, typed: Typed, lines: list[Line], act: str, place: int, *, now: datetime
) -> None:
    if act == "remove":
        del lines[place]
        if not lines:
            lines.append(blank_line(OfferKind.SINGLE))
    elif act == "price":
        currency = typed["currency"]
        lines[place]["price"] = price_of(session, lines[place], currency=currency, now=now)
    else:
        _end_with_fiscal_year(session, typed, lines[place], now=now)


def _end_with_fiscal_year(session: Session, typed: Typed, line: Line, *, now: datetime) -> None:
    """End a line with the customer's fiscal year, and prorate a year's price by the day (M9).

    Raises Invalid if the customer's fiscal year isn't known.
    """
    organization = match_organization(session, typed.get("organization", ""))
    month, zone = organization.fiscal_year_start, zone_of(session, organization.id)
    if month is None:
        raise Invalid(NO_FISCAL_YEAR)
    starts = read_day(line.get("starts_at", "")) or now.astimezone(zone).date()
    year = starts.year if date(starts.year, month, 1) > starts else starts.year + 1
    ends = date(year, month, 1)
    line["starts_at"], line["ends_at"] = day_text(starts), day_text(ends - timedelta(days=1))
    full = price_of(session, line, currency=typed["currency"], now=now) or line.get("price", "")
    if full:
        minor = read_amount(full, typed["currency"], field="price")
        part = by_the_day(minor, starts=date(year - 1, month, 1), ends=ends, added=starts)
        line["price"] = write_amount(part, typed["currency"])


def _is_blank(line: Mapping[str, str]) -> bool:
    """Return whether a line is empty."""
    return not line.get("webinar", "").strip() and line.get("kind") == OfferKind.SINGLE


def _of_new_line(line: NewLine, pool: PoolFacts, currency: str, zone: ZoneInfo) -> Line:
    return {
        "kind": line.kind.value,
        "act": line.act.value,
        "adds_to": line.adds_to or "",
        "webinar": pool.covers if pool.target.scope is Scope.WEBINAR else "",
        "about": pool.slug if pool.target.scope is Scope.WEBINAR else "",
        "covers": EVERYTHING if pool.target.scope is Scope.WEBINAR else line.covers,
        "quantity": "" if line.quantity is None else str(line.quantity),
        "price": write_amount(line.price_minor, currency),
        "starts_at": day_text(_day(line.starts_at, zone)),
        "ends_at": day_text(_last_day(line.ends_at, zone)),
        "delivered_through": line.delivered_through.value,
    }


def _of_order_line(session: Session, line: OrderLine, currency: str, zone: ZoneInfo) -> Line:
    adds_to = session.get(OrderLine, line.adds_to_id) if line.adds_to_id else None
    pool = session.get(Pool, line.pool_id) if line.pool_id else None
    slug = _slug(session, line)
    return {
        "kind": line.kind.value,
        "act": line.act.value,
        "adds_to": adds_to.public_id if adds_to else "",
        "pool": pool.public_id if pool else "",
        "webinar": line.description if line.scope is Scope.WEBINAR else "",
        "about": slug if line.scope is Scope.WEBINAR else "",
        "covers": f"{line.scope}:{slug}"
        if slug and line.scope is not Scope.WEBINAR
        else EVERYTHING,
        "quantity": "" if line.quantity is None else str(line.quantity),
        "price": write_amount(line.net_minor + line.discount_minor, currency),
        "discount": write_amount(line.discount_minor, currency) if line.discount_minor else "",
        "discount_reason": line.discount_reason,
        "starts_at": day_text(_day(line.starts_at, zone)),
        "ends_at": day_text(_last_day(line.ends_at, zone)),
        "delivered_through": line.delivered_through.value,
    }


def _slug(session: Session, line: OrderLine) -> str:
    """Return the slug of what a line covers; "" for everything."""
    columns = {
        Scope.WEBINAR: (Webinar.slug, Webinar.id == line.webinar_id),
        Scope.SERIES: (Series.slug, Series.id == line.series_id),
        Scope.PRESENTER: (Presenter.slug, Presenter.id == line.presenter_id),
    }
    if line.scope not in columns:
        return ""
    column, which = columns[line.scope]
    return session.scalars(select(column).where(which)).one()


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return at.astimezone(zone).date() if at else None


def _last_day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return last_calendar_day(at, zone) if at else None
