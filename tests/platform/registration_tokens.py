"""Registration tokens: each registers one tool once, or one that is there anew."""

from dataclasses import dataclass, field
from threading import RLock
from urllib.parse import urlencode, urlsplit

from lti.selftest.platform.records import Tool, new_id


@dataclass(slots=True)
class Invitations:
    """Tokens that were given out and not yet used."""

    configuration_url: str
    lock: RLock
    _open: dict[str, str | None] = field(default_factory=dict)

    def invite(self, registration_url: str, tool: Tool | None = None) -> str:
        """Return the address to open: the tool's own, with our configuration and a token that
        registers once; with a tool it registers that one anew.
        """
        token = new_id("reg-")
        with self.lock:
            self._open[token] = tool.client_id if tool else None
        joint = "&" if urlsplit(registration_url).query else "?"
        fields = {"openid_configuration": self.configuration_url, "registration_token": token}
        return f"{registration_url}{joint}{urlencode(fields)}"

    def use(self, token: str) -> str | None:
        """Use up a token; returns the client it renews. Raises KeyError for one that is none."""
        with self.lock:
            return self._open.pop(token)

    def is_open(self, token: str) -> bool:
        """Tell whether a token may still be used."""
        with self.lock:
            return token in self._open
