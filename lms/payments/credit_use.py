"""Use of credit: the unused amount of a payment or credit note pays another invoice of its payer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.models.documents import Document, DocumentKind
from lms.models.payments import Payment, Settlement
from lms.payments import settlements
from lms.payments.balances import payer_of

TOO_MUCH = N_("Enter no more than the unused credit and the invoice's balance.")
OTHER_PAYER = N_("This invoice belongs to another payer.")
CHANGED = N_("The unused credit changed after you opened this page. Check it and try again.")


@dataclass(frozen=True, slots=True)
class CreditUse:
    """An amount of a payment's or credit note's credit, by public ID, for an invoice.

    `unused_minor` is the credit that the form showed, so that a form that is sent twice uses it once.
    """

    source_id: str
    invoice_id: str
    amount_minor: int
    unused_minor: int


def apply(session: Session, use: CreditUse, *, actor: str | None, now: datetime) -> Settlement:
    """Apply credit to an invoice; the same use sent again changes nothing.

    Raises NotFound, Invalid, and Conflict if another use changed the credit.
    """
    query = select(Document.id).where(
        Document.public_id == use.invoice_id, Document.kind == DocumentKind.INVOICE
    )
    found = or_not_found(session.scalar(query))
    (invoice,) = settlements.lock_invoices(session, [found])
    source: Payment | Document | None = settlements.lock_credit_note(session, use.source_id)
    source = source or or_not_found(settlements.lock_payment(session, use.source_id))
    if source.open_minor != use.unused_minor:
        return _used_before(session, source, invoice, use)
    if payer_of(session, source) != payer_of(session, invoice):
        raise Invalid(OTHER_PAYER, field="invoice")
    if not 1 <= use.amount_minor <= min(source.open_minor, invoice.open_minor):
        raise Invalid(TOO_MUCH, field="amount")
    settled = settlements.settle(session, invoice, source, use.amount_minor, now=now)
    act = "payment.allocated" if isinstance(source, Payment) else "credit_note.applied"
    audit.record(session, act, source.public_id, actor=actor, now=now)
    return settled


def _used_before(
    session: Session, source: Payment | Document, invoice: Document, use: CreditUse
) -> Settlement:
    """Return what the same form did just before; raises Conflict if anything else changed the credit."""
    if source.open_minor == use.unused_minor - use.amount_minor:
        for one in settlements.standing(session, invoice_id=invoice.id):
            used = one.payment_id if isinstance(source, Payment) else one.credit_note_id
            if (used, one.amount_minor) == (source.id, use.amount_minor):
                return one
    raise Conflict(CHANGED)
