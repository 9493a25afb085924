"""A player from the server's point of view, without a screen."""

from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from lms.core.runtime import Carrel
from lms.playback.sessions import Playback
from media.delivery.media_tokens import Ticket
from tests.visitor import Visitor

AGENT = "Mozilla/5.0 (a browser of the tests)"


@dataclass(frozen=True, slots=True)
class Player:
    """A browser with an open playback session."""

    client: Visitor
    addresses: dict[str, Any]
    agent: str = AGENT

    @classmethod
    def of(cls, client: Visitor, carrel: Carrel, playback: Playback) -> "Player":
        """Return a player whose session was opened without a cookie, as in an LMS frame."""
        prefix = f"renditions/{playback.recording_id}"
        ticket = Ticket(playback.session_id, prefix, int(playback.expires_at.timestamp()))
        token = carrel.signer.sign(ticket)
        verbs = {verb: f"/playback/{token}/{verb}" for verb in ("beat", "close", "why")}
        return cls(client, {"hls": f"/media/{token}/{playback.run}/master.m3u8", **verbs})

    @property
    def token(self) -> str:
        """The token in its URLs."""
        return str(self.addresses["hls"].split("/")[2])

    def without_cookies(self, app: Flask) -> "Player":
        """Return the same player without cookies, as in another site's frame."""
        visitor = app.test_client()
        assert isinstance(visitor, Visitor)
        return Player(visitor, self.addresses, self.agent)

    def beat(self, **told: Any) -> TestResponse:
        """Send a heartbeat with `position`, `spans`, and `rate`, by default at the start."""
        return self._tell("beat", told)

    def close(self, **told: Any) -> TestResponse:
        """Send the last heartbeat."""
        return self._tell("close", told)

    def why(self) -> TestResponse:
        """Request the reason why the session ended."""
        return self._tell("why", {})

    def get(self, path: str, **values: Any) -> TestResponse:
        """Fetch a file of the recording."""
        headers = {"User-Agent": self.agent, **values.pop("headers", {})}
        return self.client.get(f"/media/{self.token}/{path}", headers=headers, **values)

    def _tell(self, verb: str, told: dict[str, Any]) -> TestResponse:
        more = {"environ_overrides": told.pop("environ_overrides", {})}
        return self.client.post(
            self.addresses[verb],
            json={"position": 0.0, "rate": 1.0, "spans": [], **told},
            headers={"User-Agent": self.agent, "Accept": "application/json", "X-CSRFToken": ""},
            **more,
        )


def open_playback(client: Visitor, slug: str, **wish: bool) -> Player:
    """Open a session as the watch page's script does."""
    answer = client.post(f"/webinars/{slug}/playback", json=wish, headers={"User-Agent": AGENT})
    assert answer.status_code == 200, answer.text
    return Player(client, answer.json)
