"""Dynamic Registration 1.0: a platform registers itself by an invite, pending approval.

`fetch_configuration` and `ask_for_registration` are on the network, so no transaction is open.
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
from lti.protocol.typed_claim_readers import is_storable
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
    "Open this link from your learning system: it adds its own address, which is missing here."
)
BAD_CONFIGURATION: Final = N_(
    "The learning system's description of itself can't be used: %(field)s is missing or wrong."
)
OTHER_HOST: Final = N_(
    "The learning system says that it is %(issuer)s, but its description came from %(host)s. "
    "Both have to be the same host."
)
NO_RS256: Final = N_("The learning system can't sign with RS256, which LTI 1.3 asks for.")
UNREACHED: Final = N_("The learning system's description of itself could not be read. %(reason)s")
NOT_REGISTERED: Final = N_("The learning system did not take the registration. %(reason)s")
PLAIN_SYSTEM: Final = N_(
    "Your learning system sent an address that begins with http://, which doesn't protect names and "
    "sign-ins. Set up https:// on it, then open this link from it again: the link stays good."
)
UNUSABLE: Final = N_(
    "Your learning system sent an address that we can't reach: it has to be a web address on the public "
    "internet. Set that address in the learning system, then open this link from it again. If it has to "
    "stay in a private network, write to us."
)
NO_CLIENT: Final = N_("It answered without a client ID.")


@dataclass(frozen=True, slots=True)
class PlatformConfiguration:
    """What a platform says of itself ("Platform configuration"), checked."""

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
    """What a platform answered to our request ("Client registration response"); not each names a deployment at once."""

    client_id: str
    deployment_id: str | None


def fetch_configuration(
    address: str, token: str | None, *, allows_loopback: bool
) -> PlatformConfiguration:
    """Return what the platform at `address` says of itself, asked with its own token.

    Raises Invalid for an address or a description that can't be used, Unavailable where nothing
    could be read.
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
    """Return a platform's configuration, checked; `urls` are those it was asked at, each of its host.

    Raises Invalid, with a sentence that names what is wrong.
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
    """Send our request to the platform and return what it gave us.

    Raises Unavailable when it does not answer, Conflict when it refuses or gives no client id.
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
    # Only what can stand in a header; a token with a line break would be no token.
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
    """Tell whether a value is a text that can be kept."""
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
