"""Platform tokens: access to services for signed assertions only, and what is wrong with signed choices.

Security Framework 1.0, section 4; Deep Linking 2.0. The names are written out here, so that a wrong one
in the tool is noticed.
"""

import json
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any, Final

import jwt

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LTI: Final = "https://purl.imsglobal.org/spec/lti/claim/"
DEPLOYMENT: Final = LTI + "deployment_id"
LONGEST_ASSERTION_S: Final = 3600
LONGEST_CHOICE_S: Final = 600
AHEAD_S: Final = 5


class NotGranted(Exception):
    """A refused token request; `error` is OAuth's code (RFC 6749, section 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


class BadSignature(ValueError):
    """A token that the tool's published keys do not vouch for; the message says why."""


@dataclass(slots=True, kw_only=True)
class Client:
    """A tool as a platform knows it; `jwks` is its key set."""

    client_id: str
    deployment_ids: list[str]
    scopes: Collection[str] = ()
    jwks: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """The client and scopes of an access token, which ends at `ends` (seconds since 1970)."""

    client_id: str
    scopes: frozenset[str]
    ends: float


@dataclass(slots=True)
class Tokens:
    """The access tokens of a platform. `audience` is what assertions must be for."""

    clients: Mapping[str, Client]
    audience: str
    now: Callable[[], datetime]
    lock: RLock
    lives_s: int = 3600
    _given: dict[str, Access] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def grant(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer a token request. Raises NotGranted."""
        if form.get("grant_type") != "client_credentials":
            raise NotGranted("unsupported_grant_type", "grant_type has to be client_credentials")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise NotGranted("invalid_request", f"client_assertion_type is not {ASSERTION_TYPE}")
        client = self._assert(form.get("client_assertion", ""))
        asked = form.get("scope", "").split()
        allowed = frozenset(scope for scope in asked if scope in client.scopes)
        if not allowed:
            raise NotGranted("invalid_scope", f"none of {asked} is allowed to this tool")
        token = secrets.token_urlsafe(24)
        with self.lock:
            ends = self.now().timestamp() + self.lives_s
            self._given[token] = Access(client.client_id, allowed, ends)
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

    def verified(self, token: str, client: Client) -> dict[str, Any]:
        """Return the claims of a token of the tool, whose times are not looked at.

        Raises BadSignature unless it is RS256 by a key of 2048 bits that the tool publishes.
        """
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as fault:
            raise BadSignature(f"it is no token: {fault}") from fault
        if header.get("alg") != "RS256":
            raise BadSignature(f"alg is {header.get('alg')!r}, not 'RS256'")
        key = self._key(client, header.get("kid"))
        try:
            payload = jwt.PyJWS().decode(token, key, algorithms=["RS256"])
            claims: dict[str, Any] = json.loads(payload)
        except (jwt.PyJWTError, ValueError) as fault:
            raise BadSignature(str(fault)) from fault
        return claims

    def jwks_of(self, client: Client) -> Mapping[str, Any]:
        """Return the key set of a tool. Raises BadSignature."""
        return client.jwks or {}

    def _key(self, client: Client, kid: object) -> Any:  # noqa: ANN401  (as jwt has it)
        keys = self.jwks_of(client).get("keys", [])
        found = [key for key in keys if key.get("kid") == kid]
        if kid is None or len(found) != 1:
            raise BadSignature(f"the tool's key set has {len(found)} keys with the kid {kid!r}")
        if len(found[0].get("n", "")) * 6 < 2040:
            raise BadSignature("the tool's key has fewer than 2048 bits")
        return jwt.PyJWK(found[0], algorithm="RS256").key

    def _assert(self, assertion: str) -> Client:
        try:
            said = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError as fault:
            raise NotGranted("invalid_client", f"the assertion can't be read: {fault}") from fault
        client = self.clients.get(str(said.get("iss")))
        if client is None or said.get("sub") != said.get("iss"):
            raise NotGranted("invalid_client", "iss and sub have to be the client id")
        try:
            said = self.verified(assertion, client)
        except BadSignature as fault:
            raise NotGranted("invalid_client", str(fault)) from fault
        self._check(said, client)
        return client

    def _check(self, said: Mapping[str, Any], client: Client) -> None:
        now = self.now().timestamp()
        audience = said.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        accepted = (self.audience, f"{self.audience}/{client.client_id}")
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
        deployment = said.get(DEPLOYMENT, client.deployment_ids[0])
        if deployment not in client.deployment_ids:
            raise NotGranted("invalid_client", f"the tool has no deployment {deployment!r}")
        self._once(client.client_id, said.get("jti"))

    def _once(self, client_id: str, jti: object) -> None:
        if not isinstance(jti, str) or not jti:
            raise NotGranted("invalid_client", "jti is missing")
        with self.lock:
            if (client_id, jti) in self._seen:
                raise NotGranted("invalid_client", "this jti was used before")
            self._seen.add((client_id, jti))


def choice_faults(
    claims: Mapping[str, Any], client: Client, deployment_id: str, *, issuer: str, now: float
) -> Iterator[str]:
    """Yield what is wrong with the envelope of chosen items, apart from whether its nonce is new."""
    wanted = {
        "iss": client.client_id,
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
