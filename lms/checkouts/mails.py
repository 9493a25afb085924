"""The emails about card payments that paid for nothing (MONEY.md, M7)."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_calendar_date
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import MailContext
from lms.models.orders import Order
from lms.models.payments import Payment
from lms.pricing.price_list import say_money
from lms.sales.billing import order_number


def send_unused(
    session: Session,
    order: Order,
    payment: Payment,
    reason: str,
    mail_context: MailContext,
    *,
    now: datetime,
) -> None:
    """Notify the payer and our team of unused money, the reason, and the date of its refund."""
    assert payment.returns_on is not None  # noqa: S101  (the caller set it)
    number = order_number(order)
    values = {
        "name": order.contact_name,
        "number": number,
        "amount": say_money(payment.open_minor, payment.currency),
        "reason": reason,
        "returned": say_calendar_date(payment.returns_on),
    }
    links = mail_context.links
    if order.contact_email:
        mail_outbox.post(
            session,
            kind="payment_unused",
            to=order.contact_email,
            login_id=order.contact_id,
            subject=N_("We'll refund your payment for order %(number)s") % {"number": number},
            values={**values, "action_url": links.page("/ask")},
            now=now,
        )
    mail_outbox.post_to_team(
        session,
        kind="payment_unused_staff",
        subject=N_("We couldn't apply a card payment to order %(number)s") % {"number": number},
        values={**values, "action_url": links.page(f"/staff/payments/{payment.public_id}")},
        now=now,
    )
