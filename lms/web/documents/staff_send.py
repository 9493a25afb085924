"""The staff page that sends a document again, to an address that our team enters."""

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import audit
from lms.core import clock
from lms.documents import mails
from lms.documents.document_readers import find_document_for
from lms.documents.mails import file_name
from lms.documents.payment_links import payment_links
from lms.documents.stored_pdfs import ensure_pdf
from lms.models.orders import Order
from lms.web.core.current_user import required_viewer
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.request_context import carrel, read_session, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.sales.act_forms import SendForm
from lms.web.sales.act_pages import ActPage, act

blueprint = Blueprint("staff_documents", __name__, url_prefix="/staff/documents")


@blueprint.route("/<document_id>/send", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def send(document_id: str) -> ResponseReturnValue:
    """Email a document to an address; its number and its contents stay the same."""
    person = required_viewer()
    with read_session() as session:
        document = find_document_for(session, document_id, login_id=person.login_id, is_team=True)
        to = next(iter(mails.recipients(session, document)), "")
        order = session.get(Order, document.order_id) if document.order_id else None
        order_id = order.public_id if order else None
    form = sent_or_stored(SendForm, data={"email": to})
    back = (
        url_for("staff_order.show", order_id=order_id)
        if order_id
        else url_for("documents.show", document_id=document_id)
    )

    def page() -> ActPage:
        return ActPage(
            title=_("Resend %(name)s", name=file_name(document).removesuffix(".pdf")),
            submit=_("Send"),
            back_url=back,
            back_label=_("Order") if order_id else _("Document"),
            says=(_("We'll send the same PDF again. Nothing else changes."),),
        )

    def do() -> ResponseReturnValue:
        ensure_pdf(carrel(), document_id)
        address, now = form.email.address.shown, clock.now()
        with transaction() as writing:
            again = find_document_for(writing, document_id, login_id=person.login_id, is_team=True)
            mails.send_again(
                writing, again, address, where=payment_links(carrel().settings), now=now
            )
            audit.record(writing, "document.resent", document_id, actor=person.public_id, now=now)
        flash(_("We're emailing the document to %(email)s.", email=address), "done")
        if order_id is None:
            return see_other("documents.show", document_id=document_id)
        return see_other("staff_order.show", order_id=order_id)

    return act(page, form, do)
