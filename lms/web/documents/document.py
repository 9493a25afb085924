"""A document as a printable page and as a PDF, for the people it concerns."""

from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.documents.document_readers import find_document_for
from lms.documents.lookup import payment_of_receipt
from lms.documents.mails import file_name
from lms.documents.printed import printed_document
from lms.documents.snapshots import unpack
from lms.documents.stored_pdfs import ensure_pdf
from lms.models.documents import Document, DocumentKind
from lms.pricing.price_list import say_money
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import required_viewer
from lms.web.core.request_context import carrel, read_session, render
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored
from lms.web.sales.order_texts import reversal_of

blueprint = Blueprint("documents", __name__, url_prefix="/documents")

PDF: Final = "application/pdf"


@blueprint.get("/<document_id>")
@open_to(Audience.SIGNED_IN)
def show(document_id: str) -> ResponseReturnValue:
    document = _read(document_id)
    return render(
        "documents/document.html",
        document=printed_document(unpack(document.snapshot)),
        document_id=document_id,
        standing=_standing(document),
    )


@blueprint.get("/<document_id>.pdf")
@open_to(Audience.SIGNED_IN)
def pdf(document_id: str) -> ResponseReturnValue:
    """Send the stored PDF; creates it if its job hasn't yet."""
    document = _read(document_id)
    key = ensure_pdf(carrel(), document_id)
    return send_stored(key, PDF, download_name=file_name(document))


def _standing(document: Document) -> tuple[str, str] | None:
    """Return the current status of an invoice, or of a receipt whose payment was reversed, with its badge.

    The document itself shows what was due when it was issued, and never changes (M2).
    """
    if document.kind is DocumentKind.RECEIPT:
        with read_session() as session:
            said = reversal_of(payment_of_receipt(session, document), reading_zone())
        return (said, "danger") if said else None
    if document.kind is not DocumentKind.INVOICE:
        return None
    if document.replaced_at is not None:
        return _("Replaced by a new invoice"), "none"
    if not document.open_minor:
        return _("No balance due"), "open"
    words = _("Balance due: %(amount)s", amount=say_money(document.open_minor, document.currency))
    is_late = document.due_at is not None and document.due_at <= now()
    return words, "danger" if is_late else "soon"


def _read(document_id: str) -> Document:
    """Return a document that concerns the viewer; raises NotFound for everyone else."""
    person = required_viewer()
    with read_session() as session:
        return find_document_for(
            session, document_id, login_id=person.login_id, is_team=person.seller_role is not None
        )
