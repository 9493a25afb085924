"""The verify page: whether a certificate is valid, corrected, revoked, or unknown."""

from http import HTTPStatus

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.certificates.read_models import CertificateFacts, Status, read_certificate
from lms.core.errors import N_, Gone, NotFound
from lms.core.pdf_documents import Size
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.certificates.texts_and_pdfs import (
    BY_KIND,
    KIND_NAMES,
    certificate_pdf,
    day_of,
    design_words,
    hours_words,
    read_letterhead,
    verify_url,
)
from lms.web.core.rate_limits import PAPERS_FROM, network, spend
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("verify", __name__)

NO_PAPER = N_("This certificate can't be downloaded anymore. Its page says why.")


@blueprint.get("/verify/<public_id>")
@open_to(Audience.EVERYONE)
def show(public_id: str) -> ResponseReturnValue:
    """Show whether a certificate is valid."""
    try:
        with read_session() as session:
            facts = read_certificate(session, public_id.lower())
            head = read_letterhead(session, at=facts.issued_at)
    except NotFound:
        return _unlisted(
            render("certificates/verify_not_found.html", asked=public_id[:60]), HTTPStatus.NOT_FOUND
        )
    words = design_words(facts, head)
    page = render(
        "certificates/verify.html",
        certificate=facts,
        words=words,
        took_part=_(BY_KIND[facts.kind]),
        kind=_(KIND_NAMES[facts.kind]),
        hours=hours_words(facts.credit_minutes),
        day=day_of(facts),
        issued=day_of(facts, facts.issued_at),
        ended=day_of(facts, facts.revoked_at or facts.replaced_at),
        revoked_reason=_(facts.revoked_reason) if facts.revoked_reason else "",
        url=verify_url(facts.public_id),
        shared_title=f"{words.heading}: {facts.title}",
        shared_words=_shared_words(facts),
        size=usual_size(),
    )
    return _unlisted(page, HTTPStatus.OK)


@blueprint.get("/verify/<public_id>/certificate.pdf")
@open_to(Audience.EVERYONE)
def paper(public_id: str) -> ResponseReturnValue:
    """Send the PDF of a valid certificate; raises Gone for others."""
    with read_session() as session:
        facts = read_certificate(session, public_id.lower())
        if not facts.is_printed:
            raise Gone(NO_PAPER)
        head = read_letterhead(session, at=facts.issued_at)
    spend(PAPERS_FROM, network())
    asked = request.args.get("paper", "")
    size = {"letter": Size.LETTER, "a4": Size.A4}.get(asked, usual_size())
    answer = Response(certificate_pdf(facts, head, size), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="certificate-{facts.slug}.pdf"'
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def usual_size() -> Size:
    """Return the usual paper size where the reader is: letter in the Americas, A4 elsewhere."""
    return Size.LETTER if reading_zone().key.startswith("America/") else Size.A4


def _shared_words(facts: CertificateFacts) -> str:
    """Return the text of a shared link; contains a name only while the certificate is valid."""
    if facts.status is not Status.VALID:
        return _("This certificate is no longer valid.")
    earned = {"hours": hours_words(facts.credit_minutes), "day": day_of(facts)}
    if facts.withheld_at is not None:
        return _("%(hours)s of continuing education, %(day)s.", **earned)
    return _("%(name)s: %(hours)s of continuing education, %(day)s.", name=facts.holder, **earned)


def _unlisted(page: str, status: HTTPStatus) -> Response:
    answer = make_response(page, status)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Cache-Control"] = "no-store"
    return answer
