"""Changes of a live webinar that all who will come are told of, after the commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms import jobs
from lms.errors import N_, Invalid
from lms.models.catalogue import Webinar
from lms.models.upkeep import Lane

TELL_CHANGED: Final = "live.tell_changed"
LONGEST_SAID: Final = 2000
SAID_TOO_LONG: Final = N_("Use at most 2,000 characters.")
NOT_LATER: Final = N_("Choose another date, one that is still to come.")


@dataclass(frozen=True, slots=True)
class NewDate:
    """When a webinar will be held instead, and what its people are told besides ("" is nothing)."""

    held_at: datetime
    said: str = ""


def checked_said(said: str) -> str:
    """Return what people are told besides, clean; raises Invalid (field `said`)."""
    clean = said.strip().replace("\r\n", "\n")
    if len(clean) > LONGEST_SAID:
        raise Invalid(SAID_TOO_LONG, fields={"said": SAID_TOO_LONG})
    return clean


def move_date(session: Session, row: Webinar, said: str, *, now: datetime) -> None:
    """Remember the date that a webinar is being moved from, and have all told of the new one."""
    row.moved_from, row.moved_at = row.held_at, now
    tell_all(session, row, "live_moved", said, now=now)


def tell_all(session: Session, row: Webinar, letter: str, said: str, *, now: datetime) -> None:
    """Have a letter written to all who will come; reminders are due anew after it."""
    row.notice, row.notice_said = row.notice + 1, said
    jobs.enqueue(
        session,
        kind=TELL_CHANGED,
        lane=Lane.PROMPT,
        subject=row.public_id,
        payload={"letter": letter, "notice": row.notice},
        now=now,
        unique_key=f"{TELL_CHANGED}:{row.public_id}.{row.notice}",
    )
