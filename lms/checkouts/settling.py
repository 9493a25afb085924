"""Settling: one function applies the card provider's objects to the ledger.

The webhook's job, the page that a payer returns to, and the rounds of lms/checkouts/jobs.py all
call it; any one of them is enough, in any order and number (MONEY.md, M5).
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.checkouts import paid_sessions
from lms.checkouts.paid_sessions import Settling
from lms.core.errors import N_, Conflict
from lms.core.model_base import locked
from lms.core.runtime import Carrel
from lms.mail.links import MailContext, mail_context_of
from lms.models.documents import Document
from lms.models.orders import Order
from lms.models.payments import Checkout, CheckoutState, Dispute, DisputeState, Payment
from lms.payments import card_refunds, provider_events
from lms.payments.provider import (
    Fetched,
    Other,
    Provider,
    ProviderDispute,
    ProviderDisputeState,
    ProviderRefund,
    ProviderSession,
)
from lms.sales import disputes
from lms.sales.disputes import AtProvider

OTHER_MODE: Final = N_("This payment was made in the card provider's other mode (live or test).")


def settle_provider_object(
    carrel: Carrel, provider: Provider, object_id: str, *, now: datetime, event_id: str = ""
) -> None:
    """Fetch an object from the provider, and apply it in one transaction.

    A paid session pays its order or invoice, with documents and access; a refund or dispute is
    updated to its current state. Repeated calls have no further effect. `event_id` is marked as
    processed in the same transaction. Raises Unavailable if the provider can't be reached, and
    Conflict for an object of the other mode. Call it outside a transaction.
    """
    found = provider.fetch(object_id)
    if (
        isinstance(found, ProviderSession | ProviderDispute)
        and found.livemode is not provider.livemode
    ):
        raise Conflict(OTHER_MODE)
    paid_by = _session_before(carrel, provider, found)
    context = mail_context_of(carrel.settings)
    settling = Settling(context, opens_to_all=provider.livemode or provider.is_simulated, now=now)
    with carrel.database.transaction() as session:
        if paid_by is not None:
            paid_sessions.fold(session, paid_by, settling)
        match found:
            case ProviderSession():
                paid_sessions.fold(session, found, settling)
            case ProviderRefund():
                card_refunds.fold(session, found, mail_context=context, now=now)
            case ProviderDispute():
                _fold_dispute(session, found, mail_context=context, now=now)
            case Other():
                pass
        provider_events.mark_processed(session, provider.name, event_id, now=now)


def _session_before(carrel: Carrel, provider: Provider, found: Fetched) -> ProviderSession | None:
    """Return the session to settle first, if an unknown payment is already disputed or refunded."""
    if not isinstance(found, ProviderRefund | ProviderDispute):
        return None
    known = select(Payment.id).where(Payment.provider_ref == found.payment)
    with carrel.database.read_session() as session:
        if session.scalar(known) is not None:
            return None
    return provider.session_of(found.payment)


def settle_order(carrel: Carrel, provider: Provider, order_id: str, *, now: datetime) -> None:
    """Fetch the open checkouts of an order, by its public ID, from the provider and settle them.

    For the page that a payer returns to; raises as `settle_provider_object`.
    """
    with carrel.database.read_session() as session:
        orders = select(Order.id).where(Order.public_id == order_id)
        invoices = select(Document.id).where(Document.order_id.in_(orders))
        sessions = session.scalars(
            select(Checkout.provider_session)
            .where(
                Checkout.order_id.in_(orders) | Checkout.invoice_id.in_(invoices),
                Checkout.state != CheckoutState.COMPLETE,
                Checkout.provider_session.is_not(None),
            )
            .order_by(Checkout.id)
        ).all()
    for session_id in sessions:
        if session_id is not None:
            settle_provider_object(carrel, provider, session_id, now=now)


def _fold_dispute(
    session: Session, found: ProviderDispute, *, mail_context: MailContext, now: datetime
) -> None:
    """Open the dispute of a payment, and close it when the bank decides; inquiries are ignored.

    Payments made elsewhere are ignored.
    """
    if found.state is ProviderDisputeState.INQUIRY:
        return
    payment = session.scalar(locked(select(Payment).where(Payment.provider_ref == found.payment)))
    if payment is None:
        return
    about = AtProvider(found.id, found.amount_minor, found.reason, found.evidence_due)
    dispute = session.scalar(select(Dispute).where(Dispute.provider_ref == found.id))
    if dispute is None:
        dispute = disputes.open_dispute(
            session, payment.public_id, about, mail_context=mail_context, actor=None, now=now
        )
    dispute.evidence_due = found.evidence_due
    session.flush()
    if dispute.state is not DisputeState.OPEN:
        return
    if found.state is ProviderDisputeState.WON:
        disputes.win(session, payment.public_id, actor=None, now=now)
    elif found.state is ProviderDisputeState.LOST:
        disputes.lose(session, payment.public_id, actor=None, now=now)
