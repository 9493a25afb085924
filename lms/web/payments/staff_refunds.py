"""Staff pages of refunds: request one, record that it was paid out, or cancel it."""

from dataclasses import dataclass

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.errors import NotFound, or_not_found
from lms.core.model_base import new_public_id
from lms.core.money_parsing_and_formatting import read_amount, write_amount
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order
from lms.models.payments import Payment, Refund
from lms.payments import payments, refunds
from lms.payments.balances import open_invoices, payer_of
from lms.payments.paid_invoices import payments_behind
from lms.payments.refunds import NewRefund
from lms.pricing.price_list import say_money
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.payments.payment_forms import RefundDoneForm, RefundForm
from lms.web.payments.staff_payments import use_credit
from lms.web.sales.act_forms import chosen_day
from lms.web.sales.act_pages import ActPage, act
from lms.web.sales.order_texts import METHOD_WORDS

blueprint = Blueprint("staff_refunds", __name__, url_prefix="/staff")


@dataclass(frozen=True, slots=True)
class _Source:
    """What is refunded: a credit note or unused money, the open amount, and the payments it came from."""

    credit_note_id: str | None
    amount_minor: int
    currency: str
    number: str
    back_url: str
    payments: tuple[Payment, ...]


@blueprint.route("/payments/<payment_id>/refund", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def of_payment(payment_id: str) -> ResponseReturnValue:
    """Request a refund of a payment's unused amount."""
    with read_session() as session:
        payment = payments.find_payment(session, payment_id)
    back = url_for("staff_payments.show", payment_id=payment_id)
    return _request(
        _Source(None, payment.open_minor, payment.currency, _say(payment), back, (payment,))
    )


@blueprint.route("/credit-notes/<document_id>/refund", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def of_credit_note(document_id: str) -> ResponseReturnValue:
    """Request a refund of the rest of a credit note."""
    with read_session() as session:
        note, order_id = _note(session, document_id)
        paid = tuple(payments_behind(session, note.order_id or 0))
    back = url_for("staff_order.show", order_id=order_id)
    return _request(_Source(document_id, note.open_minor, note.currency, note.label, back, paid))


def _request(source: _Source) -> ResponseReturnValue:
    if request.method == "GET" and not source.amount_minor:
        raise NotFound
    form = sent_or_stored(
        RefundForm,
        data={"key": new_public_id(), "amount": write_amount(source.amount_minor, source.currency)},
    )
    form.payment.choices = [(one.public_id, _say(one)) for one in source.payments]

    def page() -> ActPage:
        amount = say_money(source.amount_minor, source.currency)
        return ActPage(
            title=_("Request a refund"),
            submit=_("Request refund"),
            back_url=source.back_url,
            back_label=source.number,
            says=(
                _("%(amount)s of %(number)s can be refunded.", amount=amount, number=source.number),
                _("We owe the refund until it's paid out. Access doesn't change."),
            ),
        )

    def do() -> ResponseReturnValue:
        amount = read_amount(form.amount.data or "", source.currency, field="amount")
        wanted = NewRefund(
            payment_id=str(form.payment.data),
            amount_minor=amount,
            idempotency_key=str(form.key.data),
            credit_note_id=source.credit_note_id,
        )
        with transaction() as writing:
            refunds.request(writing, wanted, **acting())
            payment = payments.find_payment(writing, wanted.payment_id)
            to_card = refunds.goes_to_card(writing, payment)
        if to_card:
            flash(_("The refund is being sent to the card."), "done")
        else:
            flash(_("The refund was requested. Pay it out, then record its number."), "done")
        return see_other("staff_payments.show", payment_id=wanted.payment_id)

    return act(page, form, do)


@blueprint.route("/refunds/<refund_id>/done", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def done(refund_id: str) -> ResponseReturnValue:
    """Record that a refund was paid out."""
    with read_session() as session:
        refund, payment = _refund(session, refund_id)
    today = clock.now().astimezone(mail_context().zone).date()
    form = sent_or_stored(RefundDoneForm, data={"done_on": today})

    def page() -> ActPage:
        amount = say_money(refund.amount_minor, payment.currency)
        return ActPage(
            title=_("Record that %(amount)s was refunded", amount=amount),
            submit=_("Record refund"),
            says=(_("Record it after you send the money. This can't be undone."),),
            back_url=url_for("staff_payments.show", payment_id=payment.public_id),
            back_label=_say(payment),
        )

    def do() -> ResponseReturnValue:
        with transaction() as writing:
            refunds.mark_done(
                writing, refund_id, form.reference.data or "", chosen_day(form.done_on), **acting()
            )
        flash(_("The refund was recorded as paid out."), "done")
        return see_other("staff_payments.show", payment_id=payment.public_id)

    return act(page, form, do)


@blueprint.post("/refunds/<refund_id>/cancel")
@asks_again
@open_to(Audience.STAFF)
def cancel(refund_id: str) -> ResponseReturnValue:
    """Cancel a refund that hasn't been paid out."""
    with transaction() as session:
        _found, payment = _refund(session, refund_id)
        refunds.cancel(session, refund_id, **acting())
    flash(_("The refund was canceled. The money is the customer's credit again."), "done")
    return see_other("staff_payments.show", payment_id=payment.public_id)


@blueprint.route("/credit-notes/<document_id>/use", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def use(document_id: str) -> ResponseReturnValue:
    """Use the rest of a credit note for an open invoice."""
    with read_session() as session:
        note, order_id = _note(session, document_id)
        invoices = open_invoices(session, payer_of(session, note))
    left = say_money(note.open_minor, note.currency)
    page = ActPage(
        title=_("Use credit note %(number)s", number=note.label),
        submit=_("Pay this invoice"),
        back_url=url_for("staff_order.show", order_id=order_id),
        back_label=_("Order"),
        says=(
            _("%(amount)s is unused.", amount=left),
            _("You can't undo this after you use it for an invoice."),
        ),
    )
    return use_credit(note, invoices, page)


def _note(session: Session, document_id: str) -> tuple[Document, str]:
    query = (
        select(Document, Order.public_id)
        .join(Order, Order.id == Document.order_id)
        .where(Document.public_id == document_id, Document.kind == DocumentKind.CREDIT_NOTE)
    )
    row = or_not_found(session.execute(query).one_or_none())
    return row[0], row[1]


def _refund(session: Session, refund_id: str) -> tuple[Refund, Payment]:
    query = (
        select(Refund, Payment)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.public_id == refund_id)
    )
    row = or_not_found(session.execute(query).one_or_none())
    return row[0], row[1]


def _say(payment: Payment) -> str:
    amount = say_money(payment.amount_minor, payment.currency)
    name = f"{METHOD_WORDS[payment.method]} {payment.check_number}".strip()
    return f"{name}, {amount}"
