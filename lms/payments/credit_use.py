"""Use of a credit note: its unused amount pays another invoice of the same payer."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Invalid, NotFound
from lms.models.documents import Document, DocumentKind
from lms.models.payments import Settlement
from lms.payments import settlements
from lms.payments.balances import payer_of

TOO_MUCH = N_("Enter no more than the unused credit and the invoice's balance.")
OTHER_PAYER = N_("This invoice belongs to another payer.")


def apply(
    session: Session,
    credit_note_id: str,
    invoice_id: str,
    amount_minor: int,
    *,
    actor: str | None,
    now: datetime,
) -> Settlement:
    """Apply part of a credit note to an invoice; raises NotFound, Invalid, and Conflict."""
    found = session.scalar(
        select(Document.id).where(
            Document.public_id == invoice_id, Document.kind == DocumentKind.INVOICE
        )
    )
    if found is None:
        raise NotFound
    (invoice,) = settlements.lock_invoices(session, [found])
    note = session.scalar(
        select(Document)
        .where(Document.public_id == credit_note_id, Document.kind == DocumentKind.CREDIT_NOTE)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if note is None:
        raise NotFound
    if payer_of(session, note) != payer_of(session, invoice):
        raise Invalid(OTHER_PAYER, fields={"invoice": OTHER_PAYER})
    if not 1 <= amount_minor <= min(note.open_minor, invoice.open_minor):
        raise Invalid(TOO_MUCH, fields={"amount": TOO_MUCH})
    settled = settlements.settle(session, invoice, note, amount_minor, now=now)
    audit.record(session, "credit_note.applied", note.public_id, actor=actor, now=now)
    return settled
