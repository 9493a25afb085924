"""Grants of a login: permanent ones for a webinar, dated ones for a scope; revoke them."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.access.merged_logins import logins_of, logins_of_kept
from lms.core.dates_and_time_zones import NO_YEAR, end_of_day, on_wall_clock
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.models.accounts import Login
from lms.models.grants import Grant, OfferKind, Scope, Withdrawal
from lms.models.playback import PlaybackEnd
from lms.models.seats import Pool
from lms.playback.sessions import end_by_own_grants

NO_SUCH_GRANT = N_("We couldn't find this access.")


@dataclass(frozen=True, slots=True)
class Target:
    """What a grant covers: a scope and, unless it is everything, the ID of its row."""

    scope: Scope
    id: int | None = None


def target_columns(target: Target) -> dict[str, Any]:
    """Return the columns of a grant or a pool that say what it covers."""
    return {
        "scope": target.scope,
        "webinar_id": target.id if target.scope is Scope.WEBINAR else None,
        "presenter_id": target.id if target.scope is Scope.PRESENTER else None,
        "series_id": target.id if target.scope is Scope.SERIES else None,
    }


@dataclass(frozen=True, slots=True)
class Term:
    """A half-open term [starts_at, ends_at); open-ended if `ends_at` is None."""

    starts_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewPass:
    """A one-year pass for a login; without a start it renews the existing one."""

    login_id: int
    target: Target
    starts_at: datetime | None = None


def year_from(starts_at: datetime, zone: ZoneInfo) -> Term:
    """Return a pass's year: it ends with the anniversary day in `zone` (PRODUCT.md, A1).

    A year from February 29 ends with February 28. Raises Invalid (field `starts_at`) for a year
    that ends after the last possible date.
    """
    try:
        last_day = starts_at.astimezone(zone).date() + relativedelta(years=1)
    except ValueError:
        raise Invalid(NO_YEAR, field="starts_at") from None
    return Term(starts_at, end_of_day(last_day, zone, field="starts_at"))


def next_end(ends_at: datetime, zone: ZoneInfo) -> datetime:
    """Return the end of a renewed term: a year later on the same day, at midnight (A5).

    A term until July 1 is renewed until July 1, never a day later, even if it ended at midnight in a
    zone up to six hours away, such as ours. A term that ends with February 28 because it started on a
    29th is renewed until February 28 again.
    """
    day = (on_wall_clock(ends_at, zone) + timedelta(hours=18)).date()
    is_leap_day = (day.month, day.day) == (2, 29)
    later = day + relativedelta(years=1) + timedelta(days=1 if is_leap_day else 0)
    return datetime.combine(later, time(), tzinfo=zone)


def add_pass(
    session: Session, new: NewPass, *, zone: ZoneInfo, actor: str | None, now: datetime
) -> Grant:
    """Give a login a pass for a year (PRODUCT.md, A1 and A5).

    Without a start it renews: it starts when the login's pass of the same scope ends, or now if
    there is none or it has ended. Its last day ends in `zone`. Raises NotFound for an unknown
    login.
    """
    # locked, so that two renewals at once follow each other
    locked = select(Login.id).where(Login.id == new.login_id).with_for_update()
    if session.scalar(locked) is None:
        raise NotFound
    last = None if new.starts_at else _end_of_last(session, new, now)
    term = Term(last, next_end(last, zone)) if last else year_from(new.starts_at or now, zone)
    return grant(session, login_id=new.login_id, target=new.target, term=term, actor=actor, now=now)


def _end_of_last(session: Session, new: NewPass, now: datetime) -> datetime | None:
    target = func.coalesce(Grant.presenter_id, Grant.series_id, Grant.webinar_id)
    return session.scalar(
        select(Grant.ends_at)
        .where(
            Grant.login_id.in_(logins_of_kept(new.login_id)),
            Grant.kind == OfferKind.PASS,
            Grant.scope == new.target.scope,
            target.is_(None) if new.target.id is None else target == new.target.id,
            Grant.revoked_at.is_(None),
            Grant.ends_at > now,
        )
        .order_by(Grant.ends_at.desc())
        .limit(1)
    )


def grant(
    session: Session,
    *,
    login_id: int,
    target: Target,
    term: Term,
    actor: str | None,
    now: datetime,
) -> Grant:
    """Give a login access for a term; its existing access doesn't change."""
    line = Grant(
        login_id=login_id,
        kind=OfferKind.SINGLE if target.scope is Scope.WEBINAR else OfferKind.PASS,
        starts_at=term.starts_at,
        ends_at=term.ends_at,
        created_at=now,
        **target_columns(target),
    )
    session.add(line)
    session.flush()
    audit.record(session, "grant.made", line.public_id, actor=actor, now=now)
    return line


def give_permanently(
    session: Session, *, login_id: int, webinar_id: int, actor: str | None, now: datetime
) -> Grant:
    """Give a login permanent access to one webinar; a repeated call returns the existing grant."""
    held = session.scalar(
        select(Grant)
        .where(
            Grant.login_id == login_id,
            Grant.webinar_id == webinar_id,
            Grant.ends_at.is_(None),
            Grant.revoked_at.is_(None),
        )
        .order_by(Grant.id)
        .limit(1)
    )
    if held is not None:
        return held
    target = Target(Scope.WEBINAR, webinar_id)
    return grant(session, login_id=login_id, target=target, term=Term(now), actor=actor, now=now)


def take_back(
    session: Session,
    grant_id: str,
    *,
    withdrawal: Withdrawal,
    reason: str | None = None,
    actor: str | None,
    now: datetime,
) -> None:
    """Revoke one grant of a login, by its public ID, and end its playback.

    A player continues automatically if the person has access through another grant. `reason` is for
    staff only. Raises NotFound, and Conflict if it was already revoked.
    """
    line = session.scalar(
        select(Grant)
        .where(Grant.public_id == grant_id, Grant.login_id.is_not(None))
        .with_for_update()
    )
    if line is None or line.login_id is None:
        raise NotFound(NO_SUCH_GRANT)
    if line.revoked_at is not None:
        raise Conflict(N_("This access was already revoked."))
    line.revoked_at, line.revoked_as, line.revoked_reason = now, withdrawal, reason
    session.flush()
    end_by_own_grants(session, line.login_id, ended_as=PlaybackEnd(withdrawal), now=now)
    audit.record(
        session,
        "grant.revoked",
        line.public_id,
        actor=actor,
        now=now,
        detail={"as": withdrawal.value},
    )


def take_back_replacements(session: Session, login_id: int, pool_id: int, *, now: datetime) -> None:
    """Revoke what a person took instead of a removed webinar by a seat of this pool, which ended (S2).

    These are their own grants from an order line that sold the pool, or the pool it was allotted from.
    """
    sold = aliased(Grant)
    source = select(func.coalesce(Pool.allotted_from_id, Pool.id)).where(Pool.id == pool_id)
    lines = select(sold.order_line_id).where(sold.pool_id == source.scalar_subquery())
    theirs = session.scalars(
        select(Grant.public_id)
        .where(
            Grant.login_id.in_(logins_of(login_id)),
            Grant.order_line_id.in_(lines),
            Grant.revoked_at.is_(None),
        )
        .order_by(Grant.id)
    ).all()
    for grant_id in theirs:
        take_back(session, grant_id, withdrawal=Withdrawal.REVOKED, actor=None, now=now)
