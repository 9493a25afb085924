"""Access tokens for services (Security Framework 1.0, section 4): private_key_jwt, strictly."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any, Final

import jwt
import requests
from flask import Blueprint, Response, jsonify, request

from tests.platform.records import Records, Tool
from tests.platform.vocabulary import ASSERTION_TYPE, LTI, Scope

LONGEST_ASSERTION_S: Final = 3600
FETCH_S: Final = 10


class NotGranted(Exception):
    """A token that is not given; the first argument is OAuth's code (RFC 6749, section 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


class BadSignature(Exception):
    """A token of the tool that its published keys do not vouch for; the message says why."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a bearer may do, and until when (seconds since 1970)."""

    client_id: str
    scopes: frozenset[str]
    ends: float


@dataclass(slots=True)
class Tokens:
    """Gives tokens to tools and knows them again. `audience` is what assertions must be for."""

    records: Records
    audience: str
    now: Callable[[], datetime]
    lock: RLock
    lives_s: int = 3600
    certificate: str | None = None
    _given: dict[str, Access] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def grant(self, form: dict[str, str]) -> dict[str, Any]:
        """Answer a token request. Raises NotGranted."""
        if form.get("grant_type") != "client_credentials":
            raise NotGranted("unsupported_grant_type", "grant_type has to be client_credentials")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise NotGranted("invalid_request", f"client_assertion_type is not {ASSERTION_TYPE}")
        tool = self._assert(form.get("client_assertion", ""))
        asked = form.get("scope", "").split()
        allowed = frozenset(scope for scope in asked if scope in tool.scopes)
        if not allowed:
            raise NotGranted("invalid_scope", f"none of {asked} is allowed to this tool")
        token = secrets.token_urlsafe(24)
        with self.lock:
            ends = self.now().timestamp() + self.lives_s
            self._given[token] = Access(tool.client_id, allowed, ends)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self.lives_s,
            "scope": " ".join(sorted(allowed)),
        }

    def access(self, token: str) -> Access | None:
        """Return what a token is for; None when it never was or has ended."""
        with self.lock:
            access = self._given.get(token)
        alive = access is not None and access.ends > self.now().timestamp()
        return access if alive else None

    def expire_all(self) -> None:
        """End every token now."""
        with self.lock:
            self._given.clear()

    def verified(self, token: str, tool: Tool) -> dict[str, Any]:
        """Return the claims of a token of the tool, whose times are not looked at.

        Raises BadSignature unless it is RS256 by a key of 2048 bits that the tool publishes.
        """
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as fault:
            raise BadSignature(f"it is no token: {fault}") from fault
        if header.get("alg") != "RS256":
            raise BadSignature(f"alg is {header.get('alg')!r}, not 'RS256'")
        key = self._key(tool, header.get("kid"))
        try:
            payload = jwt.PyJWS().decode(token, key, algorithms=["RS256"])
            claims: dict[str, Any] = json.loads(payload)
        except (jwt.PyJWTError, ValueError) as fault:
            raise BadSignature(str(fault)) from fault
        return claims

    def _key(self, tool: Tool, kid: object) -> Any:
        keys = self._jwks(tool).get("keys", [])
        found = [key for key in keys if key.get("kid") == kid]
        if kid is None or len(found) != 1:
            raise BadSignature(f"the tool's key set has {len(found)} keys with the kid {kid!r}")
        if len(found[0].get("n", "")) * 6 < 2040:
            raise BadSignature("the tool's key has fewer than 2048 bits")
        return jwt.PyJWK(found[0], algorithm="RS256").key

    def _jwks(self, tool: Tool) -> dict[str, Any]:
        if tool.jwks_url is None:
            return dict(tool.jwks or {})
        try:
            answer = requests.get(tool.jwks_url, timeout=FETCH_S, verify=self.certificate or True)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as fault:
            raise BadSignature(f"the tool's keys can't be had: {fault}") from fault
        return found

    def _assert(self, assertion: str) -> Tool:
        try:
            said = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError as fault:
            raise NotGranted("invalid_client", f"the assertion can't be read: {fault}") from fault
        tool = self.records.tools.get(str(said.get("iss")))
        if tool is None or said.get("sub") != said.get("iss"):
            raise NotGranted("invalid_client", "iss and sub have to be the client id")
        try:
            said = self.verified(assertion, tool)
        except BadSignature as fault:
            raise NotGranted("invalid_client", str(fault)) from fault
        self._check(said, tool)
        return tool

    def _check(self, said: dict[str, Any], tool: Tool) -> None:
        now = self.now().timestamp()
        audience = said.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        accepted = (self.audience, f"{self.audience}/{tool.client_id}")
        if not any(one in accepted for one in audiences):
            raise NotGranted("invalid_client", f"aud is {audience!r}, not {self.audience!r}")
        for name in ("exp", "iat"):
            if not isinstance(said.get(name), int | float):
                raise NotGranted("invalid_client", f"{name} is missing or no number")
        if said["iat"] > now:
            raise NotGranted("invalid_client", f"iat is {said['iat'] - now:.1f} s ahead of us")
        if said["exp"] <= now:
            raise NotGranted("invalid_client", "the assertion has expired")
        if said["exp"] - said["iat"] > LONGEST_ASSERTION_S:
            raise NotGranted("invalid_client", "the assertion lives for more than an hour")
        deployment = said.get(LTI + "deployment_id", tool.deployment_ids[0])
        if deployment not in tool.deployment_ids:
            raise NotGranted("invalid_client", f"the tool has no deployment {deployment!r}")
        self._once(tool.client_id, said.get("jti"))

    def _once(self, client_id: str, jti: object) -> None:
        if not isinstance(jti, str) or not jti:
            raise NotGranted("invalid_client", "jti is missing")
        with self.lock:
            if (client_id, jti) in self._seen:
                raise NotGranted("invalid_client", "this jti was used before")
            self._seen.add((client_id, jti))


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
