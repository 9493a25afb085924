"""The dynamic registration page that a platform's administrator opens with an invite."""

from typing import Final

import structlog
from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue

from lms.core import clock
from lms.core.errors import Gone, NotFound, Refused
from lms.lti_facade.connection_emails import tell_team
from lms.web.core.error_pages import status_of
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, render, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.security_headers_and_proxies import POLICY
from lti.models.registrations_and_keys import RegistrationState
from lti.protocol.platform_urls import origin_of
from lti.registrations.dynamic_registration import (
    NO_CONFIGURATION,
    PlatformConfiguration,
    ask_for_registration,
    fetch_configuration,
)
from lti.registrations.dynamically_registered_platforms import (
    Way,
    check_platform,
    find_way,
    keep_registration,
)
from lti.registrations.invites import give_back_invite, use_invite
from lti.registrations.registrations import RegistrationFacts
from lti.registrations.tool_configuration import registration_request
from lti.web.core.framed_pages import framed_by
from lti.web.registrations.tool_configuration import tool_addresses, tool_face

blueprint = Blueprint("lti_registering", __name__, url_prefix="/lti")

# Canvas's configuration is on one host, but each customer's own host frames this page.
CANVAS: Final = ".instructure.com"
log = structlog.get_logger()


@blueprint.get("/register/<secret>")
@open_to(Audience.PLATFORM)
def register(secret: str) -> ResponseReturnValue:
    """Register the platform that opened this page, and say what happens next."""
    now, address = clock.now(), request.args.get("openid_configuration", "")
    try:
        with read_session() as session:
            way = find_way(session, secret, now=now)
    except (Gone, NotFound) as refusal:
        return _page(refusal, address=address)  # shown in the platform's frame, too
    if not address:
        return _page(None, way=way, sentence=NO_CONFIGURATION)
    token = request.args.get("registration_token") or None
    try:
        configuration = fetch_configuration(address, token, allows_loopback=way.allows_loopback)
        check_platform(way, configuration)
        kept = _register(secret, way, configuration, token)
    except Refused as refusal:
        log.info("lti registration refused", code=refusal.code)
        return _page(refusal, way=way, address=address)
    return _page(None, way=way, address=address, kept=kept, is_new=way.invite is not None)


def _register(
    secret: str, way: Way, configuration: PlatformConfiguration, token: str | None
) -> RegistrationFacts:
    """Register with the platform while the invite is marked as used, and store its answer."""
    now = clock.now()
    wanted = registration_request(tool_addresses(), tool_face(), configuration.offered)
    if way.invite is not None:
        with transaction() as session:
            use_invite(session, way.invite, now=now)
    try:
        granted = ask_for_registration(
            configuration, wanted, token, allows_loopback=way.allows_loopback
        )
        with transaction() as session:
            kept = keep_registration(session, way, secret, configuration, granted, now=now)
            is_waiting = kept.state is RegistrationState.PENDING
            if way.invite is not None or is_waiting:
                tell_team(session, kept.details.name, is_waiting=is_waiting, links=links(), now=now)
            return kept
    except Exception:
        if way.invite is not None:
            with transaction() as session:
                give_back_invite(session, way.invite)
        raise


def _page(
    refusal: Refused | None,
    *,
    way: Way | None = None,
    address: str = "",
    kept: RegistrationFacts | None = None,
    sentence: str | None = None,
    is_new: bool = False,
) -> Response:
    origins = _framing(address)
    status = 400 if sentence else 200
    page = make_response(
        render(
            "lti/registrations/dynamic_registration.html",
            sentence=refusal.message if refusal else sentence,
            organization=None if way is None else way.organization.name,
            kept=kept,
            is_new=is_new,
            is_moodle=kept is not None and kept.details.product == "moodle",
            is_over=isinstance(refusal, Gone),
            frame_origins=origins,
        ),
        status_of(refusal) if refusal else status,
    )
    page.headers["Content-Security-Policy"] = framed_by(origins, POLICY)
    page.headers["Referrer-Policy"] = "no-referrer"
    # Brightspace opens this page in a new tab
    page.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    page.headers["Cache-Control"] = "no-store"
    return page


def _framing(address: str) -> tuple[str, ...]:
    """Return the origins that can frame the page: only the platform that is registering."""
    origin = origin_of(address)
    if not origin:
        return ()
    return (origin, f"https://*{CANVAS}") if origin.endswith(CANVAS) else (origin,)
