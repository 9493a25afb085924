"""The staff page of one order, and its actions with a single button."""

from typing import Final

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import audit
from lms.core import clock
from lms.core.errors import N_, Conflict, NotFound
from lms.documents.payment_links import payment_links
from lms.sales import cancellations, invoices, mails, orders
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.next_url import asked_onward
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.sales.act_forms import NoteForm
from lms.web.sales.order_page import contents

blueprint = Blueprint("staff_order", __name__, url_prefix="/staff/orders")

DONE: Final = {
    "hold": N_("Access is on hold until the order is paid. We emailed the customer."),
    "release": N_("Access granted. We emailed the customer."),
    "cancel": N_("The order was canceled. We didn't email anyone."),
    "bill": N_("The invoice was issued."),
    "resend": N_("The confirmation was resent."),
}
HELD_QUIETLY: Final = N_("Access is on hold until the order is paid. We didn't email anyone.")


@blueprint.get("/<order_id>")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def show(order_id: str) -> ResponseReturnValue:
    with read_session() as session:
        values = contents(session, order_id)
        form = NoteForm(data={"note": orders.find_order(session, order_id).note})
    return render("sales/staff_order.html", form=form, fault="", **values)


@blueprint.post("/<order_id>/note")
@open_to(Audience.STAFF)
def note(order_id: str) -> ResponseReturnValue:
    """Save our team's note."""
    form = NoteForm(request.form)
    if not form.validate():
        with read_session() as session:
            values = contents(session, order_id)
        return render("sales/staff_order.html", form=form, fault="", **values), 400
    with transaction() as session:
        order = orders.find_order(session, order_id, lock=True)
        orders.write_note(session, order, form.note.data or "", **acting())
    flash(_("Note saved."), "done")
    return see_other(".show", order_id=order_id)


@blueprint.post("/<order_id>/<act>")
@open_to(Audience.STAFF)
def move(order_id: str, act: str) -> ResponseReturnValue:
    """Put access on hold or open it, cancel an order without an invoice, or resend its email.

    Redirects to the page named in the form, such as that of a caller, or to the order's.
    """
    if act not in DONE:
        raise NotFound
    try:
        done = _do(order_id, act)
    except Conflict as refusal:
        with read_session() as session:
            values = contents(session, order_id)
            form = NoteForm(data={"note": orders.find_order(session, order_id).note})
        page = render("sales/staff_order.html", form=form, fault=_(refusal.message), **values)
        return page, 409
    flash(_(done), "done")
    onward = asked_onward()
    return redirect(onward, code=303) if onward else see_other(".show", order_id=order_id)


def _do(order_id: str, act: str) -> str:
    """Do it, and return what was done."""
    actor, now = required_viewer().public_id, clock.now()
    with transaction() as session:
        order = orders.find_order(session, order_id, lock=True)
        match act:
            case "hold":
                is_told = cancellations.hold(
                    session,
                    order,
                    pay=payment_links(carrel().settings),
                    mail_context=mail_context(),
                    actor=actor,
                    now=now,
                )
                return DONE[act] if is_told else HELD_QUIETLY
            case "release":
                cancellations.release(
                    session, order, mail_context=mail_context(), actor=actor, now=now
                )
            case "bill":
                invoices.check_payee(session, order)
                invoices.bill_now(session, order, mail_context=mail_context(), actor=actor, now=now)
            case "cancel":
                cancellations.cancel(session, order, actor=actor, now=now)
            case _:
                mails.send_placed(
                    session, order, mail_context=mail_context(), now=now, is_again=True
                )
                audit.record(session, "order.resent", order_id, actor=actor, now=now)
    return DONE[act]
