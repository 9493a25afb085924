"""The texts of twenty pages and ten emails of the demo, written to docs/plain-words/after.txt.

Run as `python -m tests.plain_words`. The clock is fixed, so a difference is a changed text.
"""

import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from unittest.mock import patch

from sqlalchemy import select

from lms.app import create_app
from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.core.settings import Settings
from lms.demo.install import install_demo
from lms.mail.edits import NO_EDITS
from lms.mail.examples import EXAMPLES
from lms.mail.examples.example import EMAIL
from lms.mail.rendering import BULK_FOOTER, write
from lms.migrations.scratch_library import scratch_library
from lms.models.accounts import Login
from lms.models.organizations import Organization
from tests.clock import Clock
from tests.mail.pictures import BRANDING
from tests.visitor import Visitor
from wsgi import COMPONENTS

AFTER: Final = Path(__file__).resolve().parents[1] / "docs/plain-words/after.txt"
MOMENT: Final = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
URL: Final = "http://localhost:8000"
HEAD: Final = (
    "The visible text of twenty pages of the demo and ten example emails. See docs/glossary.md.\n"
    "Update it with: python -m tests.plain_words\n"
)
LIVE, RECORDED = "/webinars/story-time-restless-room", "/webinars/oral-history-with-a-phone"
OURS: Final = "/organization/{organization}"
# title, reader, and path of each page
PAGES: Final = (
    ("Home", "", "/"),
    ("Catalog", "", "/webinars"),
    ("A webinar, signed out", "", RECORDED),
    ("A live webinar, signed out", "", LIVE),
    ("Sign in", "", "/sign-in"),
    ("Sign up", "", "/sign-up"),
    ("Forgotten password", "", "/forgotten-password"),
    ("Quotes and how to pay", "", "/purchasing"),
    ("Privacy", "", "/privacy"),
    ("My webinars", "alice@example.org", "/library"),
    ("A webinar with access", "alice@example.org", LIVE),
    ("A webinar after a pass ended", "carol@example.com", RECORDED),
    ("Account", "alice@example.org", "/account"),
    ("Organization", "mia@example.org", OURS),
    ("Staff list", "mia@example.org", f"{OURS}/import"),
    ("Training", "mia@example.org", f"{OURS}/training"),
    ("LMSs", "mia@example.org", f"{OURS}/lti"),
    ("Staff home", "ada@example.org", "/staff"),
    ("A webinar, for staff", "ada@example.org", f"/staff{LIVE}"),
    ("Why can't they watch?", "ada@example.org", "/staff/people/why"),
)
WHO: Final = {
    "": "a visitor",
    "alice@example.org": "has access",
    "carol@example.com": "had a pass",
    "mia@example.org": "a manager",
    "ada@example.org": "our team",
}
EMAILS: Final = (
    "invitation",
    "seat_claimed",
    "live_tomorrow",
    "live_canceled",
    "live_rescheduled",
    "live_registered",
    "recording_ready",
    "pass_expiring",
    "reset_password",
    "request_received",
)
NO_TEXT: Final = frozenset({"script", "style", "svg", "template", "noscript", "dialog", "select"})
EMPTY: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
INLINE: Final = frozenset(
    {"a", "abbr", "b", "bdi", "code", "em", "i", "kbd", "mark", "span", "strong", "time", "wbr"}
)


class _Reader(HTMLParser):
    """Collects the text shown in the main part of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._open: list[tuple[str, bool]] = []  # open tags, and whether their text is shown

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in INLINE:
            self.words.append("\n")
        elif tag in ("a", "span"):
            self.words.append(" ")
        if tag in EMPTY:
            return
        is_shown = self._open[-1][1] if self._open else False
        is_hidden = "hidden" in given or "visually-hidden" in (given.get("class") or "").split()
        self._open.append(
            (tag, (is_shown or tag == "main") and tag not in NO_TEXT and not is_hidden)
        )

    def handle_endtag(self, tag: str) -> None:
        if tag not in INLINE:
            self.words.append("\n")
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][1]:
            self.words.append(re.sub(r"\s+", " ", data))


def shown(html: str) -> str:
    """Return the text in the main part of a page, one line per block."""
    reader = _Reader()
    reader.feed(html)
    lines = (re.sub(r" +", " ", line).strip() for line in "".join(reader.words).split("\n"))
    return "\n".join(line for line in lines if line)


def pages(carrel: Carrel) -> Iterator[str]:
    """Install the demo and yield each page for its reader; raises RuntimeError if one fails."""
    install_demo(carrel, now=now())
    app = create_app(carrel, COMPONENTS)
    app.testing = True
    with carrel.database.read_session() as session:
        ids = {row.email: row.id for row in session.execute(select(Login.email, Login.id))}
        organization = session.scalar(
            select(Organization.public_id).where(Organization.slug == "tarnbrook")
        )
    for title, email, path in PAGES:
        visitor = Visitor(app, use_cookies=True)
        if email:
            visitor.sign_in(ids[email])
        answer = visitor.get(path.format(organization=organization), base_url=URL)
        if answer.status_code != 200:
            message = f"{path} answers {answer.status_code}"
            raise RuntimeError(message)
        yield f"## {title} ({WHO[email]})\n{shown(answer.text)}"


def emails() -> Iterator[str]:
    """Yield the text of each example email."""
    for kind in EMAILS:
        example = EXAMPLES[kind]
        values = {**example.values, "recipient": EMAIL}
        written = write(BRANDING, kind, example.subject, values, NO_EDITS)
        lines = (
            line for line in written.text.replace(BULK_FOOTER, "").splitlines() if line.strip()
        )
        yield "\n".join((f"## {kind}", f"Subject: {written.subject}", *lines))


def main() -> None:
    """Write the file."""
    with (
        patch("lms.core.clock.datetime", Clock(MOMENT)),
        tempfile.TemporaryDirectory() as place,
        scratch_library(
            Settings.from_env({"CARREL_DATA_DIR": place, "CARREL_BASE_URL": URL}),
            base_url=URL,
            now=MOMENT,
        ) as carrel,
    ):
        parts = [HEAD, "# Pages", *pages(carrel), "# Emails", *emails()]
    AFTER.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
