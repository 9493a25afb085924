"""Badge endpoints: the signed badge, and the issuer, keys, and status that verify it."""

from typing import Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.branding import read_branding
from lms.certificates.badge_keys import list_public, read_public, signing_key
from lms.certificates.open_badges import TYPE, Wording, issuer_profile, sign_badge, status_list
from lms.certificates.read_models import read_certificate
from lms.core.clock import now
from lms.web.certificates.texts_and_pdfs import BY_KIND, hours_words
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import carrel, read_session
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("badges", __name__)

KEEP_S = 3600


@blueprint.get("/verify/<public_id>/badge.jwt")
@open_to(Audience.EVERYONE)
def badge(public_id: str) -> ResponseReturnValue:
    """Return the signed badge of a valid certificate."""
    with read_session() as session:
        facts = read_certificate(session, public_id.lower())
        seller = read_branding(session, contact="").name
    wording = Wording(
        seller=seller,
        description=_(
            "The recipient %(took_part)s “%(title)s”: %(hours)s of continuing education.",
            took_part=_(BY_KIND[facts.kind]),
            title=facts.title,
            hours=hours_words(facts.credit_minutes),
        ),
        criteria=_("The recipient %(took_part)s this webinar.", took_part=_(BY_KIND[facts.kind])),
    )
    running = carrel()
    key = signing_key(running.database, running.settings.secret_key, now=now())
    answer = Response(sign_badge(facts, wording, key, links()), content_type=TYPE)
    name = f"badge-{facts.slug}.jwt"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@blueprint.get("/verify/<public_id>/status")
@open_to(Audience.EVERYONE)
def status(public_id: str) -> ResponseReturnValue:
    """Return whether a badge was revoked."""
    with read_session() as session:
        facts = read_certificate(session, public_id.lower())
    answer = _open(status_list(facts, links()), kept_s=0)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.get("/badges/issuer")
@open_to(Audience.EVERYONE)
def issuer() -> ResponseReturnValue:
    """Return the issuer profile of this site's badges."""
    with read_session() as session:
        seller = read_branding(session, contact="").name
    return _open(issuer_profile(seller, links()), kept_s=KEEP_S)


@blueprint.get("/badges/keys")
@open_to(Audience.EVERYONE)
def keys() -> ResponseReturnValue:
    """Return the public keys that verify badges."""
    with read_session() as session:
        return _open(list_public(session), kept_s=KEEP_S)


@blueprint.get("/badges/keys/<kid>")
@open_to(Audience.EVERYONE)
def key(kid: str) -> ResponseReturnValue:
    """Return one public key, at the URL that badges name."""
    with read_session() as session:
        return _open(read_public(session, kid), kept_s=KEEP_S)


def _open(told: dict[str, Any], *, kept_s: int) -> Response:
    """Return JSON that pages of any site can read, because some verifiers run in browsers."""
    answer = jsonify(told)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = f"public, max-age={kept_s}" if kept_s else "no-store"
    return answer
