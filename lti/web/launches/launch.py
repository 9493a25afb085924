"""The launch endpoint that a platform posts to, and pages for browsers without cookies."""

from typing import Final

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lms.core.errors import N_
from lms.web.core.error_pages import away
from lms.web.core.request_context import carrel, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.frames.sessions import hand_over
from lti.launches.launch import Accepted, LaunchTurned, OutcomeLost
from lti.protocol.platform_urls import origin_of
from lti.protocol.refusals import TRY_AGAIN, LaunchRefused
from lti.web.core.browser_id_cookie import a_browser, keep_browser, known_browser
from lti.web.launches.launch_middleware import outcome_of
from lti.web.launches.launch_setup_and_responses import (
    in_frame,
    launch_page,
    reception,
    turned_page,
)
from lti.web.launches.platform_storage import open_ticket, proof_of, seal_ticket

WENT_COLD: Final = N_("Your LMS didn't confirm this launch in time.")

blueprint = Blueprint("lti_launch", __name__)


@blueprint.post("/lti/launch")
@open_to(Audience.PLATFORM)
def launch() -> ResponseReturnValue:
    """Check the message and redirect by 303, so that reloading the page doesn't post it again."""
    try:
        accepted = outcome_of(request.environ) or reception().receive(
            dict(request.form.items()), browser=known_browser()
        )
    except LaunchTurned as turned:
        return turned_page(turned)
    except OutcomeLost:
        return away()
    assert isinstance(accepted, Accepted)  # noqa: S101  (the outcome of a launch)
    if accepted.hand_over is None:
        return in_frame(_opened(accepted.secret), accepted.origins)
    return _ask_for_proof(accepted)


@blueprint.get("/lti/launch")
@open_to(Audience.PLATFORM)
def explain() -> ResponseReturnValue:
    """Explain that the URL works only from a course, for people who open it directly."""
    return launch_page("lti/launches/open_in_course.html", origins=())


@blueprint.post("/lti/launch/proof")
@open_to(Audience.PLATFORM)
def prove() -> ResponseReturnValue:
    """Open the session in the browser whose platform storage has the value that our login page set."""
    secret = open_ticket(
        carrel().settings.secret_key,
        request.form.get("ticket", ""),
        request.form.get("value", ""),
    )
    if secret is None:
        refusal = LaunchRefused(401, "proof_wrong", WENT_COLD, advice=TRY_AGAIN)
        return turned_page(LaunchTurned(refusal, "proof"))
    return in_frame(_opened(secret), ())


@blueprint.post("/lti/launch/window")
@open_to(Audience.PLATFORM)
def window() -> ResponseReturnValue:
    """Set the cookie in its own window, where it is first-party; the redirect shows whether it was kept."""
    token = request.form.get("token", "")
    if known_browser() is not None:
        return _taken_over(token)
    onward = redirect(url_for("lti_launch.window_opened", token=token), code=303)
    answer = in_frame(make_response(onward), ())
    keep_browser(answer, a_browser())
    return answer


@blueprint.get("/lti/launch/window")
@open_to(Audience.PLATFORM)
def window_opened() -> ResponseReturnValue:
    """Take over the session, once; if no cookie was kept even here, the secret alone opens it."""
    return _taken_over(request.args.get("token", ""))


def _taken_over(token: str) -> Response:
    here = reception()
    with transaction() as session:
        secret = hand_over(session, token, browser=known_browser(), now=here.now)
    return in_frame(_opened(secret), ())


def _opened(secret: str) -> Response:
    return make_response(redirect(f"/lti/s/{secret}/", code=303))


def _ask_for_proof(accepted: Accepted) -> ResponseReturnValue:
    """Return a page that reads the platform's storage, if any, and otherwise offers a new window."""
    secret_key = carrel().settings.secret_key
    proof = proof_of(secret_key, request.form.get("state", ""))
    target = accepted.storage_target
    return launch_page(
        "lti/launches/open_new_window.html",
        origins=accepted.origins,
        storage_target=target,
        storage_origin=origin_of(accepted.platform.auth_url),
        storage_key=proof.key,
        ticket=None
        if target is None
        else seal_ticket(secret_key, secret=accepted.secret, proof=proof),
        token=accepted.hand_over,
        return_url=accepted.return_url,
    )
