"""Staff pages that correct an order: its lines, PO number, terms and bill-to, or its payer."""

from typing import Final, TypeVar

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict, Invalid
from lms.core.money_parsing_and_formatting import read_amount, write_amount
from lms.documents.snapshots import BillTo
from lms.models.documents import Document
from lms.models.orders import Order, OrderLine
from lms.organizations.organization_lists import match_organization
from lms.pricing.price_list import say_money
from lms.sales import billing, credit_notes, orders, purchase_orders
from lms.sales.corrections import Correction, correct
from lms.sales.invoices import check_payee, live_invoice
from lms.sales.line_corrections import LineChange
from lms.sales.payer_corrections import NewPayer
from lms.sales.read_models import OrderFacts, find_order_facts
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.sales.act_forms import CorrectForm, PayerForm
from lms.web.sales.act_pages import ActPage, act
from lms.web.sales.purchase_order_fields import read_po_amount, read_po_number

blueprint = Blueprint("staff_corrections", __name__, url_prefix="/staff/orders")

T = TypeVar("T")
NOT_PLACED: Final = N_("This order isn't placed yet. Edit the draft instead.")
UNCHANGED: Final = N_("You haven't changed anything. Correct what's wrong, or cancel.")
CORRECTED: Final = N_("The order was corrected. Invoice %(number)s replaces the old one.")


@blueprint.route("/<order_id>/correct", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def fix(order_id: str) -> ResponseReturnValue:
    """Correct lines, PO number, terms, due date and bill-to of an order."""
    with read_session() as session:
        facts = _placed(session, order_id)
        order = orders.find_order(session, order_id)
        known = _known(session, order, facts)
        titles = [billing.title_of(line) for line in orders.lines_of(session, order.id)]
    form = sent_or_stored(CorrectForm, data=known)

    def page() -> ActPage:
        says = (
            _("We'll credit the old invoice and issue a new one. Access doesn't change."),
            _("Payments move to the new invoice."),
        )
        return _page(
            facts,
            _("Correct the order"),
            _("Correct and reissue the invoice") if facts.invoice_id else _("Correct the order"),
            says if facts.invoice_id else (),
            template="sales/staff_correct.html",
            titles=titles,
        )

    def do() -> ResponseReturnValue:
        with read_session() as session:
            wanted = _read(session, form, known, facts)
        return _corrected(order_id, wanted)

    return act(page, form, do)


@blueprint.route("/<order_id>/payer", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def payer(order_id: str) -> ResponseReturnValue:
    """Correct the payer: another organization bought this."""
    with read_session() as session:
        facts = _placed(session, order_id)
    known = {"name": facts.contact_name, "email": facts.contact_email or "", "is_mailed": True}
    form = sent_or_stored(PayerForm, data=known)

    def page() -> ActPage:
        says = (
            _(
                "Access moves from %(buyer)s to the organization you enter.",
                buyer=facts.buyer,
            ),
            _(
                "A payment for only this invoice moves, too. We won't email anyone about a "
                "cancellation."
            ),
            _(
                "If this order made %(contact)s a manager of %(buyer)s, we'll remove that role.",
                contact=facts.contact_name,
                buyer=facts.buyer,
            )
            if facts.is_to_organization
            else "",
        )
        return _page(
            facts,
            _("Correct the payer"),
            _("Change the payer"),
            tuple(one for one in says if one),
        )

    def do() -> ResponseReturnValue:
        with read_session() as session:
            found = match_organization(session, form.organization.data or "")
        email, name = form.email.address.shown, form.name.data or ""
        wanted = Correction(payer=NewPayer(found.slug, email, name), is_mailed=form.is_mailed.data)
        return _corrected(order_id, wanted)

    return act(page, form, do)


def _corrected(order_id: str, wanted: Correction) -> ResponseReturnValue:
    with transaction() as session:
        order = orders.find_order(session, order_id, lock=True)
        if live_invoice(session, order.id) is not None:
            check_payee(session, order)
        invoice: Document | None = correct(
            session, order, wanted, mail_context=mail_context(), **acting()
        )
    if invoice is None:
        flash(_("The order was corrected."), "done")
    else:
        flash(_(CORRECTED, number=invoice.label), "done")
    return see_other("staff_order.show", order_id=order_id)


def _placed(session: Session, order_id: str) -> OrderFacts:
    facts = find_order_facts(session, order_id)
    if facts.placed_at is None or facts.canceled_at is not None:
        raise Conflict(NOT_PLACED)
    return facts


def _known(session: Session, order: Order, facts: OrderFacts) -> dict[str, object]:
    """Return the form's current values; of a partly credited line, what is left of it."""
    invoice = live_invoice(session, order.id)
    left = credit_notes.left_of(session, invoice) if invoice else {}
    billed = billing.billing_of(session, order)
    newest = purchase_orders.newest_of(session, order.id)
    amount = newest.amount_minor if newest else None

    def of(line: OrderLine) -> dict[str, object]:
        rest = left.get(line.public_id)
        minor = rest.net_minor if rest else line.net_minor
        return {
            "line_id": line.public_id,
            "quantity": rest.seats if rest else line.quantity,
            "price": write_amount(minor, order.currency),
        }

    return {
        "lines": [of(line) for line in orders.lines_of(session, order.id)],
        "po_number": newest.number if newest else "",
        "po_amount": "" if amount is None else write_amount(amount, order.currency),
        "net_days": order.net_days,
        "due_on": order.due_on,
        "bill_on": order.bill_on,
        "bill_name": billed.to.name,
        "attention": billed.to.attention,
        "address": "\n".join(billed.to.address),
        "state": billed.state,
        "bill_email": billed.to.email,
        "vendor_number": billed.to.vendor_number,
        "is_mailed": facts.invoice_id is not None,
    }


def _read(
    session: Session, form: CorrectForm, known: dict[str, object], facts: OrderFacts
) -> Correction:
    """Return what was changed in the form; raises Invalid, with errors by field."""
    number = " ".join((form.po_number.data or "").split())
    text = (form.po_amount.data or "").strip()
    amount = read_po_amount(form, facts.currency)
    has_new_po = bool(number) and (number, text) != (known["po_number"], known["po_amount"])
    if has_new_po and number != known["po_number"]:
        read_po_number(session, form, facts.organization_id, but=facts.public_id)
    billed = BillTo(
        name=" ".join((form.bill_name.data or "").split()),
        attention=(form.attention.data or "").strip(),
        address=tuple(
            line.strip() for line in (form.address.data or "").splitlines() if line.strip()
        ),
        email=(form.bill_email.data or "").strip(),
        vendor_number=(form.vendor_number.data or "").strip(),
    )
    names = ("bill_name", "attention", "address", "state", "bill_email", "vendor_number")
    is_billed_anew = any(_text(form[name].data) != _text(known[name]) for name in names)
    wanted = Correction(
        bill_to=billed if is_billed_anew else None,
        state=(form.state.data or "").strip().upper() if is_billed_anew else "",
        po_number=number if has_new_po else None,
        po_amount_minor=amount if has_new_po else None,
        net_days=_changed(form.net_days.data, known["net_days"]),
        due_on=_changed(form.due_on.data, known["due_on"]),
        bill_on=_changed(form.bill_on.data, known["bill_on"]),
        lines=_changes(form, known, facts),
        is_mailed=form.is_mailed.data,
    )
    if wanted == Correction(is_mailed=wanted.is_mailed):
        raise Invalid(UNCHANGED)
    return wanted


def _changes(
    form: CorrectForm, known: dict[str, object], facts: OrderFacts
) -> tuple[LineChange, ...]:
    before = {row["line_id"]: row for row in known["lines"]}  # type: ignore[attr-defined]  # rows
    found = []
    for entry in form.lines:
        line = entry.form
        row = before.get(line.line_id.data)
        try:
            price = read_amount(line.price.data or "", facts.currency, field="price")
        except Invalid as refusal:
            line.price.errors = [_(refusal.message)]
            raise
        is_same = row is not None and (line.quantity.data, write_amount(price, facts.currency)) == (
            row["quantity"],
            row["price"],
        )
        if not is_same:
            found.append(LineChange(str(line.line_id.data), line.quantity.data, price))
    return tuple(found)


def _changed(new: T | None, old: object) -> T | None:
    return new if new is not None and new != old else None


def _text(value: object) -> str:
    return "\n".join(str(value or "").split("\r\n")).strip()


def _page(
    facts: OrderFacts,
    title: str,
    submit: str,
    says: tuple[str, ...],
    *,
    template: str = "sales/staff_act.html",
    **values: object,
) -> ActPage:
    return ActPage(
        title=title,
        submit=submit,
        back_url=url_for("staff_order.show", order_id=facts.public_id),
        back_label=_("Order %(number)s", number=facts.number),
        says=says,
        facts=(
            (_("Customer"), facts.buyer),
            (_("Invoice"), facts.invoice_number or ""),
            (_("Total"), say_money(facts.total_minor, facts.currency)),
        ),
        template=template,
        values=values,
    )
