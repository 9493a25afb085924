"""The emails about card payments that paid for nothing (MONEY.md, M7)."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_calendar_date
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import MailContext
from lms.models.orders import Order
from lms.models.payments import Payment
from lms.organizations.order_contacts import contact_or_managers
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
        "number": number,
        "amount": say_money(payment.open_minor, payment.currency),
        "reason": reason,
        "returned": say_calendar_date(payment.returns_on),
    }
    links = mail_context.links
    for one in contact_or_managers(session, order.id, order.organization_id):
        mail_outbox.post(
            session,
            kind="payment_unused",
            to=one.email,
            login_id=one.login_id,
            subject=N_("We'll refund your payment for order %(number)s") % {"number": number},
            values={**values, "name": one.name, "action_url": links.page("/ask")},
            now=now,
        )
    mail_outbox.post_to_team(
        session,
        kind="payment_unused_staff",
        subject=N_("We couldn't apply a card payment to order %(number)s") % {"number": number},
        values={**values, "action_url": links.page(f"/staff/payments/{payment.public_id}")},
        now=now,
    )
