"""Training emails: when it is assigned, before the due date and on it, and when it is overdue.

Each is sent once, and none while the training can't be completed in time: its webinar was canceled,
removed or postponed. Supervisors get one email about the people in their groups who are overdue.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum, auto
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, distinct, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import family_of, kept_organization
from lms.core.dates_and_time_zones import last_calendar_day, last_moment, read_zone, say_day
from lms.core.errors import N_
from lms.core.model_base import copied
from lms.mail import outbox as mail_outbox
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.organizations import Membership, Organization, Role
from lms.models.training import (
    GroupSupervisor,
    Trainee,
    Training,
    TrainingGroup,
    TrainingGroupMember,
)
from lms.training.assignments import can_be_done
from lms.training.progress import note
from lms.training.trainees import concerns

BEFORE_DUE: Final = (14, 3, 0)
OVERDUE: Final = -1
OVERDUE_FOR: Final = timedelta(days=7)  # later than that, no one is reminded
MORNING: Final = time(9)
AT_ONCE: Final = 100
AHEAD: Final = timedelta(days=max(BEFORE_DUE) + 2)


class _Step(Enum):
    ANNOUNCE = auto()
    REMIND = auto()


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    public_id: str
    title: str
    policy: str
    due_at: datetime
    organization_id: int
    organization: str
    organization_key: str
    zone: ZoneInfo
    days: int | None
    step: _Step

    @property
    def day(self) -> str:
        """Return the due date in words."""
        return say_day(last_moment(self.due_at), self.zone)


def reminder_due(due_at: datetime, zone: ZoneInfo, *, now: datetime) -> int | None:
    """Return the latest email that is due, in days before the due date; None for none.

    Emails are sent in the morning; -1 is the one after the due date.
    """
    last = last_calendar_day(due_at, zone)
    days_to_try = (OVERDUE,) if now >= due_at else BEFORE_DUE
    due = [
        days
        for days in days_to_try
        if datetime.combine(last - timedelta(days=days), MORNING, tzinfo=zone) <= now
    ]
    return min(due, default=None)


def remind_trainees(session: Session, *, mail_context: MailContext, now: datetime) -> int:
    """Email reminders that are due; return how many people were checked.

    Handles at most a hundred per transaction: call it until it returns 0.
    """
    is_near = (Training.due_at > now - OVERDUE_FOR) & (Training.due_at <= now + AHEAD)
    due = (
        one
        for one in _due(session, is_near, _Step.REMIND, mail_context, now)
        if one.days is not None
    )
    return _email(session, due, mail_context=mail_context, now=now)


def announce_training(session: Session, *, mail_context: MailContext, now: datetime) -> int:
    """Email people what was assigned to them; return how many people were checked.

    Handles at most a hundred per transaction: call it until it returns 0. Reminders that were due
    before aren't sent as well.
    """
    untold = select(Trainee.training_id).where(
        Trainee.announced_at.is_(None), Trainee.done_at.is_(None)
    )
    is_open = (Training.due_at > now) & Training.id.in_(untold)
    due = _due(session, is_open, _Step.ANNOUNCE, mail_context, now)
    return _email(session, due, mail_context=mail_context, now=now)


def tell_supervisors(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Email supervisors how many people in their groups are overdue, once for each training."""
    is_over = (Training.due_at > now - OVERDUE_FOR) & (Training.due_at <= now)
    for one in _due(session, is_over, _Step.REMIND, mail_context, now):
        if one.days == OVERDUE:
            for person, people in _supervisors_of(session, one):
                _write_to_supervisor(session, one, person, people, mail_context, now)
    session.flush()


def _due(
    session: Session,
    which: ColumnElement[bool],
    step: _Step,
    mail_context: MailContext,
    now: datetime,
) -> list[_Due]:
    rows = session.execute(
        select(
            Training.id,
            Training.public_id,
            Training.title,
            Training.policy,
            Training.due_at,
            Organization.id.label("organization_id"),
            Organization.name.label("organization"),
            Organization.public_id.label("organization_key"),
            Organization.zone,
        )
        .join(Organization, Organization.id == kept_organization(Training.organization_id))
        .where(Training.withdrawn_at.is_(None), can_be_done(), which)
        .order_by(Training.due_at, Training.id)
    )
    found = []
    for row in rows:
        zone = read_zone(row.zone) if row.zone else mail_context.zone
        found.append(
            copied(_Due, row, zone=zone, days=reminder_due(row.due_at, zone, now=now), step=step)
        )
    return found


def _email(
    session: Session,
    due: Iterable[_Due],
    *,
    mail_context: MailContext,
    now: datetime,
) -> int:
    looked = 0
    for one in due:
        looked += _remind(session, one, AT_ONCE - looked, mail_context=mail_context, now=now)
        if looked >= AT_ONCE:
            break
    return looked


def _remind(
    session: Session,
    one: _Due,
    most: int,
    *,
    mail_context: MailContext,
    now: datetime,
) -> int:
    """Claim and email people without this email; two workers never claim the same person."""
    if one.step is _Step.ANNOUNCE:
        is_untold: ColumnElement[bool] = Trainee.announced_at.is_(None)
        told = {"announced_at": now, "reminded": one.days}
    else:
        is_untold = or_(Trainee.reminded.is_(None), Trainee.reminded > one.days)
        told = {"reminded": one.days}
    wanted = (
        select(Trainee.id)
        .join(Training, Training.id == Trainee.training_id)
        .join(Login, Login.id == Trainee.login_id)
        .where(
            Trainee.training_id == one.id,
            Trainee.done_at.is_(None),
            is_untold,
            concerns(),
        )
        .order_by(Trainee.id)
        .limit(most)
    )
    ids = session.scalars(wanted.with_for_update(of=Trainee, skip_locked=True)).all()
    if not ids:
        return 0
    claimed = session.scalars(
        update(Trainee).where(Trainee.id.in_(ids), is_untold).values(**told).returning(Trainee.id)
    ).all()
    kept = aliased(Login)
    rows = session.execute(
        select(Trainee, kept)
        .join(Login, Login.id == Trainee.login_id)
        .join(kept, kept.id == func.coalesce(Login.merged_into, Login.id))
        .where(Trainee.id.in_(claimed))
        .order_by(Trainee.id)
        .execution_options(populate_existing=True)
    ).all()
    for trainee, person in rows:
        note(session, trainee, one.policy, now=now)
        if trainee.done_at is None and person.email and person.blocked_at is None:
            _write(session, one, trainee, person, mail_context=mail_context, now=now)
    session.flush()
    return len(ids)


def _write(
    session: Session,
    one: _Due,
    trainee: Trainee,
    person: Login,
    *,
    mail_context: MailContext,
    now: datetime,
) -> None:
    kind, subject = _kind_and_subject(one)
    mail_outbox.post(
        session,
        kind=kind,
        to=person.email or "",
        login_id=person.id,
        subject=subject % {"title": one.title, "day": one.day},
        values={
            "name": person.name,
            "title": one.title,
            "organization": one.organization,
            "day": one.day,
            "is_today": one.days == 0,
            "only_to_confirm": trainee.completed_at is not None,
            "confirms": bool(one.policy) and trainee.acknowledged_at is None,
            "action_url": mail_context.links.page(f"/training/{trainee.public_id}"),
        },
        unique_key=f"training:{trainee.public_id}:{int(one.due_at.timestamp())}:"
        + ("assigned" if one.step is _Step.ANNOUNCE else str(one.days)),
        now=now,
    )


def _kind_and_subject(one: _Due) -> tuple[str, str]:
    if one.step is _Step.ANNOUNCE:
        return "training_assigned", N_("Assigned to you: %(title)s, due %(day)s")
    if one.days == OVERDUE:
        return "training_overdue", N_("Overdue: %(title)s")
    if one.days == 0:
        return "training_due", N_("Due today: %(title)s")
    return "training_due", N_("Due on %(day)s: %(title)s")


def _supervisors_of(session: Session, one: _Due) -> Sequence[Row[Login, int]]:
    """Return the supervisors of groups with people who are overdue, and how many these are."""
    late, kept, membership = aliased(Login), aliased(Login), Membership
    overdue = (
        select(func.coalesce(Login.merged_into, Login.id).label("id"))
        .join_from(Trainee, Training, Training.id == Trainee.training_id)
        .join(Login, Login.id == Trainee.login_id)
        .where(Trainee.training_id == one.id, Trainee.done_at.is_(None), concerns())
        .subquery()
    )
    return session.execute(
        select(kept, func.count(distinct(overdue.c.id)))
        .join_from(GroupSupervisor, TrainingGroup, TrainingGroup.id == GroupSupervisor.group_id)
        .join(TrainingGroupMember, TrainingGroupMember.group_id == TrainingGroup.id)
        .join(late, late.id == TrainingGroupMember.login_id)
        .join(overdue, overdue.c.id == func.coalesce(late.merged_into, late.id))
        .join(membership, membership.login_id == GroupSupervisor.login_id)
        .join(Login, Login.id == GroupSupervisor.login_id)
        .join(kept, kept.id == func.coalesce(Login.merged_into, Login.id))
        .where(
            TrainingGroup.organization_id.in_(family_of(one.organization_id)),
            membership.organization_id.in_(family_of(one.organization_id)),
            membership.role == Role.SUPERVISOR,
            kept.email.is_not(None),
            kept.blocked_at.is_(None),
        )
        .group_by(kept.id)
        .order_by(kept.id)
    ).all()


def _write_to_supervisor(
    session: Session,
    one: _Due,
    person: Login,
    people: int,
    mail_context: MailContext,
    now: datetime,
) -> None:
    here = f"/organization/{one.organization_key}/training/{one.public_id}?state=overdue"
    mail_outbox.post(
        session,
        kind="training_overdue_supervisor",
        to=person.email or "",
        login_id=person.id,
        subject=N_("Overdue in your groups: %(title)s") % {"title": one.title},
        values={
            "name": person.name,
            "title": one.title,
            "organization": one.organization,
            "day": one.day,
            "people": people,
            "action_url": mail_context.links.page(here),
        },
        unique_key=f"training:{one.public_id}:{int(one.due_at.timestamp())}:{person.public_id}",
        now=now,
    )
