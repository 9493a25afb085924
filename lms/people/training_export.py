"""Training export: the training that organizations assigned to a person, and their groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.models.organizations import Organization
from lms.models.training import (
    GroupSupervisor,
    Trainee,
    Training,
    TrainingGroup,
    TrainingGroupMember,
)


@dataclass(frozen=True, slots=True)
class OwnAssigned:
    """Training that an organization assigned; `policy` is the text to acknowledge, "" for none."""

    organization: str
    training: str
    due_at: datetime
    assigned_at: datetime
    policy: str
    confirmed_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnGroup:
    """A group that an organization added the person to."""

    organization: str
    group: str


def trainings_of(session: Session, own_ids: Sequence[int]) -> tuple[OwnAssigned, ...]:
    """Return the training that was assigned to a person, the oldest first."""
    rows = session.execute(
        select(
            Organization.name,
            Training.title,
            Training.due_at,
            Trainee.created_at,
            Training.policy,
            Trainee.acknowledged_at,
            Trainee.completed_at,
        )
        .join(Training, Training.organization_id == Organization.id)
        .join(Trainee, Trainee.training_id == Training.id)
        .where(Trainee.login_id.in_(own_ids))
        .order_by(Trainee.created_at, Trainee.id)
    )
    return tuple(OwnAssigned(*row) for row in rows)


def groups_of(
    session: Session,
    having: type[TrainingGroupMember] | type[GroupSupervisor],
    own_ids: Sequence[int],
) -> tuple[OwnGroup, ...]:
    """Return the groups that a person is in, or supervises, by organization and name."""
    rows = session.execute(
        select(Organization.name, TrainingGroup.name)
        .join(TrainingGroup, TrainingGroup.organization_id == Organization.id)
        .join(having, having.group_id == TrainingGroup.id)
        .where(having.login_id.in_(own_ids))
        .order_by(Organization.name, TrainingGroup.name)
    )
    return tuple(OwnGroup(*row) for row in rows)
