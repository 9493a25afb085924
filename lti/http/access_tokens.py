"""Access tokens for platform services: requested with a signed assertion, then cached.

Security Framework 1.0, 4.1.1: client credentials with private_key_jwt (RFC 7523).
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import jwt

from lms.core.encryption import LoadedKey
from lms.core.errors import N_
from lms.core.model_base import new_public_id
from lti.http.platform_calls_and_outcomes import (
    NOT_UNDERSTOOD,
    Answered,
    Call,
    Denied,
    Later,
    make_call,
    parse_json,
    read_json,
)
from lti.protocol.spec_vocabulary import DEPLOYMENT_ID

BEARER: Final = "bearer"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
BACKDATED: Final = timedelta(seconds=5)  # Moodle and Open edX refuse an iat ahead of their clock
ASSERTION_LASTS: Final = timedelta(seconds=60)
LASTS_UNLESS_TOLD: Final = timedelta(minutes=5)
SPARE: Final = timedelta(seconds=30)
LONGEST_KEPT: Final = timedelta(hours=1)
NO_TOKEN: Final = N_(
    "The LMS denied access. It may not have our keys yet, or the client ID has changed."
)
NO_SERVICE: Final = N_("The LMS doesn't allow us to use this service.")


@dataclass(frozen=True, slots=True)
class Platform:
    """The settings of a registration that calls to its platform need.

    `registration_id` is a row id; `deployment_id` is the platform's ID, None if the call is for no
    deployment.
    """

    registration_id: int
    client_id: str
    token_url: str
    audience: str
    allows_loopback: bool
    deployment_id: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and until when to use it."""

    secret: str
    until: datetime


_Key = tuple[Platform, frozenset[str]]


class Tokens:
    """The access tokens of one process, by registration, deployment and scopes.

    Not by issuer: on Canvas and Blackboard, all customers share one issuer.
    """

    def __init__(self) -> None:
        self._kept: dict[_Key, Token] = {}
        self._lock = threading.Lock()

    def get(
        self, platform: Platform, scopes: Iterable[str], *, key: LoadedKey, now: datetime
    ) -> Token | Later | Denied:
        """Return a valid token for these scopes, requested unless one is cached."""
        wanted = (platform, frozenset(scopes))
        with self._lock:
            kept = self._kept.get(wanted)
        if kept is not None and kept.until > now:
            return kept
        fresh = _ask(platform, wanted[1], key, now)
        if isinstance(fresh, Token):
            with self._lock:
                self._kept = {one: it for one, it in self._kept.items() if it.until > now}
                self._kept[wanted] = fresh
        return fresh

    def drop(self, platform: Platform, scopes: Iterable[str], token: Token) -> None:
        """Remove a token that the platform no longer accepts from the cache."""
        wanted = (platform, frozenset(scopes))
        with self._lock:
            if self._kept.get(wanted) == token:
                del self._kept[wanted]


def signed_assertion(platform: Platform, *, key: LoadedKey, now: datetime) -> str:
    """Return the signed assertion that identifies us to a token endpoint; valid for a minute.

    It names the deployment, for which some platforms limit their tokens (LTI 1.3 Core, 6.2.1).
    """
    claims: dict[str, Any] = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.audience,
        "iat": int((now - BACKDATED).timestamp()),
        "exp": int((now + ASSERTION_LASTS).timestamp()),
        "jti": new_public_id(),
    }
    if platform.deployment_id is not None:
        claims[DEPLOYMENT_ID] = platform.deployment_id
    return jwt.encode(claims, key.private_key, algorithm="RS256", headers={"kid": key.kid})


def _ask(
    platform: Platform, scopes: frozenset[str], key: LoadedKey, now: datetime
) -> Token | Later | Denied:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signed_assertion(platform, key=key, now=now),
        "scope": " ".join(sorted(scopes)),
    }
    call = Call(
        "POST",
        platform.token_url,
        {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        urlencode(form).encode(),
        allows_loopback=platform.allows_loopback,
    )
    outcome = make_call(call)
    if isinstance(outcome, Answered):
        return _read(outcome, now)
    if isinstance(outcome, Later):
        return Later(outcome.reason, outcome.wait, outcome.status)
    return _refusal(outcome)


def _read(answer: Answered, now: datetime) -> Token | Later:
    try:
        said = read_json(answer)
        secret, lasts = said["access_token"], said.get("expires_in")
        kind = said.get("token_type", BEARER)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Later(NOT_UNDERSTOOD, status=answer.status)
    if not isinstance(kind, str) or kind.casefold() != BEARER:  # RFC 6749, section 7.1
        return Later(NOT_UNDERSTOOD, status=answer.status)
    if not isinstance(secret, str) or not secret.isascii() or not secret.isprintable():
        return Later(NOT_UNDERSTOOD, status=answer.status)
    return Token(secret, now + _kept_for(lasts))


def _kept_for(lasts: Any) -> timedelta:  # noqa: ANN401  (whatever the platform sent)
    try:
        told = timedelta(seconds=min(float(lasts), LONGEST_KEPT.total_seconds()))
    except (TypeError, ValueError):
        told = LASTS_UNLESS_TOLD
    return max(told - SPARE, timedelta())


def _refusal(outcome: Denied) -> Later | Denied:
    """Distinguish temporary refusals from permanent ones: after a key rotation, a platform may not know our key yet.

    Calls wait until a wrong token URL is corrected. A scope that was not granted stays denied until an
    administrator grants it.
    """
    if outcome.status is None or outcome.status < 400:
        return Later(outcome.reason, status=outcome.status)
    try:
        code = parse_json(outcome.said)["error"]
    except (ValueError, KeyError, TypeError):
        code = ""
    if code == "invalid_scope":
        return Denied(NO_SERVICE, outcome.status)
    return Later(NO_TOKEN, status=outcome.status)
