"""What platforms read of the tool: its URLs and names, the JSON for Canvas, and its public keys."""

from urllib.parse import urlsplit

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.web.core.page_frame import branding_facts
from lms.web.core.request_context import carrel
from lms.web.core.route_guard import Audience, open_to
from lti.keys.tool_keys import publish_keys
from lti.protocol.platform_urls import is_loopback_host
from lti.protocol.tool_urls_and_scopes import ToolAddresses
from lti.registrations.tool_configuration import DESCRIPTION, PICK, ToolFace, canvas_configuration

blueprint = Blueprint("lti_tool", __name__, url_prefix="/lti")


def tool_addresses() -> ToolAddresses:
    """Return the tool's URLs at this installation."""
    return ToolAddresses(carrel().settings.base_url)


def is_at_this_machine() -> bool:
    """Return whether the installation is reachable only from this machine, such as a demo.

    Its LMSs must then be on this machine, and can use plain http.
    """
    settings = carrel().settings
    return not settings.is_https and is_loopback_host(urlsplit(settings.base_url).hostname or "")


def tool_face() -> ToolFace:
    """Return the tool's name and description for platforms."""
    branding = branding_facts()
    return ToolFace(branding.name, _(DESCRIPTION), _(PICK), branding.contact_email or None)


@blueprint.get("/canvas.json")
@open_to(Audience.PLATFORM)
def canvas_json() -> ResponseReturnValue:
    """Return the configuration that Canvas reads by its "Enter URL" method."""
    answer = jsonify(canvas_configuration(tool_addresses(), tool_face()))
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@blueprint.get("/jwks")
@open_to(Audience.EVERYONE)
def jwks() -> ResponseReturnValue:
    """Return our public keys (RFC 7517): active, next, and recently retired ones."""
    running = carrel()
    answer = jsonify(publish_keys(running.database, running.settings.secret_key, now=now()))
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
