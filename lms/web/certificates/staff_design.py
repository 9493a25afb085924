"""The staff page for the certificate design: wording, signers, and a preview."""

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.certificates.designs import Design, checked, keep_design, read_design
from lms.certificates.read_models import CertificateFacts
from lms.core import clock
from lms.core.errors import Invalid
from lms.models.certificates import CertificateKind
from lms.web.certificates.staff_forms import DesignForm
from lms.web.certificates.texts_and_pdfs import certificate_pdf, read_letterhead
from lms.web.certificates.verify import usual_size
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.form_uploads import sent_picture
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from media.images.uploaded_pictures import picture_type

blueprint = Blueprint("staff_certificate_design", __name__, url_prefix="/staff/branding")

SIGNATURE_PX: Final = 900
NOBODYS: Final = "0" * 26  # the number on a preview; no certificate has it


@blueprint.route("/certificate", methods=["GET", "POST"])
@open_to(Audience.SELLER_OWNERS)
def edit() -> ResponseReturnValue:
    """Show the design, and save a new one."""
    standing = _standing()
    form = sent_or_stored(DesignForm, obj=standing)
    if request.method == "GET":
        return _write(form, standing)
    with shown_in(form, Invalid):
        design = _sent(form, standing)
        with transaction() as session:
            keep_design(session, design, **acting())
        flash(_("Saved. New certificates will look like this."), "done")
        return see_other(".edit")
    return _write(form, standing), HTTPStatus.BAD_REQUEST


@blueprint.post("/certificate/preview")
@open_to(Audience.SELLER_OWNERS)
def preview() -> ResponseReturnValue:
    """Return an example certificate in a design that isn't saved."""
    standing = _standing()
    form = sent_or_stored(DesignForm, obj=standing)
    with shown_in(form, Invalid):
        design = checked(_sent(form, standing))
        with read_session() as session:
            head = replace(read_letterhead(session), design=design)
        made = certificate_pdf(_example(), head, usual_size())
        answer = Response(made, content_type="application/pdf")
        answer.headers["Content-Disposition"] = 'inline; filename="preview.pdf"'
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return _write(form, standing), HTTPStatus.BAD_REQUEST


def _standing() -> Design:
    with read_session() as session:
        return read_design(session, at=clock.now())


def _sent(form: DesignForm, standing: Design) -> Design:
    """Return the submitted design; the signature stays unless there is a new picture."""
    signature, kind = standing.signature, standing.signature_type
    if form.no_signature.data:
        signature, kind = None, None
    sent = request.files.get("signature")
    if sent is not None and sent.filename:
        try:
            signature = sent_picture("signature", SIGNATURE_PX)
        except Invalid as refusal:
            fields = {"signature": refusal.message}
            raise Invalid(refusal.message, fields=fields) from refusal
        kind = picture_type(signature)
    return Design(
        heading=form.heading.data or "",
        before=form.before.data or "",
        note=form.note.data or "",
        signer=form.signer.data or "",
        signer_role=form.signer_role.data or "",
        signature=signature,
        signature_type=kind,
    )


def _write(form: DesignForm, standing: Design) -> str:
    return render(
        "certificates/staff_design.html", form=form, has_signature=standing.signature is not None
    )


def _example() -> CertificateFacts:
    now = clock.now()
    return CertificateFacts(
        public_id=NOBODYS,
        kind=CertificateKind.WATCHED,
        holder=_("Marisol Quintero-Bell"),
        title=_("Weeding with confidence: keeping a collection that people use"),
        slug="",
        presenters=_("Ines Carrow"),
        credit_minutes=60,
        zone=carrel().settings.time_zone,
        language="en",
        earned_at=now - timedelta(days=1),
        issued_at=now,
        reason="",
        revoked_at=None,
        revoked_reason=None,
        replaced_at=None,
        withheld_at=None,
    )
