"""Disputed payments: applies a dispute's status at the card provider (M12)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.mail.links import MailContext
from lms.models.payments import Dispute, DisputeState, Payment
from lms.payments.provider import ProviderDispute, ProviderDisputeState
from lms.sales import disputes
from lms.sales.disputes import AtProvider


def fold(
    session: Session, found: ProviderDispute, *, mail_context: MailContext, now: datetime
) -> None:
    """Open the dispute of a payment, and close it when the bank decides; inquiries are ignored.

    Payments made elsewhere are ignored.
    """
    if found.state is ProviderDisputeState.INQUIRY:
        return
    payment = session.scalar(
        select(Payment)
        .where(Payment.provider_ref == found.payment)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
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
