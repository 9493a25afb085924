"""Grace periods: how long access continues after a contract ends (PRODUCT.md, C1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import family_of, kept_organization, zone_of
from lms.contracts import mails
from lms.core.dates_and_time_zones import days_later
from lms.core.errors import N_, Conflict, Invalid
from lms.core.model_base import locked
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.grants import Grant
from lms.models.orders import LineAct, Order, OrderLine, Quote
from lms.models.requests import DeskRequest, RequestKind, RequestState
from lms.models.seats import Pool
from lms.pricing.quotes import QUOTE_HOLDS_FOR
from lms.seats.capacity import GRACE
from lms.seats.pool_reconciliation import settle
from lms.seats.pools import read_pool
from lms.seats.seat_counts import lock_family

LONG_GRACE: Final = timedelta(days=60)
LONGEST_GRACE: Final = timedelta(days=366)
EXTENDED: Final = "grant.grace_extended"
IS_UNPLACED: Final = and_(Order.placed_at.is_(None), Order.canceled_at.is_(None))
# Ordered, and on hold since.
IS_UNOPENED: Final = and_(
    Grant.awaits_payment_since.is_not(None),
    Grant.awaits_payment_since <= Grant.created_at,
)
# Until such a renewal opens, people have only the grace period of the term before.
IS_HELD: Final = and_(
    IS_UNOPENED,
    Grant.order_line_id.is_not(None),
    Grant.order_line_id.in_(select(OrderLine.id).where(OrderLine.act == LineAct.RENEWAL)),
)
RENEWING: Final = (
    RequestKind.CONTRACT,
    RequestKind.RENEWAL,
    RequestKind.PURCHASE_ORDER,
    RequestKind.INVOICE,
)
NO_END = N_("These seats don't expire, so they don't have a grace period.")
NO_GRACE = N_("A pass has no grace period. Renew it instead.")
TOO_EARLY = N_("Choose a date after the end of the contract and its grace period.")
TOO_LATE = N_(
    "The grace period can last up to one year. To extend access further, renew the contract."
)


@dataclass(frozen=True, slots=True)
class Grace:
    """When a contract ends, when its grace period ends, and whether our team extended it."""

    ends_at: datetime
    until: datetime
    is_given: bool


@dataclass(frozen=True, slots=True)
class Extension:
    """A manual extension of a grace period; `by` is a name, "" for the command line."""

    at: datetime
    until: datetime | None
    by: str


def follow_request(session: Session, request_id: str, *, now: datetime) -> None:
    """Adjust the grace period of the pools that a request is about.

    While a renewal quote or purchase order is open, or an order that is on hold, it is 60 days; once
    declined, it is 14 again. Manual extensions are never shortened.
    """
    asked = session.execute(
        select(DeskRequest.kind, DeskRequest.pool_id, DeskRequest.organization_id).where(
            DeskRequest.public_id == request_id
        )
    ).one_or_none()
    if asked is None or asked.kind not in RENEWING:
        return
    which = Pool.id == asked.pool_id
    if asked.pool_id is None:
        which = and_(
            Pool.organization_id.in_(family_of(asked.organization_id)),
            Pool.is_permanent.is_(False),
            Pool.allotted_from_id.is_(None),
        )
    for pool_id in session.scalars(select(Pool.id).where(which).order_by(Pool.id)).all():
        fit_grace(session, pool_id, now=now)


def follow_order(session: Session, order_id: int, *, now: datetime) -> None:
    """Adjust the grace period of the pools that an order renews, or that a request it answers is about."""
    answered = select(DeskRequest.public_id).where(DeskRequest.order_id == order_id)
    for request_id in session.scalars(answered.order_by(DeskRequest.id)).all():
        follow_request(session, request_id, now=now)
    renewed = select(OrderLine.pool_id).where(
        OrderLine.order_id == order_id,
        OrderLine.act == LineAct.RENEWAL,
        OrderLine.pool_id.is_not(None),
    )
    for pool_id in session.scalars(renewed.distinct().order_by(OrderLine.pool_id)).all():
        if pool_id is not None:
            fit_grace(session, pool_id, now=now)


def fit_grace(session: Session, pool_id: int, *, now: datetime) -> bool:
    """Set the grace period of a pool's last grants; return whether it changed.

    It ends at the same time of day as the term, in the organization's time zone.
    """
    lines = _last_to_end(session, pool_id)
    if not lines or lines[0].ends_at is None:
        return False
    zone = zone_of(session, session.get_one(Pool, lines[0].pool_id).organization_id)
    if days_later(lines[0].ends_at, LONG_GRACE, zone) <= now:
        return False
    grace = LONG_GRACE if _is_being_renewed(session, pool_id, now) else GRACE
    changed = False
    for line in lines:
        if line.grace_until is None or line.ends_at is None:
            continue
        until = days_later(line.ends_at, grace, zone)
        if line.grace_given_until is not None:
            until = max(until, line.grace_given_until)
        if until != line.grace_until:
            line.grace_until, changed = until, True
    if changed:
        session.flush()
        settle(session, pool_id, now=now)
    return changed


def read_grace(session: Session, pool_id: int) -> Grace:
    """Return the grace period of a pool's last term; raises Conflict for seats that never end."""
    line = next(
        iter(session.scalars(_dated(pool_id).order_by(Grant.ends_at.desc()).limit(1))), None
    )
    if line is None or line.ends_at is None:
        raise Conflict(NO_END)
    return Grace(line.ends_at, line.grace_until or line.ends_at, line.grace_given_until is not None)


def extensions_of(session: Session, pool_id: int) -> tuple[Extension, ...]:
    """Return the manual extensions of a pool's grace period, newest first."""
    rows = session.execute(
        select(AuditEntry.at, AuditEntry.detail, Login.name)
        .outerjoin(Login, Login.public_id == AuditEntry.actor)
        .where(
            AuditEntry.act == EXTENDED,
            AuditEntry.subject.in_(
                select(Grant.public_id).join(Pool, _is_of(pool_id)).scalar_subquery()
            ),
        )
        .order_by(AuditEntry.id.desc())
    )
    told = (Extension(row.at, _told_until(row.detail), row.name or "") for row in rows)
    return tuple(dict.fromkeys(told))


def extend_grace(
    session: Session,
    pool_id: int,
    until: datetime,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Grace:
    """Extend a pool's grace period manually, and email its managers; nothing shortens it afterward.

    People who lost access when the grace period ended get it back. Raises Conflict for seats that never
    end and for passes, Invalid (field `until`) for a time that extends nothing or exceeds a year.
    """
    if session.get_one(Pool, pool_id).is_pass:
        raise Conflict(NO_GRACE)
    lines = _last_to_end(session, pool_id)
    if not lines:
        raise Conflict(NO_END)
    _check(lines, until, now)
    before = read_grace(session, pool_id)
    for line in lines:
        line.grace_until = line.grace_given_until = until
        audit.record(
            session,
            EXTENDED,
            line.public_id,
            actor=actor,
            now=now,
            detail={"until": until.astimezone(UTC).isoformat()},
        )
    session.flush()
    settle(session, pool_id, now=now)
    extended = mails.GraceExtended(
        before.ends_at,
        until,
        was_over=before.until <= now,
        is_held=session.scalar(_held(pool_id)) is not None,
    )
    mails.send_grace_extended(session, read_pool(session, pool_id), mail_context, extended, now=now)
    return read_grace(session, pool_id)


def ending_pools(session: Session, *, now: datetime) -> tuple[int, ...]:
    """Return the pools whose grace period an open request can change by now, by id."""
    ends = (
        select(Grant.pool_id)
        .where(
            Grant.pool_id.is_not(None),
            Grant.revoked_at.is_(None),
            Grant.ends_at > now - LONG_GRACE - timedelta(hours=1),  # in case clocks changed
            Grant.grace_until.is_not(None),
            Grant.grace_until > Grant.ends_at,
        )
        .distinct()
    )
    asked = select(Pool.id).where(
        Pool.id.in_(ends),
        or_(
            Pool.id.in_(select(DeskRequest.pool_id).where(DeskRequest.kind.in_(RENEWING))),
            kept_organization(Pool.organization_id).in_(
                select(kept_organization(DeskRequest.organization_id))
                .select_from(DeskRequest)
                .where(DeskRequest.kind.in_(RENEWING))
            ),
            Pool.id.in_(select(OrderLine.pool_id).where(OrderLine.act == LineAct.RENEWAL)),
        ),
    )
    return tuple(session.scalars(asked.order_by(Pool.id)))


def _check(lines: Sequence[Grant], until: datetime, now: datetime) -> None:
    for line in lines:
        is_longer = line.grace_until is None or until > line.grace_until
        if until <= now or line.ends_at is None or until <= line.ends_at or not is_longer:
            raise Invalid(TOO_EARLY, field="until")
        if until > line.ends_at + LONGEST_GRACE:
            raise Invalid(TOO_LATE, field="until")


def _is_of(pool_id: int) -> ColumnElement[bool]:
    return and_(Pool.id == pool_id, Grant.pool_id == func.coalesce(Pool.allotted_from_id, Pool.id))


def _dated(pool_id: int) -> Select[Grant]:
    return (
        select(Grant)
        .join(Pool, _is_of(pool_id))
        .where(Grant.revoked_at.is_(None), Grant.ends_at.is_not(None), ~IS_HELD)
    )


def _told_until(detail: Mapping[str, object]) -> datetime | None:
    """Return the end in an audit entry; the oldest entries have none."""
    until = detail.get("until")
    return datetime.fromisoformat(until) if isinstance(until, str) else None


def _last_to_end(session: Session, pool_id: int) -> list[Grant]:
    """Return the dated grants of a pool that end last, locked after the pool, as where one is revoked."""
    root = select(func.coalesce(Pool.allotted_from_id, Pool.id)).where(Pool.id == pool_id)
    lock_family(session, session.scalars(root).one())
    held = locked(_dated(pool_id).order_by(Grant.id), of=Grant, key_share=True)
    lines = list(session.scalars(held))
    last = max((line.ends_at for line in lines if line.ends_at is not None), default=None)
    return [line for line in lines if line.ends_at == last]


def _is_being_renewed(session: Session, pool_id: int, now: datetime) -> bool:
    """Return whether a renewal was requested, quoted at a price that is still valid, or is on hold."""
    owner = select(Pool.organization_id).where(Pool.id == pool_id).scalar_subquery()
    is_about_it = or_(
        DeskRequest.pool_id == pool_id,
        and_(
            DeskRequest.pool_id.is_(None),
            DeskRequest.webinar_id.is_(None),
            DeskRequest.organization_id.in_(family_of(owner)),
        ),
    )
    is_quoted = and_(
        DeskRequest.state == RequestState.DONE,
        DeskRequest.order_id.is_not(None),
        IS_UNPLACED,
        DeskRequest.created_at > now - QUOTE_HOLDS_FOR,
    )
    is_open = or_(DeskRequest.state.in_((RequestState.NEW, RequestState.IN_HAND)), is_quoted)
    asked = (
        select(DeskRequest.id)
        .outerjoin(Order, Order.id == DeskRequest.order_id)
        .where(DeskRequest.kind.in_(RENEWING), is_about_it, is_open)
    )
    quoted = (
        select(Quote.id)
        .join(Order, Order.id == Quote.order_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            OrderLine.pool_id == pool_id,
            OrderLine.act == LineAct.RENEWAL,
            OrderLine.replaced_at.is_(None),
            IS_UNPLACED,
            Quote.superseded_at.is_(None),
            Quote.expires_at > now,
        )
    )
    queries = (asked, quoted, _held(pool_id))
    return any(session.scalar(query.limit(1)) is not None for query in queries)


def _held(pool_id: int) -> Select[int]:
    """Return a query of the grants of a pool's renewals that are on hold."""
    return select(Grant.id).where(Grant.pool_id == pool_id, Grant.revoked_at.is_(None), IS_HELD)
