"""Corrections of an order's payer: moves an order to the organization that really bought it.

The wrong payer's access is revoked, and given to the right organization. Payments that paid only this
invoice are recorded again as the right organization's money.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_id
from lms.core.errors import N_, Conflict, Invalid
from lms.mail.links import MailContext
from lms.models.documents import Document
from lms.models.grants import Withdrawal
from lms.models.orders import LineAct, Order, OrderLine, PurchaseOrder
from lms.models.payments import Deposit, Payment, Refund, RefundState, Reversal
from lms.models.tax import ExemptionBasis
from lms.organizations import organizations
from lms.payments import payments
from lms.payments.payments import NewPayment
from lms.pricing.offers import OF_A_LOGIN
from lms.sales import buyers, disputes, invoices, order_access, receipts
from lms.sales.line_corrections import successor_of

SAME_PAYER = N_("This organization is already the payer.")
DISPUTED = N_("A payment of this order is disputed. Close the dispute first.")


@dataclass(frozen=True, slots=True)
class NewPayer:
    """The organization that really buys, by slug, its contact, and its claim to a tax exemption."""

    organization: str
    email: str
    name: str
    exempt_as: ExemptionBasis | None = None


def change_payer(
    session: Session,
    order: Order,
    payer: NewPayer,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Make another organization the payer of a placed order, and move its access there.

    A person whom the order made a manager of the wrong organization loses that role. Raises NotFound,
    Invalid if the organization already pays, and Conflict while a payment is disputed.
    """
    organization = organizations.find_organization(session, payer.organization)
    if organization.id == (order.organization_id and kept_id(session, order.organization_id)):
        raise Invalid(SAME_PAYER, field="organization")
    buyers.take_back_role(session, order, actor=actor, now=now)
    order.organization_id, order.login_id, order.bill_to = organization.id, None, None
    order.organization_name, order.exempt_as = "", payer.exempt_as
    order.contact_email, order.contact_name = payer.email.strip(), " ".join(payer.name.split())
    session.execute(
        update(PurchaseOrder)
        .where(PurchaseOrder.order_id == order.id)
        .values(organization_id=organization.id)
    )
    session.flush()
    # Our team has named the buyer, and so confirms the address.
    order.cart_token_hash, order.awaits_proof, order.is_self_service = None, False, False
    buyer = buyers.buyer_of(
        session, order, mail_context=mail_context, named_at=now, actor=actor, now=now
    )
    order.contact_id = buyer.contact.id
    session.flush()
    for line in invoices.standing_lines(session, order.id):
        if line.kind not in OF_A_LOGIN or line.login_id != buyer.contact.id:
            _move_line(session, order, line, mail_context=mail_context, actor=actor, now=now)


def check_undisputed(session: Session, freed: Sequence[Payment]) -> None:
    """Raise Conflict if one of these payments is disputed."""
    if any(disputes.open_of(session, payment.id) is not None for payment in freed):
        raise Conflict(DISPUTED)


def move_payments(  # noqa: PLR0913  (what is moved where, and the actor)
    session: Session,
    invoice: Document,
    freed: Sequence[Payment],
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
    is_mailed: bool,
) -> None:
    """Record payments that pay nothing else again, as money of the invoice's payer.

    Payments that also pay other invoices, or were partly refunded, stay the original payer's credit.
    """
    for old in freed:
        session.refresh(old)
        session.refresh(invoice, ["open_minor"])
        if (
            old.open_minor != old.amount_minor
            or _is_refunded(session, old)
            or not invoice.open_minor
        ):
            continue
        deposit = session.get(Deposit, old.deposit_id) if old.deposit_id else None
        reference = old.provider_ref
        payments.reverse(session, old.public_id, Reversal.MISTAKE, actor=actor, now=now)
        old.provider_ref = None
        session.flush()
        new = NewPayment(
            method=old.method,
            currency=old.currency,
            amount_minor=old.amount_minor,
            received_on=old.received_on,
            login_id=invoice.login_id,
            organization_id=invoice.organization_id,
            check_number=old.check_number,
            slip=deposit.slip if deposit else "",
            provider_ref=reference,
            note=old.note,
            livemode=old.livemode,
            pays={invoice.public_id: min(old.amount_minor, invoice.open_minor)},
        )
        paid = payments.record(session, new, actor=actor, now=now)
        receipts.issue_receipt(
            session, paid, mail_context=mail_context, actor=actor, now=now, is_mailed=is_mailed
        )


def _move_line(
    session: Session,
    order: Order,
    old: OrderLine,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Revoke the access of a line, and give that of its successor to the new payer."""
    grants = [
        grant
        for grant in order_access.standing_grants(session, [order.id])
        if grant.order_line_id == old.id
    ]
    order_access.take_back(session, grants, Withdrawal.REVOKED, actor=actor, now=now)
    new = successor_of(session, old, act=LineAct.NEW, adds_to_id=None, login_id=None, pool_id=None)
    old.replaced_at = now
    session.flush()
    assert order.contact_id is not None  # noqa: S101  (`change_payer` set it)
    zone = order_access.zone_of(session, order, mail_context)
    order_access.give_access(
        session, order, new, login_id=order.contact_id, zone=zone, actor=actor, now=now
    )


def _is_refunded(session: Session, payment: Payment) -> bool:
    found = select(Refund.id).where(
        Refund.payment_id == payment.id, Refund.state != RefundState.FAILED
    )
    return session.scalar(found.limit(1)) is not None
