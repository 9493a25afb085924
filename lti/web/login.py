"""The login that a platform begins (Security Framework 1.0, 5.1.1.1), by GET and by POST."""

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, request
from flask.typing import ResponseReturnValue

from lms.web.guard import Audience, open_to
from lms.web.kit import carrel, transaction
from lti.launch_log import Occurrence, write_launch
from lti.launching import LaunchTurned, Reception
from lti.logins import Started, begin_login, check_in_use, platform_of
from lti.platform_addresses import origin_of
from lti.platforms import Platform
from lti.refusals import LaunchRefused
from lti.web.browsers import a_browser, keep_browser, known_browser
from lti.web.proofs import proof_of
from lti.web.reception import in_frame, launch_page, reception, turned_page

LAUNCH: Final = "/lti/launch"
LONGEST_TARGET: Final = 255

blueprint = Blueprint("lti_login", __name__)


@blueprint.route("/lti/login", methods=["GET", "POST"])
@open_to(Audience.PLATFORM)
def login() -> ResponseReturnValue:
    """Send the browser on to its platform with a state and a nonce, which are good once."""
    asked = request.form if request.method == "POST" else request.args
    here = reception()
    target = asked.get("lti_storage_target") or None
    if target is not None and len(target) > LONGEST_TARGET:
        target = None
    platform, browser = None, a_browser()
    try:
        with here.database.driver() as driver:
            platform = platform_of(
                driver,
                issuer=asked.get("iss", ""),
                login_hint=asked.get("login_hint", ""),
                target_link_uri=asked.get("target_link_uri", ""),
                client_id=asked.get("client_id", ""),
            )
            check_in_use(platform)
            started = begin_login(
                driver, platform.id, browser=browser, storage_target=target, now=here.now
            )
    except LaunchRefused as refusal:
        return _turn(here, refusal, platform, asked.get("iss", ""))
    onward = _address(platform, started, here.base_url, dict(asked.items()))
    return _send_on(platform, target, started, onward, browser)


def _send_on(
    platform: Platform, target: str | None, started: Started, onward: str, browser: str
) -> Response:
    if target is None or known_browser() is not None:  # a cookie that came will come again
        answer = in_frame(make_response(redirect(onward, code=303)), platform.origins)
    else:
        proof = proof_of(carrel().settings.secret_key, started.state)
        answer = launch_page(
            "lti/keep_state.html",
            origins=platform.origins,
            storage_target=target,
            storage_origin=origin_of(platform.auth_url),
            proof=proof,
            onward=onward,
        )
    keep_browser(answer, browser)
    return answer


def _address(platform: Platform, started: Started, base_url: str, asked: dict[str, str]) -> str:
    """Return the authentication request (Security Framework 1.0, 5.1.1.2); hints go back as they came."""
    fields = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": base_url + LAUNCH,
        "login_hint": asked["login_hint"],
        "state": started.state,
        "nonce": started.nonce,
    }
    if "lti_message_hint" in asked:
        fields["lti_message_hint"] = asked["lti_message_hint"]
    auth_url = platform.auth_url
    return f"{auth_url}{'&' if '?' in auth_url else '?'}{urlencode(fields)}"


def _turn(
    here: Reception, refusal: LaunchRefused, platform: Platform | None, issuer: str
) -> Response:
    with transaction() as session:
        known = None if platform is None else platform.id
        reference = write_launch(
            session, Occurrence(registration_id=known, refusal=refusal), now=here.now
        )
    # a stranger's own address may frame the page that tells it that it is one
    origins = (origin_of(issuer),) if platform is None else platform.origins
    return turned_page(
        LaunchTurned(refusal, reference, origins=tuple(one for one in origins if one))
    )
