"""Invitations: a seat reserved for an address for 14 days, and its claim link (S4, S5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of
from lms.core.email_addresses import Address
from lms.core.errors import N_, Conflict, Invalid
from lms.mail.links import Links
from lms.models.accounts import Login, LoginAlias
from lms.models.catalog import OFF, Webinar
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    ClaimLink,
    Pool,
    Seat,
    SeatState,
    WaitingEnd,
    WaitingEntry,
)
from lms.seats import claim_links, claims, mails
from lms.seats.claim_statements import Full, Place, Seated, Sitter
from lms.seats.mails import About
from lms.seats.seat_counts import (
    OPEN,
    count_out,
    lock_pool,
    lock_seat,
    seat_many,
    set_seat,
    standing_of,
)
from lms.seats.waitlist_offers import offer_next

STAYS_OPEN: Final = timedelta(days=14)
MOST_AT_ONCE: Final = 200
EXPIRED_AT_ONCE: Final = 500
TAKES_NOBODY = N_("You can't invite people because access with these seats has ended.")
TOO_MANY_AT_ONCE = N_("You can invite up to 200 people at once. To invite more, import a list.")
NOT_OPEN = N_("This seat doesn't have an open invitation.")
IN_ALREADY = N_("This email address already has one of these seats.")


@dataclass(frozen=True, slots=True)
class Invitee:
    """The address and name of a person to invite."""

    address: Address
    name: str = ""


@dataclass(frozen=True, slots=True)
class Invited:
    """A seat is reserved for this address, and the invitation is in the outbox."""

    email: str
    seat: str


@dataclass(frozen=True, slots=True)
class AlreadyIn:
    """The person already has a seat or an invitation in the pool, under any of their addresses."""

    email: str
    seat: str
    state: AssignmentState


@dataclass(frozen=True, slots=True)
class NoSeat:
    """No free seat was left for this address."""

    email: str


Answer = Invited | AlreadyIn | NoSeat


def invite(
    session: Session,
    pool_id: int,
    people: Sequence[Invitee],
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> tuple[Answer, ...]:
    """Reserve a seat for each address and email the invitations; return one answer per address.

    An address given twice is invited once. Raises Conflict if the pool admits no one, and Invalid
    for more than 200 people.
    """
    if len(people) > MOST_AT_ONCE:
        raise Invalid(TOO_MANY_AT_ONCE, field="addresses")
    if not standing_of(session, pool_id, now).takes_people:
        raise Conflict(TAKES_NOBODY)
    wanted = {one.address.key: one for one in people}
    answers: dict[str, Answer] = {}
    for key, one in wanted.items():
        held = held_by(session, pool_id, one.address)
        if held is not None:
            answers[key] = held
    new = [one for key, one in wanted.items() if key not in answers]
    sitters = [Sitter(None, one.address.shown, one.address.key, one.name) for one in new]
    place = Place(AssignmentState.INVITED, now + STAYS_OPEN)
    done = seat_many(session, pool_id, sitters, place, actor=actor, now=now)
    pool = session.get_one(Pool, pool_id)
    for one, got in zip(new, done, strict=True):
        answers[one.address.key] = _answer(session, pool, one, got)
        if isinstance(got, Seated):
            _waits_no_longer(session, pool_id, one.address.key, now)
            write_one(session, pool, got.assignment_id, links=links, now=now)
    return tuple(answers[key] for key in wanted)


def fresh_link(session: Session, seat_id: str, *, actor: str | None, now: datetime) -> str:
    """Create a new link for an open invitation and return its token, for a manager to copy.

    Earlier links stop working, and the invitation is extended to 14 days from now. Raises NotFound,
    and Conflict if no one is invited to the seat.
    """
    invited = _open_one(session, seat_id)
    _prolong(session, invited, now)
    claim_links.void_links(session, invited.id, now=now)
    audit.record(session, "seat.link_made", seat_id, actor=actor, now=now)
    return _link(session, invited, now, is_mailed=False)


def send_again(
    session: Session, seat_id: str, *, links: Links, actor: str | None, now: datetime
) -> None:
    """Resend an invitation with a new link; raises as `fresh_link` does."""
    invited = _open_one(session, seat_id)
    _prolong(session, invited, now)
    claim_links.void_links(session, invited.id, now=now)
    audit.record(session, "seat.invitation_resent", seat_id, actor=actor, now=now)
    pool = session.get_one(Pool, invited.pool_id)
    write_one(session, pool, invited.id, links=links, now=now)


def extend(session: Session, seat_id: str, *, actor: str | None, now: datetime) -> None:
    """Extend an invitation and its links to 14 days from now, without an email.

    Raises NotFound, and Conflict if no one is invited to the seat.
    """
    invited = _open_one(session, seat_id)
    if invited.state is not AssignmentState.INVITED:
        raise Conflict(NOT_OPEN)
    _prolong(session, invited, now)
    claim_links.extend_links(session, invited.id, until=now + STAYS_OPEN)
    audit.record(session, "seat.invitation_extended", seat_id, actor=actor, now=now)


def correct_address(
    session: Session,
    seat_id: str,
    address: Address,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Send an unclaimed invitation to another address; this isn't a reassignment (S3).

    The old link stops working. Raises NotFound, and Conflict if the seat was claimed or the address
    already has a seat.
    """
    invited = _open_one(session, seat_id)
    if invited.login_id is not None:
        raise Conflict(NOT_OPEN)
    if invited.email_key != address.key and held_by(session, invited.pool_id, address):
        raise Conflict(IN_ALREADY)
    claim_links.void_links(session, invited.id, now=now)
    try:
        with session.begin_nested():
            invited.email, invited.email_key = address.shown, address.key
            invited.notified_at = None
            _prolong(session, invited, now)
    except IntegrityError as error:
        raise Conflict(IN_ALREADY) from error
    audit.record(session, "seat.readdressed", seat_id, actor=actor, now=now)
    pool = session.get_one(Pool, invited.pool_id)
    write_one(session, pool, invited.id, links=links, now=now)


def write_invitations(
    session: Session,
    pool_id: int,
    limit: int,
    *,
    links: Links,
    now: datetime,
    since: datetime | None = None,
) -> int:
    """Email invitations and offers that haven't been emailed; return how many.

    With `since`, only invitations created from then on; offers are always included. Call it until
    it returns less than `limit`, each time in its own transaction.
    """
    pool = session.get_one(Pool, pool_id)
    which = and_(
        Assignment.pool_id == pool_id,
        Assignment.state.in_(OPEN),
        Assignment.notified_at.is_(None),
        Assignment.expires_at > now,
    )
    if since is not None:
        is_new = Assignment.created_at >= since
        which = and_(which, or_(Assignment.state == AssignmentState.OFFERED, is_new))
    found = session.scalars(
        select(Assignment)
        .where(which)
        .order_by(Assignment.id)
        .limit(limit)
        # two transactions email different invitations
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    about = mails.about_pool(session, pool)
    for invited in found:
        _write(session, invited, about, links=links, now=now)
    return len(found)


def link_of(session: Session, assignment_id: int, *, links: Links, now: datetime) -> str:
    """Return an additional link to an open invitation, for a reminder; earlier links still work."""
    invited = session.get_one(Assignment, assignment_id)
    return links.page(f"/claim/{_link(session, invited, now)}")


def expire_due(session: Session, *, now: datetime) -> int:
    """End expired invitations and offers, and offer their seats to the next people; return how many.

    Those to a webinar that was canceled or removed wait until it is back.
    """
    off = select(Pool.id).join(Webinar, Webinar.id == Pool.webinar_id).where(Webinar.state.in_(OFF))
    due = and_(
        Assignment.state.in_(OPEN), Assignment.expires_at <= now, Assignment.pool_id.not_in(off)
    )
    found = session.execute(
        select(Assignment.id, Assignment.pool_id)
        .where(due)
        .order_by(Assignment.pool_id, Assignment.id)
        .limit(EXPIRED_AT_ONCE)
    ).all()
    ended = 0
    # in ID order, so that two transactions never deadlock
    for pool_id in sorted({row.pool_id for row in found}):
        ids = [row.id for row in found if row.pool_id == pool_id]
        lock_pool(session, pool_id)
        ended += _expire(session, pool_id, ids, now)
    return ended


def open_again(session: Session, webinar_id: int, *, now: datetime) -> None:
    """Extend the open invitations of a webinar that is held after all to 14 days from now."""
    mine = and_(
        Assignment.state == AssignmentState.INVITED,
        Assignment.pool_id.in_(select(Pool.id).where(Pool.webinar_id == webinar_id)),
    )
    links = and_(
        ClaimLink.assignment_id.in_(select(Assignment.id).where(mine)),
        ClaimLink.revoked_at.is_(None),
    )
    for table, which in ((ClaimLink, links), (Assignment, mine)):
        session.execute(
            update(table)
            .where(which)
            .values(expires_at=now + STAYS_OPEN)
            .execution_options(synchronize_session="fetch")
        )


def invite_again(session: Session, pool_id: int, *, links: Links, now: datetime) -> None:
    """Email open invitations to a pool's new webinar, for 14 days from now; earlier links work, too."""
    about = mails.about_pool(session, session.get_one(Pool, pool_id))
    which = and_(Assignment.pool_id == pool_id, Assignment.state == AssignmentState.INVITED)
    for invited in session.scalars(select(Assignment).where(which).order_by(Assignment.id)).all():
        _prolong(session, invited, now)
        claim_links.extend_links(session, invited.id, until=now + STAYS_OPEN)
        _write(session, invited, about, links=links, now=now)


def _expire(session: Session, pool_id: int, ids: Sequence[int], now: datetime) -> int:
    left = session.execute(
        update(Assignment)
        .where(Assignment.id.in_(ids), Assignment.state.in_(OPEN), Assignment.expires_at <= now)
        .values(state=AssignmentState.RELEASED, ended_at=now, ended_as=AssignmentEnd.EXPIRED)
        .returning(Assignment.seat_id)
    ).all()
    for row in left:
        set_seat(session, row.seat_id, SeatState.FREE, None)
    if left:
        count_out(session, pool_id, len(left))
        offer_next(session, pool_id, now=now)
    return len(left)


def _answer(session: Session, pool: Pool, one: Invitee, got: object) -> Answer:
    if isinstance(got, Seated):
        return Invited(one.address.shown, got.seat)
    if isinstance(got, Full):
        return NoSeat(one.address.shown)
    held = held_by(session, pool.id, one.address)
    return held or NoSeat(one.address.shown)


def held_by(session: Session, pool_id: int, address: Address) -> AlreadyIn | None:
    """Return the seat or invitation of the person an address belongs to, or None."""
    is_theirs = or_(Login.confirmed_at.is_not(None), Login.merged_into.is_not(None))
    own = select(Login.id).where(Login.email_key == address.key, is_theirs)
    further = select(LoginAlias.login_id).where(LoginAlias.email_key == address.key)
    row = session.execute(
        select(Seat.public_id, Assignment.state)
        .join(Seat, Seat.id == Assignment.seat_id)
        .where(
            Assignment.pool_id == pool_id,
            Assignment.ended_at.is_(None),
            or_(
                Assignment.email_key == address.key,
                Assignment.login_id.in_(logins_of(own.scalar_subquery())),
                Assignment.login_id.in_(logins_of(further.scalar_subquery())),
            ),
        )
        .limit(1)
    ).one_or_none()
    return None if row is None else AlreadyIn(address.shown, row.public_id, row.state)


def _waits_no_longer(session: Session, pool_id: int, email_key: str, now: datetime) -> None:
    session.execute(
        update(WaitingEntry)
        .where(
            WaitingEntry.pool_id == pool_id,
            WaitingEntry.email_key == email_key,
            WaitingEntry.ended_at.is_(None),
        )
        .values(ended_at=now, ended_as=WaitingEnd.SEATED)
    )


def _open_one(session: Session, seat_id: str) -> Assignment:
    seat = lock_seat(session, seat_id)
    invited = claims.holder_of(session, seat)
    if invited.state not in OPEN:
        raise Conflict(NOT_OPEN)
    return invited


def _prolong(session: Session, invited: Assignment, now: datetime) -> None:
    if invited.state is AssignmentState.INVITED:  # an offer always lasts 72 hours
        invited.expires_at = now + STAYS_OPEN
    session.flush()


def _link(session: Session, invited: Assignment, now: datetime, *, is_mailed: bool = True) -> str:
    assert invited.expires_at is not None  # noqa: S101  (a CHECK requires it for open ones)
    # a CHECK requires that a link expires after it was created
    expires_at = max(invited.expires_at, now + timedelta(seconds=1))
    return claim_links.add_link(
        session, invited, is_mailed=is_mailed, expires_at=expires_at, now=now
    )


def write_one(
    session: Session, pool: Pool, assignment_id: int, *, links: Links, now: datetime
) -> None:
    """Email one invitation or offer, with its own link."""
    invited = session.get_one(Assignment, assignment_id, populate_existing=True)
    about = mails.about_pool(session, pool)
    _write(session, invited, about, links=links, now=now)


def _write(
    session: Session, invited: Assignment, about: About, *, links: Links, now: datetime
) -> None:
    link = links.page(f"/claim/{_link(session, invited, now)}")
    mails.send_invitation(session, invited, about, link, now=now)
    invited.notified_at = now
    session.flush()
