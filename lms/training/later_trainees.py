"""Later trainees: people who join an organization or a group get its open training, round by round."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import kept_organization
from lms.core.dates_and_time_zones import last_calendar_day, read_zone
from lms.core.model_base import new_public_id
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lms.models.training import Trainee, Training, TrainingAudience, TrainingItem
from lms.training.assignments import end_of
from lms.training.subjects import covered_by
from lms.training.trainees import add_trainees, concerns, people_of

AT_ONCE: Final = 20
# In the morning, a day after people were told that the round before is overdue.
ROUND_AFTER: Final = timedelta(hours=33)


def reach_later(session: Session, *, after: int, now: datetime) -> int | None:
    """Assign open training to people who came since; return the last training's row id, or None.

    These are trainings for everyone or for groups. A call looks at 20 at most and ends with the first
    that it assigned, so that its transaction is short. Training that is overdue isn't assigned to anyone
    else.
    """
    groups = select(TrainingAudience.training_id)
    rows = session.execute(
        select(Training.id, Training.organization_id, Training.everyone)
        .where(
            Training.id > after,
            Training.withdrawn_at.is_(None),
            Training.due_at > now,
            Training.everyone | Training.id.in_(groups),
        )
        .order_by(Training.id)
        .limit(AT_ONCE)
    ).all()
    for training_id, organization_id, everyone in rows:
        seen = None if everyone else _groups_of(session, training_id)
        people = _missing(session, training_id, organization_id, seen)
        if add_trainees(session, training_id, people, now=now):
            return training_id
    return rows[-1].id if rows else None


def begin_round(session: Session, *, zone: ZoneInfo, now: datetime) -> bool:
    """Start the next round of one training that was due the day before; return whether one was due.

    `zone` is for organizations without their own. A round is assigned to the same people and groups.
    None starts while the organization can't assign any of its webinars.
    """
    following, one = aliased(Training), aliased(Training)
    assignable = (
        select(one.id)
        .join_from(one, TrainingItem, TrainingItem.training_id == one.id)
        .join(Webinar, Webinar.id == TrainingItem.webinar_id)
        .where(one.id == Training.id, covered_by(one.organization_id, now))
        .correlate(Training)
    )
    found = session.execute(
        select(Training, Organization.zone)
        .join(Organization, Organization.id == kept_organization(Training.organization_id))
        .outerjoin(following, following.previous_id == Training.id)
        .where(
            Training.every_months.is_not(None),
            Training.withdrawn_at.is_(None),
            Training.due_at <= now - ROUND_AFTER,
            following.id.is_(None),
            assignable.exists(),
        )
        .order_by(Training.id)
        .limit(1)
        .with_for_update(of=Training, skip_locked=True)
    ).one_or_none()
    if found is None:
        return False
    row, zone_name = found
    # Another worker can have started it while this one waited for its turn: the search saw neither.
    if session.scalar(select(exists().where(Training.previous_id == row.id))):
        return True
    _add_round(session, row, read_zone(zone_name) if zone_name else zone, now)
    return True


def _add_round(session: Session, row: Training, zone: ZoneInfo, now: datetime) -> None:
    following = Training(
        public_id=new_public_id(),
        organization_id=row.organization_id,
        series_id=row.series_id,
        title=row.title,
        policy=row.policy,
        everyone=row.everyone,
        every_months=row.every_months,
        previous_id=row.id,
        repeats_from=row.repeats_from,
        due_at=_next_due(row, zone, now),
        created_at=now,
    )
    session.add(following)
    session.flush()
    items = select(TrainingItem.webinar_id).where(TrainingItem.training_id == row.id)
    session.add_all(
        TrainingItem(training_id=following.id, webinar_id=one) for one in session.scalars(items)
    )
    groups = _groups_of(session, row.id)
    session.add_all(TrainingAudience(training_id=following.id, group_id=one) for one in groups)
    session.flush()
    people = session.scalars(
        select(func.coalesce(Login.merged_into, Login.id))
        .join_from(Trainee, Training, Training.id == Trainee.training_id)
        .join(Login, Login.id == Trainee.login_id)
        .where(Trainee.training_id == row.id, concerns())
    )
    add_trainees(session, following.id, people.all(), now=now)


def _next_due(row: Training, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the first due date after now, counted from the first one, so that the 31st stays."""
    day = last_calendar_day(row.repeats_from or row.due_at, zone)
    months = 0
    while (due := end_of(day + relativedelta(months=months), zone)) <= now:
        months += row.every_months or 1
    return due


def _groups_of(session: Session, training_id: int) -> Sequence[int]:
    asked = select(TrainingAudience.group_id).where(TrainingAudience.training_id == training_id)
    return session.scalars(asked).all()


def _missing(
    session: Session, training_id: int, organization_id: int, groups: Sequence[int] | None
) -> Sequence[int]:
    """Return the people (kept login ids) without the training, also not by a merged login."""
    people = people_of(organization_id, groups)
    has_it = (
        select(func.coalesce(Login.merged_into, Login.id))
        .join_from(Trainee, Login, Login.id == Trainee.login_id)
        .where(Trainee.training_id == training_id)
    )
    return session.scalars(people.where(people.selected_columns[0].not_in(has_it))).all()
