"""The emails about payments that were returned, are past due, awaited, or disputed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_last_date
from lms.core.errors import N_
from lms.documents.payment_links import PaymentLinks, link_of
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links, MailContext
from lms.models.documents import Document
from lms.models.orders import Order
from lms.models.payments import Dispute, Payment, PaymentMethod
from lms.organizations.manager_emails import Recipient, emailed_managers
from lms.organizations.order_contacts import emailed_payers
from lms.pricing.price_list import say_money
from lms.sales.mails import buyer_and, is_unconfirmed, items_of
from lms.sales.order_search import past_due_orders
from lms.sales.read_models import OrderFacts, find_order_facts, standing_grants_of_order

ON_HOLD = N_("Access is on hold until order %(number)s is paid")
TELLS_FOR: Final = timedelta(days=60)  # earlier ones were already announced, or were imported


def send_bounced(
    session: Session,
    payment: Payment,
    reopened: Sequence[Document],
    *,
    pay: PaymentLinks,
    now: datetime,
) -> None:
    """Email the payer that a payment was returned, and which invoices are open again."""
    for invoice in reopened:
        if invoice.order_id is None:
            continue
        order = session.get_one(Order, invoice.order_id)
        facts = find_order_facts(session, order.public_id)
        values = {
            "check_number": payment.check_number,
            "is_check": payment.method is PaymentMethod.CHECK,
            "amount": say_money(payment.amount_minor, payment.currency),
            "invoice": invoice.label,
            "open": say_money(invoice.open_minor, invoice.currency),
            "is_held": facts.held_at is not None,
            "action_url": link_of(session, order, where=pay, now=now),
        }
        subject = N_("Your payment for invoice %(number)s was returned by the bank")
        for one in emailed_payers(session, facts.id, facts.organization_id):
            mail_outbox.post(
                session,
                kind="payment_bounced",
                to=one.email,
                login_id=one.login_id,
                subject=subject % {"number": invoice.label},
                values={**values, "name": one.name},
                now=now,
            )


def send_held(
    session: Session,
    order: Order,
    *,
    was_open: bool,
    pay: PaymentLinks,
    mail_context: MailContext,
    now: datetime,
) -> bool:
    """Email the buyer, managers and accounts payable that access is on hold until the order is paid.

    `was_open` is False if our team had yet to review the order. Returns whether anyone was emailed: not
    about a test order, without an open invoice, nor before the buyer has confirmed their address (P9).
    """
    facts = find_order_facts(session, order.public_id)
    grants = standing_grants_of_order(session, order.id)
    readers = _concerned(session, facts)
    is_unproven = order.awaits_proof or is_unconfirmed(session, order)
    if is_unproven or not order.livemode or not facts.open_minor or not grants or not readers:
        return False
    values = {
        "number": facts.number,
        "items": items_of(grants, mail_context.zone, now),
        "balance": say_money(facts.open_minor, facts.currency),
        "was_open": was_open,
        "action_url": link_of(session, order, where=pay, now=now),
    }
    for one in readers:
        mail_outbox.post(
            session,
            kind="order_on_hold",
            to=one.email,
            login_id=one.login_id,
            subject=ON_HOLD % {"number": facts.number},
            values={**values, "name": one.name},
            now=now,
        )
    return True


def send_past_due(
    session: Session, facts: OrderFacts, *, links: Links, zone: ZoneInfo, now: datetime
) -> None:
    """Email our team once that an invoice is past due; reminders go to the payer (MONEY.md, M18)."""
    mail_outbox.post_to_team(
        session,
        kind="invoice_past_due_staff",
        subject=N_("Invoice %(number)s is past due") % {"number": facts.invoice_number},
        values={
            "buyer": facts.buyer,
            "number": facts.invoice_number,
            "po_number": facts.po_number,
            "open": say_money(facts.open_minor, facts.currency),
            "due": say_last_date(facts.due_at, zone) if facts.due_at else "",
            "action_url": links.page(f"/staff/orders/{facts.public_id}"),
        },
        now=now,
        unique_key=f"past-due-staff:{facts.invoice_id}",
    )


def notify_staff_of_dispute(
    session: Session, order: Order, dispute: Dispute, *, links: Links, now: datetime
) -> None:
    """Email our team that a payment is disputed, and what was done or must be decided (R2)."""
    facts = find_order_facts(session, order.public_id)
    mail_outbox.post_to_team(
        session,
        kind="order_disputed",
        subject=N_("A payment for order %(number)s is disputed") % {"number": facts.number},
        values={
            "number": facts.number,
            "buyer": facts.buyer,
            "amount": say_money(dispute.amount_minor, order.currency),
            "is_to_organization": facts.is_to_organization,
            "is_suspended": any(
                one.suspended_at is not None for one in standing_grants_of_order(session, order.id)
            ),
            "action_url": links.page(f"/staff/orders/{facts.public_id}"),
        },
        now=now,
    )


def _concerned(session: Session, facts: OrderFacts) -> tuple[Recipient, ...]:
    """Return the buyer, and the managers and accounts payable of their organization, by address."""
    organization_id = facts.organization_id
    managers = emailed_managers(session, organization_id) if organization_id is not None else ()
    return buyer_and(
        session, facts, (*managers, *emailed_payers(session, facts.id, organization_id))
    )


def tell_past_due(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Email our team about each invoice that became past due, once."""
    for facts in past_due_orders(session, now=now, since=now - TELLS_FOR):
        send_past_due(session, facts, links=mail_context.links, zone=mail_context.zone, now=now)
