"""Stalled lanes: jobs and emails that waited for ten minutes while none was done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Row, and_, case, func, or_, select, text
from sqlalchemy.orm import Session

from lms.models.jobs import RUNS, WAITS, Job, JobState, Lane
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


@dataclass(frozen=True, slots=True)
class Due:
    """How many jobs of a lane are due, how many have been for ten minutes, and since when the oldest."""

    count: int
    late: int
    since: datetime


def read_stalled(session: Session, *, now: datetime) -> tuple[Stalled, ...]:
    """Return the lanes where something was due ten minutes ago and nothing was done since.

    A job running under a valid lease counts as progress, however long it takes, and so does one that
    ended, in whatever way.
    """
    return stalled_lanes(session, read_due(session, now=now), now=now)


def read_due(session: Session, *, now: datetime) -> dict[Lane, Due]:
    """Return what is due in each lane of jobs; a lane where nothing is due is missing."""
    return {lane: Due(count, late, since) for lane, count, late, since in _due(session, now)}


def stalled_lanes(
    session: Session, due: Mapping[Lane, Due], *, now: datetime
) -> tuple[Stalled, ...]:
    """Return `read_stalled` of what is due."""
    return (*_stalled_jobs(session, due, now), *_stalled_mail(session, now))


def _due(session: Session, now: datetime) -> Sequence[Row[Lane, int, int, datetime]]:
    late = func.sum(case((Job.run_at <= now - PATIENCE, 1), else_=0))
    return session.execute(
        select(Job.lane, func.count(), late, func.min(Job.run_at))
        .where(text(WAITS), Job.run_at <= now)  # the condition of an index
        .group_by(Job.lane)
    ).all()


def _stalled_jobs(session: Session, due: Mapping[Lane, Due], now: datetime) -> Iterator[Stalled]:
    late = now - PATIENCE
    waiting = {
        lane: Stalled(lane.value, one.late, one.since) for lane, one in due.items() if one.late
    }
    # Their worker is gone, and no other has taken them over.
    left = select(Job.lane, func.count(), func.min(Job.run_at)).where(
        text(RUNS), Job.lease_until <= late
    )
    for lane, count, since in session.execute(left.group_by(Job.lane)):
        known = waiting.get(lane, Stalled(lane.value, 0, since))
        waiting[lane] = Stalled(lane.value, known.waiting + count, min(known.since, since))
    if not waiting:
        return
    # a postponed job is leased to no one
    runs = select(Job.lane).where(text(RUNS), Job.lease_until >= now, Job.leased_by != "")
    served = set(session.scalars(runs.union(select(Job.lane).where(Job.finished_at > late))))
    for lane in sorted(waiting.keys() - served):
        yield waiting[lane]


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
    if not waiting:
        return
    sends = select(Mail.lane).where(Mail.state == JobState.RUNNING, Mail.lease_until >= now)
    sent = select(Mail.lane).where(Mail.lane.in_(MailLane), Mail.sent_at > now - PATIENCE)
    served = set(session.scalars(sends.union(sent)))
    stalled = [(count, since) for lane, count, since in waiting if lane not in served]
    if stalled:
        yield Stalled(MAIL, sum(count for count, _ in stalled), min(since for _, since in stalled))
