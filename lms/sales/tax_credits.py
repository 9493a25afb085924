"""Tax credits: sales tax is credited if proof of an exemption arrives within 90 days (M13).

The credit note has the reason `tax` and revokes no access. It is applied to its invoice if that is
open; otherwise it is the payer's credit, to be refunded or used.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict
from lms.mail.links import MailContext
from lms.models.documents import CreditReason, Document, DocumentKind, DocumentLine
from lms.models.orders import Order
from lms.models.tax import Exemption, ExemptionBasis
from lms.organizations.payers import Payer
from lms.sales import billing, credit_notes
from lms.sales.credit_notes import Credit, NewCreditNote
from lms.sales.invoices import live_invoice
from lms.tax.exemptions import covering_paper, ended_paper
from lms.tax.order_taxes import payer_of, supplied_on

PROOF_WITHIN: Final = timedelta(days=90)
NOT_PROVEN = N_(
    "No exemption certificate received within 90 days of this invoice covers its tax. Add the "
    "certificate to the customer first, or issue a credit note."
)
_BASES: Final = {
    ExemptionBasis.GOVERNMENT: "government agency",
    ExemptionBasis.NONPROFIT: "501(c)(3) nonprofit",
    ExemptionBasis.CERTIFICATE: "exemption certificate",
    ExemptionBasis.OTHER: "proof received",
}


@dataclass(frozen=True, slots=True)
class TaxCredit:
    """The tax of an order's invoice that can be credited, in minor units, with the lines."""

    order_id: str
    invoice: str
    issued_at: datetime
    currency: str
    tax_minor: int
    line_ids: tuple[str, ...]
    explanation: str


def tax_credits_of(session: Session, payer: Payer, *, zone: ZoneInfo) -> tuple[TaxCredit, ...]:
    """Return what can be credited to a payer because of their exemption certificates, oldest order first."""
    is_taxed = exists().where(
        Document.order_id == Order.id,
        Document.kind == DocumentKind.INVOICE,
        Document.replaced_at.is_(None),
        DocumentLine.document_id == Document.id,
        DocumentLine.tax_minor > 0,
    )
    orders = session.scalars(select(Order).where(payer.owns(Order), is_taxed).order_by(Order.id))
    found = (tax_credit_of(session, order, zone=zone) for order in orders)
    return tuple(one for one in found if one is not None)


def tax_credit_of(session: Session, order: Order, *, zone: ZoneInfo) -> TaxCredit | None:
    """Return the tax of an order that can be credited, or None."""
    invoice = live_invoice(session, order.id)
    if invoice is None:
        return None
    proven = {
        line_id: (left.tax_minor, paper)
        for line_id, left in credit_notes.left_of(session, invoice).items()
        if left.tax_minor
        and left.rule is not None
        and (paper := _proof(session, order, invoice, left.rule.state, zone))
    }
    if not proven:
        return None
    return TaxCredit(
        order_id=order.public_id,
        invoice=invoice.label,
        issued_at=invoice.issued_at,
        currency=invoice.currency,
        tax_minor=sum(tax for tax, _ in proven.values()),
        line_ids=tuple(proven),
        explanation=_explain(next(paper for _, paper in proven.values())),
    )


def ended_paper_of(session: Session, order: Order, *, zone: ZoneInfo, now: datetime) -> date | None:
    """Return the end of a payer's exemption certificate that expired before an order's day of supply.

    None if a certificate covers it, or there never was one. It blocks nothing.
    """
    on = supplied_on(session, order, zone=zone) or now.astimezone(zone).date()
    state = billing.billing_of(session, order).state
    paper = ended_paper(session, payer_of(order), state=state, on=on)
    return paper.until if paper else None


def credit_tax(
    session: Session,
    order: Order,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
    is_mailed: bool = True,
) -> Document:
    """Credit the tax of an order, which is locked, that the payer's exemption certificates cover.

    Returns the credit note. Raises Conflict if no exemption certificate covers it, or none arrived in time.
    """
    credit = tax_credit_of(session, order, zone=mail_context.zone)
    if credit is None:
        raise Conflict(NOT_PROVEN)
    return credit_notes.credit(
        session,
        order,
        NewCreditNote(
            CreditReason.TAX,
            tuple(Credit(line_id) for line_id in credit.line_ids),
            credit.explanation,
            is_mailed,
        ),
        mail_context=mail_context,
        actor=actor,
        now=now,
    )


def _proof(
    session: Session, order: Order, invoice: Document, state: str, zone: ZoneInfo
) -> Exemption | None:
    """Return the certificate that covers a state on the day of supply and arrived in time."""
    on = supplied_on(session, order, zone=zone) or invoice.issued_at.astimezone(zone).date()
    by = invoice.issued_at + PROOF_WITHIN
    return covering_paper(session, payer_of(order), state=state, on=on, by=by)


def _explain(paper: Exemption) -> str:
    number = f", number {paper.number}" if paper.number else ""
    return f"Exempt from sales tax: {_BASES[paper.basis]}{number}"
