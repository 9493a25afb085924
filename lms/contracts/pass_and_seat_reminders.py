"""Reminders of ending contracts and passes, seat shortages, and full pools, each sent once.

Every letter has a key that is unique in the database, so that any number of workers may look at
the same time, and again. Days are days in the organization's zone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Result, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import kept_organization
from lms.contracts import mails, renewals
from lms.contracts.mails import EndingPass, Fewer, Post
from lms.core.dates_and_time_zones import read_zone
from lms.grants.grants import Target
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Series
from lms.models.grants import Grant, OfferKind
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.organizations.manager_and_owner_permissions import Steward
from lms.seats.capacity import KEPT_FROZEN
from lms.seats.pools import PoolFacts, read_pool

BEFORE_THE_END: Final = (30, 7, 1)
SHARES: Final = (100, 90, 75)
AHEAD: Final = timedelta(days=32)
TELLS_FOR: Final = timedelta(days=7)  # what ended before that was told, or came from the past
MORNING: Final = time(9)
MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Ending:
    """A pool and its last end; `since` is when the house first knew of that end."""

    pool_id: int
    ends_at: datetime
    grace_until: datetime | None
    since: datetime
    zone: str | None


def notice_at(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return when to tell of an end so many days ahead: that morning, and never later than that."""
    last = (at - MOMENT).astimezone(zone).date()
    morning = datetime.combine(last - timedelta(days=days), MORNING, tzinfo=zone)
    return min(morning, at - timedelta(days=days))


def due_notice(
    at: datetime, zone: ZoneInfo, *, now: datetime, since: datetime | None = None
) -> int | None:
    """Return which of the notices at 30, 7 and 1 days is due, the latest that is; None is none.

    One that was due before `since`, when the end became known, isn't made up for.
    """
    if now >= at:
        return None
    due = [days for days in BEFORE_THE_END if notice_at(at, days, zone) <= now]
    if since is not None:
        due = [days for days in due if notice_at(at, days, zone) >= since]
    return min(due, default=None)


def tell_contract_ends(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Tell managers of contracts that end in 30, 7 and 1 days and are not renewed."""
    for ending in _endings(session, now, now + AHEAD):
        post = _post(mail_context, ending.zone)
        days = due_notice(ending.ends_at, post.zone, now=now, since=ending.since)
        if days is not None:
            pool = read_pool(session, ending.pool_id)
            mails.send_contract_ends(
                session, pool, post, ends_at=ending.ends_at, days=days, now=now
            )


def tell_contracts_over(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Tell managers when a contract is over and grace begins, and when grace is over too (C1)."""
    for ending in _endings(session, now - timedelta(days=400), now):
        grace_until = ending.grace_until
        if grace_until is None or ending.since >= ending.ends_at:
            continue
        pool, post = read_pool(session, ending.pool_id), _post(mail_context, ending.zone)
        if now < grace_until and ending.ends_at > now - TELLS_FOR:
            mails.send_contract_over(
                session, pool, post, ends_at=ending.ends_at, grace_until=grace_until, now=now
            )
        elif grace_until <= now < grace_until + TELLS_FOR:
            kept_until = grace_until + KEPT_FROZEN
            mails.send_contract_lapsed(
                session, pool, post, grace_until=grace_until, kept_until=kept_until, now=now
            )


def tell_shortages(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Tell managers 30, 7 and 1 days ahead that a smaller term begins, and who would go (C2)."""
    begins = (
        select(Grant.pool_id)
        .join(Pool, Pool.id == Grant.pool_id)
        .where(
            Grant.revoked_at.is_(None),
            Grant.starts_at > now,
            Grant.starts_at <= now + AHEAD,
            Pool.is_permanent.is_(False),
        )
        .distinct()
        .order_by(Grant.pool_id)
    )
    for pool_id in session.scalars(begins).all():
        assert pool_id is not None  # noqa: S101  (the join holds it)
        shortage = renewals.shortage_ahead(session, pool_id, now=now)
        if shortage is None:
            continue
        pool = read_pool(session, pool_id)
        post = _post(mail_context, _zone_of(session, pool))
        days = due_notice(shortage.at, post.zone, now=now)
        if days is None:
            continue
        mails.send_shortage(
            session,
            pool,
            post,
            Fewer(
                shortage.at,
                shortage.seats,
                tuple(one.name or one.email for one in shortage.leavers),
            ),
            days=days,
            now=now,
        )


def tell_pool_use(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Tell managers when 75, 90 and 100 in a hundred of a pool's seats are used.

    Of contracts alone: seats of a webinar, and a pass, were bought for as many people, and it is no
    news that they have them. Once for each share and grant, the highest alone when several are
    passed at once.
    """
    filling = (
        select(Pool.id, func.max(Grant.id).label("grant_id"))
        .join(Grant, Grant.pool_id == func.coalesce(Pool.allotted_from_id, Pool.id))
        .where(
            Pool.capacity > 0,
            ~or_(Pool.is_permanent, Pool.is_pass),
            Pool.used * 100 >= Pool.capacity * min(SHARES),
            Grant.revoked_at.is_(None),
            Grant.starts_at <= now,
            or_(Grant.ends_at.is_(None), Grant.ends_at > now),
        )
        .group_by(Pool.id)
        .order_by(Pool.id)
    )
    for row in session.execute(filling).all():
        pool = read_pool(session, row.id)
        share = next((one for one in SHARES if _reaches(pool, one)), None)
        if share is None or _was_told(session, pool, row.grant_id, share):
            continue
        post = _post(mail_context, _zone_of(session, pool))
        mails.send_pool_use(session, pool, post, share=share, grant_id=row.grant_id, now=now)


def due_passes(session: Session, *, zone: ZoneInfo, now: datetime) -> tuple[EndingPass, ...]:
    """Return people's passes that end in 30, 7 or 1 days and are not renewed, each when due."""
    later = aliased(Grant)
    kept = aliased(Login)
    follows = (
        select(later.id)
        .where(
            later.login_id == Grant.login_id,
            later.kind == OfferKind.PASS,
            later.scope == Grant.scope,
            func.coalesce(later.presenter_id, later.series_id, 0)
            == func.coalesce(Grant.presenter_id, Grant.series_id, 0),
            later.revoked_at.is_(None),
            or_(later.ends_at.is_(None), later.ends_at > Grant.ends_at),
        )
        .exists()
    )
    passes = (
        select(
            Grant,
            kept.id.label("login_id"),
            kept.email,
            kept.name,
            func.coalesce(Presenter.name, Series.title, "").label("covers"),
        )
        .join(Login, Login.id == Grant.login_id)
        .join(kept, kept.id == func.coalesce(Login.merged_into, Login.id))
        .outerjoin(Presenter, Presenter.id == Grant.presenter_id)
        .outerjoin(Series, Series.id == Grant.series_id)
        .where(
            Grant.kind == OfferKind.PASS,
            Grant.revoked_at.is_(None),
            Grant.ends_at > now,
            Grant.ends_at <= now + AHEAD,
            kept.email.is_not(None),
            kept.blocked_at.is_(None),
            ~follows,
        )
        .order_by(Grant.id)
    )
    found = []
    for row in session.execute(passes).all():
        grant: Grant = row.Grant
        assert grant.ends_at is not None  # noqa: S101  (it was asked for)
        days = due_notice(grant.ends_at, zone, now=now, since=grant.created_at)
        if days is not None:
            target = Target(grant.scope, grant.presenter_id or grant.series_id)
            reader = Steward(row.login_id, row.email, row.name)
            ends = (grant.public_id, grant.ends_at, row.covers, target, days)
            found.append(EndingPass(reader, *ends))
    return tuple(found)


def _endings(session: Session, after: datetime, until: datetime) -> Iterator[_Ending]:
    """Return the contracts whose last end lies in (after, until], in the order of pools."""
    last = (
        select(Grant.pool_id, func.max(Grant.ends_at).label("ends_at"))
        .join(Pool, Pool.id == Grant.pool_id)
        .where(Pool.is_permanent.is_(False), Grant.revoked_at.is_(None))
        .group_by(Grant.pool_id)
        .subquery()
    )
    rows: Result[*tuple[Any, ...]] = session.execute(
        select(
            Grant.pool_id,
            Grant.ends_at,
            func.max(Grant.grace_until).label("grace_until"),
            func.min(Grant.created_at).label("since"),
            Organization.zone,
        )
        .join(last, and_(last.c.pool_id == Grant.pool_id, last.c.ends_at == Grant.ends_at))
        .join(Pool, Pool.id == Grant.pool_id)
        .join(Organization, Organization.id == kept_organization(Pool.organization_id))
        .where(Grant.revoked_at.is_(None), Grant.ends_at > after, Grant.ends_at <= until)
        .group_by(Grant.pool_id, Grant.ends_at, Organization.zone)
        .order_by(Grant.pool_id)
    )
    return iter([_Ending(*row) for row in rows])


def _reaches(pool: PoolFacts, share: int) -> bool:
    return pool.capacity is not None and pool.used * 100 >= pool.capacity * share


def _was_told(session: Session, pool: PoolFacts, grant_id: int, share: int) -> bool:
    """Tell whether this share, or a higher one, was told before."""
    higher: Sequence[int] = [one for one in SHARES if one >= share]
    begins = [
        Mail.unique_key.startswith(mails.use_key(pool, grant_id, one) + ":") for one in higher
    ]
    return session.scalar(select(Mail.id).where(or_(*begins)).limit(1)) is not None


def _zone_of(session: Session, pool: PoolFacts) -> str | None:
    return session.scalar(select(Organization.zone).where(Organization.id == pool.organization_id))


def _post(mail_context: MailContext, zone: str | None) -> Post:
    return Post(mail_context.links, read_zone(zone) if zone else mail_context.zone)
