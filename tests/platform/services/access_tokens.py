"""Access tokens for services, over HTTP: the tool's keys are fetched each time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
from flask import Blueprint, Response, jsonify, request

from lti.selftest.platform_tokens import Access, BadSignature, NotGranted
from lti.selftest.platform_tokens import Tokens as CheckedTokens
from tests.platform.records import Tool
from tests.platform.vocabulary import Scope

FETCH_S: Final = 10


@dataclass(slots=True)
class Tokens(CheckedTokens):
    """The access tokens of a platform whose tools are on the network, perhaps with its certificate."""

    certificate: str | None = None

    def jwks_of(self, client: Tool) -> Mapping[str, Any]:
        """Fetch the key set of a tool that has an address. Raises BadSignature."""
        if client.jwks_url is None:
            return client.jwks or {}
        try:
            answer = requests.get(client.jwks_url, timeout=FETCH_S, verify=self.certificate or True)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as fault:
            raise BadSignature(f"the tool's keys can't be had: {fault}") from fault
        return found


def token_blueprint(tokens: Tokens) -> Blueprint:
    """Return the token endpoint."""
    blueprint = Blueprint("token", __name__)

    @blueprint.post("/token")
    @blueprint.post("/token/<client_id>")
    def grant(client_id: str | None = None) -> tuple[Response, int]:
        try:
            return jsonify(tokens.grant(_form())), 200
        except NotGranted as fault:
            said = {"error": fault.error, "error_description": fault.description}
            return jsonify(said), 400

    return blueprint


def bearer(tokens: Tokens, *scopes: Scope) -> Access | Response:
    """Return what the bearer of this request may do, or the answer that refuses (RFC 6750)."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    access = tokens.access(token) if kind == "Bearer" else None
    if access is None:
        said = jsonify({"error": "invalid_token", "error_description": "unknown or expired"})
        said.status_code = 401
        said.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return said
    if not any(scope in access.scopes for scope in scopes):
        said = jsonify({"error": "insufficient_scope", "needs": [str(one) for one in scopes]})
        said.status_code = 403
        return said
    return access


def _form() -> dict[str, str]:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise NotGranted("invalid_request", f"the body is {request.mimetype}, not a form")
    return request.form.to_dict()
