"""Secrets in emails: whatever opens a page by itself is forgotten once the email is sent."""

import re

from flask import Flask

from lms.core.database import Database
from lms.mail import delivery
from lms.mail.lanes import KINDS, LANES
from lms.mail.links import SECRET_PATHS
from lms.mail.outbox import ONE_TIME, post
from lms.mail.rendering import TEMPLATES
from lms.web.core.route_guard import Audience, audiences_of
from tests.clock import NOW

MESSAGES = TEMPLATES / "mail" / "messages"
SECRET = "Zq3" + "x" * 40  # as long as 256 bits are
# Read by the page that made them, and over within hours: nobody is sent one.
NEVER_SENT = {Audience.PLAYBACK_TOKEN, Audience.FRAME}


def test_every_page_that_a_secret_opens_is_known_to_email(app: Flask) -> None:
    found = set()
    for rule in app.url_map.iter_rules():
        before = re.match(r"(/[^<]*)<(?:\w+:)?(?:secret|token)>", rule.rule)
        if before and not audiences_of(app.view_functions[rule.endpoint]) & NEVER_SENT:
            found.add(before[1])
    assert found == set(SECRET_PATHS), "name the path in lms/mail/links.py"


def test_every_kind_that_says_a_code_is_forgotten_once_sent() -> None:
    says_code = {
        path.stem for path in MESSAGES.glob("*.html") if re.search(r"{{\s*code\b", path.read_text())
    }
    assert says_code == ONE_TIME


def test_an_email_of_any_kind_with_a_secret_link_is_forgotten_once_sent(
    database: Database,
) -> None:
    kinds = sorted(kind for some in KINDS.values() for kind in some)
    for path in (*SECRET_PATHS, "/documents/"):
        for kind in kinds:
            has_secret = path in SECRET_PATHS or kind in ONE_TIME
            assert (_after_sending(database, kind, path) == "") is has_secret, (kind, path)


def _after_sending(database: Database, kind: str, path: str) -> str:
    """Return what is kept of an email of a kind that leads to this path, once it was sent."""
    with database.transaction() as session:
        mail = post(
            session,
            kind="delivery_test",
            to="alice@example.org",
            login_id=None,
            subject="Hello",
            values={"action_url": f"https://library.example.org{path}{SECRET}?next=%2Flibrary"},
            now=NOW,
        )
        mail.kind, mail.lane = kind, LANES[kind]
        session.flush()
        letter = delivery.take(session, mail.lane, worker="one", now=NOW)
        assert letter is not None
        delivery.mark_sent(session, letter, now=NOW)
        session.refresh(mail)
        text = mail.text
        session.delete(mail)
        return text
