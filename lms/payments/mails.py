"""The emails to our team about card refunds: those that failed, and those made at the provider."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from lms.branding import read_branding
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.payments import Payment, Refund
from lms.pricing.price_list import say_money


def tell_failed(
    session: Session, refund: Refund, reason: str, *, links: Links, now: datetime
) -> None:
    """Tell our team that a card refund failed; `reason` is the provider's sentence, or ""."""
    subject = N_("A card refund of %(amount)s failed")
    _tell(session, refund, "refund_failed", subject, {"reason": reason}, links=links, now=now)


def tell_elsewhere(session: Session, refund: Refund, *, links: Links, now: datetime) -> None:
    """Ask our team for which line money was refunded at the card provider."""
    subject = N_("What was this refund of %(amount)s for?")
    _tell(session, refund, "refund_elsewhere", subject, {}, links=links, now=now)


def _tell(  # noqa: PLR0913  (it reads as one sentence, and each word is needed)
    session: Session,
    refund: Refund,
    kind: str,
    subject: str,
    values: Mapping[str, object],
    *,
    links: Links,
    now: datetime,
) -> None:
    team = read_branding(session, contact="").contact_email
    if not team:
        return
    payment = session.get_one(Payment, refund.payment_id)
    amount = say_money(refund.amount_minor, payment.currency)
    url = links.page(f"/staff/payments/{payment.public_id}")
    mail_outbox.post(
        session,
        kind=kind,
        to=team,
        login_id=None,
        subject=subject % {"amount": amount},
        values={**values, "amount": amount, "action_url": url},
        now=now,
    )
