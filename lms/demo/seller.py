"""The demo's policies, all invented."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.models.seller import PolicyKind
from lms.seller.policies import publish_policy, save_draft

POLICIES: Final = {
    PolicyKind.TERMS: """\
These terms apply to everything you buy from us.

# Orders and payment

You can pay by check or bank transfer, on invoice, or with a purchase order. An invoice is due on
the day it names. The purchase order's own terms count where they say more about payment.

# Access

Single webinars and seats don't expire. A pass lasts a year from the day you buy it. The people you
name have access of their own; please don't share an account.

# Changes of date

If we move a webinar, your order stays valid for the new date. If we cancel it, you choose a refund,
another webinar or a credit.
""",
    PolicyKind.REFUND: """\
- Before a live webinar starts, you can cancel for a full refund.
- After that, you have 30 days to return a seat that no one has used.
- If we cancel a webinar, you get all of your money back, or another webinar, as you prefer.

Refunds are paid the way the order was paid.
""",
}


def write_policies(session: Session, *, now: datetime) -> None:
    """Publish the terms of sale and the refund policy."""
    for kind, text in POLICIES.items():
        save_draft(session, kind, text, actor=None, now=now)
        publish_policy(session, kind, actor=None, now=now)
