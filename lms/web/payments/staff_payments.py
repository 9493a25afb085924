"""Staff pages of payments: record one, show what it pays, reverse it, use its credit, and disputes."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import Form

from lms.core import clock
from lms.core.dates_and_time_zones import say_calendar_date
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.core.model_base import PUBLIC_ID, new_public_id
from lms.core.money_parsing_and_formatting import MOST_MINOR, read_amount, write_amount
from lms.documents.payment_links import payment_links
from lms.models.documents import Document
from lms.models.payments import Payment, PaymentMethod, Reversal
from lms.payments import payments
from lms.payments.balances import (
    Customer,
    OpenInvoice,
    find_payer,
    open_invoices,
    payer_of,
    payment_with_number,
)
from lms.payments.credit_use import CreditUse
from lms.payments.payments import NewPayment
from lms.pricing.price_list import currency_of, say_money
from lms.requests.read_models import number_of
from lms.sales import disputes, orders, receiving
from lms.web.access.access_panel_and_reader_times import due_day
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.next_url import asked_onward
from lms.web.core.number_parsing_and_formatting import read_figures
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.payments.payment_forms import PaymentForm, UseForm
from lms.web.payments.payment_page import contents
from lms.web.sales.act_forms import chosen_day
from lms.web.sales.act_pages import ActPage, act

blueprint = Blueprint("staff_payments", __name__, url_prefix="/staff")

SAME_CHECK: Final = N_("A payment with this number was already recorded on %(day)s.")
SENT_TWICE: Final = N_("This payment was already recorded. It wasn't recorded a second time.")
NO_OPEN_INVOICE: Final = N_("This customer has no open invoice.")
DONE: Final = {
    "mistake": N_("The payment was reversed. We didn't email anyone."),
    "dispute": N_("The dispute was recorded."),
    "suspend": N_("Access is suspended until the dispute is resolved. We didn't email anyone."),
    "restore": N_("Access is restored. We didn't email anyone."),
    "won": N_("The dispute was won. Access is restored."),
    "lost": N_("The dispute was lost. The invoices are unpaid again."),
    "keep": N_("Saved as the customer's credit."),
}


@blueprint.route("/orders/<order_id>/payment", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def of_order(order_id: str) -> ResponseReturnValue:
    """Record a payment for an order; it pays the order's invoice first."""
    with read_session() as session:
        order = orders.find_order(session, order_id)
        if order.placed_at is None:
            raise NotFound
        payer = payer_of(session, order)
    return _record(payer, order_id)


@blueprint.route("/balances/<key>/payment", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def of_payer(key: str) -> ResponseReturnValue:
    """Record a payer's payment for any number of their invoices."""
    with read_session() as session:
        payer = find_payer(session, key)
    if payer is None:
        raise NotFound
    return _record(payer, "")


def _record(payer: Customer, first: str) -> ResponseReturnValue:
    with read_session() as session:
        invoices = sorted(open_invoices(session, payer), key=lambda one: one.order_id != first)
        currency = invoices[0].currency if invoices else currency_of(session)
    form = _form(invoices, first, currency)

    def page() -> ActPage:
        return _page(payer, invoices, first)

    def do() -> ResponseReturnValue:
        wanted = _read(form, payer, currency)
        with read_session() as session:
            before = payments.recorded(session, wanted)
            if before is not None:
                flash(_(SENT_TWICE), "note")
                return see_other(".show", payment_id=before.public_id)
            _check_number(session, form, payer)
        with transaction() as writing:
            made = receiving.receive(
                writing,
                wanted,
                mail_context=mail_context(),
                **acting(),
                is_mailed=form.is_mailed.data,
            )
        flash(_("The payment was recorded."), "done")
        return see_other(".show", payment_id=made.public_id)

    return act(page, form, do)


@blueprint.get("/payments/<payment_id>")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def show(payment_id: str) -> ResponseReturnValue:
    with read_session() as session:
        return render("payments/staff_payment.html", fault="", **contents(session, payment_id))


@blueprint.route("/payments/<payment_id>/use", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def use(payment_id: str) -> ResponseReturnValue:
    """Use the rest of a payment for an open invoice."""
    with read_session() as session:
        payment = payments.find_payment(session, payment_id)
        invoices = open_invoices(session, payer_of(session, payment))
    left = say_money(payment.open_minor, payment.currency)
    page = ActPage(
        title=_("Use the credit"),
        submit=_("Pay this invoice"),
        back_url=url_for(".show", payment_id=payment_id),
        back_label=_("Payment"),
        says=(_("%(amount)s of this payment is unused.", amount=left),),
    )
    return use_credit(payment, invoices, page)


@blueprint.route("/payments/<payment_id>/bounced", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def bounced(payment_id: str) -> ResponseReturnValue:
    """Confirm, then reverse a check that its bank returned."""
    with read_session() as session:
        payment = payments.find_payment(session, payment_id)
    page = ActPage(
        title=_("Mark check %(number)s as returned", number=payment.check_number),
        submit=_("Mark as returned and email the customer"),
        back_url=url_for(".show", payment_id=payment_id),
        back_label=_("Payment"),
        says=(
            _("The invoices it paid are unpaid again, and we email the customer."),
            _("Access doesn't change."),
        ),
        facts=((_("Amount"), say_money(payment.amount_minor, payment.currency)),),
        is_danger=True,
    )

    def do() -> ResponseReturnValue:
        with transaction() as writing:
            receiving.reverse(
                writing,
                payment_id,
                Reversal.BOUNCED,
                pay=payment_links(carrel().settings),
                mail_context=mail_context(),
                **acting(),
            )
        flash(_("The payment was reversed. We emailed the customer."), "done")
        return redirect(page.back_url, 303)

    return act(lambda: page, Form(request.form), do)


@blueprint.post("/payments/<payment_id>/<act_name>")
@asks_again
@open_to(Audience.STAFF)
def move(payment_id: str, act_name: str) -> ResponseReturnValue:
    """Reverse a payment, keep its credit, or record a dispute, its result, and the access meanwhile.

    Redirects to the page named in the form, such as that of an order, or to the payment's.
    """
    try:
        sentence = _moved(payment_id, act_name)
    except Conflict as refusal:
        with read_session() as session:
            values = contents(session, payment_id)
        return render("payments/staff_payment.html", fault=_(refusal.message), **values), 409
    flash(_(sentence), "done")
    onward = asked_onward()
    return redirect(onward, code=303) if onward else see_other(".show", payment_id=payment_id)


def use_credit(
    source: Payment | Document, invoices: Sequence[OpenInvoice], page: ActPage
) -> ResponseReturnValue:
    """Show the form that uses credit for an open invoice, or use it; leads back to the page's target."""
    if request.method == "GET" and not source.open_minor:
        raise NotFound
    if request.method == "GET" and not invoices:
        flash(_(NO_OPEN_INVOICE), "attention")
        return redirect(page.back_url, 303)
    form = sent_or_stored(
        UseForm, data={"amount": write_amount(source.open_minor, source.currency)}
    )
    form.invoice.choices = [
        (one.document_id, f"{one.number}, {say_money(one.open_minor, one.currency)}")
        for one in invoices
    ]

    def shown() -> ActPage:
        form.unused.data = str(source.open_minor)
        return page

    def do() -> ResponseReturnValue:
        use = CreditUse(
            source_id=source.public_id,
            invoice_id=str(form.invoice.data),
            amount_minor=read_amount(form.amount.data or "", source.currency, field="amount"),
            unused_minor=read_figures(form.unused.data or "", MOST_MINOR) or 0,
        )
        with transaction() as writing:
            receiving.use_credit(writing, use, mail_context=mail_context(), **acting())
        flash(_("The credit pays the invoice."), "done")
        return redirect(page.back_url, 303)

    return act(shown, form, do)


def _moved(payment_id: str, act_name: str) -> str:
    actor, now = required_viewer().public_id, clock.now()
    with transaction() as session:
        match act_name:
            case "mistake":
                receiving.reverse(
                    session,
                    payment_id,
                    Reversal.MISTAKE,
                    pay=payment_links(carrel().settings),
                    mail_context=mail_context(),
                    actor=actor,
                    now=now,
                )
            case "dispute":
                disputes.open_dispute(
                    session, payment_id, mail_context=mail_context(), actor=actor, now=now
                )
            case "keep":
                payments.keep(session, payment_id, actor=actor, now=now)
            case "suspend":
                disputes.suspend(session, payment_id, actor=actor, now=now)
            case "restore":
                disputes.restore(session, payment_id, actor=actor, now=now)
            case "won":
                disputes.win(session, payment_id, actor=actor, now=now)
            case "lost":
                disputes.lose(session, payment_id, actor=actor, now=now)
            case _:
                raise NotFound
    return DONE[act_name]


def _form(invoices: Sequence[OpenInvoice], first: str, currency: str) -> PaymentForm:
    rows = [{"invoice_id": one.document_id, "open": str(one.open_minor)} for one in invoices]
    amount = ""
    if first and invoices and invoices[0].order_id == first:
        amount = write_amount(invoices[0].open_minor, currency)
    today = clock.now().astimezone(mail_context().zone).date()
    return sent_or_stored(
        PaymentForm,
        data={
            "key": new_public_id(),
            "pays": rows,
            "amount": amount,
            "received_on": today,
            "is_mailed": True,
        },
    )


def _read(form: PaymentForm, payer: Customer, currency: str) -> NewPayment:
    """Return the contents of the form; raises Invalid with errors by field, NotFound for a wrong key."""
    if not PUBLIC_ID.fullmatch(form.key.data or ""):
        raise NotFound
    amount = read_amount(form.amount.data or "", currency, field="amount")
    pays: dict[str, int] = {}
    for entry in form.pays:
        text = (entry.form.amount.data or "").strip()
        if text:
            try:
                pays[str(entry.form.invoice_id.data)] = read_amount(text, currency, field="amount")
            except Invalid as refusal:
                entry.form.amount.errors = [_(refusal.message)]
                raise Invalid(refusal.message) from refusal
    return NewPayment(
        method=PaymentMethod(form.method.data),
        currency=currency,
        amount_minor=amount,
        received_on=chosen_day(form.received_on),
        login_id=payer.login_id,
        organization_id=payer.organization_id,
        check_number=form.check_number.data or "",
        slip=form.slip.data or "",
        note=form.note.data or "",
        payment_id=form.key.data or "",
        pays=pays or _oldest_first(form, amount),
    )


def _oldest_first(form: PaymentForm, amount: int) -> dict[str, int]:
    """Allocate an amount to the invoices as the form showed them, so that two clicks pay once."""
    found = {}
    for entry in form.pays:
        part = min(amount, read_figures(entry.form.open.data or "", MOST_MINOR) or 0)
        if part > 0:
            found[str(entry.form.invoice_id.data)] = part
            amount -= part
    return found


def _check_number(session: Session, form: PaymentForm, payer: Customer) -> None:
    """Ask for confirmation before a payer's check number is recorded a second time; raises Invalid."""
    if form.same_again.data:
        return
    before = payment_with_number(session, payer, form.check_number.data or "")
    if before is not None:
        sentence = SAME_CHECK % {"day": say_calendar_date(before.received_on)}
        raise Invalid(sentence, field="check_number")


def _page(payer: Customer, invoices: Sequence[OpenInvoice], first: str) -> ActPage:
    back = url_for("staff_balances.payer", key=payer.key)
    if first:
        back = url_for("staff_order.show", order_id=first)
    return ActPage(
        title=_("Record a payment"),
        submit=_("Record payment"),
        back_url=back,
        back_label=_("Order %(number)s", number=number_of(first)) if first else payer.name,
        facts=((_("Customer"), payer.name),),
        template="payments/staff_payment_form.html",
        values={
            "invoices": [
                {
                    "number": one.number,
                    "po_number": one.po_number,
                    "open": say_money(one.open_minor, one.currency),
                    "due": due_day(one.due_at),
                }
                for one in invoices
            ]
        },
    )
