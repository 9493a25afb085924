"""Claims and releases of seats, counted by lms/seats/seat_counts.py."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, func, or_, select, true, union_all, update
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.access.merged_logins import logins_of
from lms.core.compiled_statements import Query
from lms.core.errors import N_, Conflict, NotFound, or_not_found
from lms.core.logs import count_event
from lms.core.model_base import locked
from lms.grants.grants import take_back_replacements
from lms.mail.links import Links
from lms.models.accounts import Login, LoginAlias
from lms.models.playback import PlaybackEnd
from lms.models.seats import (
    BY_A_MANAGER,
    Assignment,
    AssignmentEnd,
    AssignmentState,
    Pool,
    Seat,
    SeatState,
)
from lms.playback.sessions import end_for_logins
from lms.seats import mails
from lms.seats.capacity import Capacity, Line, Standing, capacity_at
from lms.seats.claim_statements import Full, Place, Seated, Sitter, seat_one
from lms.seats.seat_counts import (
    COUNTED,
    LINES,
    OPEN,
    count_in,
    count_out,
    lock_pool,
    lock_seat,
    set_seat,
)
from lms.seats.transfer_rules import Refill, refill_of
from lms.seats.waitlist_offers import offer_next

TRIES: Final = 5
NOBODY_SITS = N_("This seat isn't assigned to anyone.")
NOT_LOCKED = N_("This seat isn't waiting for approval.")


@dataclass(frozen=True, slots=True)
class Claimed:
    """The person now has the seat."""

    seat: str
    sitter: Sitter


@dataclass(frozen=True, slots=True)
class Already:
    """The person already had a seat in the pool; nothing changed."""

    seat: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The pool admits no new people because its term has ended."""

    standing: Standing


Claim = Claimed | Already | Full | Closed


@dataclass(frozen=True, slots=True)
class Released:
    """A released seat; `refill` says when someone else can have it."""

    seat: str
    refill: Refill


@dataclass(frozen=True, slots=True)
class Held:
    """A person's current seat or invitation in a pool."""

    id: int
    seat_id: int
    seat: str
    state: AssignmentState
    expires_at: datetime | None


_Asking, _Root, _Own = aliased(Login), aliased(Login), aliased(Login)
_ASKING: Final = (
    select(_Root.id, _Root.email, _Root.email_key)
    .select_from(_Asking)
    .join(_Root, _Root.id == func.coalesce(_Asking.merged_into, _Asking.id))
    .where(_Asking.id == bindparam("login"))
)
_lines = LINES.subquery()
_CLAIMING: Final = Query(_ASKING.add_columns(*_lines.c).outerjoin(_lines, true()))
_own = or_(_Own.id == bindparam("login"), _Own.merged_into == bindparam("login"))
_surely_own = _own & _Own.confirmed_at.is_not(None)
_held = (
    select(
        Assignment.id,
        Assignment.seat_id,
        Seat.public_id.label("seat"),
        Assignment.state,
        Assignment.expires_at,
    )
    .join(Seat, Seat.id == Assignment.seat_id)
    # In a form that no index matches: while a crowd claims, PostgreSQL still expects few people in the pool
    # and would read all of them.
    .where(func.coalesce(Assignment.pool_id, 0) == bindparam("pool"), Assignment.ended_at.is_(None))
)
# Three statements in one, so that each uses its own unique index.
_HELD: Final = Query(
    union_all(
        _held.where(Assignment.login_id.in_(select(_Own.id).where(_own))),
        _held.where(Assignment.email_key.in_(select(_Own.email_key).where(_surely_own))),
        _held.where(
            Assignment.email_key.in_(
                select(LoginAlias.email_key).join(_Own, _Own.id == LoginAlias.login_id).where(_own)
            )
        ),
    )
)


def claim(
    session: Session, pool_id: int, login_id: int, *, actor: str | None, now: datetime
) -> Claim:
    """Claim a seat for a login; repeated claims have no further effect (PRODUCT.md, S4 and I4).

    An invitation or offer to any of the person's addresses becomes their seat without counting
    twice. Raises NotFound for an unknown login, and Conflict if the seat keeps changing. The metrics
    count the outcomes.
    """
    done = _claim(session, pool_id, login_id, actor=actor, now=now)
    count_event("seat_claim", outcome=type(done).__name__.lower())
    return done


def _claim(
    session: Session, pool_id: int, login_id: int, *, actor: str | None, now: datetime
) -> Claim:
    # who asks and the pool's grants in one statement, because each is a round trip on PostgreSQL
    found = _CLAIMING.rows(session, {"pool": pool_id, "login": login_id})
    if not found:
        raise NotFound
    sitter = Sitter(*found[0][:3])
    lines = [Line(*row[3:]) for row in found if row.starts_at is not None]
    stands = capacity_at(lines, now)
    for _ in range(TRIES):
        done = _claim_once(session, pool_id, sitter, stands, actor=actor, now=now)
        if done is not None:
            return done
    raise Conflict(N_("Someone else is changing this seat right now. Try again."))


def asking_sitter(session: Session, login_id: int) -> Sitter:
    """Return the person that a login belongs to, after merges; raises NotFound."""
    return Sitter(*or_not_found(session.execute(_ASKING, {"login": login_id}).one_or_none()))


def seat_held(session: Session, pool_id: int, sitter: Sitter) -> Held | None:
    """Return a person's seat or invitation in a pool, or None."""
    return next(iter(_read_held(session, pool_id, sitter)), None)


def _claim_once(
    session: Session,
    pool_id: int,
    sitter: Sitter,
    stands: Capacity,
    *,
    actor: str | None,
    now: datetime,
) -> Claim | None:
    """Try once to claim a seat; None means that the data changed in the meantime."""
    held = _read_held(session, pool_id, sitter)
    sits = next((one for one in held if one.state is AssignmentState.CLAIMED), None)
    if sits is not None:
        return Already(sits.seat)
    if not stands.takes_people:
        return Closed(stands.standing)
    if held:
        return _claim_held(session, pool_id, sitter, actor=actor, now=now)
    place = Place(AssignmentState.CLAIMED)
    got = seat_one(session, pool_id, sitter, place, actor=actor, now=now)
    if isinstance(got, Seated):
        return Claimed(got.seat, sitter)
    return got if isinstance(got, Full) else None


def _claim_held(
    session: Session, pool_id: int, sitter: Sitter, *, actor: str | None, now: datetime
) -> Claim | None:
    """Turn an invitation, an offer or a frozen seat into the person's claimed seat, under the pool's lock."""
    lock_pool(session, pool_id)
    held = _read_held(session, pool_id, sitter)
    good = [one for one in held if one.expires_at is None or one.expires_at > now]
    for one in held:
        if one not in good[:1]:
            _let_go(session, pool_id, one, now=now)
    if not good or good[0].state is AssignmentState.CLAIMED:
        return None
    if not _accept(session, pool_id, good[0], sitter, now=now):
        return Full()
    audit.record(session, "seat.claimed", good[0].seat, actor=actor, now=now)
    session.flush()
    return Claimed(good[0].seat, sitter)


def _accept(session: Session, pool_id: int, held: Held, sitter: Sitter, *, now: datetime) -> bool:
    values: dict[str, Any] = {"state": AssignmentState.CLAIMED, "frozen_at": None}
    if held.state is AssignmentState.FROZEN:
        if not count_in(session, pool_id):
            return False
    else:
        values |= {"login_id": sitter.login_id, "claimed_at": now, "expires_at": None}
    session.execute(update(Assignment).where(Assignment.id == held.id).values(**values))
    return True


def _let_go(session: Session, pool_id: int, held: Held, *, now: datetime) -> None:
    """End an expired or duplicate assignment and offer its seat to the next person."""
    session.execute(
        update(Assignment)
        .where(Assignment.id == held.id)
        .values(state=AssignmentState.RELEASED, ended_at=now, ended_as=AssignmentEnd.EXPIRED)
    )
    set_seat(session, held.seat_id, SeatState.FREE, None)
    if held.state in COUNTED:
        count_out(session, pool_id)
    offer_next(session, pool_id, now=now)


def _read_held(session: Session, pool_id: int, sitter: Sitter) -> list[Held]:
    found = _HELD.rows(session, {"pool": pool_id, "login": sitter.login_id})
    by_id = {row.id: Held(*row) for row in found}
    order = list(AssignmentState)
    return sorted(by_id.values(), key=lambda one: (-order.index(one.state), one.id))


def release(
    session: Session,
    seat_id: str,
    reason: AssignmentEnd,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> Released:
    """Release a seat: playback ends (E1), the person is notified, and the next one gets an offer.

    Refilling counts as reassigning, so a seat released too early is locked (S3). Raises NotFound,
    and Conflict if no one has the seat.
    """
    seat = lock_seat(session, seat_id)
    holder = holder_of(session, seat)
    pool = session.scalars(select(Pool).where(Pool.id == seat.pool_id)).one()
    refill = refill_of(session, pool, holder, now)
    was = holder.state
    end_holding(session, pool, holder, reason, links=links, now=now)
    detail = {"reason": reason.value}
    audit.record(session, "seat.released", seat.public_id, actor=actor, now=now, detail=detail)
    return pass_on(session, seat, was, refill, now=now)


def pass_on(
    session: Session, seat: Seat, was: AssignmentState, refill: Refill, *, now: datetime
) -> Released:
    """Free a seat that a person left and offer it, or lock it until it can be filled."""
    if refill.is_free:
        set_seat(session, seat.id, SeatState.FREE, None)
        if was in COUNTED:
            count_out(session, seat.pool_id)
        offer_next(session, seat.pool_id, now=now)
    else:
        set_seat(session, seat.id, SeatState.LOCKED, refill.opens_at)
    return Released(seat.public_id, refill)


def release_many(
    session: Session,
    seat_ids: Iterable[str],
    reason: AssignmentEnd,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> tuple[Released, ...]:
    """Release several seats, all or none; raises as `release` does."""
    in_order = session.scalars(
        select(Seat.public_id)
        .where(Seat.public_id.in_(list(seat_ids)))
        .order_by(Seat.pool_id, Seat.id)
    ).all()
    return tuple(
        release(session, seat_id, reason, links=links, actor=actor, now=now) for seat_id in in_order
    )


def approve_refill(session: Session, seat_id: str, *, actor: str | None, now: datetime) -> None:
    """Unlock a locked seat early, with staff's approval (PRODUCT.md, S3).

    It is offered to the first person on the waitlist. Raises NotFound, and Conflict if the seat
    isn't locked.
    """
    seat = lock_seat(session, seat_id)
    if seat.state is not SeatState.LOCKED:
        raise Conflict(NOT_LOCKED)
    set_seat(session, seat.id, SeatState.FREE, None)
    count_out(session, seat.pool_id)
    audit.record(session, "seat.refill_approved", seat.public_id, actor=actor, now=now)
    session.flush()
    offer_next(session, seat.pool_id, now=now)


def holder_of(session: Session, seat: Seat) -> Assignment:
    """Return a seat's current assignment, locked; the caller has locked the pool. Raises Conflict."""
    holder = session.scalar(
        locked(
            select(Assignment).where(Assignment.seat_id == seat.id, Assignment.ended_at.is_(None)),
            key_share=True,
        )
    )
    if holder is None:
        raise Conflict(NOBODY_SITS)
    return holder


def end_holding(
    session: Session,
    pool: Pool,
    holder: Assignment,
    reason: AssignmentEnd,
    *,
    links: Links,
    now: datetime,
) -> None:
    """End an assignment, and notify the person if they knew of it; playback through it ends."""
    knew = holder.state not in OPEN or holder.notified_at is not None
    if knew and reason is not AssignmentEnd.ERASED:
        mails.send_released(session, holder, pool, links=links, now=now)
    end_untold(session, holder, reason, now=now)


def end_untold(
    session: Session, holder: Assignment, reason: AssignmentEnd, *, now: datetime
) -> None:
    """End an assignment whose person the caller notifies, and what it gave; playback through it ends."""
    holder.state, holder.ended_at, holder.ended_as = AssignmentState.RELEASED, now, reason
    session.flush()
    if reason in BY_A_MANAGER:
        _void_expired(session, holder, reason)
    if holder.login_id is not None:
        theirs = logins_of(holder.login_id)
        end_for_logins(session, theirs, ended_as=PlaybackEnd.RELEASED, now=now)
        take_back_replacements(session, holder.login_id, holder.pool_id, now=now)


def _void_expired(session: Session, holder: Assignment, reason: AssignmentEnd) -> None:
    """Let a person's expired invitations claim no more seats (S4), because a manager took theirs."""
    theirs: list[ColumnElement[bool]] = []
    if holder.email_key is not None:
        theirs.append(Assignment.email_key == holder.email_key)
    if holder.login_id is not None:
        logins = logins_of(holder.login_id)
        keys = select(Login.email_key).where(Login.id.in_(logins), Login.confirmed_at.is_not(None))
        aliases = select(LoginAlias.email_key).where(LoginAlias.login_id.in_(logins))
        theirs += [Assignment.login_id.in_(logins), Assignment.email_key.in_(keys.union(aliases))]
    for each in theirs:  # one by one, so that each uses its own index
        session.execute(
            update(Assignment)
            .where(
                Assignment.pool_id == holder.pool_id,
                Assignment.ended_as == AssignmentEnd.EXPIRED,
                each,
            )
            .values(ended_as=reason)
        )
