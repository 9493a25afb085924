"""Logins (Security Framework 1.0, section 5.1): begins launches, and checks authentication requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from lti.selftest.platform.claims import Launch
from lti.selftest.platform.platform import Platform

LAUNCHES_LAST: Final = timedelta(minutes=10)
FIXED: Final = {
    "response_type": "id_token",
    "response_mode": "form_post",
    "prompt": "none",
    "scope": "openid",
}


class Refused(ValueError):
    """A refused authentication request; `error` is a code of OpenID Connect (Core, section 3.1.2.6).

    `redirect_uri` is None if not even the error can be sent there.
    """

    def __init__(self, error: str, description: str, redirect_uri: str | None = None) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description, self.redirect_uri = error, description, redirect_uri


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """The fields with which a browser is sent to the tool's login URL."""

    method: str
    url: str
    fields: dict[str, str]
    launch: Launch

    @property
    def address(self) -> str:
        """Return the URL of a GET."""
        joint = "&" if urlsplit(self.url).query else "?"
        return f"{self.url}{joint}{urlencode(self.fields)}"


def begin(platform: Platform, launch: Launch) -> LoginRequest:
    """Begin a launch."""
    with platform.lock:
        platform.launches[launch.hint] = launch
    fields = {
        "iss": platform.issuer,
        "login_hint": launch.person.id,
        "target_link_uri": launch.url,
        "lti_message_hint": launch.hint,
        "client_id": launch.tool.client_id,
        "lti_deployment_id": launch.deployment_id,
    }
    return LoginRequest("POST", launch.tool.login_url, fields, launch)


def checked(platform: Platform, asked: Mapping[str, str]) -> Launch:
    """Return the launch of an authentication request, whose nonce is used up; raises Refused."""
    redirect_uri = _redirect_uri(platform, asked)
    for name, value in FIXED.items():
        if asked.get(name) != value:
            fault = f"{name} must be {value!r}, not {asked.get(name)!r}"
            raise Refused("invalid_request", fault, redirect_uri)
    for name in ("state", "nonce"):
        if not asked.get(name):
            raise Refused("invalid_request", f"{name} is missing", redirect_uri)
    launch = _launch(platform, asked, redirect_uri)
    if not platform.is_new(launch.tool, asked["nonce"]):
        raise Refused("invalid_request", "this nonce was used before", redirect_uri)
    return launch


def fields_of(url: str) -> dict[str, str]:
    """Return the fields in a URL's query; raises Refused if one comes twice."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refused("invalid_request", "a field comes twice")
    return fields


def _redirect_uri(platform: Platform, asked: Mapping[str, str]) -> str:
    tool = platform.records.tools.get(asked.get("client_id", ""))
    if tool is None:
        raise Refused("unauthorized_client", f"unknown client {asked.get('client_id')!r}")
    given = asked.get("redirect_uri", "")
    if given not in tool.redirect_uris:
        raise Refused("invalid_request", f"redirect_uri {given!r} is not exactly a registered one")
    return given


def _launch(platform: Platform, asked: Mapping[str, str], redirect_uri: str) -> Launch:
    hint = asked.get("lti_message_hint", "")
    with platform.lock:
        launch = platform.launches.get(hint)
    if launch is None or launch.tool.client_id != asked["client_id"]:
        fault = f"lti_message_hint {hint!r} is not the one sent"
        raise Refused("invalid_request", fault, redirect_uri)
    if asked.get("login_hint") != launch.person.id:
        raise Refused("login_required", "login_hint is not the one sent", redirect_uri)
    if platform.now() - launch.begun_at > LAUNCHES_LAST:
        raise Refused("login_required", "the launch began too long ago", redirect_uri)
    return launch
