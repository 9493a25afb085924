"""Staff page of a credit note: by line, with its reason, and a preview of its amount."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.errors import N_, Conflict, Invalid, NotFound, Refused
from lms.core.model_base import PUBLIC_ID, new_public_id
from lms.core.money_parsing_and_formatting import read_amount
from lms.models.documents import CreditReason
from lms.models.orders import Order, OrderLine
from lms.pricing.offers import SEATS
from lms.pricing.price_list import say_money
from lms.sales import billing, credit_notes, orders, seat_returns, tax_credits
from lms.sales.credit_notes import Credit, Left, NewCreditNote
from lms.sales.invoices import live_invoice
from lms.sales.read_models import OrderFacts, find_order_facts
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.private_page_headers_and_mail_links import links, mail_context
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.sales.act_forms import CreditForm, CreditLineForm, TaxCreditForm
from lms.web.sales.act_pages import ActPage, act, show_act
from lms.web.sales.order_texts import CREDIT_CHOICES, choices_of

blueprint = Blueprint("staff_credits", __name__, url_prefix="/staff/orders")

NOTHING_CHOSEN: Final = N_("Choose at least one line to credit.")
WHOLE: Final = (CreditReason.WRITE_OFF, CreditReason.VOID)  # always for the whole invoice
TITLES: Final = {
    CreditReason.WRITE_OFF: (
        N_("Write off the balance"),
        N_("Write off"),
        N_("We no longer expect payment of the balance. Access doesn't change."),
    ),
    CreditReason.VOID: (
        N_("Void the invoice"),
        N_("Void the invoice"),
        N_("The whole invoice was wrong from the start. Access doesn't change."),
    ),
}
CHOSEN: Final = {reason: words for reason, words in CREDIT_CHOICES.items() if reason not in WHOLE}
NAMED_AT_MOST: Final = 20


@blueprint.route("/<order_id>/credit", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def credit(order_id: str) -> ResponseReturnValue:
    """Issue a credit note for lines of an order's invoice, or show its amount."""
    with read_session() as session:
        facts = find_order_facts(session, order_id)
        invoice = live_invoice(session, facts.id)
        if invoice is None:
            raise Conflict(credit_notes.NO_INVOICE)
        left = credit_notes.left_of(session, invoice)
    form = _form(left)

    def page() -> ActPage:
        with read_session() as session:
            return _page(session, facts, form, left)

    def do() -> ResponseReturnValue:
        new = _read(form, facts, left)
        if request.form.get("do") == "preview":
            return show_act(page(), form)
        with transaction() as writing:
            note = credit_notes.credit(
                writing,
                orders.find_order(writing, order_id, lock=True),
                new,
                mail_context=mail_context(),
                **acting(),
            )
        amount = say_money(note.total_minor, note.currency)
        flash(_("Credit note %(number)s for %(amount)s.", number=note.label, amount=amount), "done")
        return see_other("staff_order.show", order_id=order_id)

    return act(page, form, do)


@blueprint.route("/<order_id>/tax-credit", methods=["GET", "POST"])
@asks_again
@open_to(Audience.STAFF)
def tax(order_id: str) -> ResponseReturnValue:
    """Credit the tax of an order that the customer's tax exemption covers."""
    form = sent_or_stored(TaxCreditForm, is_mailed=True)

    def page() -> ActPage:
        with read_session() as session:
            return _tax_page(session, find_order_facts(session, order_id))

    def do() -> ResponseReturnValue:
        with transaction() as session:
            note = tax_credits.credit_tax(
                session,
                orders.find_order(session, order_id, lock=True),
                mail_context=mail_context(),
                **acting(),
                is_mailed=bool(form.is_mailed.data),
            )
        amount = say_money(note.total_minor, note.currency)
        flash(_("Credit note %(number)s for %(amount)s.", number=note.label, amount=amount), "done")
        return see_other("staff_order.show", order_id=order_id)

    return act(page, form, do)


def _tax_page(session: Session, facts: OrderFacts) -> ActPage:
    order = orders.find_order(session, facts.public_id)
    found = tax_credits.tax_credit_of(session, order, zone=mail_context().zone)
    amount = say_money(found.tax_minor, found.currency) if found else ""
    return ActPage(
        title=_("Credit the sales tax"),
        submit=_("Credit %(amount)s", amount=amount) if found else "",
        back_url=url_for("staff_order.show", order_id=facts.public_id),
        back_label=_("Order %(number)s", number=facts.number),
        says=(
            _("The credit note is only for the tax. Access doesn't change."),
            _("It pays the invoice's balance. The rest becomes credit that you can refund."),
            _("It can't be undone."),
        )
        if found
        else (_(tax_credits.NOT_PROVEN),),
        facts=(
            (_("Customer"), facts.buyer),
            (_("Invoice"), facts.invoice_number or ""),
            (_("Open"), say_money(facts.open_minor, facts.currency)),
            *(((_("Tax"), amount), (_("Reason"), found.explanation)) if found else ()),
        ),
    )


@blueprint.post("/<order_id>/ask-release")
@open_to(Audience.STAFF)
def ask_release(order_id: str) -> ResponseReturnValue:
    """Ask an organization's managers to release seats that will be returned."""
    fewer = request.form.get("seats", 0, type=int)
    with transaction() as session:
        order = orders.find_order(session, order_id)
        line = orders.find_line(session, request.form.get("line", ""))
        missing = seat_returns.ask_for_release(
            session, order, line, fewer, links=links(), **acting()
        )
    flash(
        ngettext(
            "We asked their managers to release %(num)s seat.",
            "We asked their managers to release %(num)s seats.",
            missing,
        ),
        "done",
    )
    return see_other("staff_order.show", order_id=order_id)


def _form(left: Mapping[str, Left]) -> CreditForm:
    known = left
    rows = [{"line_id": line_id, "is_chosen": len(known) == 1} for line_id in known]
    reason = request.args.get("reason", CreditReason.RETURN.value)
    return sent_or_stored(
        CreditForm,
        data={
            "key": new_public_id(),
            "reason": reason,
            "lines": rows,
            "is_mailed": reason not in set(WHOLE),
        },
    )


def _read(form: CreditForm, facts: OrderFacts, left: Mapping[str, Left]) -> NewCreditNote:
    """Return what to credit; raises Invalid, and NotFound for a wrong key."""
    key = form.key.data or ""
    if not PUBLIC_ID.fullmatch(key):
        raise NotFound
    reason = CreditReason(form.reason.data)
    explanation, is_mailed = form.explanation.data or "", bool(form.is_mailed.data)
    if reason in WHOLE:
        return NewCreditNote(reason, (), explanation, is_mailed, key)
    found = []
    for entry in form.lines:
        line = entry.form
        if not line.is_chosen.data:
            continue
        text = (line.amount.data or "").strip()
        try:
            amount = read_amount(text, facts.currency, field="amount") if text else None
        except Invalid as refusal:
            line.amount.errors = [_(refusal.message)]
            raise
        line_id, seats = str(line.line_id.data), line.seats.data
        if seats is None and reason is CreditReason.RETURN and line_id in left:
            seats = left[line_id].seats
        found.append(Credit(line_id, seats, amount))
    if not found:
        raise Invalid(NOTHING_CHOSEN)
    return NewCreditNote(reason, tuple(found), explanation, is_mailed, key)


def _page(
    session: Session, facts: OrderFacts, form: CreditForm, left: Mapping[str, Left]
) -> ActPage:
    order = orders.find_order(session, facts.public_id)
    known, is_whole = left, form.reason.data in WHOLE
    returned = _returned(form, facts, left)
    if not is_whole:  # the others have their own actions on the order's page
        form.reason.choices = choices_of(CHOSEN)
    title, submit, says = TITLES.get(
        form.reason.data, (_("Credit note"), _("Issue credit note"), "")
    )
    return ActPage(
        title=_(title),
        submit=_(submit),
        says=(_(says),) if says else (),
        back_url=url_for("staff_order.show", order_id=facts.public_id),
        back_label=_("Order %(number)s", number=facts.number),
        facts=(
            (_("Customer"), facts.buyer),
            (_("Invoice"), facts.invoice_number or ""),
            (_("Invoice total"), say_money(facts.total_minor, facts.currency)),
            (_("Open"), say_money(facts.open_minor, facts.currency)),
        ),
        is_danger=True,
        template="sales/staff_credit.html",
        values={
            "lines": [
                _line(
                    session, order, entry.form, known[str(entry.form.line_id.data)], facts, returned
                )
                for entry in form.lines
                if str(entry.form.line_id.data) in known
            ],
            "is_whole": is_whole,
            "worth": _worth(session, order, form, facts, left),
            "order_id": facts.public_id,
            "organization_id": facts.organization_public_id,
        },
    )


def _returned(
    form: CreditForm, facts: OrderFacts, left: Mapping[str, Left]
) -> dict[int, int | None]:
    """Return the seats to return by line (row ID), None for unlimited ones; {} before the form is submitted."""
    if request.method == "GET" or form.reason.data != CreditReason.RETURN:
        return {}
    try:
        wanted = _read(form, facts, left)
    except Refused:
        return {}
    return {left[one.line_id].line.id: one.seats for one in wanted.credits if one.line_id in left}


def _line(
    session: Session,
    order: Order,
    form: CreditLineForm,
    left: Left,
    facts: OrderFacts,
    returned: Mapping[int, int | None],
) -> dict[str, object]:
    """Return a line with what is left of it, the worth of a seat, and who has the seats to return."""
    has_seats = left.line.kind in SEATS and (left.seats or 0) > 1
    worth = ""
    if has_seats:
        worth = say_money(credit_notes.worth_of(session, left, 1), facts.currency)
    over = seat_returns.seats_in_use(session, order, left.line, returned, now=clock.now())
    return {
        "form": form,
        "id": left.line.public_id,
        "title": billing.title_of(left.line),
        "has_seats": has_seats,
        "seats_left": left.seats,
        "left": say_money(left.net_minor + left.tax_minor, facts.currency),
        "worth_of_one": worth,
        "added": _last_added(session, left.line),
        "over": over,
        "fewer": returned.get(left.line.id) or (over and over.missing),
        "people": [one.name or one.email for one in over.people[:NAMED_AT_MOST]] if over else [],
    }


def _last_added(session: Session, line: OrderLine) -> tuple[str, str] | None:
    """Return the ID and number of the order whose seats are to be returned before those of a line."""
    for last in credit_notes.added_after(session, line):
        order = session.get_one(Order, last.order_id)
        return order.public_id, billing.order_number(order)
    return None


def _worth(
    session: Session,
    order: Order,
    form: CreditForm,
    facts: OrderFacts,
    left: Mapping[str, Left],
) -> str:
    """Return the amount of the credit note; "" before the form is submitted."""
    if request.method == "GET":
        return ""
    try:
        minor = credit_notes.preview(session, order, _read(form, facts, left))
    except Refused:
        return ""
    return say_money(minor, facts.currency)
