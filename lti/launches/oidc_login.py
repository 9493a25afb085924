"""OIDC login initiation: validates it and redirects the browser to the platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

from lms.core.database import Database
from lti.launches.login_state import Started, begin_login, check_in_use
from lti.protocol.refusals import LaunchRefused
from lti.registrations.platform_lookup import Platform

LAUNCH: Final = "/lti/launch"
LONGEST_TARGET: Final = 255


@dataclass(frozen=True, slots=True)
class Beginning:
    """A login that was begun: with which platform, its state, and the platform's address to go on to.

    `storage_target` is the frame of the platform's storage, if it has one.
    """

    platform: Platform
    state: str
    onward: str
    storage_target: str | None


class LoginTurned(Exception):
    """A login that was refused; `platform` is None where it is unknown, too."""

    def __init__(self, refusal: LaunchRefused, platform: Platform | None) -> None:
        super().__init__(refusal.code)
        self.refusal, self.platform = refusal, platform


def begin(
    database: Database, asked: Mapping[str, str], *, browser: str, base_url: str, now: datetime
) -> Beginning:
    """Begin a login for a browser; raises LoginTurned."""
    target, started = storage_target_in(asked), Started()
    platform = None
    try:
        with database.driver() as driver:
            platform = begin_login(
                driver, asked, started, browser=browser, storage_target=target, now=now
            )
        check_in_use(platform)
    except LaunchRefused as refusal:
        raise LoginTurned(refusal, platform) from refusal
    onward = _address(platform, started, base_url, asked)
    return Beginning(platform, started.state, onward, target)


def storage_target_in(asked: Mapping[str, str]) -> str | None:
    """Return the frame of the platform's storage that a login names, if it is a name."""
    target = asked.get("lti_storage_target", "")
    return target if 0 < len(target) <= LONGEST_TARGET else None


def _address(platform: Platform, started: Started, base_url: str, asked: Mapping[str, str]) -> str:
    """Return the authentication request (Security Framework 1.0, 5.1.1.2); hints go back as they came."""
    always = _always(platform.auth_url, platform.client_id, base_url)
    fields = {name: asked[name] for name in ("login_hint", "lti_message_hint") if name in asked}
    return f"{always}&{urlencode(fields)}&state={started.state}&nonce={started.nonce}"


@lru_cache(maxsize=1024)
def _always(auth_url: str, client_id: str, base_url: str) -> str:
    fields = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": client_id,
        "redirect_uri": base_url + LAUNCH,
    }
    return f"{auth_url}{'&' if '?' in auth_url else '?'}{urlencode(fields)}"
