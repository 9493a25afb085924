"""OIDC login initiation: validates it and redirects the browser to the platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

from lms.core.database import Database
from lti.frames.session_creation import new_secret
from lti.launches.login_state import Started, begin_login, check_in_use
from lti.protocol.refusals import LaunchRefused
from lti.registrations.platform_lookup import Platform

LAUNCH: Final = "/lti/launch"
LONGEST_TARGET: Final = 255


# Servers and proxies commonly refuse longer request lines; Moodle's hints have a few hundred
# characters.
LONGEST_ADDRESS: Final = 4000


@dataclass(frozen=True, slots=True)
class Beginning:
    """A login that was begun: its platform, its state, and the platform's URL to redirect to.

    `storage_target` is the name of the platform's storage frame; None if it has none, or if the browser
    sent a cookie and so needs no storage. `browser` is the value to set its cookie to.
    """

    platform: Platform
    state: str
    onward: str
    storage_target: str | None
    browser: str

    @property
    def is_redirect(self) -> bool:
        """Return whether the browser can be redirected at once, without a page of ours."""
        return self.storage_target is None and not self.is_long

    @property
    def is_long(self) -> bool:
        """Return whether the authentication request is too long for a URL."""
        return len(self.onward) > LONGEST_ADDRESS

    @property
    def origins(self) -> tuple[str, ...]:
        """Return the origins that can frame the response."""
        return self.platform.origins


class LoginTurned(Exception):
    """A login that was refused; `platform` is None if it is unknown."""

    def __init__(self, refusal: LaunchRefused, platform: Platform | None) -> None:
        super().__init__(refusal.code)
        self.refusal, self.platform = refusal, platform


def begin(
    database: Database,
    asked: Mapping[str, str],
    *,
    browser: str | None,
    base_url: str,
    now: datetime,
) -> Beginning:
    """Begin a login for a browser (None if it sent no cookie); raises LoginTurned."""
    target, started = _storage_target_in(asked), Started()
    kept = browser or new_secret()
    platform = None
    try:
        with database.driver() as driver:
            platform = begin_login(
                driver, asked, started, browser=kept, storage_target=target, now=now
            )
        check_in_use(platform)
    except LaunchRefused as refusal:
        raise LoginTurned(refusal, platform) from refusal
    onward = _address(platform, started, base_url, asked)
    return Beginning(platform, started.state, onward, None if browser else target, kept)


def _storage_target_in(asked: Mapping[str, str]) -> str | None:
    """Return the name of the platform's storage frame, None if it is missing or too long."""
    target = asked.get("lti_storage_target", "")
    return target if 0 < len(target) <= LONGEST_TARGET else None


def _address(platform: Platform, started: Started, base_url: str, asked: Mapping[str, str]) -> str:
    """Return the authentication request's URL (Security Framework 1.0, 5.1.1.2); hints are returned unchanged."""
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
