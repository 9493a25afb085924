"""The OIDC login endpoint, by GET and POST (Security Framework 1.0, 5.1.1.1)."""

from flask import Blueprint, Response, make_response, redirect, request
from flask.typing import ResponseReturnValue

from lms.web.core.request_context import carrel, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.launches.launch import LaunchHandler, LaunchTurned
from lti.launches.launch_log import Occurrence, write_launch
from lti.launches.oidc_login import LoginTurned, begin
from lti.protocol.platform_urls import origin_of
from lti.web.core.browser_id_cookie import a_browser, keep_browser, known_browser
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
    """Send the browser on to its platform with a state and a nonce, which are good once."""
    asked = dict((request.form if request.method == "POST" else request.args).items())
    here, browser = reception(), a_browser()
    try:
        begun = begin(here.database, asked, browser=browser, base_url=here.base_url, now=here.now)
    except LoginTurned as turned:
        return _turn(here, turned, asked.get("iss", ""))
    # a cookie that came will come again
    if begun.storage_target is None or known_browser() is not None:
        onward = redirect(begun.onward, code=303)
        answer = in_frame(make_response(onward), begun.platform.origins)
    else:
        answer = launch_page(
            "lti/launches/store_login_state.html",
            origins=begun.platform.origins,
            storage_target=begun.storage_target,
            storage_origin=origin_of(begun.platform.auth_url),
            proof=proof_of(carrel().settings.secret_key, begun.state),
            onward=begun.onward,
        )
    keep_browser(answer, browser)
    return answer


def _turn(here: LaunchHandler, turned: LoginTurned, issuer: str) -> Response:
    platform = turned.platform
    with transaction() as session:
        known = None if platform is None else platform.id
        reference = write_launch(
            session, Occurrence(registration_id=known, refusal=turned.refusal), now=here.now
        )
    # a stranger's own address may frame the page that tells it that it is one
    origins = (origin_of(issuer),) if platform is None else platform.origins
    return turned_page(
        LaunchTurned(turned.refusal, reference, origins=tuple(one for one in origins if one))
    )
