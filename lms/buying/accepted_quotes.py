"""Accepted quotes: a customer accepts one, by the payment link or on their organization's page."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from lms.mail.links import MailContext
from lms.models.documents import Document
from lms.models.orders import Order, Quote, Terms
from lms.order_reviews import reviews
from lms.payments import credit_limit
from lms.sales import quotes
from lms.sales.quotes import Acceptance


def accept(
    session: Session,
    quote: Quote,
    acceptance: Acceptance,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Order:
    """Accept a quote for its customer, which places its order; returns the order.

    Access opens by the credit limit, else when our team or a payment opens it (PRODUCT.md, P9).
    Nothing is paid by accepting: what our team meant to be paid by card gets an open invoice.
    Raises as `quotes.accept`.
    """
    order = session.get_one(Order, quote.order_id, with_for_update=True)
    if order.terms is Terms.CARD:
        order.terms = Terms.INVOICE
        session.flush()
    total = session.get_one(Document, quote.document_id).total_minor
    opens = order.organization_id is not None and credit_limit.opens_at_once(
        session, order.organization_id, wanted_minor=total
    )
    quotes.accept(
        session,
        quote,
        replace(acceptance, is_held=not opens),
        mail_context=mail_context,
        actor=actor,
        now=now,
    )
    if not opens:
        reviews.ask(session, order, mail_context=mail_context, now=now)
    return order
