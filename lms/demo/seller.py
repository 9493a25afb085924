"""The demo's policies and sales texts, all invented."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.models.seller import PolicyKind
from lms.seller.policies import publish_policy, save_draft
from lms.seller.sales_texts import SalesTexts, save_sales_texts

POLICIES: Final = {
    PolicyKind.TERMS: """\
These terms apply to everything you buy from us.

# Orders and payment

You can pay by check or bank transfer, on invoice, or with a purchase order. An invoice is due on
its due date. If your purchase order has payment terms, those apply as well.

# Access

Single webinars and seats don't expire. A pass lasts a year from the day you buy it. Each person
you name has their own access; please don't share an account.

# Changes of date

If we move a webinar, your order stays valid for the new date. If we cancel it, you can choose a
refund, another webinar, or a credit.
""",
    PolicyKind.REFUND: """\
- Before a live webinar starts, you can cancel for a full refund.
- After that, you have 30 days to return a seat that no one has used.
- If we cancel a webinar, you can choose a full refund or another webinar.

We refund card payments to the card, and others by check or bank transfer.
""",
}

SALES_TEXTS: Final = SalesTexts(
    testimonials="""\
> We stopped dreading the line at the desk. My whole team now opens with the same sentence.

A supervisor in Tarnbrook County

> Twelve minutes before opening, and I had a plan for the shoebox under the stairs.

A branch manager in Elmwood
""",
    faq="""\
# Does my access expire?

No. You keep the webinars you buy and their slides. Only all-access passes expire, after a year.

# Can we pay by purchase order?

Yes. Choose purchase order at checkout, or download a quote first.

# Do I get a certificate?

Yes. You earn one when you watch 90% of a recording or most of a live session.
""",
)


def write_sales_texts(session: Session, *, now: datetime) -> None:
    """Write what customers say, and questions and answers."""
    save_sales_texts(session, SALES_TEXTS, actor=None, now=now)


def write_policies(session: Session, *, now: datetime) -> None:
    """Publish the terms of sale and the refund policy."""
    for kind, text in POLICIES.items():
        save_draft(session, kind, text, actor=None, now=now)
        publish_policy(session, kind, actor=None, now=now)
