"""Tokens: access to services for signed assertions, and faults of signed responses.

Security Framework 1.0, section 4; Deep Linking 2.0.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any, Final

import jwt
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from lti.selftest.platform.records import Tool
from lti.selftest.platform.vocabulary import ASSERTION_TYPE, LTI

DEPLOYMENT: Final = LTI + "deployment_id"
LONGEST_ASSERTION_S: Final = 3600
LONGEST_CHOICE_S: Final = 600
AHEAD_S: Final = 5
TIMEOUT: Final = Timeout(connect=5, read=5)


class NotGranted(Exception):
    """A refused token request; `error` is OAuth's code (RFC 6749, section 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


class BadSignature(ValueError):
    """A token that the tool's published keys do not vouch for; the message says why."""


@dataclass(frozen=True, slots=True)
class Access:
    """The client and scopes of an access token, which ends at `ends` (seconds since 1970)."""

    client_id: str
    scopes: frozenset[str]
    ends: float


@dataclass(slots=True)
class Tokens:
    """The access tokens of a platform; `audience` is what assertions must be for."""

    tools: Mapping[str, Tool]
    audience: str
    now: Callable[[], datetime]
    lock: RLock
    pool: PoolManager = field(default_factory=lambda: PoolManager(retries=False))
    lives_s: int = 3600
    _given: dict[str, Access] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def grant(self, form: Mapping[str, str]) -> dict[str, Any]:
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
        """Return what a token is for; None for an unknown or expired one."""
        with self.lock:
            access = self._given.get(token)
        is_alive = access is not None and access.ends > self.now().timestamp()
        return access if is_alive else None

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

    def _jwks(self, tool: Tool) -> Mapping[str, Any]:
        if tool.jwks_url is None:
            return tool.jwks
        try:
            answer = self.pool.request("GET", tool.jwks_url, timeout=TIMEOUT)
            jwks: dict[str, Any] = json.loads(answer.data)
        except (HTTPError, ValueError) as fault:
            raise BadSignature(f"the tool's keys can't be read: {fault}") from fault
        return jwks

    def _key(self, tool: Tool, kid: object) -> Any:  # noqa: ANN401  (as jwt has it)
        keys = self._jwks(tool).get("keys", [])
        found = [key for key in keys if key.get("kid") == kid]
        if kid is None or len(found) != 1:
            raise BadSignature(f"the tool's key set has {len(found)} keys with the kid {kid!r}")
        if len(found[0].get("n", "")) * 6 < 2040:
            raise BadSignature("the tool's key has fewer than 2048 bits")
        return jwt.PyJWK(found[0], algorithm="RS256").key

    def _assert(self, assertion: str) -> Tool:
        try:
            said = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError as fault:
            raise NotGranted("invalid_client", f"the assertion can't be read: {fault}") from fault
        tool = self.tools.get(str(said.get("iss")))
        if tool is None or said.get("sub") != said.get("iss"):
            raise NotGranted("invalid_client", "iss and sub have to be the client id")
        try:
            said = self.verified(assertion, tool)
        except BadSignature as fault:
            raise NotGranted("invalid_client", str(fault)) from fault
        self._check(said, tool)
        return tool

    def _check(self, said: Mapping[str, Any], tool: Tool) -> None:
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
        deployment = said.get(DEPLOYMENT, tool.deployment_ids[0])
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


def choice_faults(
    claims: Mapping[str, Any], tool: Tool, deployment_id: str, *, issuer: str, now: float
) -> Iterator[str]:
    """Yield what is wrong with the envelope of chosen items, apart from whether its nonce is new."""
    wanted = {
        "iss": tool.client_id,
        LTI + "message_type": "LtiDeepLinkingResponse",
        LTI + "version": "1.3.0",
        DEPLOYMENT: deployment_id,
    }
    for name, value in wanted.items():
        if claims.get(name) != value:
            yield f"{name} is {claims.get(name)!r}, not {value!r}"
    if claims.get("aud") not in (issuer, [issuer]):
        yield f"aud is {claims.get('aud')!r}, not our issuer {issuer!r}"
    yield from _time_faults(claims, now)
    if not isinstance(claims.get("nonce"), str) or not claims["nonce"]:
        yield "nonce is missing"


def _time_faults(claims: Mapping[str, Any], now: float) -> Iterator[str]:
    starts, ends = claims.get("iat"), claims.get("exp")
    if not isinstance(starts, int | float) or not isinstance(ends, int | float):
        yield f"iat and exp have to be numbers, not {starts!r} and {ends!r}"
        return
    if starts > now + AHEAD_S:
        yield "iat lies in the future"
    if ends <= now:
        yield "it has expired"
    if ends - min(starts, now) > LONGEST_CHOICE_S:
        yield f"it lives {ends - starts:.0f} s, more than {LONGEST_CHOICE_S}"
