"""Bulk pools: adds the pools and seats of many past orders at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import zone_of
from lms.core.bulk_insert import write_rows
from lms.core.dates_and_time_zones import days_later
from lms.core.model_base import new_public_ids
from lms.grants.grants import Target, target_columns
from lms.models.grants import Grant
from lms.models.organizations import Organization
from lms.models.seats import ClaimPolicy, Pool
from lms.seats.capacity import GRACE, Line, capacity_at
from lms.seats.pool_reconciliation import settle
from lms.seats.pools import NewPoolGrant


@dataclass(frozen=True, slots=True)
class _Kind:
    """The identity of a pool: its organization, whether it is permanent, and its target."""

    organization_id: int
    is_permanent: bool
    target: Target


def fill(
    session: Session, lines: Sequence[NewPoolGrant], *, actor: str | None, now: datetime
) -> None:
    """Give organizations the seats of many orders, as `lms.seats.pools.sell_seats` does for one.

    A new pool has no one in it, so its capacity is known at once; an existing pool is settled.
    """
    if not lines:
        return
    by_kind: dict[_Kind, list[NewPoolGrant]] = {}
    for line in lines:
        by_kind.setdefault(_kind(line), []).append(line)
    dated = {line.organization_id for line in lines if line.term.ends_at is not None}
    zones = {organization_id: zone_of(session, organization_id) for organization_id in dated}
    standing = _standing(session, by_kind)
    missing = [kind for kind in by_kind if kind not in standing]
    pools = standing | _make(session, {kind: by_kind[kind] for kind in missing}, zones, now)
    audit.record_all(
        session,
        "pool.made",
        [(pools[kind][1], audit.NO_DETAIL) for kind in missing],
        actor=actor,
        now=now,
    )
    _grant(session, lines, pools, zones, actor=actor, now=now)
    for pool_id in sorted(pools[kind][0] for kind in by_kind if kind in standing):
        settle(session, pool_id, now=now)


def _kind(line: NewPoolGrant) -> _Kind:
    return _Kind(line.organization_id, line.term.ends_at is None, line.target)


def _standing(session: Session, kinds: Iterable[_Kind]) -> dict[_Kind, tuple[int, str]]:
    """Return the existing pools of these kinds, with their organizations' rows locked."""
    organizations = sorted({kind.organization_id for kind in kinds})
    session.execute(
        select(Organization.id)
        .where(Organization.id.in_(organizations))
        .order_by(Organization.id)
        .with_for_update(key_share=True)
    ).all()
    rows = session.execute(
        select(
            Pool.id,
            Pool.public_id,
            Pool.organization_id,
            Pool.is_permanent,
            Pool.scope,
            Pool.webinar_id,
            Pool.presenter_id,
            Pool.series_id,
        )
        .where(
            Pool.organization_id.in_(organizations),
            Pool.allotted_from_id.is_(None),
            ~Pool.is_pass,  # each pass is one person's seat, not a contract's
        )
        .order_by(Pool.id.desc())  # where there are two, the older one stays
    )
    found = {}
    for row in rows:
        target = Target(row.scope, row.webinar_id or row.presenter_id or row.series_id)
        found[_Kind(row.organization_id, row.is_permanent, target)] = (row.id, row.public_id)
    return {kind: found[kind] for kind in kinds if kind in found}


def _make(
    session: Session,
    kinds: Mapping[_Kind, Sequence[NewPoolGrant]],
    zones: Mapping[int, ZoneInfo],
    now: datetime,
) -> dict[_Kind, tuple[int, str]]:
    if not kinds:
        return {}
    ids = dict(zip(new_public_ids(len(kinds)), kinds, strict=True))
    write_rows(
        session,
        Pool,
        [
            {
                "public_id": public_id,
                "organization_id": kind.organization_id,
                "is_permanent": kind.is_permanent,
                "capacity": capacity_at([_line(each, zones) for each in kinds[kind]], now).seats,
                "used": 0,
                "claim_policy": ClaimPolicy.INVITATION,
                "created_at": now,
                **target_columns(kind.target),
            }
            for public_id, kind in ids.items()
        ],
    )
    rows = session.execute(select(Pool.id, Pool.public_id).where(Pool.public_id.in_(ids)))
    return {ids[row.public_id]: (row.id, row.public_id) for row in rows}


def _line(line: NewPoolGrant, zones: Mapping[int, ZoneInfo]) -> Line:
    ends_at, grace_until = line.term.ends_at, None
    if ends_at is not None:
        grace_until = days_later(ends_at, GRACE, zones[line.organization_id])
    return Line(line.seats, line.term.starts_at, ends_at, grace_until)


def _grant(
    session: Session,
    lines: Sequence[NewPoolGrant],
    pools: Mapping[_Kind, tuple[int, str]],
    zones: Mapping[int, ZoneInfo],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    rows, made = [], []
    for line, public_id in zip(lines, new_public_ids(len(lines)), strict=True):
        pool_id, pool = pools[_kind(line)]
        stands = _line(line, zones)
        rows.append(
            {
                "public_id": public_id,
                "pool_id": pool_id,
                "order_line_id": line.order_line_id,
                "kind": line.kind,
                "seats": stands.seats,
                "starts_at": stands.starts_at,
                "ends_at": stands.ends_at,
                "grace_until": stands.grace_until,
                "created_at": now,
                **target_columns(line.target),
            }
        )
        made.append((public_id, {"pool": pool}))
    write_rows(session, Grant, rows)
    audit.record_all(session, "grant.made", made, actor=actor, now=now)
