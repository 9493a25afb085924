"""Elm County's embed links, and people who open them in a page."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lms.core.database import Database
from lms.core.runtime import derived_key
from lms.core.settings import Settings
from lti.embed_links.embed_links import EMBED_LINKS, EmbedDetails, EmbedFacts, add_embed, token_of
from lti.models.embed_links import SeatRule
from lti.protocol.content_target import Target
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters
from tests.visitor import Visitor

SITE = "https://learn.elm.example"
IN_A_FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site", "Referer": f"{SITE}/page"}
JSON = {"Accept": "application/json", "X-CSRFToken": ""}


def make_embed(
    session: Session, cast: Cast, settings: Settings, *, target: Target | None = None, **how: Any
) -> EmbedFacts:
    """Create a link to the webinar on SITE, by default for the organization's people."""
    rule = how.get("rule", SeatRule.SEATED)
    ends_at = how.get("expires_at", NOW + timedelta(days=30) if rule is SeatRule.NAMED else None)
    return add_embed(
        session,
        how.get("organization_id", cast.organization_id),
        target or Target(webinar=cast.slug),
        EmbedDetails("Staff page", how.get("origins", (SITE,)), rule, ends_at),
        key=derived_key(settings.secret_key, EMBED_LINKS),
        actor=None,
        now=NOW,
    )


def path_of(settings: Settings, link: EmbedFacts) -> str:
    """Return the path of a link's URL."""
    return "/embed/" + token_of(derived_key(settings.secret_key, EMBED_LINKS), link.public_id)


@dataclass(frozen=True, slots=True)
class Framed:
    """A person on a page with the framed link; `secret` belongs to their framed session."""

    client: Visitor
    database: Database
    secret: str

    @classmethod
    def open(cls, client: Visitor, database: Database, path: str) -> "Framed":
        """Load the page; the frame checks for the cookie, then opens."""
        answer = client.get(path, headers=IN_A_FRAME)
        for _ in range(2):
            if "/lti/s/" in answer.location:
                break
            answer = client.get(answer.location, headers=IN_A_FRAME)
        return cls(client, database, secret_in(answer))

    def get(self, room: str = "") -> TestResponse:
        """Open a page of the framed session."""
        return self.client.get(f"/lti/s/{self.secret}/{room}")

    def post(self, room: str, **data: str) -> TestResponse:
        """Send a form of the framed session."""
        return self.client.post(
            f"/lti/s/{self.secret}/{room}", data=data, headers={"X-CSRFToken": ""}
        )

    def play(self) -> TestResponse:
        """Request playback, as the player does."""
        return self.client.post(f"/lti/s/{self.secret}/playback", json={}, headers=JSON)

    def code_for(self, email: str, name: str = "") -> str:
        """Enter an email address and return the code that was sent to it."""
        answer = self.post("who", email=email, name=name)
        assert (answer.status_code, answer.location) == (303, f"/lti/s/{self.secret}/who/code")
        found = re.search(r"\b(\d{3}) (\d{3})\b", letters(self.database, email)[-1].text)
        assert found
        return found[1] + found[2]

    def become(self, email: str, name: str = "") -> "Framed":
        """Confirm an email address by code; return the new framed session."""
        answer = self.post("who/code", code=self.code_for(email, name))
        assert answer.status_code == 303, answer.text
        return Framed(self.client, self.database, secret_in(answer))


def secret_in(answer: TestResponse) -> str:
    """Return the secret of the framed session that a response redirects to."""
    found = re.fullmatch(r"/lti/s/([\w-]{43})/", answer.location)
    assert found, answer.location
    return found[1]
