"""Sale form builder and reader: fills the form from a request, and reads it as a new sale."""

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.errors import N_, Invalid
from lms.core.model_base import new_public_id
from lms.grants.request_and_sale_form_choices import (
    EVERYTHING,
    all_organizations,
    find_webinar,
    scopes,
    webinars_on_sale,
)
from lms.models.grants import OfferKind, Scope
from lms.models.requests import RequestKind
from lms.models.sales import DeliveredThrough, Terms
from lms.pricing.price_list import DEFAULT_CURRENCY, MOST_SEATS, Price, read_prices
from lms.pricing.quotes import Ask, Quote, quote
from lms.requests.read_models import RequestFacts
from lms.sales.extra_seat_prices import end_of_contract, price_for_the_rest, price_of_more
from lms.sales.sales import DATED, OF_A_LOGIN, NewSale, last_moment
from lms.seats.pools import PoolFacts, find_pool
from lms.web.core.money_parsing_and_formatting import read_amount, write_amount
from lms.web.core.request_context import carrel, render
from lms.web.sales.staff_forms import A_NEW_ORGANIZATION, A_PERSON, SaleForm

ALWAYS_AN_ORGANIZATION: Final = (
    OfferKind.GROUP_SEATS,
    OfferKind.INSTITUTIONAL,
    OfferKind.CONTRACT,
)
TERMS: Final = {
    RequestKind.INVOICE: Terms.INVOICE,
    RequestKind.PURCHASE_ORDER: Terms.PURCHASE_ORDER,
    RequestKind.CHECK: Terms.CHECK,
}


def blank_form(session: Session) -> SaleForm:
    """Return the form of a sale that nobody asked for; the address may say to whom it goes."""
    args = request.args
    currency = currency_of(session)
    kind = next((each for each in OfferKind if each == args.get("kind")), OfferKind.SINGLE)
    quantity = None if kind is OfferKind.INSTITUTIONAL else 1
    known = {
        "sale_id": new_public_id(),
        "currency": currency,
        "kind": kind.value,
        "organization": args.get("organization", A_PERSON),
        "email": args.get("email", ""),
        "name": args.get("name", ""),
        "quantity": quantity,
        "price": price_text(read_prices(session), kind, quantity),
        "terms": Terms.INVOICE.value,
    }
    named = find_webinar(session, "", slug=args.get("webinar", ""))
    if named is not None:
        known |= {"webinar": named.name, "about": named.slug}
    return with_choices(session, SaleForm(data=known))


def form_for(session: Session, facts: RequestFacts) -> SaleForm:
    """Return the form of the sale that a request asks for, filled in as far as is known."""
    pool = find_pool(session, facts.pool_public_id) if facts.pool_public_id else None
    kind = _kind(facts, pool)
    currency = facts.quoted_currency or currency_of(session)
    known: dict[str, object] = {
        "sale_id": new_public_id(),
        "currency": currency,
        "kind": kind.value,
        "covers": facts.covers or EVERYTHING,
        "organization": _organization(facts, kind),
        "organization_name": "" if facts.organization_slug else facts.organization_name,
        "name": facts.name,
        "email": facts.email,
        "quantity": _quantity(facts, kind),
        "price": _price(session, facts, pool, kind, currency),
        "terms": TERMS.get(facts.kind, Terms.INVOICE).value,
        "reference": facts.reference,
        "delivered_through": facts.delivered_through.value,
    }
    if facts.webinar_slug:
        known |= {"webinar": facts.webinar_title, "about": facts.webinar_slug}
    if pool is not None:
        known |= _of_pool(session, pool)
    return with_choices(session, SaleForm(data=known))


def with_choices(session: Session, form: SaleForm) -> SaleForm:
    """Give a form its lists."""
    form.offer_choices(scopes(session), all_organizations(session))
    return form


def read_sale(session: Session, form: SaleForm, *, answers: str | None = None) -> NewSale:
    """Return what the form says; raises Invalid, with faults by field."""
    if not form.validate():
        raise Invalid(N_("Please look at this again."))
    kind = OfferKind(form.kind.data)
    chosen = form.organization.data
    zone = default_zone()
    return NewSale(
        kind=kind,
        covers=_covers(session, form, kind),
        email=form.email.address.shown,
        name=form.name.data or "",
        price_minor=read_amount(form.price.data or "", _currency(form), field="price"),
        currency=_currency(form),
        terms=Terms(form.terms.data),
        organization="" if chosen in (A_PERSON, A_NEW_ORGANIZATION) else chosen,
        organization_name=_new_name(form),
        quantity=_sold_quantity(form, kind),
        starts_at=_morning(form.starts_at.data, zone),
        ends_at=_evening(form.ends_at.data, zone) if kind in DATED else None,
        due_at=_evening(form.due_at.data, zone),
        is_held=form.is_held.data,
        reference=form.reference.data or "",
        delivered_through=DeliveredThrough(form.delivered_through.data),
        tax_exemption=form.tax_exemption.data or "",
        tax_exempt_until=_evening(form.tax_exempt_until.data, zone),
        note=form.note.data or "",
        sale_id=form.sale_id.data or "",
        answers=answers,
    )


def render_form(session: Session, form: SaleForm, template: str, **values: object) -> str:
    """Render a page that holds the form."""
    return render(template, form=form, webinars=webinars_on_sale(session), **values)


def currency_of(session: Session) -> str:
    """Return the house's currency."""
    return next((each.currency for each in read_prices(session)), DEFAULT_CURRENCY)


def price_text(prices: tuple[Price, ...], kind: OfferKind, quantity: int | None) -> str:
    """Return what the prices say, as the form holds it; empty where it is negotiated."""
    if quantity is not None and not 1 <= quantity <= MOST_SEATS:
        return ""
    people = quantity if kind not in OF_A_LOGIN else None
    quoted = quote(prices, Ask(kind, people))
    if not isinstance(quoted, Quote):
        return ""
    return write_amount(quoted.total_minor, quoted.currency)


def default_zone() -> ZoneInfo:
    """Return the zone in which the house's days end."""
    return ZoneInfo(carrel().settings.time_zone)


def _kind(facts: RequestFacts, pool: PoolFacts | None) -> OfferKind:
    if pool is not None:
        return OfferKind.GROUP_SEATS if pool.is_permanent else OfferKind.CONTRACT
    return facts.offer or OfferKind.SINGLE


def _organization(facts: RequestFacts, kind: OfferKind) -> str:
    if facts.organization_slug:
        return facts.organization_slug
    needs_one = kind in ALWAYS_AN_ORGANIZATION or (facts.quantity or 1) > 1
    return A_NEW_ORGANIZATION if needs_one and kind not in OF_A_LOGIN else A_PERSON


def _sold_quantity(form: SaleForm, kind: OfferKind) -> int | None:
    if kind is OfferKind.INSTITUTIONAL:
        return None
    return 1 if kind in OF_A_LOGIN else form.quantity.data


def _quantity(facts: RequestFacts, kind: OfferKind) -> int | None:
    if kind is OfferKind.INSTITUTIONAL:
        return None
    return 1 if kind in OF_A_LOGIN else facts.quantity or 1


def _price(
    session: Session,
    facts: RequestFacts,
    pool: PoolFacts | None,
    kind: OfferKind,
    currency: str,
) -> str:
    if facts.quoted_minor is not None:
        return write_amount(facts.quoted_minor, currency)
    if pool is not None:
        number = facts.quantity or 1
        more = (
            price_of_more(session, pool, number, now=now())
            if pool.is_permanent
            else price_for_the_rest(session, pool, number, default_zone(), now=now())
        )
        return write_amount(more, currency) if isinstance(more, int) else ""
    return price_text(read_prices(session), kind, facts.quantity)


def _of_pool(session: Session, pool: PoolFacts) -> dict[str, object]:
    if pool.target.scope is Scope.WEBINAR:
        return {"webinar": pool.covers, "about": pool.slug}
    covers = EVERYTHING if not pool.slug else f"{pool.target.scope}:{pool.slug}"
    return {"covers": covers, "ends_at": end_of_contract(session, pool, default_zone(), now=now())}


def _covers(session: Session, form: SaleForm, kind: OfferKind) -> str:
    if kind in DATED:
        return str(form.covers.data)
    words = (form.webinar.data or "").strip()
    opened = find_webinar(session, "", slug=form.about.data or "")
    named = opened if opened and opened.name == words else find_webinar(session, words)
    if named is None or not words:
        sentence = N_("Choose a webinar that is announced.")
        raise Invalid(sentence, fields={"webinar": sentence})
    return f"{Scope.WEBINAR}:{named.slug}"


def _new_name(form: SaleForm) -> str:
    if form.organization.data != A_NEW_ORGANIZATION:
        return ""
    name = (form.organization_name.data or "").strip()
    if not name:
        sentence = N_("Say what the organization is called.")
        raise Invalid(sentence, fields={"organization_name": sentence})
    return name


def _currency(form: SaleForm) -> str:
    return form.currency.data or DEFAULT_CURRENCY


def _morning(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), tzinfo=zone)


def _evening(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else last_moment(day, zone)
