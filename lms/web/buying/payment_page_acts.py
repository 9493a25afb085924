"""The actions of the payment page, each with its own form that works without an account."""

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form

from lms.buying import payment_page_acts
from lms.buying.payment_pages import PaymentPage
from lms.buying.payment_promises import CheckSent
from lms.core import clock
from lms.core.dates_and_time_zones import on_wall_clock
from lms.core.errors import Conflict, Invalid
from lms.core.money_parsing_and_formatting import read_amount
from lms.organizations import tax_papers
from lms.pricing.price_list import say_money
from lms.sales import purchase_orders
from lms.sales.purchase_orders import NewPurchaseOrder
from lms.sales.quotes import Acceptance
from lms.web.buying.payment_page import hide_from_search_engines, read_by_link, spend_try
from lms.web.buying.payment_page_forms import (
    AcceptQuoteForm,
    CheckSentForm,
    ExemptionForm,
    InApprovalForm,
    PurchaseOrderForm,
)
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.form_uploads import has_file, sent_file
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, mail_context
from lms.web.core.request_context import see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.sales.act_pages import ActPage, act
from lms.web.seller.agreements import agreements, check_agreed

blueprint = Blueprint("payment_page_acts", __name__, url_prefix="/pay/<token>")
blueprint.after_request(hide_from_search_engines)

GET_AND_POST = ["GET", "POST"]
Do = Callable[[], str]  # does what the form asks for and returns the message to show


@blueprint.route("/accept-quote", methods=GET_AND_POST)
@open_to(Audience.EVERYONE)
@keeps_its_address
def accept_quote(token: str) -> ResponseReturnValue:
    """Accept the open quote, which places the order."""
    page = _read(token)
    if page.quote is None:
        raise Conflict(page.hindrance or payment_page_acts.NO_QUOTE)
    quote = page.quote
    form = sent_or_stored(AcceptQuoteForm)
    seen, form.quote.data = form.quote.data or quote.public_id, quote.public_id
    policies = agreements()

    def do() -> str:
        check_agreed(has_agreed=bool(form.has_agreed.data))
        if has_file() and not (form.po_number.data or "").strip():
            raise Invalid(_("Enter the purchase order number."), field="po_number")
        with sent_file(purchase_orders.FOLDER) as file, transaction() as session:
            order = payment_page_acts.accept_quote(
                session,
                token,
                seen,
                Acceptance(
                    name=form.name.data or "",
                    po_number=form.po_number.data or "",
                    file=file,
                    has_agreed=bool(policies),
                ),
                mail_context=mail_context(),
                now=clock.now(),
            )
            is_held = order.held_at is not None
        if is_held:
            return _("Order placed. We'll review it and give you access within one business day.")
        return _("Order placed. You have access now, and we'll email the invoice.")

    shown = ActPage(
        title=_("Accept quote %(number)s", number=quote.label),
        submit=_("Accept quote and place order"),
        back_url=url_for("payment_page.show", token=token),
        back_label=_("Order %(number)s", number=page.facts.number),
        says=(
            _(
                "By accepting, you place this order for %(name)s, for %(total)s.",
                name=page.payer.name,
                total=say_money(quote.total_minor, quote.currency),
            ),
        ),
        has_file=True,
        template="buying/payment_act.html",
        values={"agreements": policies},
    )
    return _act(token, shown, form, do)


@blueprint.route("/purchase-order", methods=GET_AND_POST)
@open_to(Audience.EVERYONE)
@keeps_its_address
def purchase_order(token: str) -> ResponseReturnValue:
    """Add a purchase order's number and file to the order; an open quote takes them by acceptance."""
    page = _read(token)
    if page.quote:
        return see_other(".accept_quote", token=token)
    form = sent_or_stored(PurchaseOrderForm)

    def do() -> str:
        text = (form.po_amount.data or "").strip()
        amount = read_amount(text, page.facts.currency, field="po_amount") if text else None
        with sent_file(purchase_orders.FOLDER) as file, transaction() as session:
            now = clock.now()
            payment_page_acts.add_purchase_order(
                session,
                token,
                NewPurchaseOrder(form.po_number.data or "", now, amount, file),
                is_confirmed=bool(form.reuse_po.data),
                mail_context=mail_context(),
                now=now,
            )
        return _("Thank you. We received your purchase order.")

    says = _("We'll print the number on the invoice.")
    if page.facts.invoice_id is not None:
        says = _("The invoice was already issued. We'll send you a corrected one with this number.")
    return _act(token, _page(page, token, _("Add a purchase order"), says, has_file=True), form, do)


@blueprint.route("/check-sent", methods=GET_AND_POST)
@open_to(Audience.EVERYONE)
@keeps_its_address
def check_sent(token: str) -> ResponseReturnValue:
    """Note that a check was sent, which pauses reminders."""
    page = _read(token)
    form = sent_or_stored(
        CheckSentForm, data={"sent_on": on_wall_clock(clock.now(), mail_context().zone).date()}
    )

    def do() -> str:
        text = (form.amount.data or "").strip()
        amount = read_amount(text, page.facts.currency, field="amount") if text else None
        assert form.sent_on.data is not None  # noqa: S101  (the form requires it)
        check = CheckSent(form.check_number.data or "", form.sent_on.data, amount)
        with transaction() as session:
            payment_page_acts.note_check(
                session, token, check, mail_context=mail_context(), now=clock.now()
            )
        return _("Thank you. We won't send reminders while your check is on its way.")

    says = _("We'll pause reminders for 14 days and email you a receipt when the check arrives.")
    return _act(token, _page(page, token, _("Check sent"), says), form, do)


@blueprint.route("/in-approval", methods=GET_AND_POST)
@open_to(Audience.EVERYONE)
@keeps_its_address
def in_approval(token: str) -> ResponseReturnValue:
    """Note how long the invoice is in approval, which pauses reminders."""
    page = _read(token)
    form = sent_or_stored(InApprovalForm)

    def do() -> str:
        assert form.until.data is not None  # noqa: S101  (the form requires it)
        with transaction() as session:
            payment_page_acts.note_approval(
                session,
                token,
                form.until.data,
                form.note.data or "",
                zone=mail_context().zone,
                now=clock.now(),
            )
        return _("Thank you. We won't send reminders until that date.")

    says = _("We'll pause reminders until the date you choose. The due date doesn't change.")
    return _act(token, _page(page, token, _("Waiting for approval"), says), form, do)


@blueprint.route("/tax-exemption", methods=GET_AND_POST)
@open_to(Audience.EVERYONE)
@keeps_its_address
def tax_exemption(token: str) -> ResponseReturnValue:
    """Upload the payer's tax exemption; our team reviews it."""
    page = _read(token)
    form = sent_or_stored(ExemptionForm)
    form.offer_choices()

    def do() -> str:
        new = form.exemption()
        with sent_file(tax_papers.FOLDER) as file, transaction() as session:
            payment_page_acts.add_tax_paper(
                session,
                token,
                replace(new, file=file),
                mail_context=mail_context(),
                now=clock.now(),
            )
        return _("Thank you. We received your tax exemption and will credit any tax we charged.")

    says = _("Only our team sees the file. It applies to later invoices, too.")
    shown = _page(page, token, _("Send a tax exemption certificate"), says, has_file=True)
    return _act(token, shown, form, do)


def _read(token: str) -> PaymentPage:
    if request.method == "POST":
        spend_try()
    return read_by_link(token)


def _page(
    page: PaymentPage, token: str, title: str, says: str, *, has_file: bool = False
) -> ActPage:
    return ActPage(
        title=title,
        submit=_("Save") if not has_file else title,
        back_url=url_for("payment_page.show", token=token),
        back_label=_("Order %(number)s", number=page.facts.number),
        says=(says,),
        has_file=has_file,
        template="buying/payment_act.html",
    )


def _act(token: str, page: ActPage, form: Form, do: Do) -> ResponseReturnValue:
    def done() -> ResponseReturnValue:
        flash(do(), "done")
        return see_other("payment_page.show", token=token)

    return act(lambda: page, form, done)
