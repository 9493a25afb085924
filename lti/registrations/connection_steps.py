"""The five steps of a connection, from registered to first grade: which are done, and who does the next one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lti.models.courses import Context, ResourceLink, Score
from lti.models.registrations_and_keys import DeploymentState, RegistrationState
from lti.registrations.deployments import DeploymentFacts
from lti.registrations.registrations import RegistrationFacts

TEAM_APPROVED: Final = "registration.approved"


class Step(StrEnum):
    """The steps, in order."""

    REGISTERED = "registered"
    APPROVED = "approved"
    VISIBLE = "visible"  # teachers find the tool in their courses
    LAUNCHED = "launched"
    GRADED = "graded"


class Owner(StrEnum):
    """Who has to do a step."""

    ADMINISTRATOR = "administrator"
    TEAM = "team"
    TEACHER = "teacher"
    LEARNER = "learner"


class Stage(StrEnum):
    """The stage of a step."""

    DONE = "done"
    NEXT = "next"
    LATER = "later"
    STOPPED = "stopped"  # the platform was turned off, or its deployment refused


@dataclass(frozen=True, slots=True)
class StepFacts:
    """A step; `done_at` is None while it isn't done."""

    step: Step
    stage: Stage
    owner: Owner
    done_at: datetime | None


def steps_by_platform(
    session: Session, known: Sequence[RegistrationFacts], deployed: Sequence[DeploymentFacts]
) -> dict[int, tuple[StepFacts, ...]]:
    """Return the steps of each platform by row id; `deployed` are the deployments to consider."""
    rows = session.execute(
        select(
            Context.deployment_id,
            func.min(Context.created_at),
            func.min(ResourceLink.created_at),
            func.min(Score.delivered_at),
        )
        .outerjoin(ResourceLink, ResourceLink.context_id == Context.id)
        .outerjoin(Score, Score.link_id == ResourceLink.id)
        .group_by(Context.deployment_id)
    )
    times = {deployment: _Times(*found) for deployment, *found in rows}
    by_team = audit.subjects_of(session, TEAM_APPROVED, [one.public_id for one in known])
    return {
        one.id: _steps(
            one,
            [each for each in deployed if each.registration == one.public_id],
            times,
            is_by_team=one.public_id in by_team,
        )
        for one in known
    }


@dataclass(frozen=True, slots=True)
class _Times:
    """When a deployment was first opened in a course, first launched from a link, and first graded."""

    opened_at: datetime | None
    launched_at: datetime | None
    graded_at: datetime | None


def _steps(
    platform: RegistrationFacts,
    deployed: Sequence[DeploymentFacts],
    times: Mapping[int, _Times],
    *,
    is_by_team: bool,
) -> tuple[StepFacts, ...]:
    seen = [times[one.id] for one in deployed if one.id in times]
    done = {
        Step.REGISTERED: platform.created_at,
        Step.APPROVED: _approved_at(platform, deployed),
        Step.VISIBLE: _first(one.opened_at for one in seen),
        Step.LAUNCHED: _first(one.launched_at for one in seen),
        Step.GRADED: _first(one.graded_at for one in seen),
    }
    owners = {
        Step.REGISTERED: Owner.ADMINISTRATOR,
        Step.APPROVED: _approves(
            platform, is_by_team=is_by_team and done[Step.APPROVED] is not None
        ),
        Step.VISIBLE: Owner.ADMINISTRATOR,
        Step.LAUNCHED: Owner.TEACHER,
        Step.GRADED: Owner.LEARNER,
    }
    upcoming = next((step for step in Step if done[step] is None), None)
    stages = {step: Stage.DONE if at else Stage.LATER for step, at in done.items()}
    if upcoming is not None:
        stages[upcoming] = Stage.STOPPED if _is_off(platform, deployed) else Stage.NEXT
    return tuple(StepFacts(step, stages[step], owners[step], done[step]) for step in Step)


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)


def _approved_at(
    platform: RegistrationFacts, deployed: Sequence[DeploymentFacts]
) -> datetime | None:
    if platform.state is not RegistrationState.ACTIVE:
        return None
    return _first(one.decided_at for one in deployed if one.state is DeploymentState.APPROVED)


def _is_off(platform: RegistrationFacts, deployed: Sequence[DeploymentFacts]) -> bool:
    is_refused = {one.state for one in deployed} == {DeploymentState.REFUSED}
    return platform.state is RegistrationState.DISABLED or is_refused


def _approves(platform: RegistrationFacts, *, is_by_team: bool) -> Owner:
    """Return who approved, or approves next: our team a platform, then its administrator the deployments."""
    is_active = platform.state is RegistrationState.ACTIVE
    return Owner.ADMINISTRATOR if is_active and not is_by_team else Owner.TEAM
