"""Registration tokens: each registers a new tool once, or renews an existing one."""

from dataclasses import dataclass, field
from threading import RLock
from urllib.parse import urlencode, urlsplit

from lti.selftest.platform.records import Tool, new_id


@dataclass(slots=True)
class Invitations:
    """Tokens that were issued and not used yet."""

    configuration_url: str
    lock: RLock
    _open: dict[str, str | None] = field(default_factory=dict)

    def invite(self, registration_url: str, tool: Tool | None = None) -> str:
        """Return the tool's registration URL with our configuration and a token that works once.

        With `tool`, the token renews that tool's registration.
        """
        token = new_id("reg-")
        with self.lock:
            self._open[token] = tool.client_id if tool else None
        joint = "&" if urlsplit(registration_url).query else "?"
        fields = {"openid_configuration": self.configuration_url, "registration_token": token}
        return f"{registration_url}{joint}{urlencode(fields)}"

    def use(self, token: str) -> str | None:
        """Use up a token; return the client it renews, if any. Raises KeyError if it is unknown."""
        with self.lock:
            return self._open.pop(token)

    def is_open(self, token: str) -> bool:
        """Tell whether a token can still be used."""
        with self.lock:
            return token in self._open
