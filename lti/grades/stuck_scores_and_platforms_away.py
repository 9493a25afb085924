"""Stuck scores and platform outages: scores that wait or were refused, and platforms that don't respond."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lms.lti_facade.organizations import family_of
from lti.models.courses import Context, ResourceLink, Score, ScoreState
from lti.models.delivery_leases import Turn
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)

LATE_AFTER: Final = timedelta(minutes=10)
MOST: Final = 200
# Nothing is sent to what was turned off, and no one has to do anything about it.
_IS_ON: Final = Registration.state != RegistrationState.DISABLED
_IS_ALLOWED: Final = Deployment.state != DeploymentState.REFUSED


@dataclass(frozen=True, slots=True)
class Away:
    """An unreachable platform, by its registration's public ID; `asks_at` is the next attempt."""

    registration: str
    name: str
    since: datetime
    failures: int
    reason: str
    asks_at: datetime


@dataclass(frozen=True, slots=True)
class StuckLink:
    """A link (public ID) whose scores don't arrive: how many wait, how many were refused, and why."""

    link: str
    title: str
    course: str
    registration: str
    platform: str
    organization_id: int | None
    waiting: int
    refused: int
    reason: str
    since: datetime


def platforms_away(session: Session, *, organization_id: int | None = None) -> tuple[Away, ...]:
    """Return the platforms in an outage that are on, longest first: of one organization, or all.

    A platform belongs to each organization that has a deployment on it.
    """
    query = (
        select(
            Registration.public_id,
            Registration.name,
            Turn.failing_since,
            Turn.failures,
            Turn.failure,
            Turn.asks_at,
        )
        .join(Turn, Turn.registration_id == Registration.id)
        .where(Turn.failing_since.is_not(None), _IS_ON)
        .order_by(Turn.failing_since)
    )
    if organization_id is not None:
        query = query.where(
            select(Deployment.id)
            .where(
                Deployment.registration_id == Registration.id,
                _IS_ALLOWED,
                Deployment.organization_id.in_(family_of(organization_id)),
            )
            .exists()
        )
    return tuple(
        Away(
            row.public_id,
            row.name,
            row.failing_since,
            row.failures,
            row.failure or "",
            row.asks_at,
        )
        for row in session.execute(query)
        if row.failing_since is not None
    )


def stuck_links(
    session: Session, *, organization_id: int | None = None, now: datetime
) -> tuple[StuckLink, ...]:
    """Return the links with late or refused scores, oldest first: of one organization, or all.

    A score is late ten minutes after it was due; those of platforms that were turned off aren't
    counted until they are on again. `lti.grades.scores.send_again` resends a link's
    scores.
    """
    late = and_(
        Score.state == ScoreState.QUEUED, or_(Score.run_at <= now - LATE_AFTER, Score.tries > 1)
    )
    refused = Score.state == ScoreState.REFUSED
    query: Select[*tuple[Any, ...]] = (
        select(
            ResourceLink.public_id,
            ResourceLink.title,
            Context.title.label("course"),
            Registration.public_id.label("registration"),
            Registration.name.label("platform"),
            Deployment.organization_id,
            func.count().filter(late).label("waiting"),
            func.count().filter(refused).label("refused"),
            func.coalesce(func.max(Score.failure), "").label("reason"),
            func.min(Score.run_at).label("since"),
        )
        .select_from(Score)
        .join(ResourceLink, ResourceLink.id == Score.link_id)
        .join(Context, Context.id == ResourceLink.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(or_(late, refused), _IS_ON, _IS_ALLOWED)
        .group_by(ResourceLink.id, Context.id, Deployment.id, Registration.id)
        .order_by(func.min(Score.run_at))
        .limit(MOST)
    )
    if organization_id is not None:
        query = query.where(Deployment.organization_id.in_(family_of(organization_id)))
    return tuple(StuckLink(*row) for row in session.execute(query))
