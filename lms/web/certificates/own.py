"""My certificates: all of a person's certificates, their hours, and a transcript."""

from dataclasses import dataclass

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.certificates.read_models import CertificateFacts, Status, list_own, sum_credit
from lms.core.clock import now
from lms.core.errors import N_, NotFound
from lms.core.pdf_documents import Size
from lms.web.certificates.texts_and_pdfs import (
    KIND_NAMES,
    STATUS_NAMES,
    day_of,
    hours,
    hours_words,
    read_letterhead,
    transcript_pdf,
    verify_url,
)
from lms.web.certificates.verify import usual_size
from lms.web.core.csv_downloads import csv_answer
from lms.web.core.current_user import required_viewer
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("certificates", __name__)

NOTHING_YET = N_("You have no certificates yet.")


@dataclass(frozen=True, slots=True)
class Line:
    """A certificate in a list."""

    facts: CertificateFacts
    day: str
    hours: str
    kind: str
    status: str
    badge: str
    url: str


@blueprint.get("/certificates")
@open_to(Audience.SIGNED_IN)
def index() -> ResponseReturnValue:
    own = _own()
    return render(
        "certificates/own.html",
        lines=[line_of(each) for each in own],
        total=hours_words(sum_credit(own)) if own else "",
        has_valid=any(each.status is Status.VALID for each in own),
        size="letter" if usual_size() is Size.LETTER else "a4",
    )


@blueprint.get("/certificates/transcript.pdf")
@open_to(Audience.SIGNED_IN)
def transcript() -> ResponseReturnValue:
    """Return all valid certificates as a printable transcript."""
    own = _valid()
    with read_session() as session:
        head = read_letterhead(session)
    asked = request.args.get("paper", "")
    size = {"letter": Size.LETTER, "a4": Size.A4}.get(asked, usual_size())
    made = transcript_pdf(own, head, name=required_viewer().name, size=size, at=now())
    answer = Response(made, content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="transcript.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.get("/certificates/transcript.csv")
@open_to(Audience.SIGNED_IN)
def transcript_csv() -> ResponseReturnValue:
    heads = (
        _("Date"),
        _("Webinar"),
        _("Presented by"),
        _("Format"),
        _("Hours"),
        _("Number"),
        _("Verify at"),
    )
    rows = [
        (
            day_of(each),
            each.title,
            each.presenters,
            _(KIND_NAMES[each.kind]),
            float(hours(each.credit_minutes)),
            each.public_id,
            verify_url(each.public_id),
        )
        for each in _valid()
    ]
    return csv_answer(heads, rows, "transcript")


def line_of(facts: CertificateFacts) -> Line:
    """Return a certificate as a line of a list."""
    status, badge = STATUS_NAMES[facts.status]
    return Line(
        facts,
        day_of(facts),
        hours_words(facts.credit_minutes),
        _(KIND_NAMES[facts.kind]),
        _(status),
        badge,
        verify_url(facts.public_id),
    )


def _own() -> tuple[CertificateFacts, ...]:
    with read_session() as session:
        return list_own(session, required_viewer().login_id)


def _valid() -> tuple[CertificateFacts, ...]:
    valid = tuple(each for each in _own() if each.status is Status.VALID)
    if not valid:
        raise NotFound(NOTHING_YET)
    return valid
