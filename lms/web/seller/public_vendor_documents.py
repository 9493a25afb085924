"""The public URL of a vendor document."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from lms.core.clock import now
from lms.core.dates_and_time_zones import on_wall_clock
from lms.seller.vendor_documents import public_vendor_document
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored

blueprint = Blueprint("vendor_documents", __name__)


@blueprint.get("/vendor-documents/<document_id>")
@open_to(Audience.EVERYONE)
def download(document_id: str) -> ResponseReturnValue:
    """Download the newest version of a document that is public and valid today."""
    today = on_wall_clock(now(), mail_context().zone).date()
    with read_session() as session:
        facts = public_vendor_document(session, document_id, on=today)
    return send_stored(facts.file_key, "application/pdf", download_name=facts.file_name)
