"""Dynamic registration (LTI Dynamic Registration 1.0): the configuration and tools' requests."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from lti.selftest.platform.records import Tool
from lti.selftest.platform.vocabulary import Message, Scope
from tests.platform.platform import Platform

PLATFORM_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
FIXED: Final = {"application_type": "web", "token_endpoint_auth_method": "private_key_jwt"}
NEEDED: Final = ("client_name", "initiate_login_uri", "jwks_uri", "scope")
CLAIMS: Final = ("iss", "sub", "name", "given_name", "family_name", "email")
PLACEMENTS: Final = ("ContentArea", "RichTextEditor")


def configuration_of(platform: Platform) -> dict[str, Any]:
    """Return the platform's OpenID configuration with the LTI additions (section 3.4)."""
    return {
        "issuer": platform.issuer,
        "authorization_endpoint": platform.addresses.auth,
        "token_endpoint": platform.addresses.token,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": platform.addresses.jwks,
        "registration_endpoint": f"{platform.url}/register",
        "scopes_supported": ["openid", *map(str, Scope)],
        "response_types_supported": ["id_token"],
        "response_modes_supported": ["form_post"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": list(CLAIMS),
        PLATFORM_CONFIGURATION: {
            "product_family_code": platform.habits.family,
            "version": "1",
            "messages_supported": [
                {"type": str(Message.RESOURCE_LINK)},
                {"type": str(Message.DEEP_LINKING), "placements": list(PLACEMENTS)},
                {"type": str(Message.SUBMISSION_REVIEW)},
            ],
            "variables": ["User.id", "Context.id", "ResourceLink.id.history"],
        },
    }


def configuration_blueprint(platform: Platform) -> Blueprint:
    """Return a blueprint for the configuration, which can require a registration token."""
    blueprint = Blueprint("configuration", __name__)

    @blueprint.get("/.well-known/openid-configuration")
    def configuration() -> tuple[Response, int]:
        if platform.configuration_needs_token and not platform.invitations.is_open(_token()):
            return jsonify({"error": "invalid_token"}), 401
        return jsonify(configuration_of(platform)), 200

    return blueprint


def registration_blueprint(platform: Platform) -> Blueprint:
    """Return a blueprint for tools' registration requests."""
    blueprint = Blueprint("registration", __name__)

    @blueprint.post("/register")
    def register() -> tuple[Response, int]:
        if not platform.invitations.is_open(_token()):
            return _refused("invalid_token", "this registration token is unknown or used", 401)
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return _refused("invalid_client_metadata", "the body has to be a JSON object", 400)
        faults = list(registration_faults(body))
        if faults:
            return _refused("invalid_client_metadata", "; ".join(faults), 400)
        tool = _registered(platform, body, platform.invitations.use(_token()))
        return jsonify(_told(platform, tool, body)), 200

    return blueprint


def registration_faults(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults of a registration (section 3.5)."""
    for name, value in FIXED.items():
        if body.get(name) != value:
            yield f"{name} has to be {value!r}"
    for name in NEEDED:
        if not isinstance(body.get(name), str) or not body[name]:
            yield f"{name} is missing"
    if "id_token" not in body.get("response_types", ()):
        yield "response_types lacks id_token"
    grants = set(body.get("grant_types", ()))
    if "client_credentials" not in grants or "implicit" not in grants:
        yield "grant_types lacks client_credentials or implicit"
    if not isinstance(body.get("redirect_uris"), list) or not body["redirect_uris"]:
        yield "redirect_uris is missing"
    yield from _tool_faults(body.get(TOOL_CONFIGURATION))
    yield from (f"{name} is null" for name, value in body.items() if value is None)


def _tool_faults(told: object) -> Iterator[str]:
    if not isinstance(told, Mapping):
        yield f"{TOOL_CONFIGURATION} is missing"
        return
    for name in ("domain", "target_link_uri"):
        if not isinstance(told.get(name), str) or not told[name]:
            yield f"{name} of the tool is missing"
    if "sub" not in told.get("claims", ()) or "iss" not in told.get("claims", ()):
        yield "claims of the tool lack iss or sub"
    place = urlsplit(str(told.get("target_link_uri")))
    if told.get("domain") not in (place.netloc, place.hostname):
        yield f"domain {told.get('domain')!r} is not that of target_link_uri"
    for message in told.get("messages", ()):
        if message.get("type") not in tuple(Message):
            yield f"message {message.get('type')!r} is not supported"


def _registered(platform: Platform, body: Mapping[str, Any], client_id: str | None) -> Tool:
    told = body[TOOL_CONFIGURATION]
    pickers = [one for one in told.get("messages", ()) if one["type"] == Message.DEEP_LINKING]
    renewed = platform.records.tools.get(client_id or "")
    return platform.register(
        client_id=client_id,
        deployment_ids=renewed.deployment_ids if renewed else None,
        name=body["client_name"],
        login_url=body["initiate_login_uri"],
        redirect_uris=body["redirect_uris"],
        launch_url=told["target_link_uri"],
        deep_link_url=next(iter(pickers), told).get("target_link_uri"),
        jwks_url=body["jwks_uri"],
        scopes=tuple(one for one in Scope if one in body["scope"].split()),
        custom=dict(told.get("custom_parameters", {})),
    )


def _told(platform: Platform, tool: Tool, body: Mapping[str, Any]) -> dict[str, Any]:
    told = {**body[TOOL_CONFIGURATION], "deployment_id": tool.deployment_id}
    return {
        **body,
        "client_id": tool.client_id,
        "registration_client_uri": f"{platform.url}/register/{tool.client_id}",
        "scope": " ".join(tool.scopes),
        TOOL_CONFIGURATION: told,
    }


def _token() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind == "Bearer" else ""


def _refused(error: str, said: str, status: int) -> tuple[Response, int]:
    return jsonify({"error": error, "error_description": said}), status
