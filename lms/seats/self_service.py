"""Self-service for a seat: claim it, release it, join the waitlist, or ask a manager."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.access.order_payers import asked_organization
from lms.access.person_grants_and_seats import read_own_place
from lms.access.policy import Way
from lms.core.errors import N_, Conflict, Invalid
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.seats import AssignmentEnd
from lms.organizations.organizations import find_managers
from lms.seats import claim_methods, claims, waitlist
from lms.seats.claims import Claim, Released
from lms.seats.waitlist import Offered, Waiting

NOTHING_TO_CLAIM: Final = N_("There's no seat you can claim.")
NO_SEAT: Final = N_("You don't have a seat to release.")
NOBODY_TO_ASK: Final = N_("No one manages these seats right now. Contact us instead.")
SAY_SOMETHING: Final = N_("Enter your question.")
LONGEST_QUESTION: Final = 2000
TOO_LONG: Final = N_("Use up to 2,000 characters.")


@dataclass(frozen=True, slots=True)
class Question:
    """A person's question to the managers of a pool, and the webinar it is about."""

    name: str
    email: str
    webinar: str
    message: str


def claim_own(
    session: Session,
    login_id: int,
    pool: str,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> Claim:
    """Claim a person's seat by invitation, email domain or role (PRODUCT.md, S7, S12).

    Raises NotFound if they have no way to the pool, and Conflict if they can't claim a seat.
    """
    own = read_own_place(session, login_id, pool, now)
    if own.seat is None and not own.holding.may_claim:
        raise Conflict(NOTHING_TO_CLAIM)
    if own.place.way is Way.BY_DOMAIN:
        take = claim_methods.claim_by_domain
    elif own.place.way is Way.MANAGED:
        take = claim_methods.claim_and_tell
    elif own.place.way in (Way.INVITED, Way.OFFERED):
        take = claim_methods.accept
    else:  # an expired invitation can still claim while a seat is free (S4)
        return claims.claim(session, own.pool_id, login_id, actor=actor, now=now)
    return take(session, own.pool_id, login_id, links=links, actor=actor, now=now)


def join_waiting_list(
    session: Session, login_id: int, pool: str, *, actor: str | None, now: datetime
) -> Waiting | Offered:
    """Join the waitlist of a full pool (S9).

    Raises NotFound, and Conflict if no seat can become free for them.
    """
    own = read_own_place(session, login_id, pool, now)
    if own.number is None and not own.holding.may_join_waiting_list:
        raise Conflict(NOTHING_TO_CLAIM)
    return waitlist.join(session, own.pool_id, login_id, actor=actor, now=now)


def leave_waiting_list(session: Session, login_id: int, pool: str, *, now: datetime) -> None:
    """Leave the waitlist; raises NotFound if the person has no way to the pool."""
    own = read_own_place(session, login_id, pool, now)
    waitlist.leave(session, own.pool_id, login_id, now=now)


def give_back(
    session: Session,
    login_id: int,
    pool: str,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> Released:
    """Release a person's own seat; playback through it ends. Raises NotFound and Conflict."""
    own = read_own_place(session, login_id, pool, now)
    if own.seat is None:
        raise Conflict(NO_SEAT)
    return claims.release(session, own.seat, AssignmentEnd.LEFT, links=links, actor=actor, now=now)


def ask_managers(
    session: Session,
    login_id: int,
    pool: str,
    question: Question,
    *,
    links: Links,
    now: datetime,
) -> str:
    """Email the managers of a pool other than the person, and return the name of the first of them.

    A manager of allotted seats asks those of the organization that allotted them (S11).

    Raises NotFound if the person has no way to the pool, Invalid for an empty or long message, and
    Conflict if no manager has an address.
    """
    message = question.message.strip()
    if not 1 <= len(message) <= LONGEST_QUESTION:
        raise Invalid(TOO_LONG if message else SAY_SOMETHING, field="message")
    own = read_own_place(session, login_id, pool, now)
    asked = find_managers(session, asked_organization(session, own.place, login_id))
    managers = [one for one in asked if one.login_id != login_id]
    for manager in managers:
        if manager.email is None:
            continue
        mail_outbox.post(
            session,
            kind="seat_question",
            to=manager.email,
            login_id=manager.login_id,
            subject=N_("A question about your organization's seats"),
            values={
                "name": question.name,
                "email": question.email,
                "organization": own.place.organization_name,
                "webinar": question.webinar,
                "message": message,
                "action_url": links.page("/organization"),
            },
            now=now,
        )
    if not any(manager.email for manager in managers):
        raise Conflict(NOBODY_TO_ASK)
    return managers[0].name
