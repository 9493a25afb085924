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
# What a platform fills in at each launch: the courses and links that this one was copied from.
CUSTOM: Final[Mapping[str, str]] = MappingProxyType(
    {
        CONTEXT_HISTORY: "$Context.id.history",
        LINK_HISTORY: "$ResourceLink.id.history",
    }
)


@dataclass(frozen=True, slots=True)
class ToolAddresses:
    """The tool's addresses at a house; all links that it makes begin with `launch`."""

    base_url: str

    @property
    def login(self) -> str:
        """Return where a platform begins a login (OIDC third-party initiated login)."""
        return f"{self.base_url}/lti/login"

    @property
    def launch(self) -> str:
        """Return where launches go: target link, redirect and deep linking are this one address."""
        return f"{self.base_url}/lti/launch"

    @property
    def jwks(self) -> str:
        """Return where our public keys are."""
        return f"{self.base_url}/lti/jwks"

    @property
    def canvas_json(self) -> str:
        """Return where Canvas reads the tool's configuration."""
        return f"{self.base_url}/lti/canvas.json"

    @property
    def logo(self) -> str:
        """Return the picture that a platform may show beside the tool's name."""
        return f"{self.base_url}/static/img/touch-icon.png"

    @property
    def domain(self) -> str:
        """Return the host, with its port where it has one of its own."""
        return urlsplit(self.base_url).netloc

    def registration(self, invite: str) -> str:
        """Return the address by which a platform registers itself, for one invite."""
        return f"{self.base_url}/lti/register/{invite}"

    def target(self, custom: Mapping[str, str]) -> str:
        """Return the address of a link to what these custom parameters name."""
        return f"{self.launch}?{urlencode(custom)}" if custom else self.launch
