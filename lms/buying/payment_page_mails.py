"""Emails of payment pages: notify our team of what a payer sent."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.orders import Order
from lms.requests.read_models import number_of


@dataclass(frozen=True, slots=True)
class Told:
    """What was sent, such as "Purchase order received", and its number or file name."""

    what: str
    which: str


def tell_team(session: Session, order: Order, told: Told, *, links: Links, now: datetime) -> None:
    """Email our team what a payer sent with an order's link, if the seller has a contact address."""
    number = number_of(order.public_id)
    mail_outbox.post_to_team(
        session,
        kind="payment_page_used",
        subject=N_("Order %(number)s: %(what)s") % {"number": number, "what": told.what},
        values={
            "number": number,
            "what": told.what,
            "which": told.which,
            "action_url": links.page(f"/staff/orders/{order.public_id}"),
        },
        now=now,
    )
