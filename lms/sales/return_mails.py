"""The emails about returns: what was credited and ended, and seats that must be released first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links, MailContext
from lms.models.documents import Document
from lms.models.orders import Order, OrderLine
from lms.organizations.manager_emails import emailed_managers
from lms.pricing.price_list import say_money
from lms.sales.mails import buyer_and, items_of
from lms.sales.read_models import find_order_facts, grants_of_order

NAMED_AT_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """The number of seats to return, how many too few are free, and who has seats."""

    seats: int
    missing: int
    pool_id: str
    people: tuple[str, ...]


def send_wanted(
    session: Session, order: Order, line: OrderLine, wanted: Wanted, *, links: Links, now: datetime
) -> None:
    """Email the managers of seats to release the missing number, and name who would be released first."""
    facts = find_order_facts(session, order.public_id)
    area = f"/organization/{facts.organization_public_id}/people?pool={wanted.pool_id}"
    for one in buyer_and(session, facts, emailed_managers(session, facts.organization_id or 0)):
        mail_outbox.post(
            session,
            kind="seats_to_release",
            to=one.email,
            login_id=one.login_id,
            subject=N_("Please release seats: order %(number)s") % {"number": facts.number},
            values={
                "name": one.name,
                "buyer": facts.buyer,
                "covers": line.description,
                "seats": wanted.seats,
                "missing": wanted.missing,
                "people": wanted.people[:NAMED_AT_MOST],
                "others": max(0, len(wanted.people) - NAMED_AT_MOST),
                "action_url": links.page(area),
            },
            now=now,
        )


def send_returned(
    session: Session,
    order: Order,
    credit_note: Document,
    ended: Sequence[int],
    *,
    mail_context: MailContext,
    now: datetime,
) -> None:
    """Email the buyer and the managers that a return was credited and which access ended.

    `ended` are the grants that were revoked or have fewer seats now.
    """
    facts = find_order_facts(session, order.public_id)
    grants = [one for one in grants_of_order(session, order.id) if one.id in ended]
    values = {
        "buyer": facts.buyer,
        "items": items_of(grants, mail_context.zone, now),
        "credit_note": credit_note.label,
        "amount": say_money(credit_note.total_minor, credit_note.currency),
        "is_organization": facts.organization_public_id is not None,
    }
    managers = emailed_managers(session, facts.organization_id) if facts.organization_id else ()
    page = "/library"
    if facts.organization_public_id is not None:
        page = f"/organization/{facts.organization_public_id}"
    for one in buyer_and(session, facts, managers):
        mail_outbox.post(
            session,
            kind="order_returned",
            to=one.email,
            login_id=one.login_id,
            subject=N_("Credit note %(number)s for your return") % {"number": credit_note.label},
            values={**values, "name": one.name, "action_url": mail_context.links.page(page)},
            now=now,
            unique_key=f"returned:{credit_note.public_id}:{one.login_id}",
        )
