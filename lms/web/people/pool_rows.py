"""Pool rows on the staff pages of people and organizations, each with the pool's grants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from lms.access.policy import GrantFacts, weigh_holdings
from lms.core.dates_and_time_zones import say_date, say_last_date
from lms.core.errors import N_
from lms.models.seats import ClaimPolicy
from lms.seats.pools import PoolFacts, PoolGrant
from lms.web.people.grant_and_seat_rows import KINDS, covered, standing_words

POLICIES = {
    ClaimPolicy.INVITATION: N_("By invitation"),
    ClaimPolicy.DOMAIN: N_("By email domain"),
}


@dataclass(frozen=True, slots=True)
class PoolGrantRow:
    """A grant of a pool, as its line shows it."""

    id: str
    what: str
    term: str
    state: str
    badge: str
    is_revocable: bool


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool, as its row shows it; an allotted pool shows its parent's grants, without revoking."""

    id: str
    what: str
    seats: str
    used: int
    capacity: int | None
    policy: str
    is_by_domain: bool
    is_allotted: bool
    grace: str  # the end of the grace period; empty if nothing ends
    grants: tuple[PoolGrantRow, ...]


def pool_row(
    pool: PoolFacts, grants: Sequence[PoolGrant], *, now: datetime, zone: ZoneInfo
) -> PoolRow:
    """Return a pool and its grants in words."""
    is_allotted = pool.allotted_from is not None
    if pool.capacity is None:
        seats = _("%(used)s used, no limit", used=f"{pool.used:,}")
    else:
        seats = _(
            "%(used)s of %(capacity)s used", used=f"{pool.used:,}", capacity=f"{pool.capacity:,}"
        )
    return PoolRow(
        id=pool.public_id,
        what=covered(pool.target.scope, pool.covers),
        seats=seats,
        used=pool.used,
        capacity=pool.capacity,
        policy=_(POLICIES[pool.claim_policy]),
        is_by_domain=pool.claim_policy is ClaimPolicy.DOMAIN,
        is_allotted=is_allotted,
        grace="" if pool.is_pass else _grace(grants, zone),
        grants=tuple(
            _grant_row(one, pool, is_allotted=is_allotted, now=now, zone=zone)
            for one in reversed(grants)
        ),
    )


def _grace(grants: Sequence[PoolGrant], zone: ZoneInfo) -> str:
    ends = [
        (line.ends_at, line.grace_until or line.ends_at)
        for line in grants
        if line.ends_at is not None and line.revoked_at is None
    ]
    if not ends:
        return ""
    _last, until = max(ends)
    return _("Grace period until %(day)s", day=say_last_date(until, zone))


def _grant_row(
    line: PoolGrant, pool: PoolFacts, *, is_allotted: bool, now: datetime, zone: ZoneInfo
) -> PoolGrantRow:
    facts = GrantFacts(
        public_id=line.public_id,
        scope=pool.target.scope,
        covers=pool.covers,
        starts_at=line.starts_at,
        ends_at=line.ends_at,
        suspended_at=line.suspended_at,
        revoked_at=line.revoked_at,
        revoked_as=line.revoked_as,
        grace_until=line.grace_until,
        awaits_payment_since=line.awaits_payment_since,
        granted_at=line.granted_at,
        is_pass=pool.is_pass,
    )
    (weighed,) = weigh_holdings((facts,), now)
    state, badge = standing_words(weighed.code)
    seats = (
        _("unlimited seats")
        if line.seats is None
        else ngettext("%(n)s seat", "%(n)s seats", line.seats, n=f"{line.seats:,}")
    )
    since = say_date(line.starts_at, zone)
    term = (
        _("permanent, since %(since)s", since=since)
        if line.ends_at is None
        else _("%(since)s to %(until)s", since=since, until=say_last_date(line.ends_at, zone))
    )
    return PoolGrantRow(
        id=line.public_id,
        what=f"{_(KINDS[line.kind])}, {seats}",
        term=term,
        state=state,
        badge=badge,
        is_revocable=line.revoked_at is None and not is_allotted,
    )
