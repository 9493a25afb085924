"""The score outbox: which score is sent next, and its outcome; database only, no calls."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVarTuple

from sqlalchemy import Select, case, func, or_, select, update
from sqlalchemy.orm import Session

from lms.core.errors import N_
from lti.grades.delivery_lease import wait_after
from lti.grades.grade_service import Place, Report
from lti.grades.grading_rules import is_complete
from lti.models.courses import CompletionRule, Context, ResourceLink, Score, ScoreState
from lti.models.delivery_leases import Turn
from lti.models.identities import Identity
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)
from lti.protocol.content_target import read_target
from lti.protocol.spec_vocabulary import SCORE_SCOPE
from lti.registrations.registrations import PRODUCTS

Columns = TypeVarTuple("Columns")
A_TICK: Final = timedelta(milliseconds=1)
MOST_TRIES: Final = 100  # reached after nearly a month
GIVEN_UP: Final = N_("The LMS hasn't accepted this score for weeks.")
MOST_PLATFORMS: Final = 200
LONGEST_LABEL: Final = 200
NAMELESS: Final = N_("Webinar")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A score to send; `column` is the URL of its column if known, ids are row ids.

    `deployment` is the platform's deployment ID. `is_graded` is False if the link was added without a
    grade column.
    """

    score_id: int
    link_id: int
    tries: int
    report: Report
    column: str | None
    scopes: frozenset[str]
    deployment: str
    is_graded: bool

    @property
    def may_be_sent(self) -> bool:
        """Return whether the platform lets us report scores for this link."""
        return SCORE_SCOPE in self.scopes


@dataclass(frozen=True, slots=True)
class GradebookStatus:
    """The status of a learner's score; `sent_at` is when the platform last accepted one.

    `product` is the name of the LMS, such as Moodle, "" if unknown. `threshold` is the percentage to
    watch, None if the score is proportional.
    """

    state: ScoreState
    sent_at: datetime | None
    product: str
    threshold: int | None


def platforms_due(session: Session, *, now: datetime) -> tuple[int, ...]:
    """Return the registrations with due scores that have no lease and no outage."""
    busy = or_(Turn.asks_at > now, Turn.lease_until > now)
    query = (
        _due(select(Deployment.registration_id), now)
        .outerjoin(Turn, Turn.registration_id == Deployment.registration_id)
        .where(or_(Turn.registration_id.is_(None), ~func.coalesce(busy, False)))
        .distinct()
        .limit(MOST_PLATFORMS)
    )
    return tuple(session.scalars(query))


def take_parcel(session: Session, registration_id: int, *, now: datetime) -> Parcel | None:
    """Take the next due score for a platform, least tried first; None if none is due.

    Its timestamp is later than any sent before for this person, but never in the future: if the clock
    was set back, the score waits. The caller has the platform's lease. If its process dies, the score
    becomes due again.
    """
    stamp = now.replace(microsecond=now.microsecond // 1000 * 1000)
    query = (
        _due(select(Score, Identity.sub, ResourceLink, Deployment.deployment_id), now)
        .where(Deployment.registration_id == registration_id)
        .order_by(Score.tries, Score.run_at, Score.id)
        .limit(1)
    )
    while (row := session.execute(query).first()) is not None:
        score, sub, link, deployment = row
        latest = _stamped_last(session, score, link)
        if latest is None or latest < stamp:
            break
        score.run_at = latest + A_TICK
        session.flush()
    else:
        return None
    score.tries += 1
    score.run_at, score.stamped_at = now + wait_after(score.tries), stamp
    session.flush()
    return Parcel(
        score_id=score.id,
        link_id=link.id,
        tries=score.tries,
        report=Report(sub, score.given, is_complete(score.given), stamp),
        column=link.line_item_url,
        scopes=frozenset(link.scopes.split()),
        deployment=deployment,
        is_graded=is_graded(link),
    )


def find_place(session: Session, link_id: int) -> Place:
    """Return what is needed to find or create the column of a link (row id)."""
    link = session.get_one(ResourceLink, link_id)
    context = session.get_one(Context, link.context_id)
    near = select(ResourceLink.resource_link_id, ResourceLink.line_item_url).where(
        ResourceLink.context_id == context.id, ResourceLink.id != link_id
    )
    others = session.execute(near).all()
    far = (
        select(ResourceLink.resource_link_id)
        .join(Context, Context.id == ResourceLink.context_id)
        .where(Context.deployment_id == context.deployment_id, Context.id != context.id)
    )
    target = None if link.target is None else read_target(link.target)
    return Place(
        line_items_url=context.line_items_url,
        scopes=frozenset(link.scopes.split()),
        link_id=link.resource_link_id,
        resource_id="" if target is None else target.resource_id,
        points=context.grade_points,
        label=link.title.strip()[:LONGEST_LABEL] or NAMELESS,  # AGS 2.0, 3.2.7: never blank
        others=frozenset(one.resource_link_id for one in others),
        elsewhere=frozenset(session.scalars(far)),
        taken=frozenset(one.line_item_url for one in others if one.line_item_url),
    )


def is_graded(link: ResourceLink) -> bool:
    """Return whether a link reports scores: it has a column, or was not added without one."""
    target = None if link.target is None else read_target(link.target)
    return link.line_item_url is not None or target is None or target.is_graded


def keep_column(session: Session, link_id: int, url: str | None) -> None:
    """Store the URL of a link's column; None if it was deleted."""
    link = session.get_one(ResourceLink, link_id)
    link.line_item_url, link.line_item_failure = url, None
    session.flush()


def queue_delivered(session: Session, link_id: int, *, now: datetime) -> None:
    """Queue the delivered scores of a link (row id) again, because its column was lost or replaced."""
    session.execute(
        update(Score)
        .where(Score.link_id == link_id, Score.state == ScoreState.DELIVERED)
        .values(state=ScoreState.QUEUED, run_at=now, tries=0)
    )


def no_column(session: Session, link_id: int, reason: str) -> None:
    """Store why a link's scores can't be reported, and stop trying until that changes."""
    link = session.get_one(ResourceLink, link_id)
    link.line_item_failure = reason
    session.flush()
    session.execute(
        update(Score)
        .where(Score.link_id == link_id, Score.state == ScoreState.QUEUED)
        .values(state=ScoreState.REFUSED, failure=reason)
    )


def keep_unsent(session: Session, link_id: int) -> None:
    """Unqueue the scores of a link without a grade column; they are queued again when it gets one."""
    session.execute(
        update(Score)
        .where(Score.link_id == link_id, Score.state == ScoreState.QUEUED)
        .values(state=ScoreState.WATCHING, tries=0)
    )


def delivered(session: Session, parcel: Parcel, *, now: datetime) -> None:
    """Mark a score as delivered; one that has risen since stays queued."""
    is_all = Score.given <= parcel.report.given
    session.execute(
        update(Score)
        .where(Score.id == parcel.score_id)
        .values(
            state=case((is_all, ScoreState.DELIVERED), else_=ScoreState.QUEUED),
            delivered_at=now,
            tries=0,
            failure=None,
        )
    )


def put_off(
    session: Session, parcel: Parcel, reason: str, wait: timedelta | None, *, now: datetime
) -> None:
    """Retry a score later: when the platform requested, or after an increasing wait."""
    score = session.get_one(Score, parcel.score_id, with_for_update=True, populate_existing=True)
    score.failure = reason
    if parcel.tries >= MOST_TRIES:
        score.state, score.failure = ScoreState.REFUSED, GIVEN_UP
    elif score.tries:  # else it was queued again meanwhile, with its own time
        score.run_at = now + (wait_after(parcel.tries) if wait is None else wait)
    session.flush()


def put_back(session: Session, parcel: Parcel, reason: str, *, now: datetime) -> None:
    """Queue a score without using up an attempt, because its platform is in an outage."""
    session.execute(
        update(Score)
        .where(Score.id == parcel.score_id)
        .values(tries=parcel.tries - 1, run_at=now, failure=reason)
    )


def refused(session: Session, parcel: Parcel, reason: str) -> None:
    """Mark a score as refused; it is tried again if it rises or someone resends it."""
    session.execute(
        update(Score)
        .where(Score.id == parcel.score_id, Score.given <= parcel.report.given)
        .values(state=ScoreState.REFUSED, failure=reason)
    )


def _stamped_last(session: Session, score: Score, link: ResourceLink) -> datetime | None:
    """Return the last timestamp that was sent for this person to this column."""
    same = Score.link_id == link.id
    if link.line_item_url is not None:
        same = or_(same, ResourceLink.line_item_url == link.line_item_url)
    return session.scalar(
        select(func.max(Score.stamped_at))
        .join(ResourceLink, ResourceLink.id == Score.link_id)
        .where(Score.identity_id == score.identity_id, same)
    )


def _due(query: Select[*Columns], now: datetime) -> Select[*Columns]:
    return (
        query.select_from(Score)
        .join(Identity, Identity.id == Score.identity_id)
        .join(ResourceLink, ResourceLink.id == Score.link_id)
        .join(Context, Context.id == ResourceLink.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(
            Score.state == ScoreState.QUEUED,
            Score.run_at <= now,
            Deployment.state == DeploymentState.APPROVED,
            Registration.state == RegistrationState.ACTIVE,
        )
    )


def gradebook_status(
    session: Session, link_id: int | None, identity_id: int | None
) -> GradebookStatus | None:
    """Return the status of a learner's score; None if the link reports no scores. Ids are row ids."""
    link = None if link_id is None else session.get(ResourceLink, link_id)
    if link is None or not is_graded(link) or SCORE_SCOPE not in link.scopes.split():
        return None
    score = session.scalar(
        select(Score).where(Score.link_id == link_id, Score.identity_id == identity_id)
    )
    product = session.scalars(
        select(Registration.product)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .join(Context, Context.deployment_id == Deployment.id)
        .where(Context.id == link.context_id)
    ).one()
    return GradebookStatus(
        state=ScoreState.WATCHING if score is None else score.state,
        sent_at=None if score is None else score.delivered_at,
        product=PRODUCTS.get(product, ""),
        threshold=link.threshold if link.rule is CompletionRule.THRESHOLD else None,
    )
