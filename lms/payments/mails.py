"""The emails to our team about card refunds, and about balances that don't add up."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.branding import read_branding
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.accounts import Login, SellerRole
from lms.models.payments import Payment, Refund
from lms.payments.balance_check import Difference
from lms.pricing.price_list import say_money

NAMED_AT_MOST: Final = 20


def tell_failed(
    session: Session, refund: Refund, reason: str, *, links: Links, now: datetime
) -> None:
    """Notify our team that a card refund failed; `reason` is the provider's message, or ""."""
    subject = N_("A card refund of %(amount)s failed")
    _tell(session, refund, "refund_failed", subject, {"reason": reason}, links=links, now=now)


def tell_elsewhere(session: Session, refund: Refund, *, links: Links, now: datetime) -> None:
    """Ask our team which line a refund made at the card provider was for."""
    subject = N_("Record what a refund of %(amount)s was for")
    _tell(session, refund, "refund_elsewhere", subject, {}, links=links, now=now)


def tell_differences(
    session: Session, found: Sequence[Difference], *, links: Links, now: datetime
) -> None:
    """Notify our team of balances that differ: at its contact address, or else each of its owners."""
    team = read_branding(session, contact="").contact_email
    readers = [(team, None)] if team else _owners(session)
    for email, login_id in readers:
        mail_outbox.post(
            session,
            kind="balances_differ",
            to=email,
            login_id=login_id,
            subject=N_("Balances that don't add up: %(number)s") % {"number": len(found)},
            values={
                "found": [
                    {
                        "kind": one.kind,
                        "number": one.number or one.subject,
                        "stored": say_money(one.stored_minor, one.currency),
                        "computed": say_money(one.computed_minor, one.currency),
                    }
                    for one in found[:NAMED_AT_MOST]
                ],
                "total": len(found),
                "action_url": links.page("/staff/balances"),
            },
            now=now,
        )


def _owners(session: Session) -> list[tuple[str, int | None]]:
    rows = session.execute(
        select(Login.email, Login.id).where(
            Login.seller_role == SellerRole.OWNER, Login.blocked_at.is_(None)
        )
    )
    return [(row.email, row.id) for row in rows if row.email]


def _tell(  # noqa: PLR0913  (every argument is needed)
    session: Session,
    refund: Refund,
    kind: str,
    subject: str,
    values: Mapping[str, object],
    *,
    links: Links,
    now: datetime,
) -> None:
    payment = session.get_one(Payment, refund.payment_id)
    amount = say_money(refund.amount_minor, payment.currency)
    url = links.page(f"/staff/payments/{payment.public_id}")
    mail_outbox.post_to_team(
        session,
        kind=kind,
        subject=subject % {"amount": amount},
        values={**values, "amount": amount, "action_url": url},
        now=now,
    )
