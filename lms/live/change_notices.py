"""Change notices of a live webinar (postponed, canceled): sets a new date and queues the emails."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.access.policy import LIVE_OPENS_BEFORE
from lms.core.errors import N_, Invalid
from lms.jobs import queue as job_queue
from lms.models.catalog import Webinar
from lms.models.jobs import Job, JobState, Lane
from lms.models.requests import DeskRequest, RequestKind

TELL_CHANGED: Final = "live.tell_changed"
MOVED: Final = "live_rescheduled"
LONGEST_SAID: Final = 2000
SAID_TOO_LONG: Final = N_("Use up to 2,000 characters.")
NOT_LATER: Final = N_("Choose another date in the future.")


@dataclass(frozen=True, slots=True)
class NewDate:
    """A webinar's new date, and an optional message to its people ("" for none)."""

    held_at: datetime
    said: str = ""


def checked_said(said: str) -> str:
    """Return the message to a webinar's people, cleaned up; raises Invalid (field `said`)."""
    clean = said.strip().replace("\r\n", "\n")
    if len(clean) > LONGEST_SAID:
        raise Invalid(SAID_TOO_LONG, field="said")
    return clean


def move_date(session: Session, row: Webinar, new: NewDate, *, now: datetime) -> None:
    """Move a webinar to another date and queue emails to everyone; raises Invalid (field `said`).

    `moved_from` is the last date that people know: if the emails about the previous move weren't
    written yet, that date is skipped. Accommodations that wait for an answer stay due before people can
    join.
    """
    said = checked_said(new.said)
    if row.moved_from in (None, new.held_at) or not _is_move_untold(session, row):
        row.moved_from = row.held_at
    row.held_at, row.moved_at = new.held_at, now
    last = last_answer(new.held_at, now=now)
    session.execute(
        update(DeskRequest)
        .where(
            DeskRequest.kind == RequestKind.ACCOMMODATION,
            DeskRequest.webinar_id == row.id,
            DeskRequest.closed_at.is_(None),
            DeskRequest.due_at > last,
        )
        .values(due_at=last)
    )
    tell_all(session, row, MOVED, said, now=now)


def last_answer(held_at: datetime, *, now: datetime) -> datetime:
    """Return until when people need an answer: before they can join, or in the last hour, the start."""
    opens_at = held_at - LIVE_OPENS_BEFORE
    return opens_at if now < opens_at else held_at


def tell_all(session: Session, row: Webinar, template: str, said: str, *, now: datetime) -> None:
    """Queue emails about a change to the whole audience; reminders become due again afterward."""
    row.notice, row.notice_said = row.notice + 1, said
    job_queue.enqueue(
        session,
        kind=TELL_CHANGED,
        lane=Lane.PROMPT,
        subject=row.public_id,
        payload={"letter": template, "notice": row.notice},  # the key of 0.2.0, which may read it
        now=now,
        unique_key=notice_key(row),
    )


def _is_move_untold(session: Session, row: Webinar) -> bool:
    """Return whether the last notice is also about a new date and its emails aren't written yet."""
    waiting = session.scalar(
        select(Job.payload).where(Job.unique_key == notice_key(row), Job.state == JobState.QUEUED)
    )
    return waiting is not None and waiting["letter"] == MOVED


def notice_key(row: Webinar) -> str:
    """Return the unique key of the job that tells people of a webinar's last change."""
    return f"{TELL_CHANGED}:{row.public_id}.{row.notice}"
