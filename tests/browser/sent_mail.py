"""Emails that the worker of a running site has sent."""

import email
import email.policy
import re
import time
from functools import cache
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import select, update

from lms.core.clock import now
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail, Mailing
from lms.seats.seat_counts import HELD_BACK_FOR
from tests.browser.conftest import Served
from tests.wait_until import PATIENCE_S


def letter_to(
    served: Served, address: str, *, holding: str = "", is_held_back: bool = False
) -> str:
    """Wait for an email that contains a pattern; returns its subject and text.

    An email that `is_held_back` while its cause can be undone is sent at once. Raises TimeoutError.
    """
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        if is_held_back:
            _hasten(served)
        for path in (served.carrel.settings.data_dir / "mail").glob("*.eml"):
            to, text = _read(path)
            if address in to and re.search(holding, text):
                return text
        time.sleep(0.2)
    raise TimeoutError(f"no email to {address} that holds {holding!r}; {_waiting(served)}")


def found_in_letter(served: Served, address: str, pattern: str) -> str:
    """Wait for an email that contains a pattern; returns its first group."""
    text = letter_to(served, address, holding=pattern, is_held_back=True)
    found = re.search(pattern, text)
    assert found
    return found[1]


@cache
def _read(path: Path) -> tuple[str, str]:
    """Return an email's recipient, subject, and text; cached, because it doesn't change."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    text = str(body.get_content()) if body else ""
    return str(message["To"]), f"{message['Subject']}\n\n{text}"


def _waiting(served: Served) -> list[str]:
    """Return unfinished jobs and emails, and why their last attempt failed."""
    with served.carrel.database.read_session() as session:
        return [
            f"{row.kind}, {row.state}, {row.tries} tries, {row.run_at}: {row.failure}"
            for table in (Job, Mail)
            for row in session.execute(
                select(table.kind, table.state, table.tries, table.run_at, table.failure).where(
                    table.state.not_in([JobState.DONE, JobState.CANCELED])
                )
            )
        ]


def _hasten(served: Served) -> None:
    at = now()
    with served.carrel.database.transaction() as session:
        for table in (Job, Mail):
            held_back = table.run_at.between(at, at + HELD_BACK_FOR)
            session.execute(update(table).where(held_back).values(run_at=at))


def start_sending(served: Served, page: Page) -> None:
    """End the minute in which the mailing of a page can be canceled."""
    mailing_id = page.url.rsplit("/", 1)[1]
    with served.carrel.database.transaction() as session:
        mine = Mailing.public_id == mailing_id
        session.execute(update(Mailing).where(mine).values(send_at=now()))
        session.execute(update(Job).where(Job.subject == mailing_id).values(run_at=now()))
