"""Scores: what each person's watching is worth at each link, ready for the outbox."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, select, tuple_, union
from sqlalchemy.orm import Session

from lms import audit
from lms.core.bulk_insert import add_once
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import locked
from lms.lti_facade.content_names import shown_in_series
from lms.lti_facade.progress import (
    Extent,
    changed_since,
    find_webinar_extent,
    logins_of,
    watched_share,
)
from lti.frames.session_creation import LASTS
from lti.grades.grading_rules import given_for, told_at
from lti.grades.score_outbox import is_graded
from lti.models.courses import CompletionRule, Context, ResourceLink, Score, ScoreState
from lti.models.delivery_leases import ProgressMark
from lti.models.identities import Identity
from lti.models.launches import FrameRole, FrameSession, Purpose
from lti.models.registrations_and_keys import Deployment
from lti.protocol.content_target import Target, read_target

# Rows written just before the last round can have been committed after it.
OVERLAP: Final = timedelta(seconds=90)
FIRST_LOOK: Final = timedelta(days=2)
WORTH_KEEPING: Final = 0.01
BAD_THRESHOLD: Final = N_("Enter a percentage from 1 to 100.")
NOTHING_TO_SEND: Final = N_("There are no scores to send yet.")


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's progress at a link; `given` is the score that its rule gives for the share."""

    link_id: int
    identity_id: int
    share: float
    given: float


@dataclass(frozen=True, slots=True)
class _Pair:
    link_id: int
    identity_id: int
    login_id: int
    organization_id: int
    target: Target
    placed_at: datetime
    rule: CompletionRule
    threshold: int
    kept_share: float | None
    kept_given: float


def look_since(session: Session, *, now: datetime) -> datetime:
    """Return the time from which to read changes."""
    mark = session.scalar(select(ProgressMark.looked_until))
    return now - FIRST_LOOK if mark is None else mark - OVERLAP


def find_changes(session: Session, since: datetime, *, now: datetime) -> tuple[Standing, ...]:
    """Return changed progress: of people who watched, or launched a link, since then.

    Only learners: instructors and test users have no score. All logins of a person count.
    """
    changed = changed_since(session, since)
    kept_of = logins_of(session, changed.keys())
    lately = union(
        _pairs_of(Identity.login_id.in_(sorted(kept_of))),
        _known_pairs(Identity.login_id.in_(sorted(kept_of))),
        _pairs_of(FrameSession.expires_at > since + LASTS),
    )
    return _standings(session, lately, changed, now=now)


def keep_standings(session: Session, standings: Iterable[Standing], *, now: datetime) -> None:
    """Store progress, and queue scores that rose."""
    # Rows are written in a fixed order, so that two workers can't deadlock.
    for standing in sorted(standings, key=lambda one: (one.link_id, one.identity_id)):
        _keep(session, standing, now)


def mark_looked(session: Session, *, now: datetime) -> None:
    """Record that changes up to this time were read."""
    mark = session.get(ProgressMark, 1)
    if mark is None:
        session.merge(ProgressMark(looked_until=now))
    else:
        mark.looked_until = max(mark.looked_until, now)
    session.flush()


def set_rule(
    session: Session,
    link_id: str,
    rule: CompletionRule,
    threshold: int,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Change the rule of a link, and update its scores; none goes down.

    `link_id` is the public ID. Raises NotFound, and Invalid for an invalid threshold.
    """
    if not 1 <= threshold <= 100:
        raise Invalid(BAD_THRESHOLD, field="threshold")
    query = select(ResourceLink).where(ResourceLink.public_id == link_id)
    link = or_not_found(session.scalar(query))
    link.rule, link.threshold = rule, threshold
    session.flush()
    detail = {"rule": rule.value, "threshold": threshold}
    audit.record(session, "lti_link.rule_changed", link_id, actor=actor, now=now, detail=detail)
    known = _known_pairs(Score.link_id == link.id)
    keep_standings(session, _standings(session, union(known, known), None, now=now), now=now)


def look_at_logins(session: Session, login_ids: Collection[int], *, now: datetime) -> None:
    """Update the scores of these logins from everything they have watched, such as after a merge."""
    theirs = Identity.login_id.in_(sorted(login_ids))
    pairs = union(_pairs_of(theirs), _known_pairs(theirs))
    keep_standings(session, _standings(session, pairs, None, now=now), now=now)


def send_again(session: Session, link_id: str, *, actor: str | None, now: datetime) -> int:
    """Resend all scores of a link, including refused ones; return how many.

    `link_id` is the public ID. Raises NotFound, and Conflict if there is nothing to send.
    """
    query = select(ResourceLink).where(ResourceLink.public_id == link_id)
    link = or_not_found(session.scalar(query))
    scores = session.scalars(
        select(Score).where(Score.link_id == link.id, Score.given > 0).with_for_update()
    ).all()
    if not scores or not is_graded(link):
        raise Conflict(NOTHING_TO_SEND)
    for score in scores:
        _queue(score, now)
    link.line_item_failure = None
    audit.record(session, "lti_link.scores_sent_again", link_id, actor=actor, now=now)
    session.flush()
    return len(scores)


def reopen(session: Session, link_id: int, *, now: datetime) -> None:
    """Queue the undelivered scores of a link (row id), because its column or scopes changed."""
    link = session.get_one(ResourceLink, link_id)
    link.line_item_failure = None
    unsent = select(Score).where(
        Score.link_id == link_id,
        Score.given > 0,
        Score.state.in_((ScoreState.REFUSED, ScoreState.WATCHING)),
    )
    for score in session.scalars(unsent.with_for_update()):
        _queue(score, now)
    session.flush()


def _pairs_of(whose: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(FrameSession.link_id, FrameSession.identity_id)
        .join(Identity, Identity.id == FrameSession.identity_id)
        .where(
            whose,
            FrameSession.role == FrameRole.LEARNER,
            FrameSession.purpose == Purpose.WATCH,
            FrameSession.link_id.is_not(None),
            FrameSession.is_test_user.is_(False),
            Identity.is_test_user.is_(False),
        )
    )


def _known_pairs(whose: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(Score.link_id, Score.identity_id)
        .join(Identity, Identity.id == Score.identity_id)
        .where(whose)
    )


def _standings(
    session: Session,
    pairs: Any,  # noqa: ANN401  (a union of selects)
    changed: Mapping[int, frozenset[int]] | None,
    *,
    now: datetime,
) -> tuple[Standing, ...]:
    """Return the changed progress of pairs; `changed` limits it to webinars watched since, by login."""
    extents: dict[tuple[int, Target, datetime], Extent] = {}
    found = [_pair(row) for row in session.execute(_facts(pairs))]
    kept_of = logins_of(session, {pair.login_id for pair in found if pair is not None})
    standings: list[Standing] = []
    for pair in found:
        if pair is None:
            continue
        key = (pair.organization_id, pair.target, pair.placed_at)
        if key not in extents:
            extents[key] = _extent(session, pair, now)
        login_id = kept_of.get(pair.login_id, pair.login_id)
        touched = None if changed is None else changed.get(login_id)
        if pair.kept_share is None or touched is None or touched & set(extents[key].webinar_ids):
            standing = _standing(session, pair, login_id, extents[key])
            standings += [standing] if standing is not None else []
    return tuple(standings)


def _facts(pairs: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401  (a union of selects)
    asked = pairs.subquery()
    return (
        select(
            asked.c.link_id,
            asked.c.identity_id,
            Identity.login_id,
            Deployment.organization_id,
            ResourceLink.target,
            ResourceLink.created_at.label("placed_at"),
            ResourceLink.rule,
            ResourceLink.threshold,
            Score.share,
            Score.given,
        )
        .select_from(asked)
        .join(Identity, Identity.id == asked.c.identity_id)
        .join(ResourceLink, ResourceLink.id == asked.c.link_id)
        .join(Context, Context.id == ResourceLink.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .outerjoin(
            Score,
            tuple_(Score.link_id, Score.identity_id)
            == tuple_(asked.c.link_id, asked.c.identity_id),
        )
    )


def _pair(row: Row[*tuple[Any, ...]]) -> _Pair | None:
    """Return a pair; None for a link without a target or without an organization."""
    target = None if row.target is None else read_target(row.target)
    if target is None or row.organization_id is None:
        return None
    return _Pair(
        row.link_id,
        row.identity_id,
        row.login_id,
        row.organization_id,
        target,
        row.placed_at,
        row.rule,
        row.threshold,
        row.share,
        row.given or 0.0,
    )


def _extent(session: Session, pair: _Pair, now: datetime) -> Extent:
    target = pair.target
    if target.webinar is not None:
        return find_webinar_extent(
            session, target.webinar, starts_s=target.starts_s, ends_s=target.ends_s
        )
    series = target.series or ""
    # An ended contract must not turn what is left of the series into all of it.
    since = pair.placed_at
    return Extent(shown_in_series(session, pair.organization_id, series, now=now, since=since))


def _standing(session: Session, pair: _Pair, login_id: int, extent: Extent) -> Standing | None:
    share = watched_share(session, login_id, extent)
    if not share:
        return None
    given = max(given_for(share, pair.rule, pair.threshold), pair.kept_given)
    is_news = pair.kept_share is None or abs(share - pair.kept_share) >= WORTH_KEEPING
    if not is_news and given <= pair.kept_given:
        return None
    return Standing(pair.link_id, pair.identity_id, share, given)


def _keep(session: Session, standing: Standing, now: datetime) -> None:
    query = locked(
        select(Score).where(
            Score.link_id == standing.link_id, Score.identity_id == standing.identity_id
        )
    )
    score = session.scalar(query) or _taken_over(session, standing)
    if score is None:
        made = Score(
            link_id=standing.link_id,
            identity_id=standing.identity_id,
            share=standing.share,
            given=0.0,
            state=ScoreState.WATCHING,
            run_at=now,
            created_at=now,
        )
        # or another worker created it at the same time
        score = made if add_once(session, made) else session.scalars(query).one()
    score.share = standing.share
    if standing.given > score.given:
        score.given = standing.given
        last_told = score.delivered_at or score.created_at
        _queue(score, told_at(standing.given, last_told, now))
    session.flush()


def _taken_over(session: Session, standing: Standing) -> Score | None:
    """Return the score that the same user ID had at a link, now this identity's; None if it had none.

    If a deployment moves to another organization, its people get other identities, but their column
    has one grade for each user ID.
    """
    sub = session.get_one(Identity, standing.identity_id).sub
    query = (
        select(Score)
        .join(Identity, Identity.id == Score.identity_id)
        .where(Score.link_id == standing.link_id, Identity.sub == sub)
        .order_by(Score.given.desc())
        .limit(1)
    )
    score = session.scalar(locked(query, of=Score))
    if score is not None:
        score.identity_id = standing.identity_id
    return score


def _queue(score: Score, run_at: datetime) -> None:
    score.state, score.run_at, score.tries, score.failure = ScoreState.QUEUED, run_at, 0, None
