"""Payments, refunds, and disputes of a sale; partial refunds are in seat_refunds."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict
from lms.grants import grants
from lms.mail.links import Links
from lms.models.grants import Grant, Offer, Withdrawal
from lms.models.playback import PlaybackEnd
from lms.models.sales import Sale
from lms.playback.sessions import end_by_own_grants
from lms.pricing.price_list import Price, in_order
from lms.sales import mails
from lms.sales.read_models import SaleFacts, SaleGrant, find_sale, grants_of_sale
from lms.seats import pools
from lms.seats.pool_reconciliation import end_playback

REFUNDED_BEFORE = N_("This sale was refunded before.")


def mark_paid(
    session: Session, sale_id: str, *, links: Links, actor: str | None, now: datetime
) -> None:
    """Record that a sale is paid; what was held until then opens, and its buyer is told.

    Raises NotFound, and Conflict when it was paid or refunded before.
    """
    facts = find_sale(session, sale_id)
    paid = session.scalar(
        update(Sale)
        .where(Sale.id == facts.id, Sale.paid_at.is_(None), Sale.refunded_at.is_(None))
        .values(paid_at=now)
        .returning(Sale.id)
        .execution_options(synchronize_session=False)
    )
    if paid is None:
        raise Conflict(N_("This sale was paid or refunded before."))
    audit.record(session, "sale.paid", sale_id, actor=actor, now=now)
    if facts.is_held:
        _open(session, facts, actor=actor, now=now)
        mails.send_open(session, facts, links=links, now=now)


def hold(session: Session, sale_id: str, *, actor: str | None, now: datetime) -> None:
    """Close a sale's access until it is paid (P9); playback by it ends.

    Raises NotFound, and Conflict when it is paid or refunded.
    """
    facts = _unpaid(session, sale_id)
    for line in standing_lines(session, facts):
        session.execute(
            update(Grant)
            .where(Grant.id == line.id, Grant.awaits_payment_since.is_(None))
            .values(awaits_payment_since=now)
            .execution_options(synchronize_session=False)
        )
        _end_playback(session, line, now=now)
    audit.record(session, "sale.held", sale_id, actor=actor, now=now)


def open_unpaid(session: Session, sale_id: str, *, actor: str | None, now: datetime) -> None:
    """Open what staff held though it isn't paid; raises NotFound, and Conflict when it is over."""
    facts = _unpaid(session, sale_id)
    _open(session, facts, actor=actor, now=now)
    audit.record(session, "sale.opened", sale_id, actor=actor, now=now)


def refund_all(
    session: Session, sale_id: str, *, links: Links, actor: str | None, now: datetime
) -> None:
    """Refund a sale: its access ends at once, nothing else does; certificates stay (R1, R3).

    Raises NotFound, and Conflict when it was refunded before.
    """
    facts = find_sale(session, sale_id)
    _close(session, facts, now=now)
    _take_back(session, facts, Withdrawal.REFUNDED, actor=actor, now=now)
    audit.record(session, "sale.refunded", sale_id, actor=actor, now=now)
    mails.send_refunded(session, facts, links=links, now=now)


def dispute(
    session: Session, sale_id: str, *, links: Links, actor: str | None, now: datetime
) -> None:
    """Record that a payment is disputed (R2).

    An individual's access is suspended at once; of an organization staff are told, who may
    suspend it. Raises NotFound, and Conflict while a dispute is open or after a refund.
    """
    facts = find_sale(session, sale_id)
    _set_dispute(session, facts, now)
    audit.record(session, "sale.disputed", sale_id, actor=actor, now=now)
    if not facts.is_to_organization:
        _suspend(session, facts, actor=actor, now=now)
    mails.notify_staff_of_dispute(session, facts, links=links, now=now)


def suspend(session: Session, sale_id: str, *, actor: str | None, now: datetime) -> None:
    """Suspend a disputed sale's access (R2); raises NotFound, and Conflict without a dispute."""
    facts = _disputed(session, sale_id)
    _suspend(session, facts, actor=actor, now=now)
    audit.record(session, "sale.suspended", sale_id, actor=actor, now=now)


def restore(session: Session, sale_id: str, *, actor: str | None, now: datetime) -> None:
    """Let a disputed sale's access go on, the dispute being open; raises as `suspend`."""
    facts = _disputed(session, sale_id)
    _restore(session, facts, actor=actor, now=now)
    audit.record(session, "sale.restored", sale_id, actor=actor, now=now)


def win_dispute(session: Session, sale_id: str, *, actor: str | None, now: datetime) -> None:
    """Close a dispute that was won: all is as it was (R2); raises as `suspend`."""
    facts = _disputed(session, sale_id)
    _set_dispute(session, facts, None)
    _restore(session, facts, actor=actor, now=now)
    audit.record(session, "sale.dispute_won", sale_id, actor=actor, now=now)


def lose_dispute(session: Session, sale_id: str, *, actor: str | None, now: datetime) -> None:
    """Close a dispute that was lost: the money is gone and the access ends (R2).

    Raises as `suspend`.
    """
    facts = _disputed(session, sale_id)
    _close(session, facts, now=now)
    _take_back(session, facts, Withdrawal.REVOKED, actor=actor, now=now)
    audit.record(session, "sale.dispute_lost", sale_id, actor=actor, now=now)


def prices_at(session: Session, at: datetime) -> tuple[Price, ...]:
    """Return the prices that held at a moment: an order keeps those of its day (P6)."""
    rows = session.execute(
        select(Offer.kind, Offer.minimum, Offer.price_minor, Offer.currency).where(
            Offer.created_at <= at,
            Offer.retired_at.is_(None) | (Offer.retired_at > at),
        )
    )
    return in_order(Price(*row) for row in rows)


def standing_lines(session: Session, facts: SaleFacts) -> tuple[SaleGrant, ...]:
    """Return the grants of a sale that were not taken back."""
    lines = grants_of_sale(session, facts.id)
    return tuple(line for line in lines if line.revoked_at is None)


def _unpaid(session: Session, sale_id: str) -> SaleFacts:
    facts = find_sale(session, sale_id)
    if facts.paid_at is not None or facts.refunded_at is not None:
        raise Conflict(N_("This sale is paid or refunded."))
    return facts


def _disputed(session: Session, sale_id: str) -> SaleFacts:
    facts = find_sale(session, sale_id)
    if facts.disputed_at is None:
        raise Conflict(N_("No dispute about this sale is open."))
    return facts


def _set_dispute(session: Session, facts: SaleFacts, since: datetime | None) -> None:
    is_free = Sale.disputed_at.is_(None) if since else Sale.disputed_at.is_not(None)
    changed = session.scalar(
        update(Sale)
        .where(Sale.id == facts.id, Sale.refunded_at.is_(None), is_free)
        .values(disputed_at=since)
        .returning(Sale.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise Conflict(N_("The sale is disputed or refunded already."))


def _close(session: Session, facts: SaleFacts, *, now: datetime) -> None:
    closed = session.scalar(
        update(Sale)
        .where(Sale.id == facts.id, Sale.refunded_at.is_(None))
        .values(refunded_at=now, refunded_minor=Sale.price_minor, disputed_at=None)
        .returning(Sale.id)
        .execution_options(synchronize_session=False)
    )
    if closed is None:
        raise Conflict(REFUNDED_BEFORE)


def _take_back(
    session: Session,
    facts: SaleFacts,
    withdrawal: Withdrawal,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    for line in standing_lines(session, facts):
        if line.pool_id is None:
            grants.take_back(
                session, line.public_id, withdrawal=withdrawal, reason="", actor=actor, now=now
            )
        else:
            pools.revoke_pool_grant(
                session, line.public_id, withdrawal, reason="", actor=actor, now=now
            )


def _open(session: Session, facts: SaleFacts, *, actor: str | None, now: datetime) -> None:
    for line in standing_lines(session, facts):
        if line.pool_id is not None:
            pools.mark_pool_grant_paid(session, line.public_id, actor=actor, now=now)
        else:
            _change(session, line, awaits_payment_since=None)


def _suspend(session: Session, facts: SaleFacts, *, actor: str | None, now: datetime) -> None:
    for line in standing_lines(session, facts):
        if line.pool_id is not None:
            pools.suspend_pool_grant(session, line.public_id, actor=actor, now=now)
        else:
            _change(session, line, suspended_at=now)
            _end_playback(session, line, now=now)
            audit.record(session, "grant.suspended", line.public_id, actor=actor, now=now)


def _restore(session: Session, facts: SaleFacts, *, actor: str | None, now: datetime) -> None:
    for line in standing_lines(session, facts):
        if line.pool_id is not None:
            pools.restore_pool_grant(session, line.public_id, actor=actor, now=now)
        elif line.suspended_at is not None:
            _change(session, line, suspended_at=None)
            audit.record(session, "grant.restored", line.public_id, actor=actor, now=now)


def _change(session: Session, line: SaleGrant, **values: datetime | None) -> None:
    session.execute(
        update(Grant)
        .where(Grant.id == line.id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _end_playback(session: Session, line: SaleGrant, *, now: datetime) -> None:
    if line.login_id is not None:
        end_by_own_grants(session, line.login_id, ended_as=PlaybackEnd.SUSPENDED, now=now)
    elif line.pool_id is not None:
        end_playback(session, line.pool_id, PlaybackEnd.SUSPENDED, now=now)
