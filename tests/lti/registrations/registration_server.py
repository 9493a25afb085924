"""A local platform with dynamic registration; each of its answers can be changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, jsonify, redirect, request

from tests.platform.web_server import answering, bound

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
TOKEN = "a-token-of-the-platform"  # noqa: S105  (of a simulated platform)


@dataclass(slots=True)
class MailContext:
    """The platform's answers and the requests it got; tests change `configuration` and `answer`."""

    origin: str
    configuration: dict[str, Any]
    answer: dict[str, Any]
    status: int = 200
    redirect_to: str | None = None
    tokens: list[str | None] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Return the URL of the platform's configuration."""
        return f"{self.origin}/.well-known/openid-configuration"


@contextmanager
def open_office() -> Iterator[MailContext]:
    """Run the platform's registration inside a with block."""
    server = bound("127.0.0.1:0", None)
    origin = f"http://127.0.0.1:{server.port}"
    office = MailContext(origin, _configuration(origin), {"client_id": "client-1"})
    with answering(server, _app(office)):
        yield office


def _configuration(origin: str) -> dict[str, Any]:
    return {
        "issuer": origin,
        "authorization_endpoint": f"{origin}/auth",
        "token_endpoint": f"{origin}/token",
        "jwks_uri": f"{origin}/jwks",
        "registration_endpoint": f"{origin}/register",
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "https://purl.imsglobal.org/spec/lti-ags/scope/score"],
        PLATFORM: {
            "product_family_code": "moodle",
            "version": "4.5",
            "messages_supported": [
                {"type": "LtiResourceLinkRequest"},
                {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
            ],
        },
    }


def _app(office: MailContext) -> Flask:
    app = Flask("office")

    @app.get("/.well-known/openid-configuration")
    def describe() -> Any:
        office.tokens.append(request.headers.get("Authorization"))
        if office.redirect_to:
            return redirect(office.redirect_to)
        return jsonify(office.configuration)

    @app.post("/register")
    def register() -> Any:
        office.tokens.append(request.headers.get("Authorization"))
        office.requests.append(request.get_json())
        return jsonify(office.answer), office.status

    return app
