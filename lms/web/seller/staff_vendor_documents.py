"""Staff pages of vendor documents: list, add, change, replace, withdraw, and download."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.attached_files import NO_PDF
from lms.core.clock import now
from lms.core.dates_and_time_zones import on_wall_clock, say_calendar_date
from lms.core.errors import N_, Invalid, or_not_found
from lms.models.seller import VendorDocumentAudience, VendorDocumentKind
from lms.seller.vendor_documents import (
    FOLDER,
    KIND_WORDS,
    WARNED_AHEAD,
    FileVersion,
    VendorDocumentDetails,
    VendorDocumentFacts,
    add_vendor_document,
    change_vendor_document,
    read_file_versions,
    read_vendor_document,
    read_vendor_documents,
    withdraw_vendor_document,
)
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.form_uploads import sent_file
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored
from lms.web.seller.forms import VendorDocumentForm

blueprint = Blueprint("staff_vendor_documents", __name__, url_prefix="/staff/vendor-documents")

AUDIENCE_NAMES: Final = {
    VendorDocumentAudience.PUBLIC: N_("Everyone"),
    VendorDocumentAudience.ON_REQUEST: N_("On request"),
    VendorDocumentAudience.PACKET: N_("Packet"),
}


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document in the list."""

    id: str
    title: str
    kind: str
    audience: str
    valid_until: str
    state: str
    badge_kind: str


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List the documents."""
    with read_session() as session:
        documents = read_vendor_documents(session)
    return render("seller/staff_vendor_documents.html", rows=[_row(one) for one in documents])


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def new() -> ResponseReturnValue:
    """Add a document."""
    chosen = VendorDocumentAudience.PUBLIC.value
    form = sent_or_stored(VendorDocumentForm, audience=chosen).offer_choices()
    if request.method == "POST" and form.validate():
        with shown_in(form, Invalid):
            _add(form)
            flash(_("The document was added."), "done")
            return see_other(".index")
    return _page(form), 400 if form.errors else 200


@blueprint.route("/<document_id>", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(document_id: str) -> ResponseReturnValue:
    """Show a document with all its versions; change it, or replace its file."""
    with read_session() as session:
        facts = read_vendor_document(session, document_id)
        versions = read_file_versions(session, document_id)
    form = sent_or_stored(VendorDocumentForm, obj=facts).offer_choices()
    if request.method == "POST" and form.validate():
        with shown_in(form, Invalid):
            is_replaced = _change(form, document_id).version > facts.version
            flash(_("The new version is now in use.") if is_replaced else _("Saved."), "done")
            return see_other(".index")
    return _page(form, facts, versions), 400 if form.errors else 200


@blueprint.post("/<document_id>/withdraw")
@open_to(Audience.STAFF)
def withdraw(document_id: str) -> ResponseReturnValue:
    """Withdraw a document, so that no one can get it anymore."""
    with transaction() as session:
        withdraw_vendor_document(session, document_id, **acting())
    flash(_("The document was withdrawn."), "done")
    return see_other(".index")


@blueprint.get("/<document_id>/versions/<int:number>")
@open_to(Audience.STAFF)
def download(document_id: str, number: int) -> ResponseReturnValue:
    """Download one version of a document."""
    with read_session() as session:
        versions = read_file_versions(session, document_id)
    found = or_not_found(next((one for one in versions if one.number == number), None))
    return send_stored(found.file_key, "application/pdf", download_name=found.file_name)


def _add(form: VendorDocumentForm) -> None:
    with sent_file(FOLDER, is_pdf=True) as file, transaction() as session:
        if file is None:
            raise Invalid(NO_PDF, field="file")
        add_vendor_document(session, _details(form), file, **acting())


def _change(form: VendorDocumentForm, document_id: str) -> VendorDocumentFacts:
    with sent_file(FOLDER, is_pdf=True) as file, transaction() as session:
        return change_vendor_document(session, document_id, _details(form), file, **acting())


def _details(form: VendorDocumentForm) -> VendorDocumentDetails:
    return VendorDocumentDetails(
        VendorDocumentKind(form.kind.data),
        form.title.data or "",
        VendorDocumentAudience(form.audience.data),
        form.valid_until.data,
    )


def _row(facts: VendorDocumentFacts) -> DocumentRow:
    state, badge_kind = _state(facts, on_wall_clock(now(), mail_context().zone).date())
    return DocumentRow(
        id=facts.id,
        title=facts.title,
        kind=_(KIND_WORDS[facts.kind]),
        audience=_(AUDIENCE_NAMES[facts.audience]),
        valid_until=_day(facts.valid_until),
        state=state,
        badge_kind=badge_kind,
    )


def _state(facts: VendorDocumentFacts, today: date) -> tuple[str, str]:
    if facts.withdrawn_at is not None:
        return _("Withdrawn"), "none"
    if not facts.is_valid(today):
        return _("Expired"), "danger"
    if not facts.is_valid(today + WARNED_AHEAD + timedelta(days=1)):
        return _("Expires soon"), "soon"
    return _("Valid"), "open"


def _day(day: date | None) -> str:
    return say_calendar_date(day) if day else _("Doesn't expire")


def _page(
    form: VendorDocumentForm,
    facts: VendorDocumentFacts | None = None,
    versions: tuple[FileVersion, ...] = (),
) -> str:
    zone = mail_context().zone
    return render(
        "seller/staff_vendor_document.html",
        form=form,
        row=_row(facts) if facts else None,
        versions=[
            (
                one.number,
                one.file_name,
                _day(on_wall_clock(one.added_at, zone).date()),
                _day(one.valid_until),
            )
            for one in versions
        ],
        is_public=facts is not None and facts.audience is VendorDocumentAudience.PUBLIC,
        is_withdrawn=facts is not None and facts.withdrawn_at is not None,
    )
