"""Pools and their grants: sell seats, set the claim policy, and suspend or revoke a grant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.access.merged_organizations import family_of, zone_of
from lms.core.dates_and_time_zones import days_later
from lms.core.errors import N_, Conflict, NotFound, or_not_found
from lms.core.model_base import locked
from lms.grants.grants import Target, Term, target_columns
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import Grant, OfferKind, Withdrawal
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd
from lms.models.seats import ClaimPolicy, Pool, PoolPurpose
from lms.playback.sessions import end_previews
from lms.seats import waitlist
from lms.seats.capacity import GRACE
from lms.seats.pool_reconciliation import end_playback, settle
from lms.seats.seat_counts import lock_family

NO_SUCH_POOL = N_("We couldn't find these seats.")
NO_SUCH_GRANT = N_("We couldn't find this grant.")
TAKEN_BACK = N_("This access was already revoked.")

_Parent, _Owner = aliased(Pool), aliased(Organization)


@dataclass(frozen=True, slots=True)
class NewPoolGrant:
    """Seats sold to an organization: how many (None is unlimited), for what, and their term.

    `awaits_payment` is set until the order is paid; people can already be invited. `pool_id` is the
    pool being renewed or added to. `buyer_id` is a login that goes first on the waitlist.
    """

    organization_id: int
    target: Target
    seats: int | None
    term: Term
    kind: OfferKind
    order_line_id: int | None = None
    awaits_payment: bool = False
    pool_id: int | None = None
    buyer_id: int | None = None


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """An organization's seats for one scope; `covers` is a title or a presenter's name, "" for all.

    `capacity` None is unlimited. `allotted_from` is the parent organization's pool. `owner_id` is
    the organization that has the pool; if it was merged into another, `organization` and
    `organization_id` are that other one (PRODUCT.md, I6). `is_pass` means an all-access pass of the
    organization.
    """

    id: int
    public_id: str
    owner_id: int
    organization_id: int
    organization: str
    target: Target
    covers: str
    slug: str
    is_permanent: bool
    is_pass: bool
    capacity: int | None
    used: int
    claim_policy: ClaimPolicy
    allotted_from: str | None
    allotted: int | None

    @property
    def free(self) -> int | None:
        """Return how many seats are free; None is unlimited."""
        return None if self.capacity is None else self.capacity - self.used


@dataclass(frozen=True, slots=True)
class PoolGrant:
    """One grant of a pool; times in UTC, `seats` None is unlimited."""

    public_id: str
    kind: OfferKind
    seats: int | None
    starts_at: datetime
    ends_at: datetime | None
    grace_until: datetime | None
    awaits_payment_since: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revoked_as: Withdrawal | None
    granted_at: datetime


_POOLS = (
    select(
        Pool.id,
        Pool.public_id,
        Pool.organization_id.label("owner_id"),
        Organization.id.label("organization_id"),
        Organization.name.label("organization"),
        Pool.scope,
        func.coalesce(Pool.webinar_id, Pool.presenter_id, Pool.series_id).label("target_id"),
        func.coalesce(Webinar.title, Presenter.name, Series.title, "").label("covers"),
        func.coalesce(Webinar.slug, Presenter.slug, Series.slug, "").label("slug"),
        Pool.is_permanent,
        Pool.is_pass,
        Pool.capacity,
        Pool.used,
        Pool.claim_policy,
        _Parent.public_id.label("allotted_from"),
        Pool.allotted,
    )
    .join(_Owner, _Owner.id == Pool.organization_id)
    .join(Organization, Organization.id == func.coalesce(_Owner.merged_into, _Owner.id))
    .outerjoin(Webinar, Webinar.id == Pool.webinar_id)
    .outerjoin(Presenter, Presenter.id == Pool.presenter_id)
    .outerjoin(Series, Series.id == Pool.series_id)
    .outerjoin(_Parent, _Parent.id == Pool.allotted_from_id)
)


def sell_seats(
    session: Session, new: NewPoolGrant, *, actor: str | None, now: datetime
) -> PoolFacts:
    """Add a grant to the organization's pool with that scope and permanence.

    A pass gets its own pool. Existing access doesn't change (PRODUCT.md, C4); people of a lapsed
    pool are restored. Raises NotFound for an unknown organization.
    """
    pool = _pool_for(session, new, actor=actor, now=now)
    # before `settle`, which offers free seats to the waitlist
    if new.buyer_id is not None:
        waitlist.go_first(session, pool.id, new.buyer_id)
    ends_at, zone = new.term.ends_at, zone_of(session, new.organization_id)
    grant = Grant(
        pool_id=pool.id,
        order_line_id=new.order_line_id,
        kind=new.kind,
        seats=new.seats,
        starts_at=new.term.starts_at,
        ends_at=ends_at,
        grace_until=None if ends_at is None or pool.is_pass else days_later(ends_at, GRACE, zone),
        awaits_payment_since=now if new.awaits_payment else None,
        created_at=now,
        **target_columns(new.target),
    )
    session.add(grant)
    session.flush()
    detail = {"pool": pool.public_id}
    audit.record(session, "grant.made", grant.public_id, actor=actor, now=now, detail=detail)
    settle(session, pool.id, now=now)
    return find_pool(session, pool.public_id)


def find_pool(session: Session, public_id: str) -> PoolFacts:
    """Return a pool by its public ID; raises NotFound."""
    return _one(session, Pool.public_id == public_id)


def find_own_pool(session: Session, organization_id: int, public_id: str) -> PoolFacts:
    """Return a pool of an organization by its public ID; raises NotFound, also for another's."""
    pool = find_pool(session, public_id)
    if pool.organization_id != organization_id:
        raise NotFound(NO_SUCH_POOL)
    return pool


def read_pool(session: Session, pool_id: int) -> PoolFacts:
    """Return a pool by its row ID; raises NotFound."""
    return _one(session, Pool.id == pool_id)


def pools_of(session: Session, organization_id: int) -> tuple[PoolFacts, ...]:
    """Return the pools of an organization, including merged ones, the oldest first."""
    its_pools = Pool.organization_id.in_(family_of(organization_id))
    rows = session.execute(_POOLS.where(its_pools).order_by(Pool.id))
    return tuple(_facts(row) for row in rows)


def allotments_of(session: Session, pool_id: int) -> tuple[PoolFacts, ...]:
    """Return the pools allotted from a pool, by their organizations' names."""
    rows = session.execute(
        _POOLS.where(Pool.allotted_from_id == pool_id).order_by(
            func.lower(Organization.name), Pool.id
        )
    )
    return tuple(_facts(row) for row in rows)


def grants_of(session: Session, pool_id: int) -> tuple[PoolGrant, ...]:
    """Return the grants that a pool's seats come from, by start; a child's are its parent's."""
    rows = session.execute(
        select(
            Grant.public_id,
            Grant.kind,
            Grant.seats,
            Grant.starts_at,
            Grant.ends_at,
            Grant.grace_until,
            Grant.awaits_payment_since,
            Grant.suspended_at,
            Grant.revoked_at,
            Grant.revoked_as,
            Grant.created_at,
        )
        .join(Pool, Grant.pool_id == func.coalesce(Pool.allotted_from_id, Pool.id))
        .where(Pool.id == pool_id)
        .order_by(Grant.starts_at, Grant.id)
    )
    return tuple(PoolGrant(*tuple(row)) for row in rows)


def set_claim_policy(
    session: Session, pool_id: int, policy: ClaimPolicy, *, actor: str | None, now: datetime
) -> None:
    """Set who can claim a free seat uninvited: no one, or people at a verified domain (S7)."""
    pool = session.scalars(select(Pool).where(Pool.id == pool_id)).one()
    if pool.claim_policy is policy:
        return
    pool.claim_policy = policy
    detail = {"policy": policy.value}
    audit.record(session, "pool.policy_set", pool.public_id, actor=actor, now=now, detail=detail)
    session.flush()


def set_purpose(
    session: Session, pool_id: int, purpose: PoolPurpose, *, actor: str | None, now: datetime
) -> None:
    """Set who the unlimited seats of a pool are for (S12)."""
    pool = session.scalars(select(Pool).where(Pool.id == pool_id)).one()
    pool.meant_for = purpose
    detail = {"purpose": purpose.value}
    audit.record(session, "pool.purpose_set", pool.public_id, actor=actor, now=now, detail=detail)
    session.flush()


def revoke_pool_grant(
    session: Session,
    grant_id: str,
    withdrawal: Withdrawal,
    *,
    reason: str,
    actor: str | None,
    now: datetime,
) -> None:
    """Revoke one grant of a pool at once (PRODUCT.md, R1); its other grants stay.

    `reason` is for staff only and can be empty. People who lose their seat stop watching and keep
    their certificates. Raises NotFound, and Conflict if it was already revoked.
    """
    of_pool = session.scalar(select(Grant.pool_id).where(Grant.public_id == grant_id))
    pool_id = or_not_found(of_pool, NO_SUCH_GRANT)
    lock_family(session, pool_id)  # before its grants, as lms/contracts/grace_periods.py does
    grant = _grant(session, grant_id)
    grant.revoked_at, grant.revoked_as = now, withdrawal
    grant.revoked_reason = reason.strip() or None
    session.flush()
    audit.record(session, "grant.revoked", grant.public_id, actor=actor, now=now)
    frozen = settle(session, pool_id, now=now)
    is_refund = withdrawal is Withdrawal.REFUNDED
    ended_as = PlaybackEnd.REFUNDED if is_refund else PlaybackEnd.REVOKED
    end_previews(session, select(Grant.id).where(Grant.id == grant.id), ended_as=ended_as, now=now)
    if frozen:
        end_playback(session, pool_id, ended_as, now=now)


def suspend_pool_grant(
    session: Session, grant_id: str, *, actor: str | None, now: datetime
) -> None:
    """Suspend a grant until it is restored, such as in a dispute (R2); no one loses their seat."""
    grant = _grant(session, grant_id)
    if grant.suspended_at is not None:
        return
    grant.suspended_at = now
    assert grant.pool_id is not None  # noqa: S101  (the query requires it)
    audit.record(session, "grant.suspended", grant.public_id, actor=actor, now=now)
    session.flush()
    end_playback(session, grant.pool_id, PlaybackEnd.SUSPENDED, now=now)


def restore_pool_grant(
    session: Session, grant_id: str, *, actor: str | None, now: datetime
) -> None:
    """Restore a suspended grant; people still have their seats."""
    grant = _grant(session, grant_id)
    if grant.suspended_at is None:
        return
    grant.suspended_at = None
    audit.record(session, "grant.restored", grant.public_id, actor=actor, now=now)
    session.flush()


def mark_pool_grant_paid(
    session: Session, grant_id: str, *, actor: str | None, now: datetime
) -> None:
    """Open the access of a grant that waited for payment."""
    grant = _grant(session, grant_id)
    if grant.awaits_payment_since is None:
        return
    grant.awaits_payment_since = None
    audit.record(session, "grant.paid", grant.public_id, actor=actor, now=now)
    session.flush()


def _one(session: Session, which: ColumnElement[bool]) -> PoolFacts:
    row = or_not_found(session.execute(_POOLS.where(which)).one_or_none(), NO_SUCH_POOL)
    return _facts(row)


def _facts(row: Row[*tuple[Any, ...]]) -> PoolFacts:
    columns = row._asdict()
    target = Target(columns.pop("scope"), columns.pop("target_id"))
    return PoolFacts(**columns, target=target)


def _grant(session: Session, grant_id: str) -> Grant:
    query = locked(
        select(Grant).where(Grant.public_id == grant_id, Grant.pool_id.is_not(None)), key_share=True
    )
    grant = or_not_found(session.scalar(query), NO_SUCH_GRANT)
    if grant.revoked_at is not None:
        raise Conflict(TAKEN_BACK)
    return grant


def _pool_for(session: Session, new: NewPoolGrant, *, actor: str | None, now: datetime) -> Pool:
    """Return the pool that a grant goes into, created if there is none; raises NotFound."""
    # The organization's row is locked so that two orders at once create only one pool.
    query = (
        select(Organization.id)
        .where(Organization.id == new.organization_id)
        .with_for_update(key_share=True)
    )
    or_not_found(session.scalar(query))
    if new.pool_id is not None:
        return session.get_one(Pool, new.pool_id)
    if new.kind is OfferKind.PASS:
        return _new_pool(session, new, actor=actor, now=now)
    existing = session.scalar(
        select(Pool)
        .where(
            Pool.organization_id == new.organization_id,
            Pool.is_permanent.is_(new.term.ends_at is None),
            Pool.is_pass.is_(False),
            Pool.allotted_from_id.is_(None),
        )
        .filter_by(**target_columns(new.target))
        .order_by(Pool.id)
        .limit(1)
    )
    return existing or _new_pool(session, new, actor=actor, now=now)


def _new_pool(session: Session, new: NewPoolGrant, *, actor: str | None, now: datetime) -> Pool:
    pool = Pool(
        organization_id=new.organization_id,
        is_permanent=new.term.ends_at is None,
        is_pass=new.kind is OfferKind.PASS,
        capacity=0,
        created_at=now,
        **target_columns(new.target),
    )
    session.add(pool)
    session.flush()
    audit.record(session, "pool.made", pool.public_id, actor=actor, now=now)
    return pool
