"""Renewals of people's passes: a quote at the current price, paid by its link (MONEY.md, M17).

A notice 30 days before the end links to the payment page of the quote, as those 7 days and 1 day before,
and at the end, do. Nothing is renewed without payment. If paid in time, the new year begins when the pass ends; if paid
late, it begins then (PRODUCT.md, A5).
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import logins_of
from lms.contracts.grace_periods import IS_UNOPENED
from lms.contracts.mails import EndingPass, send_pass_ends
from lms.contracts.pass_and_seat_reminders import find_pass
from lms.documents.payment_links import PaymentLinks, link_of
from lms.grants.grants import target_columns
from lms.mail.links import MailContext
from lms.models.grants import Grant, OfferKind
from lms.models.orders import Order, OrderLine, Quote, Terms
from lms.pricing.price_list import read_prices, say_money
from lms.pricing.quotes import Ask, Unpriced, quote
from lms.sales import orders, quotes
from lms.sales.new_orders import NewLine, NewOrder

BY_REQUEST: Final = "/ask?kind=pass"


def tell(
    session: Session,
    ending: EndingPass,
    *,
    pay: PaymentLinks,
    mail_context: MailContext,
    now: datetime,
) -> None:
    """Email the owner of a pass that it ends or ended, with the link that renews it.

    If they ordered the renewal and it is on hold, the link pays that order.
    """
    session.scalars(select(Grant.id).where(Grant.public_id == ending.grant).with_for_update()).one()
    held = _on_hold(session, ending)
    order = held or _quoted(session, ending, now=now)
    order = order or _quote(session, ending, mail_context=mail_context, now=now)
    url, price = mail_context.links.page(BY_REQUEST), ""
    if order is not None:
        url = link_of(session, order, where=pay, now=now)
    if order is not None and held is None:
        total = sum(line.net_minor for line in orders.lines_of(session, order.id))
        price = say_money(total, order.currency)
    told = replace(ending, is_held=held is not None)
    send_pass_ends(session, told, mail_context, url=url, price=price, now=now)


def send_link(
    session: Session, grant_id: str, *, pay: PaymentLinks, mail_context: MailContext, now: datetime
) -> str:
    """Email the owner of a pass the link that renews it, and return their address; raises NotFound."""
    ending = find_pass(session, grant_id)
    tell(session, ending, pay=pay, mail_context=mail_context, now=now)
    return ending.reader.email


def _on_hold(session: Session, ending: EndingPass) -> Order | None:
    """Return the order that renewed this pass and has been on hold since, or None."""
    wanted = [
        getattr(Grant, name).is_not_distinct_from(value)
        for name, value in target_columns(ending.target).items()
    ]
    return session.scalar(
        select(Order)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Grant, Grant.order_line_id == OrderLine.id)
        .where(
            Grant.login_id.in_(logins_of(ending.reader.login_id or 0)),
            Grant.kind == OfferKind.PASS,
            Grant.revoked_at.is_(None),
            Grant.ends_at > ending.ends_at,
            IS_UNOPENED,
            *wanted,
        )
        .order_by(Order.id.desc())
        .limit(1)
    )


def _quoted(session: Session, ending: EndingPass, *, now: datetime) -> Order | None:
    """Return the open order that would renew only this pass, while its quote is valid."""
    other = aliased(OrderLine)
    has_more = exists().where(
        other.order_id == Order.id, other.replaced_at.is_(None), other.id != OrderLine.id
    )
    wanted = [
        getattr(OrderLine, name).is_not_distinct_from(value)
        for name, value in target_columns(ending.target).items()
    ]
    return session.scalar(
        select(Order)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Quote, Quote.order_id == Order.id)
        .where(
            Order.contact_id.in_(logins_of(ending.reader.login_id or 0)),
            Order.organization_id.is_(None),
            Order.organization_name == "",
            Order.placed_at.is_(None),
            Order.canceled_at.is_(None),
            OrderLine.kind == OfferKind.PASS,
            OrderLine.replaced_at.is_(None),
            *wanted,
            ~has_more,
            Quote.superseded_at.is_(None),
            Quote.expires_at > now,
        )
        .order_by(Order.id.desc())
        .limit(1)
    )


def _quote(
    session: Session, ending: EndingPass, *, mail_context: MailContext, now: datetime
) -> Order | None:
    """Quote another year of a pass at the current price; None without a price."""
    priced = quote(read_prices(session, ending.target), Ask(OfferKind.PASS, 1))
    if isinstance(priced, Unpriced):
        return None
    new = NewOrder(
        lines=(NewLine(OfferKind.PASS, "", priced.total_minor),),
        email=ending.reader.email,
        name=ending.reader.name,
        terms=Terms.CARD,
        currency=priced.currency,
    )
    order = orders.write_down(session, new, [ending.target], actor=None, now=now)
    order.contact_id = ending.reader.login_id
    before = session.scalar(
        select(Order)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Grant, Grant.order_line_id == OrderLine.id)
        .where(Grant.public_id == ending.grant)
    )
    if before is not None:
        order.bill_to, order.exempt_as = before.bill_to, before.exempt_as
    quotes.issue_quote(
        session, order, mail_context=mail_context, actor=None, now=now, is_mailed=False
    )
    return order
