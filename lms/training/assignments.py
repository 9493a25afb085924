"""Training assignments: webinars for people with a due date and a text to confirm.

Each function is about one organization, whose manager the caller is. Due dates end at midnight in the
organization's zone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of
from lms.catalog.series_order import IN_ORDER
from lms.core.dates_and_time_zones import read_zone, say_day
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import new_public_id
from lms.jobs import queue as job_queue
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarSeries, WebinarState
from lms.models.jobs import Lane
from lms.models.training import Trainee, Training, TrainingAudience, TrainingGroup, TrainingItem
from lms.organizations.organizations import OrganizationFacts
from lms.training.subjects import find_subject
from lms.training.trainees import add_trainees, by_address, concerns, everybody, in_groups

LONGEST_POLICY: Final = 20_000
LONGEST_PAUSE: Final = 60  # months between two rounds
FURTHEST: Final = timedelta(days=5 * 366)
REMIND: Final = "training.remind"  # the job that sends announcements, too
COUNTED: Final = (WebinarState.ANNOUNCED, WebinarState.WITHDRAWN)

DUE: Final = N_("Choose today or a later date within five years.")
HELD_LATER: Final = N_("“%(title)s” is on %(day)s. Choose that date or a later one.")
NOBODY_CHOSEN: Final = N_("Choose who should watch it: everyone, a group, or email addresses.")
WITHDRAWN: Final = N_("This training was withdrawn.")


@dataclass(frozen=True, slots=True)
class NewTraining:
    """A training to assign; `groups` are public IDs, `addresses` is pasted text.

    `every_months` repeats it so many months after each due date.
    """

    subject: str
    due_on: date
    policy: str = ""
    everyone: bool = False
    groups: tuple[str, ...] = ()
    addresses: str = ""
    every_months: int | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """A training that was just assigned."""

    public_id: str
    title: str
    people: int


def assign(
    session: Session,
    organization: OrganizationFacts,
    new: NewTraining,
    *,
    zone: ZoneInfo,
    actor: str | None,
    now: datetime,
) -> Assigned:
    """Assign a training; raises Invalid, with errors by field."""
    found = find_subject(session, organization.id, new.subject, now)
    at = due_at(new.due_on, zone, now=now)
    _check_held_by(session, found.webinars, at)
    policy = _policy(new.policy)
    people = by_address(session, organization.id, new.addresses)
    people |= in_groups(session, organization.id, new.groups)
    if new.everyone:
        people |= everybody(session, organization.id)
    if not people and not new.groups and not new.everyone:
        raise Invalid(NOBODY_CHOSEN, field="everyone")
    row = Training(
        public_id=new_public_id(),
        organization_id=organization.id,
        series_id=found.series_id,
        title=found.title,
        policy=policy,
        everyone=new.everyone,
        every_months=new.every_months,
        repeats_from=None if new.every_months is None else at,
        due_at=at,
        created_at=now,
    )
    session.add(row)
    session.flush()
    session.add_all(TrainingItem(training_id=row.id, webinar_id=one) for one in found.webinars)
    groups = select(TrainingGroup.id).where(
        TrainingGroup.organization_id.in_(family_of(organization.id)),
        TrainingGroup.public_id.in_(new.groups),
    )
    session.add_all(
        TrainingAudience(training_id=row.id, group_id=one) for one in session.scalars(groups).all()
    )
    count = add_trainees(session, row.id, people, now=now)
    audit.record(
        session,
        "training.assigned",
        organization.public_id,
        actor=actor,
        now=now,
        detail={"training": row.public_id, "people": count},
    )
    job_queue.enqueue(session, kind=REMIND, lane=Lane.PROMPT, subject="", payload={}, now=now)
    session.flush()
    return Assigned(row.public_id, row.title, count)


def change_due(
    session: Session,
    organization: OrganizationFacts,
    training_id: str,
    due_at: datetime,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Change when a training is due; people who haven't done it are reminded again.

    Later rounds are counted from the new due date.

    Raises NotFound, Conflict for a withdrawn training, Invalid (field `due_on`) for a time before one
    of its webinars is held.
    """
    row = _standing(session, organization.id, training_id)
    asked = select(TrainingItem.webinar_id).where(TrainingItem.training_id == row.id)
    _check_held_by(session, session.scalars(asked).all(), due_at)
    if row.every_months is not None and row.due_at != due_at:
        row.repeats_from = due_at
    row.due_at = due_at
    session.execute(
        update(Trainee)
        .where(Trainee.training_id == row.id, Trainee.done_at.is_(None))
        .values(reminded=None)
    )
    _note(session, "training.moved", organization, training_id, actor=actor, now=now)


def withdraw(
    session: Session,
    organization: OrganizationFacts,
    training_id: str,
    *,
    actor: str | None,
    now: datetime,
) -> str:
    """Withdraw a training and return its title; completions stay on record.

    Raises NotFound, and Conflict if it is already withdrawn.
    """
    row = _standing(session, organization.id, training_id)
    row.withdrawn_at = now
    _note(session, "training.withdrawn", organization, training_id, actor=actor, now=now)
    return row.title


def acknowledge(session: Session, trainee_id: str, login_id: int, *, now: datetime) -> None:
    """Record that a person confirmed the text of a training; only the first time counts.

    Raises NotFound for a training that is not assigned to them, no longer applies, or has no text.
    """
    query = (
        select(Trainee)
        .join(Training, Training.id == Trainee.training_id)
        .join(Login, Login.id == Trainee.login_id)
        .where(
            Trainee.public_id == trainee_id,
            Trainee.login_id.in_(logins_of(login_id)),
            Training.withdrawn_at.is_(None),
            Training.policy != "",
            concerns(),
        )
        .with_for_update(of=Trainee)
    )
    row = or_not_found(session.scalar(query))
    if row.acknowledged_at is None:
        row.acknowledged_at = now
    if row.completed_at is not None and row.done_at is None:
        row.done_at = now
    session.flush()


def can_be_done() -> ColumnElement[bool]:
    """Return the condition that people can complete a training in time.

    A webinar is left that they can watch, and none was moved to a date after the due date.
    """
    left = exists().where(
        TrainingItem.training_id == Training.id,
        Webinar.id == TrainingItem.webinar_id,
        Webinar.state.in_(COUNTED),
    )
    return and_(left, ~left.where(Webinar.held_at >= Training.due_at))


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a training is past its due date, and could have been completed by it."""
    return and_(Training.due_at <= now, can_be_done())


def webinars_of(training_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Return the query for the webinars of trainings: training_id, id, slug, title, state, held_at, zone.

    Webinars of an assigned series are in its order; others, and those that left the series, follow by
    date.
    """
    return (
        select(
            TrainingItem.training_id,
            Webinar.id,
            Webinar.slug,
            Webinar.title,
            Webinar.state,
            Webinar.held_at,
            Webinar.zone,
        )
        .join(TrainingItem, TrainingItem.webinar_id == Webinar.id)
        .join(Training, Training.id == TrainingItem.training_id)
        .outerjoin(
            WebinarSeries,
            and_(
                WebinarSeries.webinar_id == Webinar.id,
                WebinarSeries.series_id == Training.series_id,
            ),
        )
        .where(Training.id.in_(training_ids))
        .order_by(*IN_ORDER)
    )


def due_at(day: date, zone: ZoneInfo, *, now: datetime) -> datetime:
    """Return the end of a day in a zone; raises Invalid (field `due_on`) for an impossible due date."""
    today = now.astimezone(zone).date()
    if not today <= day <= today + FURTHEST:
        raise Invalid(DUE, field="due_on")
    return end_of(day, zone)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the end of a day in a zone."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)


def _check_held_by(session: Session, webinars: Sequence[int], at: datetime) -> None:
    """Raise Invalid if no one could be done by then, because a webinar is held later."""
    late = session.execute(
        select(Webinar.title, Webinar.held_at, Webinar.zone)
        .where(Webinar.id.in_(webinars), Webinar.state.in_(COUNTED), Webinar.held_at >= at)
        .order_by(Webinar.held_at.desc())
        .limit(1)
    ).one_or_none()
    if late is not None:
        day = say_day(late.held_at, read_zone(late.zone))
        raise Invalid(HELD_LATER % {"title": late.title, "day": day}, field="due_on")


def _note(
    session: Session,
    act: str,
    organization: OrganizationFacts,
    training_id: str,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    detail = {"training": training_id}
    audit.record(session, act, organization.public_id, actor=actor, now=now, detail=detail)
    session.flush()


def _standing(session: Session, organization_id: int, training_id: str) -> Training:
    query = (
        select(Training)
        .where(
            Training.organization_id.in_(family_of(organization_id)),
            Training.public_id == training_id,
        )
        .with_for_update()
    )
    row = or_not_found(session.scalar(query))
    if row.withdrawn_at is not None:
        raise Conflict(WITHDRAWN, code="withdrawn")
    return row


def _policy(text: str) -> str:
    clean = text.replace("\r\n", "\n").strip()
    if len(clean) > LONGEST_POLICY:
        raise Invalid(N_("Use up to 20,000 characters."), field="policy")
    return clean
