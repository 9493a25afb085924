"""Notices about the ends of contracts and passes, seat shortages, and full pools, each sent once.

Every email has a unique key in the database, so that several workers can run this, repeatedly. Days are
in the organization's time zone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Result, Row, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import kept_organization
from lms.contracts import mails, renewals
from lms.contracts.grace_periods import IS_HELD, IS_UNOPENED
from lms.contracts.mails import AccessEnded, EndingPass, Fewer
from lms.core.dates_and_time_zones import days_later, last_calendar_day
from lms.core.errors import or_not_found
from lms.grants.grants import Target
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Series
from lms.models.grants import Grant, OfferKind
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.organizations.manager_emails import Recipient
from lms.seats.capacity import KEPT_FROZEN
from lms.seats.pools import PoolFacts, read_pool
from lms.seats.seat_counts import count_people

BEFORE_THE_END: Final = (30, 7, 1)
SHARES: Final = (100, 90, 75)
AHEAD: Final = timedelta(days=32)
LATE_UP_TO: Final = timedelta(days=30)  # a worker that was down still announces the end of access
MORNING: Final = time(9)
_ANY: Final = true()


_kept = aliased(Login)
_PASSES: Final = (
    select(
        Grant,
        _kept.id.label("login_id"),
        _kept.email,
        _kept.name,
        func.coalesce(Presenter.name, Series.title, "").label("covers"),
    )
    .join(Login, Login.id == Grant.login_id)
    .join(_kept, _kept.id == func.coalesce(Login.merged_into, Login.id))
    .outerjoin(Presenter, Presenter.id == Grant.presenter_id)
    .outerjoin(Series, Series.id == Grant.series_id)
    .where(
        Grant.kind == OfferKind.PASS,
        Grant.revoked_at.is_(None),
        Grant.ends_at.is_not(None),
        _kept.email.is_not(None),
        _kept.blocked_at.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class _Ending:
    """A pool and its last end; `since` is when that end was first known."""

    pool_id: int
    ends_at: datetime
    grace_until: datetime | None
    since: datetime
    zone: str | None


def notice_at(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return when to send a notice `days` ahead: in the morning of that day, but never later than that."""
    last = last_calendar_day(at, zone)
    morning = datetime.combine(last - timedelta(days=days), MORNING, tzinfo=zone)
    return min(morning, at - timedelta(days=days))


def due_notice(
    at: datetime, zone: ZoneInfo, *, now: datetime, since: datetime | None = None
) -> int | None:
    """Return the latest due notice of 30, 7 and 1 days, or None.

    Notices that were due before `since`, when the end became known, are not sent later.
    """
    if now >= at:
        return None
    due = [days for days in BEFORE_THE_END if notice_at(at, days, zone) <= now]
    if since is not None:
        due = [days for days in due if notice_at(at, days, zone) >= since]
    return min(due, default=None)


def tell_contract_ends(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Email managers of contracts that end in 30, 7 and 1 days and are not renewed."""
    for ending in _endings(session, now, now + AHEAD):
        post = mail_context.in_zone(ending.zone)
        days = due_notice(ending.ends_at, post.zone, now=now, since=ending.since)
        if days is not None:
            pool = read_pool(session, ending.pool_id)
            mails.send_contract_ends(
                session, pool, post, ends_at=ending.ends_at, days=days, now=now
            )


def tell_contracts_over(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Email managers when a contract ends and its grace period begins, and when access ends.

    That is at the end of a pass, or of a contract's grace period (C1). Also if it was renewed by an
    order that is still on hold: people lose access until it is paid.

    If the worker was down, they are told later: of the grace period while it lasts, and of the end of
    access within 30 days. Ends that were already past when they were entered aren't announced.
    """
    held = set(session.scalars(select(Grant.pool_id).where(IS_HELD, Grant.revoked_at.is_(None))))
    for ending in _endings(session, now - timedelta(days=400), now, ~IS_HELD):
        if ending.since >= ending.ends_at:
            continue
        pool, post = read_pool(session, ending.pool_id), mail_context.in_zone(ending.zone)
        is_held, over_at = ending.pool_id in held, ending.grace_until or ending.ends_at
        if now < over_at:
            mails.send_contract_over(
                session,
                pool,
                post,
                ends_at=ending.ends_at,
                grace_until=over_at,
                is_held=is_held,
                now=now,
            )
        elif now < over_at + LATE_UP_TO:
            ended = AccessEnded(
                over_at,
                kept_until=days_later(over_at, KEPT_FROZEN, post.zone),
                people=count_people(session, pool.id),
                is_held=is_held,
            )
            mails.send_access_ended(session, pool, post, ended, now=now)


def tell_shortages(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Email managers 30, 7 and 1 days before there are fewer seats, with who would lose one (C2).

    That is when a smaller term begins, or when some seats end before the others.
    """
    changes = (
        select(Grant.pool_id)
        .join(Pool, Pool.id == Grant.pool_id)
        .where(
            Grant.revoked_at.is_(None),
            or_(*(and_(at > now, at <= now + AHEAD) for at in (Grant.starts_at, Grant.ends_at))),
            Pool.is_permanent.is_(False),
        )
        .distinct()
        .order_by(Grant.pool_id)
    )
    for pool_id in session.scalars(changes).all():
        assert pool_id is not None  # noqa: S101  (the join excludes NULL)
        shortage = renewals.shortage_ahead(session, pool_id, now=now)
        if shortage is None:
            continue
        pool = read_pool(session, pool_id)
        post = mail_context.in_zone(_zone_of(session, pool))
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
    """Email managers when 75, 90 and 100 percent of a pool's seats are used.

    Only for contracts: seats for a webinar, and passes, were bought for as many people. Sent once for
    each percentage and grant; if several are passed at once, only for the highest.
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
        post = mail_context.in_zone(_zone_of(session, pool))
        mails.send_pool_use(session, pool, post, share=share, grant_id=row.grant_id, now=now)


def due_passes(session: Session, *, zone: ZoneInfo, now: datetime) -> tuple[EndingPass, ...]:
    """Return people's passes without a renewal whose notice is due: 30, 7, and 1 days before, or 0.

    If the worker was down, the end itself is announced up to 30 days later, unless it was already past
    when it was entered. It is also announced if an order that is still on hold renewed the pass.
    """
    found = []
    is_near = and_(Grant.ends_at > now, Grant.ends_at <= now + AHEAD)
    for row in session.execute(_last_passes(_ANY).where(is_near)):
        days = due_notice(row.Grant.ends_at, zone, now=now, since=row.Grant.created_at)
        if days is not None:
            found.append(_ending_pass(row, days))
    is_over = and_(Grant.ends_at > now - LATE_UP_TO, Grant.ends_at <= now)
    was_known = Grant.created_at < Grant.ends_at
    ended = session.execute(_last_passes(~IS_UNOPENED).where(is_over, was_known))
    found += [_ending_pass(row, 0) for row in ended]
    keys = [one.key for one in found]
    told = set(session.scalars(select(Mail.unique_key).where(Mail.unique_key.in_(keys))))
    return tuple(one for one in found if one.key not in told)


def find_pass(session: Session, grant_id: str) -> EndingPass:
    """Return a person's pass by its public ID, for an email about renewing it; raises NotFound."""
    row = or_not_found(session.execute(_PASSES.where(Grant.public_id == grant_id)).one_or_none())
    return _ending_pass(row, None)


def _last_passes(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Select each person's passes that end last, of these grants, for what they cover."""
    target = func.coalesce(Grant.presenter_id, Grant.series_id, 0)
    last = (
        select(
            func.coalesce(Login.merged_into, Login.id).label("person"),
            Grant.scope,
            target.label("target"),
            func.max(Grant.ends_at).label("ends_at"),
        )
        .join(Login, Login.id == Grant.login_id)
        .where(Grant.kind == OfferKind.PASS, Grant.revoked_at.is_(None), which)
        .group_by("person", Grant.scope, "target")
        .having(func.count(Grant.ends_at) == func.count())
        .subquery()
    )
    is_last = and_(
        last.c.person == _kept.id,
        last.c.scope == Grant.scope,
        last.c.target == target,
        last.c.ends_at == Grant.ends_at,
    )
    return _PASSES.join(last, is_last).where(which).order_by(Grant.id)


def _ending_pass(row: Row[*tuple[Any, ...]], days: int | None) -> EndingPass:
    grant: Grant = row.Grant
    assert grant.ends_at is not None  # noqa: S101  (the query selects only those with an end)
    target = Target(grant.scope, grant.presenter_id or grant.series_id)
    reader = Recipient(row.login_id, row.email, row.name)
    return EndingPass(reader, grant.public_id, grant.ends_at, row.covers, target, days)


def _endings(
    session: Session, after: datetime, until: datetime, which: ColumnElement[bool] = _ANY
) -> Iterator[_Ending]:
    """Return the contracts whose last end, of these grants, is in (after, until], by pool."""
    last = (
        select(Grant.pool_id, func.max(Grant.ends_at).label("ends_at"))
        .join(Pool, Pool.id == Grant.pool_id)
        .where(Pool.is_permanent.is_(False), Grant.revoked_at.is_(None), which)
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
        .where(Grant.revoked_at.is_(None), Grant.ends_at > after, Grant.ends_at <= until, which)
        .group_by(Grant.pool_id, Grant.ends_at, Organization.zone)
        .order_by(Grant.pool_id)
    )
    return iter([_Ending(*row) for row in rows])


def _reaches(pool: PoolFacts, share: int) -> bool:
    return pool.capacity is not None and pool.used * 100 >= pool.capacity * share


def _was_told(session: Session, pool: PoolFacts, grant_id: int, share: int) -> bool:
    """Return whether this share, or a higher one, was already announced."""
    higher: Sequence[int] = [one for one in SHARES if one >= share]
    begins = [
        Mail.unique_key.startswith(mails.use_key(pool, grant_id, one) + ":") for one in higher
    ]
    return session.scalar(select(Mail.id).where(or_(*begins)).limit(1)) is not None


def _zone_of(session: Session, pool: PoolFacts) -> str | None:
    return session.scalar(select(Organization.zone).where(Organization.id == pool.organization_id))
