"""Seats to assign: what a person's organizations bought and no one was given yet (S12)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.models.seats import Assignment
from lms.organizations.manager_and_owner_permissions import managed_by
from lms.seats.pool_overview import PoolCard, read_pools


@dataclass(frozen=True, slots=True)
class ToAssign:
    """A pool with seats to assign; `has_own` means that the manager has one of its seats."""

    organization_id: str
    organization: str
    pool: PoolCard
    has_own: bool


def seats_to_assign(session: Session, login_id: int, *, now: datetime) -> tuple[ToAssign, ...]:
    """Return the pools with seats to assign of the organizations a person manages, newest first."""
    found = [
        (organization, card)
        for organization in managed_by(session, login_id)
        for card in read_pools(session, organization.id, now=now)
        if card.is_to_assign
    ]
    own = pools_with_own_seat(session, login_id)
    return tuple(
        ToAssign(organization.public_id, organization.name, card, card.id in own)
        for organization, card in sorted(found, key=lambda each: -each[1].id)
    )


def pools_with_own_seat(session: Session, login_id: int) -> frozenset[int]:
    """Return the pools, by row ID, in which a person has a seat."""
    return frozenset(
        session.scalars(
            select(Assignment.pool_id).where(
                Assignment.login_id.in_(logins_of(login_id)), Assignment.ended_at.is_(None)
            )
        )
    )
