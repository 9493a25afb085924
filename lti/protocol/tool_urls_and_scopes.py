"""Tool URLs and scopes: the values that a platform needs to know about the tool."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode, urlsplit

from lti.protocol.spec_vocabulary import (
    CONTEXT_HISTORY,
    LINE_ITEM_READ_SCOPE,
    LINE_ITEM_SCOPE,
    LINK_HISTORY,
    MEMBERS_SCOPE,
    RESULT_READ_SCOPE,
    SCORE_SCOPE,
)

SCOPES: Final = (
    LINE_ITEM_SCOPE,
    LINE_ITEM_READ_SCOPE,
    RESULT_READ_SCOPE,
    SCORE_SCOPE,
    MEMBERS_SCOPE,
)
# Filled in by the platform at each launch: the courses and links that this one was copied from.
CUSTOM: Final[Mapping[str, str]] = MappingProxyType(
    {
        CONTEXT_HISTORY: "$Context.id.history",
        LINK_HISTORY: "$ResourceLink.id.history",
    }
)


@dataclass(frozen=True, slots=True)
class ToolAddresses:
    """The URLs of the tool in this installation; all its links begin with `launch`."""

    base_url: str

    @property
    def login(self) -> str:
        """Return the login initiation URL (OIDC third-party initiated login)."""
        return f"{self.base_url}/lti/login"

    @property
    def launch(self) -> str:
        """Return the launch URL, which is also the redirect and deep linking URL."""
        return f"{self.base_url}/lti/launch"

    @property
    def jwks(self) -> str:
        """Return the URL of our public keys."""
        return f"{self.base_url}/lti/jwks"

    @property
    def canvas_json(self) -> str:
        """Return the URL of the tool's configuration for Canvas."""
        return f"{self.base_url}/lti/canvas.json"

    @property
    def logo(self) -> str:
        """Return the URL of the icon that a platform can show with the tool's name."""
        return f"{self.base_url}/static/img/touch-icon.png"

    @property
    def domain(self) -> str:
        """Return the host, with a nonstandard port."""
        return urlsplit(self.base_url).netloc

    def registration(self, invite: str) -> str:
        """Return the URL at which a platform registers itself with an invite."""
        return f"{self.base_url}/lti/register/{invite}"

    def target(self, custom: Mapping[str, str]) -> str:
        """Return the URL of a link with these custom parameters."""
        return f"{self.launch}?{urlencode(custom)}" if custom else self.launch
