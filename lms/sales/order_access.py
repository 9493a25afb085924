"""Access of orders: the one place where an order gives and revokes access.

Each line gives one grant, to a login or to a pool of the paying organization. So an organization owns
what it pays for, even a single seat or pass; the person named in the order has the seat, and the
organization can reassign it. A group viewing belongs to its host's login. Access is given when the
order is placed; if it waits for our team or for payment, the grant exists but admits no one until it is
released (PRODUCT.md, P9, and Payer and holder).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access import merged_organizations
from lms.contracts import grace_periods, renewals
from lms.contracts.renewals import Renewal
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, Invalid
from lms.grants import grants
from lms.grants.grants import NewPass, Target, Term, year_from
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.catalog import OFF, Webinar
from lms.models.grants import Grant, OfferKind, Withdrawal
from lms.models.orders import LineAct, Order, OrderLine, Terms
from lms.models.playback import PlaybackEnd
from lms.models.seats import AssignmentState
from lms.playback.sessions import end_by_own_grants
from lms.pricing.offers import DATED, NAMED
from lms.seats import claims, invitations, pools
from lms.seats.pool_reconciliation import end_playback, settle
from lms.seats.pools import NewPoolGrant
from lms.seats.seat_counts import lock_family, missing_without

IN_USE = N_("Not enough of these seats are available. Release seats first.")

WEBINAR_OFF = N_("A webinar in this order was canceled or removed. Choose another webinar.")
TERM_OVER = N_("The term in this order has ended. Ask for a quote with new dates.")
RENEWED = N_(
    "This contract or pass was already renewed for this term. Ask for a quote with new dates."
)


def target_of(line: OrderLine) -> Target:
    """Return what a line covers."""
    return Target(line.scope, line.webinar_id or line.presenter_id or line.series_id)


def zone_of(session: Session, order: Order, mail_context: MailContext) -> ZoneInfo:
    """Return the payer's time zone, in which days end."""
    if order.organization_id is None:
        return mail_context.zone
    return merged_organizations.zone_of(session, order.organization_id)


def check_deliverable(
    session: Session, order: Order, lines: Sequence[OrderLine], *, now: datetime
) -> None:
    """Raise Invalid if an order can't be delivered (MONEY.md, M7); past sales always can.

    Its webinar was canceled or removed, or its term has ended or was renewed since it was written.
    """
    if order.terms is Terms.HISTORY:
        return
    chosen = [line.webinar_id for line in lines]
    off = select(Webinar.id).where(Webinar.id.in_(chosen), Webinar.state.in_(OFF))
    if session.scalar(off.limit(1)) is not None:
        raise Invalid(WEBINAR_OFF)
    for line in lines:
        if line.act is LineAct.NEW:
            continue
        if line.ends_at is not None and line.ends_at <= now:
            raise Invalid(TERM_OVER)
        if line.act is LineAct.RENEWAL and _is_renewed(session, line, now=now):
            raise Invalid(RENEWED)


def give_access(  # noqa: PLR0913  (the line, its holder, actor and time)
    session: Session,
    order: Order,
    line: OrderLine,
    *,
    login_id: int,
    zone: ZoneInfo,
    actor: str | None,
    now: datetime,
) -> None:
    """Give the access of a line to its holder, and store holder and term in the line."""
    if order.organization_id is not None and line.kind is not OfferKind.GROUP_SHOWING:
        grant = _fill_pool(session, order, line, login_id, zone=zone, actor=actor, now=now)
        if line.kind in NAMED and line.act is LineAct.NEW and line.quantity == 1:
            _seat(session, grant, login_id, actor=actor, now=now)
    else:
        grant = _let_in(session, line, login_id=login_id, zone=zone, actor=actor, now=now)
        grant.kind, grant.order_line_id = line.kind, line.id
        grant.awaits_payment_since = order.held_at
    line.login_id, line.pool_id = grant.login_id, grant.pool_id
    line.starts_at, line.ends_at = grant.starts_at, grant.ends_at
    session.flush()


def release(session: Session, order: Order, *, actor: str | None, now: datetime) -> None:
    """Open an order's grants that were on hold for payment or review."""
    order.held_at = order.review_due_at = None
    for grant in standing_grants(session, [order.id]):
        if grant.pool_id is not None:
            pools.mark_pool_grant_paid(session, grant.public_id, actor=actor, now=now)
        else:
            grant.awaits_payment_since = None
    session.flush()


def hold(session: Session, order: Order, *, now: datetime) -> None:
    """Put an order's access on hold until it is paid (P9), and end playback by it."""
    order.held_at, order.review_due_at = now, None
    for grant in standing_grants(session, [order.id]):
        if grant.awaits_payment_since is None:
            grant.awaits_payment_since = now
        session.flush()
        _end_playback(session, grant, now=now)


def suspend(
    session: Session, order_ids: Sequence[int], *, actor: str | None, now: datetime
) -> None:
    """Suspend the access of disputed orders (R2), and end playback by it."""
    for grant in standing_grants(session, order_ids):
        if grant.pool_id is not None:
            pools.suspend_pool_grant(session, grant.public_id, actor=actor, now=now)
        elif grant.suspended_at is None:
            grant.suspended_at = now
            session.flush()
            _end_playback(session, grant, now=now)
            audit.record(session, "grant.suspended", grant.public_id, actor=actor, now=now)


def restore(
    session: Session, order_ids: Sequence[int], *, actor: str | None, now: datetime
) -> None:
    """Restore the suspended access of orders."""
    for grant in standing_grants(session, order_ids):
        if grant.pool_id is not None:
            pools.restore_pool_grant(session, grant.public_id, actor=actor, now=now)
        elif grant.suspended_at is not None:
            grant.suspended_at = None
            audit.record(session, "grant.restored", grant.public_id, actor=actor, now=now)
    session.flush()


def take_back(
    session: Session,
    grants_of_lines: Sequence[Grant],
    withdrawal: Withdrawal,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Revoke grants, without changing anything else (R1); the term before gets its own grace period."""
    for grant in grants_of_lines:
        if grant.pool_id is None:
            grants.take_back(
                session, grant.public_id, withdrawal=withdrawal, reason="", actor=actor, now=now
            )
        else:
            pools.revoke_pool_grant(
                session, grant.public_id, withdrawal, reason="", actor=actor, now=now
            )
            grace_periods.fit_grace(session, grant.pool_id, now=now)


def check_free(
    session: Session, taken: Sequence[tuple[Grant, int | None]], *, now: datetime
) -> None:
    """Lock the pools of grants, and raise Conflict if too few of their seats are free (S10).

    `taken` are grants with the number of seats to take from them, None for all.
    """
    for pool_id in sorted({grant.pool_id for grant, _fewer in taken if grant.pool_id is not None}):
        lock_family(session, pool_id)
        its_grants = [one for one in taken if one[0].pool_id == pool_id]
        if missing_without(session, pool_id, its_grants, now=now):
            raise Conflict(IN_USE, code="seats_in_use")


def shrink(session: Session, grant: Grant, fewer: int, *, now: datetime) -> None:
    """Remove seats from a pool's grant, which `check_free` found to be free."""
    pool_id = grant.pool_id
    assert pool_id is not None  # noqa: S101  (only pools have seats)
    session.execute(
        update(Grant)
        .where(Grant.id == grant.id, Grant.seats > fewer)
        .values(seats=Grant.seats - fewer)
    )
    session.expire_all()
    settle(session, pool_id, now=now)


def standing_grants(session: Session, order_ids: Sequence[int]) -> tuple[Grant, ...]:
    """Return the grants of orders that were not revoked, ordered by pool id."""
    return tuple(
        session.scalars(
            select(Grant)
            .join(OrderLine, OrderLine.id == Grant.order_line_id)
            .where(OrderLine.order_id.in_(order_ids), Grant.revoked_at.is_(None))
            .order_by(Grant.pool_id, Grant.id)
            .execution_options(populate_existing=True)
        )
    )


def _is_renewed(session: Session, line: OrderLine, *, now: datetime) -> bool:
    """Return whether the term that a line renews was renewed since by another order."""
    if line.pool_id is None or line.starts_at is None:
        return False
    starts_at = renewals.next_start(session, line.pool_id, now=now)
    # our team can enter the first day in another time zone than the contract's
    return starts_at > max(now, line.starts_at + timedelta(days=1))


def _fill_pool(  # noqa: PLR0913  (the line, its buyer, actor and time)
    session: Session,
    order: Order,
    line: OrderLine,
    login_id: int,
    *,
    zone: ZoneInfo,
    actor: str | None,
    now: datetime,
) -> Grant:
    assert order.organization_id is not None  # noqa: S101  (a pool belongs to an organization)
    if line.act is LineAct.RENEWAL:
        assert line.pool_id is not None  # noqa: S101  (a renewal names its pool)
        ends_at = line.ends_at or renewals.renewed_end(session, line.pool_id, zone, now=now)
        renewal = Renewal(line.quantity, ends_at, line.id, order.held_at is not None)
        renewals.renew(session, line.pool_id, renewal, actor=actor, now=now)
    else:
        # an exchange may have moved the pool to another webinar since
        is_such = line.pool_id and pools.read_pool(session, line.pool_id).target == target_of(line)
        seats = NewPoolGrant(
            organization_id=order.organization_id,
            target=target_of(line),
            seats=None if line.kind is OfferKind.INSTITUTIONAL else line.quantity,
            term=_term(line, line.starts_at or now, zone),
            kind=line.kind,
            order_line_id=line.id,
            awaits_payment=order.held_at is not None,
            pool_id=line.pool_id if is_such else None,
            buyer_id=login_id if line.act is LineAct.NEW else None,
        )
        pools.sell_seats(session, seats, actor=actor, now=now)
    return session.scalars(select(Grant).where(Grant.order_line_id == line.id)).one()


def _seat(
    session: Session, grant: Grant, login_id: int, *, actor: str | None, now: datetime
) -> None:
    """Give the single seat that was bought to the person named in the order, unless they have one there."""
    assert grant.pool_id is not None  # noqa: S101  (the grant is an organization's)
    email = session.get_one(Login, login_id).email
    held = invitations.held_by(session, grant.pool_id, read_address(email)) if email else None
    if held is None or held.state is AssignmentState.OFFERED:
        claims.claim(session, grant.pool_id, login_id, actor=actor, now=now)


def _let_in(
    session: Session,
    line: OrderLine,
    *,
    login_id: int,
    zone: ZoneInfo,
    actor: str | None,
    now: datetime,
) -> Grant:
    target = target_of(line)
    if line.kind is OfferKind.PASS and line.ends_at is None:
        bought = NewPass(login_id, target, line.starts_at)
        return grants.add_pass(session, bought, zone=zone, actor=actor, now=now)
    term = Term(line.starts_at or now, line.ends_at if line.kind in DATED else None)
    return grants.grant(session, login_id=login_id, target=target, term=term, actor=actor, now=now)


def _term(line: OrderLine, starts_at: datetime, zone: ZoneInfo) -> Term:
    if line.kind not in DATED:
        return Term(starts_at)
    return Term(starts_at, line.ends_at) if line.ends_at else year_from(starts_at, zone)


def _end_playback(session: Session, grant: Grant, *, now: datetime) -> None:
    if grant.login_id is not None:
        end_by_own_grants(session, grant.login_id, ended_as=PlaybackEnd.SUSPENDED, now=now)
    elif grant.pool_id is not None:
        end_playback(session, grant.pool_id, PlaybackEnd.SUSPENDED, now=now)
