"""Grants of a login: permanent ones for a webinar, dated ones for a scope, and taking them back."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.errors import N_, Conflict, NotFound
from lms.models.holdings import Grant, OfferKind, Scope, Withdrawal
from lms.models.viewing import PlaybackEnd
from lms.viewing import end_for_login


@dataclass(frozen=True, slots=True)
class Target:
    """What a grant covers: a scope and, unless it is everything, the id of its row."""

    scope: Scope
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A half-open term [starts_at, ends_at); open-ended when `ends_at` is None."""

    starts_at: datetime
    ends_at: datetime | None = None


def year_from(starts_at: datetime, zone: ZoneInfo) -> Term:
    """Return a pass's year: it ends with the anniversary day in `zone` (PRODUCT.md, A1).

    29 February ends with 28 February.
    """
    last_day = starts_at.astimezone(zone).date() + relativedelta(years=1)
    midnight = datetime.combine(last_day + timedelta(days=1), time(), tzinfo=zone)
    return Term(starts_at, midnight)


def grant(
    session: Session,
    *,
    login_id: int,
    target: Target,
    term: Term,
    actor: str | None,
    now: datetime,
) -> Grant:
    """Let a login in for a term; nothing it already holds is touched."""
    line = Grant(
        login_id=login_id,
        kind=OfferKind.SINGLE if target.scope is Scope.WEBINAR else OfferKind.PASS,
        scope=target.scope,
        webinar_id=target.id if target.scope is Scope.WEBINAR else None,
        presenter_id=target.id if target.scope is Scope.PRESENTER else None,
        series_id=target.id if target.scope is Scope.SERIES else None,
        starts_at=term.starts_at,
        ends_at=term.ends_at,
        created_at=now,
    )
    session.add(line)
    session.flush()
    audit.record(session, "grant.made", line.public_id, actor=actor, now=now)
    return line


def hold_for_good(
    session: Session, *, login_id: int, webinar_id: int, actor: str | None, now: datetime
) -> Grant:
    """Give a login one webinar for good; asking again returns the grant that stands."""
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
    actor: str | None,
    now: datetime,
) -> Grant:
    """Revoke one grant, found by its outside id, and end what its holder is playing.

    A player whose holder is still entitled by another grant goes on by itself. Raises NotFound,
    and Conflict when it was taken back before.
    """
    line = session.scalar(select(Grant).where(Grant.public_id == grant_id))
    if line is None:
        raise NotFound
    if line.revoked_at is not None:
        raise Conflict(N_("This access was taken back before."))
    line.revoked_at, line.revoked_as = now, withdrawal
    session.flush()
    if line.login_id is not None:
        end_for_login(session, line.login_id, ended_as=PlaybackEnd.REVOKED, now=now)
    audit.record(session, "grant.revoked", line.public_id, actor=actor, now=now)
    return line
