"""The manager view of an organization's courses, and link actions: resend scores, set a rule."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.core.errors import or_not_found
from lms.lti_facade.organizations import family_of
from lti.grades.scores import send_again, set_rule
from lti.models.courses import CompletionRule, Context, ResourceLink, Score, ScoreState
from lti.models.registrations_and_keys import Deployment, Registration
from lti.protocol.spec_vocabulary import SCORE_SCOPE
from lti.registrations.registrations import ask_now
from lti.rosters.roster_status import RosterStanding, roster_standing

MOST = 500


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A course in a list (public ID); `links` is the number of its links."""

    id: str
    title: str
    platform: str
    links: int
    seen_at: datetime
    synced_at: datetime | None
    sync_failure: str | None
    held_back: int | None


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link of a course (public ID), its rule, and its number of scores by state."""

    id: str
    title: str
    rule: CompletionRule
    threshold: int
    tells_grades: bool
    failure: str | None
    delivered: int
    waiting: int
    refused: int


@dataclass(frozen=True, slots=True)
class OwnCourse:
    """A course with its links and its roster."""

    id: str
    title: str
    platform: str
    roster: RosterStanding
    links: tuple[LinkLine, ...]


def list_own_courses(session: Session, organization_id: int) -> tuple[CourseLine, ...]:
    """Return the courses that launched this organization's deployments, most recently seen first."""
    rows = session.execute(
        _own(
            select(
                Context.public_id,
                Context.title,
                Registration.name,
                func.count(ResourceLink.id).label("links"),
                Context.seen_at,
                Context.synced_at,
                Context.sync_failure,
                Context.held_back,
            ).outerjoin(ResourceLink, ResourceLink.context_id == Context.id),
            organization_id,
        )
        .group_by(Context.id, Registration.id)
        .order_by(Context.seen_at.desc(), Context.id.desc())
        .limit(MOST)
    )
    return tuple(CourseLine(*row) for row in rows)


def decisions_due(session: Session, organization_id: int) -> int:
    """Return the number of this organization's courses where someone must decide whether to release seats."""
    query = _own(select(func.count()).select_from(Context), organization_id)
    return session.scalar(query.where(Context.held_back.is_not(None))) or 0


def find_own_course(session: Session, organization_id: int, course_id: str) -> OwnCourse:
    """Return a course of this organization (public ID); raises NotFound for any other."""
    query = _own(select(Context, Registration.name), organization_id).where(
        Context.public_id == course_id
    )
    row = or_not_found(session.execute(query).one_or_none())
    context, platform = row
    return OwnCourse(
        id=course_id,
        title=context.title,
        platform=platform,
        roster=roster_standing(session, context),
        links=_links(session, context.id),
    )


def find_own_link(session: Session, organization_id: int, link_id: str) -> str:
    """Return the course of a link, both by public ID; raises NotFound for another organization's link."""
    found = session.scalar(
        _own(select(Context.public_id), organization_id)
        .join(ResourceLink, ResourceLink.context_id == Context.id)
        .where(ResourceLink.public_id == link_id)
    )
    return str(or_not_found(found))


def send_link_again(
    session: Session, organization_id: int | None, link_id: str, *, actor: str | None, now: datetime
) -> int:
    """Resend all scores of a link (public ID), even if its platform is in an outage.

    `organization_id` None means any organization. Returns the number of scores; raises NotFound for
    another organization's link, Conflict if there is nothing to send.
    """
    registration_id = _platform_of(session, organization_id, link_id)
    number = send_again(session, link_id, actor=actor, now=now)
    ask_now(session, registration_id, now=now)
    return number


def set_own_rule(  # noqa: PLR0913  (whose link, which, and its new rule)
    session: Session,
    organization_id: int,
    link_id: str,
    rule: CompletionRule,
    threshold: int,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Change the rule of this organization's link; raises NotFound, and as `set_rule` does."""
    _platform_of(session, organization_id, link_id)
    set_rule(session, link_id, rule, threshold, actor=actor, now=now)


def _platform_of(session: Session, organization_id: int | None, link_id: str) -> int:
    query = (
        select(Registration.id)
        .select_from(ResourceLink)
        .join(Context, Context.id == ResourceLink.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(ResourceLink.public_id == link_id)
    )
    if organization_id is not None:
        query = query.where(Deployment.organization_id.in_(family_of(organization_id)))
    return or_not_found(session.scalar(query))


def _own(query: Select[*tuple[Any, ...]], organization_id: int) -> Select[*tuple[Any, ...]]:
    return (
        query.join(Deployment, Deployment.id == Context.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(Deployment.organization_id.in_(family_of(organization_id)))
    )


def _links(session: Session, context_id: int) -> tuple[LinkLine, ...]:
    def counted(state: ScoreState) -> Any:  # noqa: ANN401  (a labeled aggregate)
        return func.count(Score.id).filter(Score.state == state)

    rows = session.execute(
        select(
            ResourceLink,
            counted(ScoreState.DELIVERED),
            counted(ScoreState.QUEUED),
            counted(ScoreState.REFUSED),
        )
        .outerjoin(Score, Score.link_id == ResourceLink.id)
        .where(ResourceLink.context_id == context_id)
        .group_by(ResourceLink.id)
        .order_by(ResourceLink.title, ResourceLink.id)
        .limit(MOST)
    )
    return tuple(
        LinkLine(
            id=link.public_id,
            title=link.title,
            rule=link.rule,
            threshold=link.threshold,
            tells_grades=SCORE_SCOPE in link.scopes.split(),
            failure=link.line_item_failure,
            delivered=delivered,
            waiting=waiting,
            refused=refused,
        )
        for link, delivered, waiting, refused in rows
    )
