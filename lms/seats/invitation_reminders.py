"""Invitation reminders, on days 3 and 10 of the 14 (PRODUCT.md, S4); none for a webinar that is off."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Result, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_organization
from lms.core.dates_and_time_zones import read_zone
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links, MailContext
from lms.models.catalog import OFF, Webinar
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.seats.invitations import STAYS_OPEN, link_of
from lms.seats.mails import about_pool, days_left
from lms.seats.seat_counts import standing_of

REMINDED_ON: Final = (3, 10)
AT_ONCE: Final = 100
SUBJECT = N_("Reminder: %(organization)s has a seat for you")
MORNING: Final = time(9)


@dataclass(frozen=True, slots=True)
class _Open:
    id: int
    pool_id: int
    expires_at: datetime
    zone: str | None


def remind_invited(session: Session, *, mail_context: MailContext, now: datetime) -> int:
    """Remind people who were invited 3 or 10 days ago; return the number of emails.

    At most 100 in a transaction: call it again until it returns 0. Each email has a new link;
    earlier links still work. People whose invitation was never emailed aren't reminded.
    """
    written = 0
    for one in _open_invitations(session, now):
        day = _due_day(one, mail_context.zone, now)
        if day is None:
            continue
        key = f"invitation-reminder:{one.id}:{int(one.expires_at.timestamp())}:{day}"
        if session.scalar(select(Mail.id).where(Mail.unique_key == key)) is not None:
            continue
        if _remind(session, one, key, links=mail_context.links, now=now):
            written += 1
        if written == AT_ONCE:
            break
    return written


def reminded_at(invited_at: datetime, day: int, zone: ZoneInfo) -> datetime:
    """Return when to send the reminder of that day: 9 AM in the zone, or earlier if invited earlier in the day."""
    on = invited_at.astimezone(zone).date() + timedelta(days=day)
    return min(datetime.combine(on, MORNING, tzinfo=zone), invited_at + timedelta(days=day))


def _open_invitations(session: Session, now: datetime) -> list[_Open]:
    rows: Result[*tuple[Any, ...]] = session.execute(
        select(Assignment.id, Assignment.pool_id, Assignment.expires_at, Organization.zone)
        .join(Pool, Pool.id == Assignment.pool_id)
        .join(Organization, Organization.id == kept_organization(Pool.organization_id))
        .outerjoin(Webinar, Webinar.id == Pool.webinar_id)
        .where(
            or_(Webinar.id.is_(None), Webinar.state.not_in(OFF)),
            Assignment.state == AssignmentState.INVITED,
            Assignment.expires_at > now,
            Assignment.expires_at <= now + STAYS_OPEN - timedelta(days=min(REMINDED_ON) - 1),
            Assignment.notified_at < now - timedelta(days=1),
            Assignment.email.is_not(None),
        )
        .order_by(Assignment.id)
    )
    return [_Open(row.id, row.pool_id, row.expires_at, row.zone) for row in rows]


def _due_day(one: _Open, default_zone: ZoneInfo, now: datetime) -> int | None:
    """Return the latest reminder whose day has come in the organization's time zone, or None."""
    zone = read_zone(one.zone) if one.zone else default_zone
    invited_at = one.expires_at - STAYS_OPEN
    due = [day for day in REMINDED_ON if reminded_at(invited_at, day, zone) <= now]
    return max(due, default=None)


def _remind(session: Session, one: _Open, key: str, *, links: Links, now: datetime) -> bool:
    """Email a reminder, unless the pool admits no one now; return whether it was written."""
    if not standing_of(session, one.pool_id, now).takes_people:
        return False
    invited = session.get_one(Assignment, one.id, populate_existing=True)
    if invited.email is None:
        return False
    about = about_pool(session, session.get_one(Pool, one.pool_id))
    mail_outbox.post(
        session,
        kind="invitation_reminder",
        to=invited.email,
        login_id=invited.login_id,
        subject=SUBJECT % {"organization": about.organization},
        values={
            "organization": about.organization,
            "covers": about.covers or N_("all webinars"),
            "when": about.when(now),
            "days": days_left(one.expires_at, now),
            "action_url": link_of(session, one.id, links=links, now=now),
        },
        unique_key=key,
        now=now,
    )
    return True
