"""Reinstated webinars: withdraws unused offers, and offers refunded purchases at their price."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.cancellation_offers import mails
from lms.cancellation_offers.bought import is_of
from lms.cancellation_offers.offers import find_offer
from lms.core.model_base import new_public_id
from lms.documents.payment_links import PaymentLinks, link_of
from lms.grants.grants import Target
from lms.live.registrants import TO_COME
from lms.mail.links import MailContext
from lms.models.catalog import Webinar, WebinarState
from lms.models.documents import CreditReason, Document, DocumentKind, DocumentLine
from lms.models.grants import Scope
from lms.models.live import CancellationOffer, OfferChoice
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization
from lms.organizations.manager_emails import managers_or_billing
from lms.organizations.order_contacts import emailed_contact
from lms.pricing.price_list import say_money
from lms.sales import orders, quotes
from lms.sales.new_orders import NewLine, NewOrder


def end_offer(
    session: Session,
    offer_id: str,
    *,
    pay: PaymentLinks,
    mail_context: MailContext,
    now: datetime,
) -> None:
    """Withdraw an unused offer of a webinar that is held after all, or offer the purchase again.

    Exchanges stay, and a webinar that was withdrawn since isn't offered again. A second call has no effect.
    """
    offer = find_offer(session, offer_id, lock=True)
    webinar = session.get_one(Webinar, offer.webinar_id)
    is_over = offer.withdrawn_at is not None or offer.again_id is not None
    if is_over or webinar.state not in TO_COME:
        return
    if offer.choice is None:
        offer.withdrawn_at = now
        session.flush()
        mails.send_ended(session, offer, now=now)
    elif offer.choice is not OfferChoice.EXCHANGE and webinar.state is WebinarState.ANNOUNCED:
        _offer_again(session, offer, webinar, pay=pay, mail_context=mail_context, now=now)


def _offer_again(
    session: Session,
    offer: CancellationOffer,
    webinar: Webinar,
    *,
    pay: PaymentLinks,
    mail_context: MailContext,
    now: datetime,
) -> None:
    """Quote the refunded lines at the price they were sold for; buys nothing."""
    credited = _credited(session, offer)
    if not credited:
        return
    first = credited[0][0]
    contacts = (emailed_contact(session, order.id) for order, *_line in credited)
    reader = next(filter(None, contacts), None) or next(
        iter(managers_or_billing(session, offer.organization_id or 0)), None
    )
    organization = session.get(Organization, offer.organization_id or 0)
    lines = tuple(
        NewLine(
            kind=line.kind,
            covers=f"{Scope.WEBINAR}:{webinar.slug}",
            price_minor=net,
            quantity=quantity,
            delivered_through=line.delivered_through,
        )
        for _order, line, net, quantity in credited
    )
    new = NewOrder(
        lines=lines,
        email=reader.email if reader else "",
        name=reader.name if reader else "",
        terms=first.terms,
        currency=first.currency,
        organization=organization.slug if organization else "",
        net_days=first.net_days,
        order_id=new_public_id(),
        livemode=first.livemode,
        is_self_service=organization is not None,
    )
    targets = [Target(Scope.WEBINAR, webinar.id)] * len(lines)
    order = orders.write_down(session, new, targets, actor=None, now=now)
    order.bill_to, order.exempt_as = first.bill_to, first.exempt_as
    quoted = quotes.issue_quote(
        session, order, mail_context=mail_context, actor=None, now=now, is_mailed=False
    )
    offer.again_id = order.id
    session.flush()
    audit.record(session, "order.offered_again", order.public_id, actor=None, now=now)
    mails.send_offered_again(
        session,
        offer,
        price=say_money(session.get_one(Document, quoted.document_id).total_minor, order.currency),
        link=link_of(session, order, where=pay, now=now),
        orders=sorted({one.id for one, _line, _net, _quantity in credited}),
        now=now,
    )


def _credited(
    session: Session, offer: CancellationOffer
) -> list[tuple[Order, OrderLine, int, int | None]]:
    """Return the lines that the choice credited, each with its amount before tax and its seats."""
    rows = session.execute(
        select(
            Order,
            OrderLine,
            func.sum(-DocumentLine.net_minor).label("net"),
            func.sum(-DocumentLine.quantity).label("quantity"),
        )
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(DocumentLine, DocumentLine.order_line_id == OrderLine.id)
        .join(Document, Document.id == DocumentLine.document_id)
        .where(
            is_of(offer),
            OrderLine.webinar_id == offer.webinar_id,
            Document.kind == DocumentKind.CREDIT_NOTE,
            Document.reason == CreditReason.RETURN,
            Document.issued_at == offer.chosen_at,
        )
        .group_by(Order.id, OrderLine.id)
        .order_by(OrderLine.id)
    )
    return [
        (row[0], row[1], int(row.net), None if row[1].quantity is None else int(row.quantity or 1))
        for row in rows
    ]
