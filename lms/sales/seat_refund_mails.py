"""Emails about seat refunds: money returned, or seats that must be released first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.organizations.manager_and_owner_permissions import Steward, stewards_of
from lms.pricing.price_list import say_money
from lms.sales.read_models import SaleFacts

NAMED_AT_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Returned:
    """How many seats were given back, and what was paid back for them."""

    seats: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many seats are to be given back, how many of them are in use, and by whom."""

    seats: int
    missing: int
    pool_id: str
    people: tuple[str, ...]


def send_refunded(
    session: Session, facts: SaleFacts, returned: Returned, *, links: Links, now: datetime
) -> None:
    """Tell who bought seats, and who manages them, how many were given back and what returns.

    Where nothing was paid yet nothing returns: less is owed.

    `facts` are the sale as it was before.
    """
    values = {
        "seats": returned.seats,
        "left": (facts.quantity or 0) - returned.seats,
        "price": say_money(returned.amount_minor, facts.currency),
        "was_paid": facts.paid_at is not None,
        "action_url": links.page(_area(facts)),
    }
    subject = N_("Seats were given back: sale %(number)s") % {"number": facts.number}
    _to_readers(session, facts, "seats_refunded", subject, values, now=now)


def send_wanted(
    session: Session, facts: SaleFacts, wanted: Wanted, *, links: Links, now: datetime
) -> None:
    """Ask those who manage seats to release as many as are missing, and name who would go first."""
    values = {
        "seats": wanted.seats,
        "missing": wanted.missing,
        "people": wanted.people[:NAMED_AT_MOST],
        "others": max(0, len(wanted.people) - NAMED_AT_MOST),
        "action_url": links.page(f"{_area(facts)}/people?pool={wanted.pool_id}"),
    }
    subject = N_("Please release seats: sale %(number)s") % {"number": facts.number}
    _to_readers(session, facts, "seats_to_release", subject, values, now=now)


def _area(facts: SaleFacts) -> str:
    return f"/organization/{facts.organization_public_id}"


def _to_readers(
    session: Session,
    facts: SaleFacts,
    kind: str,
    subject: str,
    values: Mapping[str, object],
    *,
    now: datetime,
) -> None:
    readers = list(stewards_of(session, facts.organization_id or 0))
    if facts.contact_email and all(one.login_id != facts.contact_id for one in readers):
        readers.append(Steward(facts.contact_id, facts.contact_email, facts.contact_name or ""))
    for one in readers:
        mail_outbox.post(
            session,
            kind=kind,
            to=one.email,
            login_id=one.login_id,
            subject=subject,
            values={**values, "name": one.name, "covers": facts.covers, "buyer": facts.buyer},
            now=now,
        )
