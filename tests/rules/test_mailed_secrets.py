"""Secrets in emails: a link that opens a page without signing in is deleted once it is sent."""

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
SECRET = "Zq3" + "x" * 40  # the length of 256 bits
# Read by the page that created them, and expired within hours; never emailed.
NEVER_SENT = {Audience.PLAYBACK_TOKEN, Audience.FRAME}


def test_email_knows_every_page_that_a_secret_opens(app: Flask) -> None:
    found = set()
    for rule in app.url_map.iter_rules():
        before = re.match(r"(/[^<]*)<(?:\w+:)?(?:secret|token)>", rule.rule)
        if before and not audiences_of(app.view_functions[rule.endpoint]) & NEVER_SENT:
            found.add(before[1])
    assert found == set(SECRET_PATHS), "name the path in lms/mail/links.py"


def test_text_of_every_email_with_a_code_is_deleted_once_sent() -> None:
    says_code = {
        path.stem for path in MESSAGES.glob("*.html") if re.search(r"{{\s*code\b", path.read_text())
    }
    assert says_code == ONE_TIME


def test_text_of_any_email_with_a_secret_link_is_deleted_once_sent(
    database: Database,
) -> None:
    kinds = sorted(kind for some in KINDS.values() for kind in some)
    for path in (*SECRET_PATHS, "/documents/"):
        for kind in kinds:
            has_secret = path in SECRET_PATHS or kind in ONE_TIME
            assert (_after_sending(database, kind, path) == "") is has_secret, (kind, path)


def _after_sending(database: Database, kind: str, path: str) -> str:
    """Return what is stored of an email of a kind that links to this path, once it was sent."""
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
