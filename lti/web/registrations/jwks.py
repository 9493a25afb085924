"""The tool's JWKS, with which platforms verify our signatures (RFC 7517)."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from lms.core.clock import now
from lms.web.core.request_context import carrel
from lms.web.core.route_guard import Audience, open_to
from lti.keys.tool_keys import publish_keys

blueprint = Blueprint("lti_keys", __name__)


@blueprint.get("/lti/jwks")
@open_to(Audience.EVERYONE)
def jwks() -> ResponseReturnValue:
    """Return our public keys: active, next, and recently retired ones."""
    running = carrel()
    answer = jsonify(publish_keys(running.database, running.settings.secret_key, now=now()))
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
