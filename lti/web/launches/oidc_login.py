"""The OIDC login endpoint, by GET and POST (Security Framework 1.0, 5.1.1.1)."""

from urllib.parse import parse_qsl

from flask import Blueprint, Response, make_response, redirect, request
from flask.typing import ResponseReturnValue

from lms.web.core.request_context import carrel, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.security_headers_and_proxies import POLICY
from lti.launches.launch import LaunchHandler, LaunchTurned
from lti.launches.launch_log import Occurrence, write_launch
from lti.launches.oidc_login import Beginning, LoginTurned
from lti.protocol.platform_urls import origin_of
from lti.web.core.browser_id_cookie import keep_browser, known_browser
from lti.web.core.framed_pages import framed_by
from lti.web.launches.launch_middleware import outcome_of
from lti.web.launches.launch_setup_and_responses import (
    in_frame,
    launch_page,
    reception,
    turned_page,
)
from lti.web.launches.platform_storage import proof_of

blueprint = Blueprint("lti_login", __name__)


@blueprint.route("/lti/login", methods=["GET", "POST"])
@open_to(Audience.PLATFORM)
def login() -> ResponseReturnValue:
    """Redirect the browser to its platform with a one-time state and nonce."""
    here = reception()
    asked = dict((request.form if request.method == "POST" else request.args).items())
    try:
        begun = outcome_of(request.environ) or here.begin(asked, browser=known_browser())
    except LoginTurned as turned:
        return _turn(here, turned, asked.get("iss", ""))
    assert isinstance(begun, Beginning)  # noqa: S101  (the outcome of a login)
    if begun.is_long:
        answer = _posted_onward(begun)
    elif begun.is_redirect:
        onward = redirect(begun.onward, code=303)
        answer = in_frame(make_response(onward), begun.origins)
    else:
        answer = launch_page(
            "lti/launches/store_login_state.html",
            origins=begun.origins,
            storage_target=begun.storage_target,
            storage_origin=origin_of(begun.platform.auth_url),
            proof=proof_of(carrel().settings.secret_key, begun.state),
            onward=begun.onward,
        )
    keep_browser(answer, begun.browser)
    return answer


def _posted_onward(begun: Beginning) -> Response:
    """Let the browser post a request that is too long for a URL (OpenID Connect Core, 3.1.2.1)."""
    platform = begun.platform
    asked = begun.onward.removeprefix(platform.auth_url)[1:]
    answer = launch_page(
        "lti/launches/post_login.html",
        origins=platform.origins,
        action=platform.auth_url,
        fields=parse_qsl(asked, keep_blank_values=True),
    )
    allowed = POLICY.replace("form-action 'self'", f"form-action {origin_of(platform.auth_url)}")
    answer.headers["Content-Security-Policy"] = framed_by(platform.origins, allowed)
    return answer


def _turn(here: LaunchHandler, turned: LoginTurned, issuer: str) -> Response:
    platform = turned.platform
    with transaction() as session:
        known = None if platform is None else platform.id
        reference = write_launch(
            session, Occurrence(registration_id=known, refusal=turned.refusal), now=here.now
        )
    # an unknown platform can frame the page that says it is unknown
    origins = (origin_of(issuer),) if platform is None else platform.origins
    return turned_page(
        LaunchTurned(turned.refusal, reference, origins=tuple(one for one in origins if one))
    )
