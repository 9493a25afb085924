"""Dynamic Registration 1.0: a platform registers itself with an invite.

`fetch_configuration` and `ask_for_registration` use the network: call them outside transactions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard
from urllib.parse import urlsplit

from lms.core.errors import N_, Conflict, Invalid, Unavailable
from lti.http.platform_calls_and_outcomes import (
    NOT_AN_ADDRESS,
    NOT_PERMITTED,
    Answered,
    Call,
    Denied,
    Later,
    Outcome,
    make_call,
    read_json,
)
from lti.protocol.platform_urls import LONGEST_ADDRESS
from lti.protocol.token_parts import is_storable
from lti.registrations.platform_addresses import PLAIN, read_reachable_address
from lti.registrations.registrations import LONGEST_ID, LONGEST_ISSUER
from lti.registrations.tool_configuration import TOOL_CONFIGURATION, Offered

PLATFORM_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"
ENDPOINTS: Final = {
    "authorization_endpoint": "auth_url",
    "token_endpoint": "token_url",
    "jwks_uri": "jwks_url",
    "registration_endpoint": "registration_url",
}
NO_CONFIGURATION: Final = N_(
    "Open this link from your LMS, which adds its own URL. That URL is missing."
)
BAD_CONFIGURATION: Final = N_(
    "Your LMS's configuration isn't valid: %(field)s is missing or wrong."
)
OTHER_HOST: Final = N_(
    "Your LMS says it's %(issuer)s, but its configuration came from %(host)s. Both "
    "must be on the same host."
)
NO_RS256: Final = N_("Your LMS doesn't support RS256, which LTI 1.3 requires.")
UNREACHED: Final = N_("We couldn't read the configuration of your LMS. %(reason)s")
NOT_REGISTERED: Final = N_("Your LMS didn't accept the registration. %(reason)s")
PLAIN_SYSTEM: Final = N_(
    "Your LMS sent a URL that starts with http://, which doesn't protect names and sign-ins. "
    "Set up https:// on your LMS, then open this link there again. The link still works."
)
UNUSABLE: Final = N_(
    "Your LMS sent a URL that we can't reach from the public internet. Set a public URL in "
    "your LMS, then open this link there again. If your LMS must stay in a private network, "
    "contact us."
)
NO_CLIENT: Final = N_("The response has no client ID.")


@dataclass(frozen=True, slots=True)
class PlatformConfiguration:
    """A platform's description of itself ("Platform configuration"), checked."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    token_audience: str | None
    product: str
    offered: Offered


@dataclass(frozen=True, slots=True)
class Granted:
    """A platform's answer to our request ("Client registration response"); some return no deployment ID."""

    client_id: str
    deployment_id: str | None


def fetch_configuration(
    address: str, token: str | None, *, allows_loopback: bool
) -> PlatformConfiguration:
    """Return the configuration of the platform at `address`, fetched with the platform's own token.

    Raises Invalid for an address or a configuration that can't be used, Unavailable if it couldn't be
    read.
    """
    url = _checked_address(address, allows_loopback=allows_loopback)
    headers = {"Accept": "application/json", **_bearer(token)}
    outcome = make_call(Call("GET", url, headers=headers, allows_loopback=allows_loopback))
    _refuse_unreachable(outcome)
    if not isinstance(outcome, Answered):
        raise Unavailable(UNREACHED % {"reason": _reason(outcome)})
    document = _object(outcome)
    if document is None:
        raise Invalid(BAD_CONFIGURATION % {"field": "the JSON"})
    return read_configuration(document, (url, outcome.url), allows_loopback=allows_loopback)


def read_configuration(
    document: Mapping[str, Any], urls: tuple[str, ...], *, allows_loopback: bool
) -> PlatformConfiguration:
    """Return a platform's configuration, checked; each of `urls`, where it was fetched, must be on its host.

    Raises Invalid with a message that names the field.
    """
    issuer = _text(document, "issuer", LONGEST_ISSUER)
    host = urlsplit(issuer).hostname
    for url in urls:
        if host is None or urlsplit(url).hostname != host:
            raise Invalid(OTHER_HOST % {"issuer": issuer, "host": urlsplit(url).hostname})
    algorithms = document.get("id_token_signing_alg_values_supported")
    if isinstance(algorithms, list) and algorithms and "RS256" not in algorithms:
        raise Invalid(NO_RS256)
    found = {
        name: _endpoint(document, field, allows_loopback=allows_loopback)
        for field, name in ENDPOINTS.items()
    }
    about = document.get(PLATFORM_CONFIGURATION)
    about = about if isinstance(about, Mapping) else {}
    product = about.get("product_family_code")
    return PlatformConfiguration(
        issuer=issuer,
        token_audience=_audience(document),
        product=product if isinstance(product, str) and is_storable(product) else "",
        offered=_offered(document, about),
        **found,
    )


def ask_for_registration(
    configuration: PlatformConfiguration,
    request: Mapping[str, Any],
    token: str | None,
    *,
    allows_loopback: bool,
) -> Granted:
    """Send our request to the platform and return its answer.

    Raises Unavailable if it does not respond, Conflict if it refuses or returns no client ID.
    """
    headers = {"Content-Type": "application/json", "Accept": "application/json", **_bearer(token)}
    body = json.dumps(request).encode()
    outcome = make_call(
        Call(
            "POST",
            configuration.registration_url,
            headers=headers,
            body=body,
            allows_loopback=allows_loopback,
        )
    )
    _refuse_unreachable(outcome)
    if isinstance(outcome, Later):
        raise Unavailable(NOT_REGISTERED % {"reason": _reason(outcome)})
    if isinstance(outcome, Denied):
        raise Conflict(NOT_REGISTERED % {"reason": _reason(outcome)}, code="not_registered")
    answer = _object(outcome) or {}
    client_id = answer.get("client_id")
    if not _is_text(client_id, LONGEST_ID):
        raise Conflict(NOT_REGISTERED % {"reason": NO_CLIENT}, code="not_registered")
    return Granted(client_id.strip(), _deployment(answer))


def _checked_address(address: str, *, allows_loopback: bool) -> str:
    if not address.strip():
        raise Invalid(NO_CONFIGURATION)
    try:
        return read_reachable_address(
            address, field="openid_configuration", allows_loopback=allows_loopback
        )
    except Invalid as fault:
        raise Invalid(PLAIN_SYSTEM if fault.message == PLAIN else UNUSABLE) from None


def _refuse_unreachable(outcome: Outcome) -> None:
    if isinstance(outcome, Denied) and outcome.reason in (NOT_PERMITTED, NOT_AN_ADDRESS):
        raise Invalid(UNUSABLE)


def _bearer(token: str | None) -> dict[str, str]:
    # Only characters that are valid in a header: a line break would inject another header.
    usable = token and token.isascii() and token.isprintable() and " " not in token
    return {"Authorization": f"Bearer {token}"} if usable else {}


def _object(answer: Answered) -> Mapping[str, Any] | None:
    try:
        found = read_json(answer)
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def _reason(outcome: Later | Denied) -> str:
    return f"{outcome.reason} ({outcome.status})" if outcome.status else outcome.reason


def _text(document: Mapping[str, Any], field: str, longest: int) -> str:
    value = document.get(field)
    if not _is_text(value, longest):
        raise Invalid(BAD_CONFIGURATION % {"field": field})
    return value.strip()


def _is_text(value: object, longest: int) -> TypeGuard[str]:
    """Return whether a value is text that can be stored."""
    return isinstance(value, str) and 0 < len(value.strip()) <= longest and is_storable(value)


def _audience(document: Mapping[str, Any]) -> str | None:
    value = document.get("authorization_server")
    return value if _is_text(value, LONGEST_ADDRESS) else None


def _endpoint(document: Mapping[str, Any], field: str, *, allows_loopback: bool) -> str:
    value = document.get(field)
    try:
        return read_reachable_address(
            value if isinstance(value, str) else "", field=field, allows_loopback=allows_loopback
        )
    except Invalid:
        raise Invalid(BAD_CONFIGURATION % {"field": field}) from None


def _offered(document: Mapping[str, Any], about: Mapping[str, Any]) -> Offered:
    supported = about.get("messages_supported")
    messages = supported if isinstance(supported, list) else []
    named = [each for each in messages if isinstance(each, Mapping)]
    types = frozenset(each["type"] for each in named if isinstance(each.get("type"), str))
    scopes = document.get("scopes_supported")
    return Offered(
        messages=types or None,
        scopes=frozenset(each for each in scopes if isinstance(each, str))
        if isinstance(scopes, list)
        else None,
        placements=tuple(
            place
            for each in named
            if each.get("type") == "LtiDeepLinkingRequest"
            and isinstance(each.get("placements"), list)
            for place in each["placements"]
            if isinstance(place, str)
        ),
    )


def _deployment(answer: Mapping[str, Any]) -> str | None:
    about = answer.get(TOOL_CONFIGURATION)
    found = about.get("deployment_id") if isinstance(about, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, int | str):
        return None
    return str(found) if _is_text(str(found), LONGEST_ID) else None
