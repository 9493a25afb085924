"""Requested orders: a customer's request becomes a draft order at that day's price.

Our team quotes or places the draft. Renewing a contract and adding seats to it are separate lines with
separate prices (PRODUCT.md, C5, P4 and C3).
"""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.errors import NotFound
from lms.grants.grants import Target
from lms.grants.request_and_sale_form_choices import read_target
from lms.mail.links import Links, MailContext
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.orders import Order, Terms
from lms.models.organizations import Organization
from lms.models.requests import RequestKind, RequestState
from lms.pricing.price_list import currency_of, read_prices
from lms.pricing.quotes import Quote, Unpriced, holds_until
from lms.requests import requests
from lms.requests.asker import Asker
from lms.requests.read_models import RequestFacts, find_request, requests_of_order
from lms.requests.requests import NewRequest
from lms.sales import cancellations, contract_lines, orders, purchase_orders, quotes
from lms.sales.contract_lines import covers_of
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.purchase_orders import NewPurchaseOrder
from lms.seats.pools import PoolFacts

TERMS = {
    RequestKind.CHECK: Terms.CHECK,
    RequestKind.PURCHASE_ORDER: Terms.PURCHASE_ORDER,
}


def ask(
    session: Session,
    new: NewRequest,
    *,
    quote_of: str | None = None,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> RequestFacts:
    """Send our team a request, with a draft order at today's price.

    A purchase order that names an earlier request (`quote_of`) uses that request's draft and price
    while it is valid (P8). Raises Invalid, with errors by field.
    """
    requests.checked(new)
    order = _quoted_before(session, new, quote_of, now=now) if quote_of else None
    if order is None:
        order = _draft(session, new, actor=actor, now=now)
    if order is not None and new.kind is RequestKind.PURCHASE_ORDER:
        _add_purchase_order(session, order, new, now=now)
    linked = replace(new, order_id=order.id if order else None)
    return requests.ask(session, linked, mail_context=mail_context, actor=actor, now=now)


def decline(
    session: Session,
    request_id: str,
    *,
    answer: str,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Decline a request, and cancel the order that was drafted for it alone and never quoted.

    Raises as `requests.decline` does.
    """
    requests.decline(session, request_id, answer=answer, links=links, actor=actor, now=now)
    order_id = find_request(session, request_id).order_public_id
    if order_id is None:
        return
    order = orders.find_order(session, order_id, lock=True)
    is_needed = (
        order.placed_at is not None
        or order.canceled_at is not None
        or quotes.newest(session, order.id) is not None
        or any(
            one.state is not RequestState.DECLINED for one in requests_of_order(session, order.id)
        )
    )
    if not is_needed:
        cancellations.cancel(session, order, actor=actor, now=now)


def ask_to_renew(
    session: Session, pool: PoolFacts, asker: Asker, *, mail_context: MailContext, now: datetime
) -> RequestFacts:
    """Request a quote for renewing a contract: same scope and seats, for a full term until its anniversary (C5).

    Raises Conflict for seats that never end or that come from another organization.
    """
    line = contract_lines.renewal_line(
        session, pool, None, _zone_of(session, pool, mail_context), now=now
    )
    return _ask_for(
        session, pool, asker, line, RequestKind.RENEWAL, mail_context=mail_context, now=now
    )


def ask_for_more(
    session: Session,
    pool: PoolFacts,
    more: int,
    asker: Asker,
    *,
    mail_context: MailContext,
    now: datetime,
) -> RequestFacts:
    """Request more seats: prorated until the end of a contract (C3), otherwise permanent (P4).

    Raises Invalid (field `quantity`), and Conflict for an unlimited pool.
    """
    line = contract_lines.line_of_more_seats(
        session, pool, more, _zone_of(session, pool, mail_context), now=now
    )
    return _ask_for(
        session, pool, asker, line, RequestKind.MORE_SEATS, mail_context=mail_context, now=now
    )


def _ask_for(  # noqa: PLR0913  (asker, contents, and time)
    session: Session,
    pool: PoolFacts,
    asker: Asker,
    line: NewLine,
    kind: RequestKind,
    *,
    mail_context: MailContext,
    now: datetime,
) -> RequestFacts:
    organization = session.get_one(Organization, pool.organization_id)
    order = orders.write_down(
        session,
        NewOrder(
            lines=(line,),
            email=asker.email,
            name=asker.name,
            terms=Terms.INVOICE,
            currency=currency_of(session),
            organization=organization.slug,
            is_self_service=True,
        ),
        [pool.target],
        actor=asker.public_id,
        now=now,
    )
    new = NewRequest(
        kind=kind,
        name=asker.name,
        email=asker.email,
        offer=line.kind,
        organization_name=organization.name,
        login_id=asker.login_id,
        organization_id=organization.id,
        webinar_id=pool.target.id if pool.target.scope is Scope.WEBINAR else None,
        pool_id=pool.id,
        quantity=line.quantity,
        covers=covers_of(pool) if pool.target.scope is not Scope.WEBINAR else "",
        message=asker.message,
        order_id=order.id,
    )
    return requests.ask(session, new, mail_context=mail_context, actor=asker.public_id, now=now)


def _draft(session: Session, new: NewRequest, *, actor: str | None, now: datetime) -> Order | None:
    """Create the draft order of a request; None if its price is unknown."""
    found = _target(session, new)
    if found is None:
        return None
    covers, target = found
    priced = requests.price(read_prices(session, target), new)
    if priced is None or isinstance(priced, Unpriced) or not priced.units:
        return None
    return orders.write_down(
        session,
        NewOrder(
            lines=(_line(new, priced, covers),),
            email=new.email,
            name=new.name,
            terms=TERMS.get(new.kind, Terms.INVOICE),
            currency=priced.currency,
            organization=_slug(session, new.organization_id),
            organization_name=new.organization_name,
            is_self_service=new.organization_id is not None,
        ),
        [target],
        actor=actor,
        now=now,
    )


def _line(new: NewRequest, priced: Quote, covers: str) -> NewLine:
    return NewLine(
        kind=priced.kind,
        covers=covers,
        price_minor=priced.total_minor,
        quantity=None if priced.kind is OfferKind.INSTITUTIONAL else priced.units,
        delivered_through=new.delivered_through,
    )


def _target(session: Session, new: NewRequest) -> tuple[str, Target] | None:
    if new.covers:  # a pass or contract, on any webinar's page
        try:
            return new.covers, read_target(session, new.covers)
        except NotFound:
            return None
    if new.webinar_id is None:
        return None
    slug = session.scalars(select(Webinar.slug).where(Webinar.id == new.webinar_id)).one()
    return f"{Scope.WEBINAR}:{slug}", Target(Scope.WEBINAR, new.webinar_id)


def _quoted_before(
    session: Session, new: NewRequest, quote_of: str, *, now: datetime
) -> Order | None:
    """Return the draft of an earlier request, if it is for the same and its price is still valid (P8)."""
    earlier = find_request(session, quote_of)
    if earlier.order_public_id is None or now >= holds_until(earlier.created_at):
        return None
    order = orders.find_order(session, earlier.order_public_id, lock=True)
    (line, *others) = orders.lines_of(session, order.id)
    quantity = None if line.kind is OfferKind.INSTITUTIONAL else line.quantity
    is_same = (line.webinar_id, quantity) == (new.webinar_id, new.quantity or quantity)
    is_draft = order.placed_at is None and order.canceled_at is None
    return order if is_draft and not others and is_same else None


def _add_purchase_order(session: Session, order: Order, new: NewRequest, *, now: datetime) -> None:
    order.terms = Terms.PURCHASE_ORDER
    purchase_orders.keep(session, order, NewPurchaseOrder(new.reference, now, file=new.file))


def _slug(session: Session, organization_id: int | None) -> str:
    if organization_id is None:
        return ""
    return session.get_one(Organization, organization_id).slug


def _zone_of(session: Session, pool: PoolFacts, mail_context: MailContext) -> ZoneInfo:
    return mail_context.in_zone(session.get_one(Organization, pool.organization_id).zone).zone
