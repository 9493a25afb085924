"""Rounds: polling the card provider for missed events, and refunding unused money.

A lost, late or refused webhook only causes a delay (MONEY.md, M5).
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy import update as updating

from lms.checkouts.settling import settle_provider_object
from lms.core.runtime import Carrel
from lms.models.payments import Checkout, CheckoutState, Payment
from lms.payments import provider_entries, provider_events, refunds
from lms.payments.provider import Provider, ProviderRefused
from lms.payments.refunds import NewRefund
from lms.sales.disputes import open_of

log = structlog.get_logger()
FOLDED_WITHIN: Final = timedelta(minutes=10)


def sweep(carrel: Carrel, provider: Provider, *, now: datetime) -> int:
    """Settle every open checkout by its state at the provider; return how many there were.

    A checkout without a session that can no longer be paid expires.
    """
    modes = (True, False) if provider.is_simulated else (provider.livemode,)
    with carrel.database.transaction() as session:
        session.execute(
            updating(Checkout)
            .where(
                Checkout.state == CheckoutState.OPEN,
                Checkout.provider_session.is_(None),
                Checkout.expires_at < now,
            )
            .values(state=CheckoutState.EXPIRED)
        )
        found = session.scalars(
            select(Checkout.provider_session)
            .where(
                Checkout.state == CheckoutState.OPEN,
                Checkout.provider_session.is_not(None),
                Checkout.livemode.in_(modes),
            )
            .order_by(Checkout.id)
        ).all()
    for session_id in found:
        if session_id is not None:
            try:
                settle_provider_object(carrel, provider, session_id, now=now)
            # Such as after a change of account: continue with the rest.
            except ProviderRefused as refusal:
                log.warning("checkout not settled", session=session_id, reason=refusal.reason)
    return len(found)


def listen(carrel: Carrel, provider: Provider, *, now: datetime) -> int:
    """Store the provider's events that were missed; return how many.

    Events still unprocessed after ten minutes are queued again, and balance transactions are
    stored.
    """
    with carrel.database.read_session() as session:
        since = provider_events.listed_since(session, provider.name, now=now)
        entries_since = provider_entries.listed_since(session, now=now)
    events = sorted(provider.events(since), key=lambda one: (one.created_at, one.id))
    entries = list(provider.entries(entries_since))
    with carrel.database.transaction() as session:
        provider_events.fold_again(session, provider.name, before=now - FOLDED_WITHIN, now=now)
        new = sum(provider_events.store(session, provider, event, now=now) for event in events)
        provider_entries.store(session, entries, livemode=provider.livemode)
    return new


def return_unused(carrel: Carrel, *, now: datetime) -> None:
    """Refund unused money that our team didn't keep (M7)."""
    today = now.astimezone(carrel.settings.zone).date()
    with carrel.database.read_session() as session:
        due = session.scalars(
            select(Payment.public_id).where(Payment.returns_on <= today).order_by(Payment.id)
        ).all()
    for payment_id in due:
        with carrel.database.transaction() as session:
            payment = session.scalars(
                select(Payment).where(Payment.public_id == payment_id).with_for_update()
            ).one()
            if payment.returns_on is None or open_of(session, payment.id):
                continue
            payment.returns_on = None
            if payment.open_minor:
                new = NewRefund(payment_id, payment.open_minor, f"{payment_id}-unused")
                refunds.request(session, new, actor=None, now=now)
