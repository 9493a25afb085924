"""The waitlist of a full pool: first in, first out (PRODUCT.md, S9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of
from lms.core.errors import N_, Conflict, NotFound
from lms.models.accounts import Login, LoginAlias
from lms.models.seats import Pool, WaitingEnd, WaitingEntry
from lms.seats.claim_statements import Sitter
from lms.seats.claims import asking_sitter, seat_held
from lms.seats.seat_counts import lock_pool, standing_of
from lms.seats.waitlist_offers import check_on, offer_next

NOT_WAITED_FOR = N_("You can't join the waitlist because access with these seats has ended.")
SITS_ALREADY = N_("You already have one of these seats.")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person on the waitlist; `position` 1 is next."""

    entry: str
    position: int


@dataclass(frozen=True, slots=True)
class Offered:
    """A seat was free and is reserved for the person."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingFacts:
    """A waitlist entry as the organization's managers see it."""

    public_id: str
    position: int
    email: str | None
    name: str
    joined_at: datetime


def join(
    session: Session, pool_id: int, login_id: int, *, actor: str | None, now: datetime
) -> Waiting | Offered:
    """Put a login on the waitlist; joining again keeps its position.

    If a seat is free, it is offered at once. Raises NotFound for an unknown login, and Conflict if
    the person has a seat, the pool admits no one, or the webinar was canceled or removed.
    """
    sitter = asking_sitter(session, login_id)
    pool = lock_pool(session, pool_id)
    if not standing_of(session, pool_id, now).takes_people:
        raise Conflict(NOT_WAITED_FOR)
    check_on(session, pool_id)
    offer = seat_held(session, pool_id, sitter)
    if offer is not None:
        if offer.expires_at is None:
            raise Conflict(SITS_ALREADY)
        return Offered(offer.expires_at)
    entry = _entry_of(session, pool_id, sitter)
    if entry is None:
        entry = _entry(session, pool_id, sitter, now)
        session.flush()
        detail = {"pool": pool.public_id}
        audit.record(
            session, "waiting.joined", entry.public_id, actor=actor, now=now, detail=detail
        )
        offer_next(session, pool_id, now=now)
    if entry.ended_at is not None:
        held = seat_held(session, pool_id, sitter)
        if held is not None and held.expires_at is not None:
            return Offered(held.expires_at)
    return Waiting(entry.public_id, position_of(session, entry))


def _entry_of(session: Session, pool_id: int, sitter: Sitter) -> WaitingEntry | None:
    """Return a person's entry, the earliest if merged accounts have several."""
    mine = select(WaitingEntry).where(_active(pool_id), _is(sitter))
    return session.scalar(mine.order_by(WaitingEntry.joined_at, WaitingEntry.id).limit(1))


def _entry(session: Session, pool_id: int, sitter: Sitter, joined_at: datetime) -> WaitingEntry:
    entry = WaitingEntry(
        pool_id=pool_id,
        login_id=sitter.login_id,
        email=sitter.email,
        email_key=sitter.email_key,
        name=sitter.name,
        joined_at=joined_at,
    )
    session.add(entry)
    return entry


def go_first(session: Session, pool_id: int, login_id: int) -> None:
    """Put a buyer of seats ahead of the waitlist, unless they have a seat there (S12).

    Does nothing if the waitlist is empty, because the buyer can claim a free seat.
    """
    lock_pool(session, pool_id)
    sitter = asking_sitter(session, login_id)
    first = session.scalar(select(func.min(WaitingEntry.joined_at)).where(_active(pool_id)))
    if first is None or seat_held(session, pool_id, sitter) is not None:
        return
    entry = _entry_of(session, pool_id, sitter)
    if entry is None:
        entry = _entry(session, pool_id, sitter, first)
    entry.joined_at = first - timedelta(microseconds=1)
    session.flush()


def is_waiting(session: Session, pool: str, login_id: int) -> bool:
    """Return whether a login is on the waitlist of a pool, given by its public ID."""
    found = (
        select(WaitingEntry.id)
        .join(Pool, Pool.id == WaitingEntry.pool_id)
        .where(
            Pool.public_id == pool,
            WaitingEntry.ended_at.is_(None),
            _is(asking_sitter(session, login_id)),
        )
    )
    return session.scalar(found.limit(1)) is not None


def leave(session: Session, pool_id: int, login_id: int, *, now: datetime) -> None:
    """Take a login off the waitlist, if it is on it."""
    sitter = asking_sitter(session, login_id)
    session.execute(_ending(and_(_active(pool_id), _is(sitter)), WaitingEnd.LEFT, now))


def remove(
    session: Session, pool_id: int, entry_id: str, *, actor: str | None, now: datetime
) -> None:
    """Remove a person from a pool's waitlist, as its manager; raises NotFound."""
    which = and_(_active(pool_id), WaitingEntry.public_id == entry_id)
    ended: Any = session.execute(_ending(which, WaitingEnd.REMOVED, now))
    if not ended.rowcount:
        raise NotFound
    audit.record(session, "waiting.removed", entry_id, actor=actor, now=now)


def list_waiting(session: Session, pool_id: int) -> tuple[WaitingFacts, ...]:
    """Return a pool's waitlist, the next person first."""
    rows = session.execute(_listed().where(_active(pool_id)))
    return tuple(
        WaitingFacts(row.public_id, place, row.email, row.name, row.joined_at)
        for place, row in enumerate(rows, start=1)
    )


def position_of(session: Session, entry: WaitingEntry) -> int:
    """Return the position of an entry; 1 is next."""
    before = or_(
        WaitingEntry.joined_at < entry.joined_at,
        and_(WaitingEntry.joined_at == entry.joined_at, WaitingEntry.id <= entry.id),
    )
    count = select(func.count(WaitingEntry.id)).where(_active(entry.pool_id), before)
    return session.scalar(count) or 1


def _listed() -> Select[*tuple[Any, ...]]:
    return (
        select(
            WaitingEntry.public_id,
            func.coalesce(Login.email, WaitingEntry.email).label("email"),
            func.coalesce(Login.name, WaitingEntry.name).label("name"),
            WaitingEntry.joined_at,
        )
        .outerjoin(Login, Login.id == WaitingEntry.login_id)
        .order_by(WaitingEntry.joined_at, WaitingEntry.id)
    )


def _active(pool_id: int) -> ColumnElement[bool]:
    return and_(WaitingEntry.pool_id == pool_id, WaitingEntry.ended_at.is_(None))


def _is(sitter: Sitter) -> ColumnElement[bool]:
    """Return the condition that an entry is a person's, by any of their accounts and confirmed addresses."""
    logins = logins_of(sitter.login_id or 0)
    own = select(Login.email_key).where(Login.id.in_(logins), Login.confirmed_at.is_not(None))
    further = select(LoginAlias.email_key).where(LoginAlias.login_id.in_(logins))
    by_address = WaitingEntry.email_key.in_(own.union(further))
    return or_(WaitingEntry.login_id.in_(logins), by_address)


def _ending(which: ColumnElement[bool], ended_as: WaitingEnd, now: datetime) -> Any:  # noqa: ANN401
    return update(WaitingEntry).where(which).values(ended_at=now, ended_as=ended_as)
