"""An order as its payer sees it, and its actions: shared by personal and manager pages."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import BooleanField, Form, StringField, TextAreaField
from wtforms.validators import Length, Optional

from lms.core import clock
from lms.core.dates_and_time_zones import on_wall_clock, say_calendar_date, say_long_date
from lms.core.errors import Conflict, Invalid, NotFound
from lms.documents.payer_documents import documents_of_order
from lms.documents.payment_links import link_of, payment_links
from lms.models.orders import Order
from lms.organizations.payers import Payer
from lms.own_orders import own_orders
from lms.pricing.price_list import say_money
from lms.requests.asker import Asker
from lms.requests.requests import LONGEST_MESSAGE
from lms.sales import billing, orders
from lms.sales.new_orders import LONGEST_REFERENCE
from lms.sales.read_models import OrderFacts, Standing, find_order_facts
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import required_viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.lazy_form_translations import _l
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import carrel, read_session, transaction
from lms.web.core.route_guard import may_open
from lms.web.sales.order_texts import DOCUMENT_WORDS, STANDING_BADGES, STANDING_WORDS, reversal_text


class OwnOrderForm(Form):
    """A payer's changes to an order, or their reason for a refund request."""

    po_number = StringField(
        _l("Purchase order number"),
        [Length(max=LONGEST_REFERENCE)],
        render_kw={"maxlength": LONGEST_REFERENCE, "autocomplete": "off"},
    )
    reuse_po = BooleanField(_l("Use this PO number again"))
    bill_name = StringField(_l("Bill to"), [Length(max=200)])
    address = TextAreaField(_l("Address"), [Length(max=1200)], render_kw={"rows": 4})
    message = TextAreaField(
        _l("Why do you want a refund?"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 3},
    )


def order_values(session: Session, payer: Payer, order_id: str) -> dict[str, object]:
    """Return the values of an order's page; raises NotFound for another payer's order."""
    order = own_orders.find_own(session, payer, order_id)
    facts = find_order_facts(session, order_id)
    zone, standing = reading_zone(), facts.standing(clock.now())
    today = on_wall_clock(clock.now(), mail_context().zone).date()
    last = own_orders.refundable_until(session, order.placed_at, zone=mail_context().zone)
    is_late = last is not None and today > last
    # while a payment is disputed, the bank decides
    may_ask_refund = _may_ask_refund(facts) and standing is not Standing.DISPUTED
    may_pay = facts.open_minor and may_open(f"{request.blueprint}.pay")
    return {
        "facts": facts,
        "state": _(STANDING_WORDS[standing]),
        "badge_kind": STANDING_BADGES[standing],
        "total": say_money(facts.total_minor, facts.currency),
        "open": say_money(facts.open_minor, facts.currency) if facts.open_minor else "",
        "lines": [
            (
                billing.title_of(line),
                _("Unlimited") if line.quantity is None else line.quantity,
                say_money(line.net_minor, facts.currency),
            )
            for line in orders.lines_of(session, order.id)
        ],
        "documents": [
            {
                "id": one.public_id,
                "title": f"{DOCUMENT_WORDS[one.kind]} {one.label}",
                "issued": say_long_date(one.issued_at, zone),
                "total": say_money(one.total_minor, one.currency),
                "is_replaced": one.is_replaced,
                "reversal": reversal_text(one.reversed_at, one.reversed_as, zone),
            }
            for one in documents_of_order(session, order.id)
        ],
        "pay_url": url_for(".pay", **(request.view_args or {})) if may_pay else "",
        "may_add_po": standing not in (Standing.CANCELED, Standing.RETURNED),
        "is_settled": standing in (Standing.PAID, Standing.CREDITED),
        "may_bill_anew": facts.invoice_id is None and facts.canceled_at is None,
        "may_ask_refund": may_ask_refund and not is_late,
        "refund_until": say_calendar_date(last) if last else "",
        "refund_is_late": may_ask_refund and is_late,
        "asked": own_orders.refund_asked(session, order.id),
    }


def lead_to_payment(payer: Payer, order_id: str) -> ResponseReturnValue:
    """Redirect a payer to the payment page of an order; raises NotFound for another payer's order."""
    where = payment_links(carrel().settings)
    with transaction() as session:
        order = own_orders.find_own(session, payer, order_id)
        url = link_of(session, order, where=where, now=clock.now())
    return redirect(url, code=303)


def form_of(session: Session, payer: Payer, order_id: str) -> OwnOrderForm:
    """Return the form with the current values of an order."""
    order = own_orders.find_own(session, payer, order_id)
    billed = billing.billing_of(session, order).to
    return OwnOrderForm(
        po_number=billing.po_number(session, order),
        bill_name=billed.name,
        address="\n".join(billed.address),
    )


def act_on(
    payer: Payer, order_id: str, *, done: ResponseReturnValue, page: Callable[..., str]
) -> ResponseReturnValue:
    """Do the posted action and return `done`, or the `page` with what prevents it."""
    form, fault = OwnOrderForm(request.form), ""
    if form.validate():
        try:
            _change(payer, order_id, form)
        except Invalid as refusal:
            show_faults(form, refusal)
        except Conflict as refusal:
            fault = _(refusal.message)
        else:
            return done
    with read_session() as session:
        values = order_values(session, payer, order_id)
    return page(form=form, fault=fault, **values), 409 if fault else 400


def _change(payer: Payer, order_id: str, form: OwnOrderForm) -> None:
    """Do the action of the clicked button; raises Invalid, Conflict and NotFound."""
    person, now = required_viewer(), clock.now()
    with transaction() as session:
        order = own_orders.find_own(session, payer, order_id, lock=True)
        match request.form.get("act"):
            case "po":
                own_orders.add_po_number(
                    session,
                    order,
                    form.po_number.data or "",
                    may_reuse=form.reuse_po.data,
                    actor=person.public_id,
                    now=now,
                )
                said = _("The purchase order number was added.")
            case "bill":
                own_orders.change_bill_to(
                    session,
                    order,
                    form.bill_name.data or "",
                    form.address.data or "",
                    actor=person.public_id,
                    now=now,
                )
                said = _("We'll use this on the invoice.")
            case "refund":
                said = _ask_refund(session, order, form)
            case _:
                raise NotFound
    flash(said, "done")


def _ask_refund(session: Session, order: Order, form: OwnOrderForm) -> str:
    person = required_viewer()
    asker = Asker(
        person.login_id, person.public_id, person.name, person.email or "", form.message.data or ""
    )
    asked = own_orders.ask_refund(
        session, order, asker, mail_context=mail_context(), now=clock.now()
    )
    return _("We received your request %(number)s and will email you.", number=asked.number)


def _may_ask_refund(facts: OrderFacts) -> bool:
    paid = (facts.invoice_total_minor or 0) - facts.open_minor - facts.credited_minor
    return facts.invoice_id is not None and facts.open_minor == 0 and paid > 0
