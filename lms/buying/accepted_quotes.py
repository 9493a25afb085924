"""Accepted quotes: a customer accepts one, by the payment link or on their organization's page."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from lms.buying import credit
from lms.core.email_addresses import read_address
from lms.mail.links import MailContext
from lms.models.orders import Order, Quote, Terms
from lms.order_reviews import takeovers
from lms.sales import quotes
from lms.sales.buyers import replace_erased_contact
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
    """Accept a quote for its customer, which places its order; return the order.

    Access opens as for an order at checkout: on the credit of its organization or of the domain of
    the quote's address, or else when our team or a payment opens it (P9). Accepting pays nothing,
    so an order that our team set to card payment gets an open invoice. Raises as `quotes.accept`.
    """
    order = session.get_one(Order, quote.order_id, with_for_update=True)
    if order.terms is Terms.CARD:
        order.terms = Terms.INVOICE
        session.flush()
    replace_erased_contact(session, order, actor=actor)
    address = read_address(order.contact_email) if order.contact_email else None
    opens = credit.opens_at_once(session, order, address)
    quotes.accept(
        session,
        quote,
        replace(acceptance, is_held=not opens),
        mail_context=mail_context,
        actor=actor,
        now=now,
    )
    if not opens:
        credit.ask_our_team(session, order, address, mail_context=mail_context, now=now)
    takeovers.ask_about_contact(session, order, mail_context=mail_context, now=now)
    return order
