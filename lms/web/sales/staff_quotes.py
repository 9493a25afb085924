"""Staff pages of quotes and purchase orders: issue a version, accept it, record a purchase order."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import Form

from lms.core import clock
from lms.core.dates_and_time_zones import say_calendar_date
from lms.core.errors import N_, Conflict, NotFound
from lms.models.orders import Order, PurchaseOrder
from lms.pricing.price_list import say_money
from lms.sales import invoices, orders, purchase_orders, quotes
from lms.sales.purchase_orders import NewPurchaseOrder
from lms.sales.quotes import Acceptance
from lms.sales.read_models import OrderFacts, find_order_facts
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.form_uploads import sent_file
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored
from lms.web.sales.act_forms import AcceptForm, PurchaseOrderForm, QuoteForm
from lms.web.sales.act_pages import ActPage, act
from lms.web.sales.purchase_order_fields import read_po_amount, read_po_number
from media.storage.storage_protocol import content_type_of

blueprint = Blueprint("staff_quotes", __name__, url_prefix="/staff/orders")

NO_QUOTE: Final = N_("Issue a quote first.")


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a form says about a purchase order."""

    number: str
    amount_minor: int | None
    received_on: date


@blueprint.route("/<order_id>/quote", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def issue(order_id: str) -> ResponseReturnValue:
    """Issue a new version of an order's quote."""
    with read_session() as session:
        order = orders.find_order(session, order_id)
        facts = find_order_facts(session, order_id)
        today = clock.now().astimezone(mail_context().zone).date()
        fiscal = quotes.end_of_fiscal_year(session, order.organization_id, today)
        before = quotes.newest(session, order.id)
    longest = today + timedelta(days=quotes.HOLDS_FOR_DAYS)
    form = sent_or_stored(
        QuoteForm,
        data={"expires_on": longest, "is_mailed": True},
    )

    def page() -> ActPage:
        says = [_("The quote's prices are valid through this date, up to 180 days from now.")]
        if fiscal is not None:
            says.append(_("Their fiscal year ends on %(day)s.", day=say_calendar_date(fiscal)))
        if before is not None:
            says.append(_("It replaces version %(version)s.", version=before.version))
        title = _("Issue a quote") if before is None else _("Issue a new version")
        return _page(facts, title, _("Issue quote"), says=tuple(says))

    def do() -> ResponseReturnValue:
        with transaction() as writing:
            order = orders.find_order(writing, order_id, lock=True)
            # accepting the quote issues an invoice immediately
            invoices.check_payee(writing, order)
            quotes.issue_quote(
                writing,
                order,
                expires_on=form.expires_on.data,
                mail_context=mail_context(),
                **acting(),
                is_mailed=form.is_mailed.data,
            )
        flash(_("The quote was issued."), "done")
        return see_other("staff_order.show", order_id=order_id)

    return act(page, form, do)


@blueprint.route("/<order_id>/accept", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def accept(order_id: str) -> ResponseReturnValue:
    """Accept the newest version of a quote, which places its order."""
    with read_session() as session:
        facts = find_order_facts(session, order_id)
        if quotes.newest(session, facts.id) is None:
            raise Conflict(NO_QUOTE)
    form = sent_or_stored(AcceptForm, data={"received_on": _today()})

    def page() -> ActPage:
        return _page(
            facts,
            _("Accept the quote"),
            _("Accept and place order"),
            says=(
                _("This places the order at the quoted price and issues its invoice."),
                _(
                    "If the PO amount is different, the order page tells you, and you can reissue the "
                    "invoice."
                ),
            ),
            has_file=True,
        )

    def do() -> ResponseReturnValue:
        with read_session() as session:
            sent = _read_po(session, facts, form)
        with sent_file(purchase_orders.FOLDER) as file, transaction() as writing:
            newest = quotes.newest(writing, facts.id)
            assert newest is not None  # noqa: S101  (checked above)
            order = quotes.accept(
                writing,
                newest,
                Acceptance(
                    name=form.name.data or "",
                    po_number=sent.number,
                    po_amount_minor=sent.amount_minor,
                    file=file,
                    received_on=sent.received_on,
                    is_held=form.is_held.data,
                    bill_on=form.bill_on.data,
                ),
                mail_context=mail_context(),
                **acting(),
            )
            invoices.check_payee(writing, order)
        flash(_("The quote was accepted and the order was placed."), "done")
        return see_other("staff_order.show", order_id=order_id)

    return act(page, form, do)


@blueprint.route("/<order_id>/purchase-order", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def purchase_order(order_id: str) -> ResponseReturnValue:
    """Record a purchase order that was received for an order."""
    with read_session() as session:
        facts = find_order_facts(session, order_id)
    form = sent_or_stored(PurchaseOrderForm, data={"received_on": _today()})

    def page() -> ActPage:
        says = [_("We'll print the PO number on documents issued from now on.")]
        if facts.invoice_id is not None:
            says.append(_("To print it on the invoice, correct the order after this."))
        return _page(
            facts,
            _("Record a purchase order"),
            _("Record purchase order"),
            says=tuple(says),
            has_file=True,
        )

    def do() -> ResponseReturnValue:
        with read_session() as session:
            sent = _read_po(session, facts, form)
        now = clock.now()
        came = datetime.combine(sent.received_on, time(12), tzinfo=mail_context().zone)
        at = min(now, came.astimezone(UTC))
        with sent_file(purchase_orders.FOLDER) as file, transaction() as writing:
            new = NewPurchaseOrder(sent.number, at, sent.amount_minor, file)
            order = orders.find_order(writing, order_id, lock=True)
            actor = required_viewer().public_id
            purchase_orders.receive(writing, order, new, actor=actor, now=now)
        flash(_("The purchase order was recorded."), "done")
        return see_other("staff_order.show", order_id=order_id)

    return act(page, form, do)


@blueprint.get("/<order_id>/purchase-orders/<po_id>")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def file(order_id: str, po_id: str) -> ResponseReturnValue:
    """Send the file of a purchase order."""
    with read_session() as session:
        found = session.scalar(
            select(PurchaseOrder)
            .join(Order, Order.id == PurchaseOrder.order_id)
            .where(Order.public_id == order_id, PurchaseOrder.public_id == po_id)
        )
    if found is None or found.file_key is None:
        raise NotFound
    return send_stored(
        found.file_key, content_type_of(found.file_key), download_name=found.file_name
    )


def _page(
    facts: OrderFacts,
    title: str,
    submit: str,
    *,
    says: tuple[str, ...] = (),
    has_file: bool = False,
) -> ActPage:
    return ActPage(
        title=title,
        submit=submit,
        back_url=url_for("staff_order.show", order_id=facts.public_id),
        back_label=_("Order %(number)s", number=facts.number),
        says=says,
        facts=(
            (_("Customer"), facts.buyer),
            (_("Total"), say_money(facts.total_minor, facts.currency)),
        ),
        has_file=has_file,
    )


def _today() -> date:
    return clock.now().astimezone(mail_context().zone).date()


def _read_po(session: Session, facts: OrderFacts, form: Form) -> _Sent:
    """Return the purchase order in a form; raises Invalid, with errors by field."""
    number = read_po_number(session, form, facts.organization_id, but=facts.public_id)
    return _Sent(number, read_po_amount(form, facts.currency), form["received_on"].data)
