"""Staff uploads in chunks: the tus endpoints and the state the page shows."""

from dataclasses import dataclass

import structlog
from flask import Blueprint, Response, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.errors import N_, Invalid, NotFound, Refused, Unavailable
from lms.models.uploads import UploadPurpose
from lms.uploads import chunks, uploads
from lms.uploads.uploads import UploadFacts, Wanted
from lms.web.access.access_panel_and_reader_times import said_datetime
from lms.web.core.current_user import required_viewer
from lms.web.core.request_context import carrel, read_session, see_other
from lms.web.core.route_guard import Audience, open_to
from lms.web.recordings import tus_protocol
from media.storage.storage_protocol import StorageAway

blueprint = Blueprint("uploads", __name__, url_prefix="/staff")

RESOURCE = "/uploads/<upload_id>"
DISCARD = "uploads.discard"

log = structlog.get_logger()


@blueprint.before_request
def check_version() -> None:
    """Answer 412 to another version of the protocol; the page's own requests are exempt."""
    if request.method not in ("GET", "OPTIONS") and request.endpoint != DISCARD:
        tus_protocol.check_version()


@blueprint.after_request
def add_headers(response: Response) -> Response:
    """Add the protocol's headers."""
    return response if request.endpoint == DISCARD else tus_protocol.add_headers(response)


@blueprint.errorhandler(Refused)
def refused(refusal: Refused) -> ResponseReturnValue:
    """Answer with the protocol's status, and the message as JSON."""
    answer = jsonify(code=refusal.code, message=_(refusal.message))
    answer.status_code = tus_protocol.status_of(refusal)
    return answer


@blueprint.errorhandler(StorageAway)
def away(fault: StorageAway) -> ResponseReturnValue:
    """Answer 503 while storage can't be reached; what was stored stays, and the client can resume."""
    log.error("storage_away", endpoint=request.endpoint, kind=fault.kind)
    return refused(Unavailable(chunks.STORAGE_AWAY))


@blueprint.post("/webinars/<slug>/uploads")
@open_to(Audience.STAFF)
def create(slug: str) -> ResponseReturnValue:
    wanted = _wanted(slug)
    upload = chunks.begin(carrel(), wanted, login_id=required_viewer().login_id)
    kept = (
        chunks.receive(carrel(), upload, 0, tus_protocol.piece())
        if request.mimetype == tus_protocol.PIECE_TYPE
        else 0
    )
    headers = tus_protocol.progress_headers(kept, upload.expires_at)
    headers["Location"] = url_for(".show", upload_id=upload.id)
    return "", 201, headers


@blueprint.get(RESOURCE)
@open_to(Audience.STAFF)
def show(upload_id: str) -> ResponseReturnValue:
    """Return the progress of an upload: as headers for HEAD (tus), as JSON for GET."""
    upload = _own(upload_id)
    if request.method == "HEAD":
        tus_protocol.check_version()
        kept = chunks.kept_bytes(carrel(), upload)
        headers = tus_protocol.progress_headers(kept, upload.expires_at)
        headers |= {"Upload-Length": str(upload.size_bytes), "Cache-Control": "no-store"}
        return "", 200, headers
    return jsonify(
        state=upload.state,
        message=_(upload.failure) if upload.failure else "",
        kept_bytes=upload.kept_bytes,
        size_bytes=upload.size_bytes,
    )


@blueprint.patch(RESOURCE)
@open_to(Audience.STAFF)
def append(upload_id: str) -> ResponseReturnValue:
    upload = _own(upload_id)
    kept = chunks.receive(
        carrel(), upload, tus_protocol.number_in("Upload-Offset"), tus_protocol.piece()
    )
    return "", 204, tus_protocol.progress_headers(kept, _own(upload_id).expires_at)


@blueprint.delete(RESOURCE)
@open_to(Audience.STAFF)
def terminate(upload_id: str) -> ResponseReturnValue:
    chunks.discard(carrel(), _own(upload_id))
    return "", 204


@blueprint.post(RESOURCE)
@open_to(Audience.STAFF)
def overridden(upload_id: str) -> ResponseReturnValue:
    """Accept PATCH and DELETE as POST from clients that can't send them, as tus requires."""
    method = request.headers.get("X-HTTP-Method-Override", "").upper()
    if method == "PATCH":
        return append(upload_id)
    if method == "DELETE":
        return terminate(upload_id)
    raise Invalid(N_("Set X-HTTP-Method-Override to PATCH or DELETE."))


@blueprint.post(f"{RESOURCE}/discard")
@open_to(Audience.STAFF)
def discard(upload_id: str) -> ResponseReturnValue:
    """Discard an upload with the page's button."""
    with read_session() as session:
        upload = uploads.read_upload(session, upload_id)
        # raises NotFound for another person's; expired uploads can be discarded too
        _require_own(upload)
    chunks.discard(carrel(), upload)
    flash(
        _(
            "The upload of %(name)s was canceled and deleted.",
            name=upload.name,
        ),
        "done",
    )
    return see_other("staff_webinars.show", slug=upload.slug, _anchor="uploads")


@dataclass(frozen=True, slots=True)
class Sending:
    """An upload in progress, as its webinar's page shows it; `until` is in words."""

    facts: UploadFacts
    until: str


def own_sending(session: Session, slug: str) -> tuple[Sending, ...]:
    """Return the signed-in person's unfinished uploads to a webinar."""
    login_id = required_viewer().login_id
    zone = carrel().settings.time_zone
    return tuple(
        Sending(facts, said_datetime(facts.expires_at, zone))
        for facts in uploads.own_uploads(session, slug, login_id=login_id, now=now())
    )


def _own(upload_id: str) -> UploadFacts:
    with read_session() as session:
        return uploads.own_upload(
            session, upload_id, login_id=required_viewer().login_id, now=now()
        )


def _require_own(upload: UploadFacts) -> None:
    if upload.actor != required_viewer().public_id:
        raise NotFound


def _wanted(slug: str) -> Wanted:
    told = tus_protocol.metadata()
    try:
        purpose = UploadPurpose(told.get("purpose", UploadPurpose.RECORDING))
    except ValueError:
        raise Invalid(N_("Upload the file as a recording or as a handout.")) from None
    return Wanted(
        slug=slug,
        purpose=purpose,
        name=told.get("filename", ""),
        size_bytes=tus_protocol.number_in("Upload-Length"),
        fingerprint=told.get("fingerprint", ""),
    )
