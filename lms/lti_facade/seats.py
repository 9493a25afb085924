"""Seats of people in an LMS: requests to a manager, the waitlist, and seats they never used."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.access.merged_logins import kept_login
from lms.access.merged_organizations import family_of
from lms.access.policy import Action
from lms.core.errors import N_, Conflict, NotFound
from lms.lti_facade.learner_logins import NAMELESS, names_of
from lms.lti_facade.viewer_access_facts import Standing
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    Pool,
    Seat,
    WaitingEnd,
    WaitingEntry,
)
from lms.organizations.organizations import find_managers
from lms.seats import waitlist
from lms.seats.claims import release_many
from lms.seats.self_service import NOBODY_TO_ASK
from lms.seats.transfer_rules import watched_share


def request_seat(
    session: Session, standing: Standing, title: str, *, page: str, links: Links, now: datetime
) -> None:
    """Email an organization's other managers that a person in its LMS needs access to something.

    The email links to the pool's waitlist if the person is on it, and to the page (path) in the catalog
    if the organization owns nothing of it. Raises Conflict if there is no one to ask.
    """
    is_in_library = standing.is_in_the_library(now)
    waitlist_page = _waitlist_page(session, standing, now)
    if waitlist_page or is_in_library:
        page = waitlist_page or "/organization"
    login_id = standing.login_id
    managers = [
        one
        for one in find_managers(session, standing.organization_id)
        if one.email is not None and one.login_id != login_id
    ]
    if not managers:
        raise Conflict(NOBODY_TO_ASK)
    name = "" if login_id is None else names_of(session, [login_id]).get(login_id, "")
    for manager in managers:
        mail_outbox.post(
            session,
            kind="seat_requested",
            to=manager.email or "",
            login_id=manager.login_id,
            subject=N_("Seat requested: %(webinar)s") % {"webinar": title},
            values={
                "name": "" if name == NAMELESS else name,
                "organization": standing.organization,
                "webinar": title,
                "is_in_library": is_in_library,
                "is_waiting": bool(waitlist_page),
                "action_url": links.page(page),
            },
            now=now,
        )


def join_waitlist(session: Session, standing: Standing, *, now: datetime) -> None:
    """Add an LMS person to the waitlist of the full pool that refuses them (PRODUCT.md, S9).

    A person who is already waiting keeps their position. An offered seat is claimed when they next open
    the link. Raises NotFound if no pool refuses them.
    """
    grant = standing.decide(Action.RECORDING, now).grant
    if grant is None or grant.place is None or standing.login_id is None:
        raise NotFound
    pool_id = session.scalars(select(Pool.id).where(Pool.public_id == grant.place.pool)).one()
    waitlist.join(session, pool_id, standing.login_id, actor=None, now=now)


def _waitlist_page(session: Session, standing: Standing, now: datetime) -> str:
    """Return the path of the waitlist that the person is on for the pool that refuses them, or ""."""
    grant = standing.decide(Action.RECORDING, now).grant
    if grant is None or grant.place is None or standing.login_id is None:
        return ""
    if not waitlist.is_waiting(session, grant.place.pool, standing.login_id):
        return ""
    return f"/organization/{grant.place.organization}/pools/{grant.place.pool}/invitations#waiting"


def unused_seats(
    session: Session, organization_id: int, login_ids: Collection[int]
) -> Mapping[str, int]:
    """Return the seats (public IDs) that these logins never watched with in an organization's pools.

    That includes offers, and seats that a lapsed pool keeps for a renewal. Only people known from their
    LMS alone: invited people, and those with an account, even one linked after the claim, keep their
    seat after a course.
    """
    if not login_ids:
        return {}
    rows = session.execute(
        select(Seat.public_id, Assignment.login_id, Pool)
        .select_from(Assignment)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .join(Login, Login.id == kept_login(Assignment.login_id))
        .where(
            Pool.organization_id.in_(family_of(organization_id)),
            Assignment.login_id.in_(sorted(login_ids)),
            Assignment.ended_at.is_(None),
            Assignment.state != AssignmentState.INVITED,
            Assignment.email.is_(None),
            Login.email_key.is_(None),
        )
        .order_by(Seat.id)
    ).all()
    return {
        seat: login_id
        for seat, login_id, pool in rows
        if login_id is not None and watched_share(session, pool, login_id) == 0
    }


def give_back(
    session: Session,
    organization_id: int,
    login_ids: Collection[int],
    *,
    links: Links,
    now: datetime,
) -> int:
    """Release the unused seats of these logins, who left the course; return how many.

    They leave the organization's waitlists, too, so that none of its seats is offered to them.
    """
    pools = select(Pool.id).where(Pool.organization_id.in_(family_of(organization_id)))
    address = select(Login.email_key).where(Login.id == kept_login(WaitingEntry.login_id))
    session.execute(
        update(WaitingEntry)
        .where(
            WaitingEntry.pool_id.in_(pools),
            WaitingEntry.login_id.in_(sorted(login_ids)),
            WaitingEntry.ended_at.is_(None),
            address.scalar_subquery().is_(None),
        )
        .values(ended_at=now, ended_as=WaitingEnd.LEFT)
    )
    seats = unused_seats(session, organization_id, login_ids)
    release_many(session, seats, AssignmentEnd.LEFT, links=links, actor=None, now=now)
    return len(seats)
