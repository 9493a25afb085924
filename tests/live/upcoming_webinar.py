"""An upcoming live webinar, its people, and the worker's rounds for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import icalendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.catalog import webinars
from lms.component import work_of
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun
from lms.live import registrations
from lms.live.change_notices import TELL_CHANGED, NewDate
from lms.live.jobs import ROUND
from lms.mail import delivery
from lms.mail.delivery import LeasedMail
from lms.mail.links import Links
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail
from lms.registry import LIBRARY
from tests.clock import NOW, Clock

LINKS = Links("http://localhost")
HELD_AT = NOW + timedelta(days=3)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Quiet:
    """A job control that ignores every report."""

    def report(self, share: float, note: str) -> None:
        pass

    def canceled(self) -> bool:
        return False

    def hold(self, session: Session) -> None:
        pass

    def give_way(self) -> None:
        pass


def register(database: Database, webinar_id: int, *login_ids: int, at: datetime = NOW) -> None:
    """Let people register."""
    with database.transaction() as session:
        for login_id in login_ids:
            registrations.register(
                session, login_id=login_id, webinar_id=webinar_id, links=LINKS, now=at
            )


def go_round(carrel: Carrel) -> None:
    """Run the worker's round for live webinars at the clock's current time."""
    work_of((LIBRARY,)).handlers[ROUND](carrel, JobRun(0, "", "", {}, 1, 1, Quiet()))


def tell_changes(carrel: Carrel) -> None:
    """Send the pending emails about changed live webinars."""
    with carrel.database.transaction() as session:
        waiting = session.scalars(
            select(Job)
            .where(Job.kind == TELL_CHANGED, Job.state == JobState.QUEUED)
            .order_by(Job.id)
        ).all()
        runs = [
            JobRun(one.id, one.public_id, one.subject, dict(one.payload), 1, 3, Quiet())
            for one in waiting
        ]
        for one in waiting:
            one.state = JobState.DONE
    for run in runs:
        work_of((LIBRARY,)).handlers[TELL_CHANGED](carrel, run)


def kinds(database: Database, to: str) -> Sequence[str]:
    """Return the kinds of the emails to an address, oldest first."""
    with database.read_session() as session:
        return session.scalars(
            select(Mail.kind).where(Mail.recipient == to).order_by(Mail.id)
        ).all()


def as_sent(carrel: Carrel, mail: Mail) -> EmailMessage:
    """Return an email as it is sent, parsed again."""
    letter = LeasedMail(**{name: getattr(mail, name) for name in LeasedMail.__dataclass_fields__})
    with carrel.database.read_session() as session:
        data = bytes(delivery.compose(session, letter, (), carrel.settings))
    return message_from_bytes(data, policy=policy.default)


def entry_of(message: EmailMessage) -> tuple[str, bytes]:
    """Return the method of an email's calendar part, and the attached file."""
    [part] = [one for one in message.walk() if one.get_content_type() == "text/calendar"]
    [file] = [one for one in message.walk() if one.get_content_type() == "application/ics"]
    data = file.get_payload(decode=True)
    assert isinstance(data, bytes)
    assert part.get_content().split() == data.decode().split()
    return str(part.get_param("method")), data


def event_of(data: bytes) -> icalendar.Event:
    """Return the only entry of a calendar file."""
    [event] = icalendar.Calendar.from_ical(data).walk("VEVENT")
    return event


def postpone(database: Database, slug: str, held_at: datetime, *, at: datetime) -> None:
    """Move a webinar to another date."""
    with database.transaction() as session:
        webinars.postpone_webinar(session, slug, NewDate(held_at), actor=None, now=at)


def at_each(carrel: Carrel, clock: Clock, *moments: datetime) -> None:
    """Run the round twice at each of these times."""
    for moment in moments:
        clock.set(moment)
        go_round(carrel)
        go_round(carrel)
