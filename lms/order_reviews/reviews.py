"""Reviews: orders on credit whose access waits for our team's decision (PRODUCT.md, P9)."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_datetime
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import MailContext
from lms.models.orders import Order
from lms.pricing.price_list import say_money
from lms.requests.business_days import due_after
from lms.requests.read_models import Waiting
from lms.sales.order_search import TO_REVIEW
from lms.sales.read_models import ORDERS, OrderFacts, facts_of, find_order_facts


def ask(session: Session, order: Order, *, mail_context: MailContext, now: datetime) -> None:
    """Ask our team to decide within a business day about an order whose access waits."""
    due = due_after(now, mail_context.zone)
    order.review_due_at = due
    session.flush()
    facts = find_order_facts(session, order.public_id)
    mail_outbox.post_to_team(
        session,
        kind="order_to_review",
        subject=N_("Review order %(number)s") % {"number": facts.number},
        values={
            "number": facts.number,
            "buyer": facts.buyer,
            "contact": facts.contact_email or "",
            "total": say_money(facts.total_minor, facts.currency),
            "due": say_datetime(due, mail_context.zone),
            "action_url": mail_context.links.page(f"/staff/orders/{order.public_id}"),
        },
        now=now,
    )


def count(session: Session, *, now: datetime) -> Waiting:
    """Return how many orders wait for our team's decision, and how many of them are overdue."""
    row = session.execute(
        select(func.count(), func.count().filter(Order.review_due_at <= now)).where(*TO_REVIEW)
    ).one()
    return Waiting(row[0], row[1])


def first(session: Session, *, limit: int) -> tuple[OrderFacts, ...]:
    """Return the orders to decide about, those due first at the top."""
    rows = session.execute(
        ORDERS.where(*TO_REVIEW).order_by(Order.review_due_at, Order.id).limit(limit)
    )
    return tuple(facts_of(row) for row in rows)
