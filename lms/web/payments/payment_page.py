"""Contents of the staff page of a payment: what it pays, its refunds, and its dispute."""

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_calendar_date, say_date
from lms.models.documents import Document
from lms.models.orders import Order
from lms.models.payments import (
    Deposit,
    Dispute,
    Payment,
    PaymentMethod,
    Refund,
    RefundState,
    Settlement,
)
from lms.payments import payments, refunds
from lms.payments.balances import WAITING, open_invoices, payer_of
from lms.pricing.price_list import say_money
from lms.sales import disputes
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.sales.order_texts import METHOD_WORDS, REFUND_WORDS, REVERSAL_WORDS


def contents(session: Session, payment_id: str) -> dict[str, object]:
    """Return the values of a payment's page; raises NotFound."""
    payment = payments.find_payment(session, payment_id)
    dispute = disputes.open_of(session, payment.id)
    payer = payer_of(session, payment)
    access = disputes.access_disputed(session, payment.id)
    return {
        "payment": payment,
        "title": f"{METHOD_WORDS[payment.method]} {payment.check_number}".strip(),
        "payer": payer,
        "may_pay": bool(open_invoices(session, payer)),
        "facts": _facts(session, payment, dispute),
        "unused": say_money(payment.open_minor, payment.currency) if payment.open_minor else "",
        "reversed": str(REVERSAL_WORDS[payment.reversed_as]) if payment.reversed_as else "",
        "is_check": payment.method is PaymentMethod.CHECK,
        "is_by_provider": payment.provider_ref is not None,
        "is_test": not payment.livemode,
        "returned": say_calendar_date(payment.returns_on) if payment.returns_on else "",
        "is_disputed": dispute is not None,
        "may_suspend": any(one.suspended_at is None for one in access),
        "may_restore": any(one.suspended_at is not None for one in access),
        "settlements": _settlements(session, payment),
        "refunds": _refunds(session, payment),
    }


def _facts(session: Session, payment: Payment, dispute: Dispute | None) -> list[tuple[str, str]]:
    deposit = session.get(Deposit, payment.deposit_id) if payment.deposit_id else None
    zone = reading_zone()
    lost = disputes.lost_minor(session, payment.id)
    return [
        (_("Amount"), say_money(payment.amount_minor, payment.currency)),
        (_("Unused"), say_money(payment.open_minor, payment.currency)),
        (_("In dispute"), say_money(dispute.amount_minor, payment.currency) if dispute else ""),
        (_("Lost to disputes"), say_money(lost, payment.currency) if lost else ""),
        (_("Received"), say_calendar_date(payment.received_on)),
        (_("Deposit slip"), deposit.slip if deposit else ""),
        (_("Reversed"), say_date(payment.reversed_at, zone) if payment.reversed_at else ""),
        (_("Note"), payment.note),
    ]


def _settlements(session: Session, payment: Payment) -> list[dict[str, object]]:
    rows = session.execute(
        select(Settlement, Document, Order)
        .join(Document, Document.id == Settlement.invoice_id)
        .join(Order, Order.id == Document.order_id)
        .where(Settlement.payment_id == payment.id)
        .order_by(Settlement.id)
    )
    zone = reading_zone()
    return [
        {
            "number": row.Document.label,
            "document_id": row.Document.public_id,
            "order_url": url_for("staff_order.show", order_id=row.Order.public_id),
            "amount": say_money(row.Settlement.amount_minor, payment.currency),
            "made": say_date(row.Settlement.made_at, zone),
            "undone": say_date(row.Settlement.undone_at, zone) if row.Settlement.undone_at else "",
        }
        for row in rows
    ]


def _refunds(session: Session, payment: Payment) -> list[dict[str, object]]:
    rows = session.scalars(
        select(Refund).where(Refund.payment_id == payment.id).order_by(Refund.id)
    )
    zone = reading_zone()
    to_card = refunds.goes_to_card(session, payment)
    return [
        {
            "id": one.public_id,
            "amount": say_money(one.amount_minor, payment.currency),
            "to_card": to_card and one.state in WAITING,
            "is_sent": to_card and one.state is RefundState.SENT,
            "requested": say_date(one.requested_at, zone),
            "done": say_calendar_date(one.done_on) if one.done_on else "",
            "reference": one.reference,
            "state": str(REFUND_WORDS[one.state]),
            "badge": "open" if one.state is RefundState.DONE else "soon",
            "is_waiting": one.state in WAITING,
        }
        for one in rows
    ]
