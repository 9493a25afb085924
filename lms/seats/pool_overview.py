"""The pool overview for managers: what each pool covers, its use, and its end dates."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Result, and_, false, func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.core.errors import NotFound
from lms.core.model_base import copied
from lms.models.catalog import OFF, Presenter, Series, Webinar
from lms.models.grants import Grant, Scope
from lms.models.orders import NamedPerson
from lms.models.organizations import Organization
from lms.models.seats import (
    Assignment,
    AssignmentState,
    ClaimPolicy,
    Pool,
    PoolPurpose,
    Seat,
    SeatState,
    WaitingEntry,
)


class Standing(StrEnum):
    """The state of a pool's term; only `lms.access.policy.decide` says who can watch."""

    IN_FORCE = "in_force"
    GRACE = "grace"
    TO_COME = "to_come"
    AWAITING_PAYMENT = "awaiting_payment"
    PAUSED = "paused"  # it was open, and our team put it on hold until it is paid
    SUSPENDED = "suspended"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Line:
    """One grant of a pool: its seats and its term."""

    id: str
    seats: int | None  # None is unlimited
    starts_at: datetime
    ends_at: datetime | None
    grace_until: datetime | None
    awaits_payment: bool
    is_paused: bool  # awaits payment after it was open
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class Term:
    """The state of a pool's term, and its dates; `until` is None for permanent access.

    `awaits_renewal`: it is in its grace period, and a renewal that started waits for payment.
    """

    standing: Standing
    since: datetime | None
    until: datetime | None
    awaits_renewal: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How a pool's seats are used; frozen people wait for a renewal and use no seat.

    `named` people were named in orders on hold, and are invited once those open.
    """

    invited: int = 0
    offered: int = 0
    claimed: int = 0
    frozen: int = 0
    locked: int = 0
    awaiting_approval: int = 0
    allotted: int = 0
    waiting: int = 0
    named: int = 0


@dataclass(frozen=True, slots=True)
class PoolCard:
    """One pool of an organization; `target` is the slug of what it covers.

    `record` is the name of the organization it was sold to, which may be merged into another.
    """

    id: int
    public_id: str
    scope: Scope
    title: str
    target: str | None
    record: str
    is_permanent: bool
    is_pass: bool
    capacity: int | None  # None is unlimited
    used: int
    claim_policy: ClaimPolicy
    meant_for: PoolPurpose | None
    allotted_by: str | None  # the organization that allotted it
    is_off: bool  # its webinar was canceled or removed
    term: Term
    lines: tuple[Line, ...]
    counts: Counts

    @property
    def free(self) -> int | None:
        """Return how many seats are free; None is unlimited."""
        return None if self.capacity is None else self.capacity - self.used

    @property
    def unassigned(self) -> int | None:
        """Return how many seats no one has or is named for; None is unlimited."""
        return None if self.free is None else max(0, self.free - self.counts.named)

    @property
    def takes_people(self) -> bool:
        """Return whether new people can be added if a seat is free."""
        return self.term.awaits_renewal or self.term.standing in (
            Standing.IN_FORCE,
            Standing.TO_COME,
            Standing.AWAITING_PAYMENT,
            Standing.PAUSED,
        )

    @property
    def is_to_assign(self) -> bool:
        """Return whether its manager has seats to assign: free ones, or unlimited ones no one uses."""
        if self.is_off or not self.takes_people or self.meant_for is PoolPurpose.LMS:
            return False
        if self.capacity is None:
            return self.used + self.counts.named == 0 or self.awaits_purpose
        return self.unassigned != 0

    @property
    def has_purpose(self) -> bool:
        """Return whether its manager chooses who its seats are for: an unlimited pool that isn't allotted."""
        return self.capacity is None and self.allotted_by is None and self.takes_people

    @property
    def awaits_purpose(self) -> bool:
        """Return whether its manager has yet to choose that; more than one used seat implies a choice."""
        return self.has_purpose and self.meant_for is None and self.used <= 1


def read_pools(session: Session, organization_id: int, *, now: datetime) -> tuple[PoolCard, ...]:
    """Return an organization's pools, by standing and then by title."""
    its_pools = Pool.organization_id.in_(family_of(organization_id))
    cards = _cards(session, its_pools, now=now)
    order = tuple(Standing)
    return tuple(
        sorted(cards, key=lambda card: (order.index(card.term.standing), card.title.casefold()))
    )


def read_pool(session: Session, organization_id: int, pool_id: str, *, now: datetime) -> PoolCard:
    """Return one pool of an organization; raises NotFound."""
    mine = and_(Pool.organization_id.in_(family_of(organization_id)), Pool.public_id == pool_id)
    cards = _cards(session, mine, now=now)
    if not cards:
        raise NotFound
    return cards[0]


def weigh_term(lines: Sequence[Line], *, now: datetime) -> Term:
    """Return the standing of a pool with these grants; adjoining renewals extend `until`.

    It is that of the grant through which `lms.access.policy` would admit the pool's people, if any.
    """
    current = [line for line in lines if _is_current(line, now)]
    in_grace = [line for line in lines if _is_in_grace(line, now)]
    found = current or in_grace
    is_open = any(_admits(line) for line in current)
    if not is_open and any(_admits(line) for line in in_grace):
        ended = max(line.ends_at for line in in_grace if line.ends_at)
        until = max(line.grace_until for line in in_grace if _admits(line) and line.grace_until)
        awaits_renewal = any(line.awaits_payment for line in current)
        return Term(Standing.GRACE, ended, until, awaits_renewal)
    if found:
        standing = Standing.IN_FORCE if is_open else _closed_by([*current, *in_grace])
        return Term(standing, min(line.starts_at for line in found), _until(found, lines))
    to_come = [line for line in lines if line.starts_at > now]
    if to_come:
        is_open = any(_admits(line) for line in to_come)
        standing = Standing.TO_COME if is_open else _closed_by(to_come)
        return Term(standing, min(line.starts_at for line in to_come), None)
    ends = [line.ends_at for line in lines if line.ends_at]
    return Term(Standing.LAPSED, max(ends, default=None), None)


def _closed_by(lines: Sequence[Line]) -> Standing:
    """Return why lines admit no one: the easiest to resolve first, as in a decision."""
    if any(line.is_paused and not line.is_suspended for line in lines):
        return Standing.PAUSED
    is_unpaid = any(line.awaits_payment and not line.is_suspended for line in lines)
    return Standing.AWAITING_PAYMENT if is_unpaid else Standing.SUSPENDED


def _admits(line: Line) -> bool:
    return not (line.awaits_payment or line.is_suspended)


def _is_in_grace(line: Line, now: datetime) -> bool:
    has_ended = line.ends_at is not None and line.ends_at <= now
    return has_ended and line.grace_until is not None and now < line.grace_until


def _is_current(line: Line, now: datetime) -> bool:
    return line.starts_at <= now and (line.ends_at is None or now < line.ends_at)


def _until(current: Sequence[Line], lines: Sequence[Line]) -> datetime | None:
    if any(line.ends_at is None for line in current):
        return None
    until = max(line.ends_at for line in current if line.ends_at)
    for line in sorted(lines, key=lambda each: each.starts_at):
        if line.starts_at <= until:
            if line.ends_at is None:
                return None
            until = max(until, line.ends_at)
    return until


def _cards(session: Session, mine: ColumnElement[bool], *, now: datetime) -> list[PoolCard]:
    parent = select(Pool.id, Organization.name).join(Organization).subquery()
    rows = session.execute(
        select(
            Pool,
            func.coalesce(Webinar.title, Presenter.name, Series.title).label("title"),
            func.coalesce(Webinar.slug, Presenter.slug, Series.slug).label("target"),
            Organization.name.label("record"),
            parent.c.name.label("allotted_by"),
            Webinar.state.in_(OFF).label("is_off"),
        )
        .outerjoin(Webinar, Webinar.id == Pool.webinar_id)
        .outerjoin(Presenter, Presenter.id == Pool.presenter_id)
        .outerjoin(Series, Series.id == Pool.series_id)
        .outerjoin(parent, parent.c.id == Pool.allotted_from_id)
        .join(Organization, Organization.id == Pool.organization_id)
        .where(mine)
    ).all()
    roots = _roots(session, [row.Pool for row in rows])
    lines = _lines(session, set(roots.values()))
    counts = _counts(session, [row.Pool.id for row in rows])
    return [
        copied(
            PoolCard,
            row.Pool,
            title=row.title or "",
            target=row.target,
            record=row.record,
            allotted_by=row.allotted_by,
            is_off=bool(row.is_off),
            term=weigh_term(lines[roots[row.Pool.id]], now=now),
            lines=() if row.Pool.allotted_from_id else tuple(lines[row.Pool.id]),
            counts=counts.get(row.Pool.id, Counts()),
        )
        for row in rows
    ]


def _roots(session: Session, pools: Sequence[Pool]) -> dict[int, int]:
    """Return for each pool the one whose grants count: itself, or the pool it was allotted from."""
    roots = {pool.id: pool.allotted_from_id or pool.id for pool in pools}
    above = {pool.allotted_from_id for pool in pools} - {None}
    while above:
        found = session.execute(
            select(Pool.id, Pool.allotted_from_id).where(
                Pool.id.in_(above), Pool.allotted_from_id.is_not(None)
            )
        ).all()
        next_up: dict[int, int] = {row.id: row.allotted_from_id for row in found}
        roots = {pool: next_up.get(root, root) for pool, root in roots.items()}
        above = set(next_up.values())
    return roots


def _lines(session: Session, pool_ids: set[int]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = defaultdict(list)
    rows: Result[*tuple[Any, ...]] = session.execute(
        select(
            Grant.pool_id,
            Grant.public_id,
            Grant.seats,
            Grant.starts_at,
            Grant.ends_at,
            Grant.grace_until,
            Grant.awaits_payment_since.is_not(None),
            func.coalesce(Grant.awaits_payment_since > Grant.created_at, false()),
            Grant.suspended_at.is_not(None),
        )
        .where(Grant.pool_id.in_(pool_ids), Grant.revoked_at.is_(None))
        .order_by(Grant.starts_at, Grant.id)
    )
    for pool_id, *line in rows:
        found[pool_id].append(Line(*line))
    return found


def _counts(session: Session, pool_ids: Sequence[int]) -> dict[int, Counts]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    people = session.execute(
        select(Assignment.pool_id, Assignment.state, func.count())
        .where(Assignment.pool_id.in_(pool_ids), Assignment.ended_at.is_(None))
        .group_by(Assignment.pool_id, Assignment.state)
    )
    for pool_id, state, count in people:
        if state is not AssignmentState.RELEASED:
            found[pool_id][state.value] = count
    locked = session.execute(
        select(Seat.pool_id, func.count(), func.count().filter(Seat.opens_at.is_(None)))
        .where(Seat.pool_id.in_(pool_ids), Seat.state == SeatState.LOCKED)
        .group_by(Seat.pool_id)
    )
    for pool_id, count, awaiting in locked:
        found[pool_id] |= {"locked": count, "awaiting_approval": awaiting}
    waiting = session.execute(
        select(WaitingEntry.pool_id, func.count())
        .where(WaitingEntry.pool_id.in_(pool_ids), WaitingEntry.ended_at.is_(None))
        .group_by(WaitingEntry.pool_id)
    )
    for pool_id, count in waiting:
        found[pool_id]["waiting"] = count
    allotted = session.execute(
        select(Pool.allotted_from_id, func.sum(func.coalesce(Pool.allotted, 0)))
        .where(Pool.allotted_from_id.in_(pool_ids), or_(Pool.allotted.is_(None), Pool.allotted > 0))
        .group_by(Pool.allotted_from_id)
    )
    for parent_id, parts in allotted:
        found[parent_id or 0]["allotted"] = int(parts)
    named = session.execute(
        select(Grant.pool_id, func.count())
        .join(NamedPerson, NamedPerson.order_line_id == Grant.order_line_id)
        .where(
            Grant.pool_id.in_(pool_ids),
            Grant.awaits_payment_since <= Grant.created_at,  # later, they were already invited
            Grant.revoked_at.is_(None),
        )
        .group_by(Grant.pool_id)
    )
    for its_id, persons in named:
        found[its_id or 0]["named"] = persons
    return {pool_id: Counts(**counts) for pool_id, counts in found.items()}
