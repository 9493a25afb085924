"""Allotments: a parent organization allots seats of its pool to child organizations (S11)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import family_of, kept_id
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.seats.pools import NO_SUCH_POOL, PoolFacts, allotments_of, read_pool
from lms.seats.seat_counts import count_in, count_out, lock_family
from lms.seats.waitlist_offers import offer_next

MOST: Final = 1_000_000
NOT_A_CHILD = N_("You can allot seats only to your member organizations.")
NOT_TWICE = N_("You can't allot seats that were allotted to you.")
HAS_SOME = N_("This organization already has some of these seats. Change the number instead.")
TOO_FEW_FREE = N_("There aren't enough available seats. Enter fewer, or move back unused seats.")
IN_USE = N_("That organization uses more seats than that. It needs to release some first.")
LIMITED = N_("Enter a number of seats. Only unlimited seats can be allotted without one.")
BAD_NUMBER = N_("Enter 0 or a higher number of seats.")


@dataclass(frozen=True, slots=True)
class NothingAllotted:
    """An organization has no part of a pool."""


def allot(
    session: Session,
    pool_id: int,
    organization_id: int,
    seats: int | None,
    *,
    actor: str | None,
    now: datetime,
) -> PoolFacts:
    """Allot seats of a pool to a child organization, which gets its own pool for them.

    `seats` can be None only if the pool is unlimited. Raises Invalid for a bad number, NotFound for
    an organization that isn't a child, and Conflict if too few seats are free, the child already
    has an allotment, or the pool is itself allotted.
    """
    _check_number(seats)
    parent, children = _family(session, pool_id)
    if not _is_child(session, parent, organization_id):
        raise NotFound(NOT_A_CHILD)
    family = session.scalars(family_of(organization_id)).all()
    if any(child.organization_id in family for child in children):
        raise Conflict(HAS_SOME)
    _take(session, parent, seats)
    child = Pool(
        organization_id=organization_id,
        scope=parent.scope,
        webinar_id=parent.webinar_id,
        presenter_id=parent.presenter_id,
        series_id=parent.series_id,
        is_permanent=parent.is_permanent,
        is_pass=parent.is_pass,
        capacity=seats,
        allotted_from_id=parent.id,
        allotted=seats,
        created_at=now,
    )
    session.add(child)
    session.flush()
    detail = {"parent": parent.public_id, "seats": seats}
    audit.record(session, "pool.allotted", child.public_id, actor=actor, now=now, detail=detail)
    return read_pool(session, child.id)


def change(
    session: Session, child_pool_id: int, seats: int | None, *, actor: str | None, now: datetime
) -> PoolFacts:
    """Change how many seats a child organization is allotted.

    Raises Invalid, NotFound for a pool that isn't allotted, and Conflict if the parent has too few
    free seats, the child uses more than `seats`, or would get more and is no longer a child.
    """
    _check_number(seats)
    query = select(Pool.allotted_from_id).where(Pool.id == child_pool_id)
    parent_id = or_not_found(session.scalar(query))
    parent, children = _family(session, parent_id)
    child = next(one for one in children if one.id == child_pool_id)
    if seats is not None and seats < child.used:
        raise Conflict(IN_USE)
    is_more = child.allotted is not None and (seats is None or seats > child.allotted)
    if is_more and not _is_child(session, parent, child.organization_id):
        raise Conflict(NOT_A_CHILD)
    _move(session, parent, child.allotted, seats)
    # a lapsed pool has capacity 0 but remembers the allotment for a renewal
    if parent.capacity != 0:
        child.capacity = seats
    child.allotted = seats
    session.flush()
    detail = {"seats": seats}
    audit.record(session, "pool.reallotted", child.public_id, actor=actor, now=now, detail=detail)
    session.flush()
    for pool in sorted((parent, child), key=lambda one: one.id):
        offer_next(session, pool.id, now=now)
    return read_pool(session, child.id)


def take_back_unused(
    session: Session, child_pool_id: int, *, actor: str | None, now: datetime
) -> int:
    """Return a child organization's unused seats to the parent pool, and return their number.

    The number is 0 for an unlimited allotment. Raises NotFound for a pool that isn't allotted.
    """
    query = select(Pool.allotted_from_id).where(Pool.id == child_pool_id)
    parent_id = or_not_found(session.scalar(query))
    _, children = _family(session, parent_id)
    child = next(one for one in children if one.id == child_pool_id)
    before, used = child.allotted, child.used
    change(session, child_pool_id, used, actor=actor, now=now)
    return 0 if before is None else before - used


def find_part(session: Session, pool_id: int, part_id: str) -> PoolFacts:
    """Return a pool's allotment by its public ID; raises NotFound."""
    found = next((one for one in allotments_of(session, pool_id) if one.public_id == part_id), None)
    return or_not_found(found, NO_SUCH_POOL)


def part_of(session: Session, pool_id: int, organization_id: int) -> PoolFacts | NothingAllotted:
    """Return what an organization is allotted from a pool."""
    parts, kept = allotments_of(session, pool_id), kept_id(session, organization_id)
    return next((one for one in parts if one.organization_id == kept), NothingAllotted())


def _family(session: Session, pool_id: int) -> tuple[Pool, list[Pool]]:
    family = lock_family(session, pool_id)
    parent = or_not_found(next((pool for pool in family if pool.id == pool_id), None))
    if parent.allotted_from_id is not None:
        raise Conflict(NOT_TWICE)
    return parent, [pool for pool in family if pool.id != pool_id]


def _check_number(seats: int | None) -> None:
    if seats is not None and not 0 <= seats <= MOST:
        raise Invalid(BAD_NUMBER, field="seats")


def _is_child(session: Session, parent: Pool, organization_id: int) -> bool:
    is_child = exists().where(
        Organization.id.in_(family_of(organization_id)),
        Organization.parent_id.in_(family_of(parent.organization_id)),
    )
    return bool(session.scalar(select(is_child)))


def _take(session: Session, parent: Pool, seats: int | None) -> None:
    if seats is None:
        if parent.capacity is not None:
            raise Conflict(LIMITED)
    elif not count_in(session, parent.id, seats):
        raise Conflict(TOO_FEW_FREE)


def _move(session: Session, parent: Pool, before: int | None, after: int | None) -> None:
    """Count the difference between two sizes of an allotment in or out of the parent pool."""
    if after is None and parent.capacity is not None:
        raise Conflict(LIMITED)
    if parent.capacity == 0 and before is not None:
        if after is not None and after > before:
            raise Conflict(TOO_FEW_FREE)
        return
    more = (after or 0) - (before or 0)
    if more < 0:
        count_out(session, parent.id, -more)
    elif not count_in(session, parent.id, more):
        raise Conflict(TOO_FEW_FREE)
