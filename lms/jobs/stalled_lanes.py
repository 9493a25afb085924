"""Stalled lanes: jobs and emails that waited for ten minutes while none was done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, func, or_, select, text, union_all
from sqlalchemy.orm import Session

from lms.models.jobs import RUNS, WAITS, Job, JobState
from lms.models.mail import Mail, MailLane

PATIENCE: Final = timedelta(minutes=10)
MAIL: Final = "mail"


@dataclass(frozen=True, slots=True)
class Stalled:
    """A stalled lane of jobs, or email: how many wait, and since when.

    Stalled lanes of email (lms/mail/lanes.py) are counted as one.
    """

    lane: str
    waiting: int
    since: datetime


def read_stalled(session: Session, *, now: datetime) -> tuple[Stalled, ...]:
    """Return the lanes where something was due ten minutes ago and nothing was done since.

    A job running under a valid lease counts as progress, however long it takes.
    """
    return (*_stalled_lanes(session, now), *_stalled_mail(session, now))


def _stalled_lanes(session: Session, now: datetime) -> Iterator[Stalled]:
    late = now - PATIENCE
    conditions = (
        and_(text(WAITS), Job.run_at <= late),
        # Its worker is gone, and no other has taken it over.
        and_(text(RUNS), Job.lease_until <= late),
    )
    in_lane = (
        select(Job.lane, func.count().label("jobs"), func.min(Job.run_at).label("since"))
        .where(condition)
        .group_by(Job.lane)
        for condition in conditions
    )
    both = union_all(*in_lane).subquery()
    waiting = session.execute(
        select(both.c.lane, func.sum(both.c.jobs), func.min(both.c.since))
        .group_by(both.c.lane)
        .order_by(both.c.lane)
    ).all()
    if not waiting:
        return
    is_served = or_(
        # a postponed job is leased to no one
        and_(Job.state == JobState.RUNNING, Job.lease_until >= now, Job.leased_by != ""),
        Job.started_at > late,
        Job.finished_at > late,
    )
    served = set(session.scalars(select(Job.lane).where(is_served).distinct()))  # one scan for all
    for lane, count, since in waiting:
        if lane not in served:
            yield Stalled(lane.value, int(count), since)


def _stalled_mail(session: Session, now: datetime) -> Iterator[Stalled]:
    waiting = session.execute(
        select(Mail.lane, func.count(), func.min(Mail.run_at))
        .where(
            or_(
                and_(Mail.state == JobState.QUEUED, Mail.run_at <= now - PATIENCE),
                and_(Mail.state == JobState.RUNNING, Mail.lease_until <= now - PATIENCE),
            )
        )
        .group_by(Mail.lane)
    ).all()
    stalled = [(count, since) for lane, count, since in waiting if not _sends(session, lane, now)]
    if stalled:
        yield Stalled(MAIL, sum(count for count, _ in stalled), min(since for _, since in stalled))


def _sends(session: Session, lane: MailLane, now: datetime) -> bool:
    """Return whether a lane of email is sending, or sent one within ten minutes."""
    in_lane = select(Mail.id).where(Mail.lane == lane).limit(1)
    is_sending = in_lane.where(Mail.state == JobState.RUNNING, Mail.lease_until >= now)
    has_sent = in_lane.where(Mail.sent_at > now - PATIENCE)
    return any(session.scalar(query) is not None for query in (is_sending, has_sent))
