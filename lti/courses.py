"""What an instructor sees of a link: each learner's share and what the gradebook has; no watch map."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.embedding.people import NAMELESS, names_of
from lms.embedding.selection import fold
from lms.errors import N_, NotFound
from lti.grading import reaches
from lti.models.courses import (
    CompletionRule,
    Context,
    ResourceLink,
    RosterMember,
    Score,
    ScoreState,
)
from lti.models.launches import FrameRole, FrameSession, Purpose
from lti.models.people import Identity
from lti.roster_standing import RosterStanding, roster_standing
from lti.vocabulary import SCORE_SCOPE

NOT_OPENED: Final = N_("Nobody of this course by that name has opened it yet.")


class SortedBy(StrEnum):
    """The columns by which learners can be sorted."""

    NAME = "name"
    SHARE = "share"


class Progress(StrEnum):
    """How far somebody is by the rule of a link."""

    COMPLETED = "completed"
    BEGUN = "begun"
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which learners are looked for (every word of `query` in their name), and their order."""

    query: str = ""
    progress: Progress | None = None
    by: SortedBy = SortedBy.NAME
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Learner:
    """A learner at a link; shares are 0 to 1, `share` is None for who has not opened it.

    `state` and `failure` are of what is sent to the gradebook.
    """

    identity_id: int | None
    name: str
    share: float | None
    given: float
    is_complete: bool
    state: ScoreState | None
    failure: str | None
    delivered_at: datetime | None

    @property
    def progress(self) -> Progress:
        """Return how far they are."""
        if self.is_complete:
            return Progress.COMPLETED
        return Progress.BEGUN if self.share else Progress.NOT_BEGUN


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """A link and its course; `tells_grades` says that the platform let us report."""

    public_id: str
    title: str
    course: str
    rule: CompletionRule
    threshold: int
    tells_grades: bool
    line_item_failure: str | None
    roster: RosterStanding
    learners: tuple[Learner, ...]

    @property
    def begun(self) -> int:
        """Return how many have watched anything."""
        return sum(1 for each in self.learners if each.share)

    @property
    def is_stuck(self) -> bool:
        """Tell whether a score did not get through."""
        return self.line_item_failure is not None or any(
            each.failure is not None for each in self.learners
        )

    @property
    def complete(self) -> int:
        """Return how many have watched as much as the rule asks for."""
        return sum(1 for each in self.learners if each.is_complete)


def find_link(session: Session, link_id: int | None) -> LinkFacts:
    """Return a link, by its row's id, with everybody in its course; raises NotFound."""
    link = None if link_id is None else session.get(ResourceLink, link_id)
    if link is None:
        raise NotFound
    context = session.get_one(Context, link.context_id)
    scored = _scored(session, link)
    scored += _come(session, link, {sub for sub, _ in scored})
    known = {sub for sub, _ in scored}
    listed = _listed(session, context.id, known)
    return LinkFacts(
        public_id=link.public_id,
        title=link.title,
        course=context.title,
        rule=link.rule,
        threshold=link.threshold,
        tells_grades=SCORE_SCOPE in link.scopes.split(),
        line_item_failure=link.line_item_failure,
        roster=roster_standing(session, context),
        learners=(*(learner for _, learner in scored), *listed),
    )


def choose_learners(learners: Iterable[Learner], wanted: Wanted) -> list[Learner]:
    """Return those that are looked for, in the order that is wanted; accents and case don't count."""
    words = fold(wanted.query).split()
    named = [
        (fold(each.name), each) for each in learners if wanted.progress in (None, each.progress)
    ]
    found = [(name, each) for name, each in named if all(word in name for word in words)]
    # Who has no name comes last, whichever way round.
    found.sort(key=lambda pair: pair[0], reverse=wanted.is_descending)
    found.sort(key=lambda pair: not pair[0])
    if wanted.by is SortedBy.SHARE:
        found.sort(key=lambda pair: pair[0])
        found.sort(key=lambda pair: pair[1].share or 0.0, reverse=wanted.is_descending)
    return [each for _, each in found]


def find_learner(session: Session, link_id: int | None, sub: str) -> Learner:
    """Return one learner of a link by the platform's name for them; raises NotFound."""
    link = None if link_id is None else session.get(ResourceLink, link_id)
    if link is None:
        raise NotFound
    scored = _scored(session, link)
    scored += _come(session, link, {known for known, _ in scored})
    found = next((learner for known, learner in scored if known == sub), None)
    listed = {member.sub: member for member in _members(session, link.context_id)}
    if found is not None:
        return found
    if sub in listed:
        return _unopened(listed[sub])
    raise NotFound(NOT_OPENED)


def goes_by(session: Session, identity_id: int | None, sub: str) -> bool:
    """Tell whether a person, by the row of their identity, is who the platform calls so."""
    identity = None if identity_id is None else session.get(Identity, identity_id)
    return identity is not None and identity.sub == sub


def _scored(session: Session, link: ResourceLink) -> list[tuple[str, Learner]]:
    rows = session.execute(
        select(Score, Identity)
        .join(Identity, Identity.id == Score.identity_id)
        .where(Score.link_id == link.id, Identity.is_test_user.is_(False))
    ).all()
    names = names_of(session, [identity.login_id for _, identity in rows])
    return [
        (
            identity.sub,
            Learner(
                identity_id=identity.id,
                name=_known(names.get(identity.login_id, "")),
                share=score.share,
                given=score.given,
                is_complete=reaches(score.share, link.threshold),
                state=score.state,
                failure=score.failure,
                delivered_at=score.delivered_at,
            ),
        )
        for score, identity in rows
    ]


def _come(session: Session, link: ResourceLink, known: set[str]) -> list[tuple[str, Learner]]:
    """Return who has opened the link and was not looked at since: the next round counts what they watch."""
    rows = session.execute(
        select(Identity.sub, Identity.id, Identity.login_id)
        .join(FrameSession, FrameSession.identity_id == Identity.id)
        .where(
            FrameSession.link_id == link.id,
            FrameSession.role == FrameRole.LEARNER,
            FrameSession.purpose == Purpose.WATCH,
            FrameSession.is_test_user.is_(False),
            Identity.is_test_user.is_(False),
        )
        .distinct()
    ).all()
    new = [row for row in rows if row.sub not in known]
    names = names_of(session, [row.login_id for row in new])
    return [(row.sub, _nothing_of(_known(names.get(row.login_id, "")), row.id, 0.0)) for row in new]


def _known(name: str) -> str:
    return "" if name == NAMELESS else name


def _members(session: Session, context_id: int) -> Iterable[RosterMember]:
    return session.scalars(
        select(RosterMember).where(
            RosterMember.context_id == context_id,
            RosterMember.is_active,
            RosterMember.is_instructor.is_(False),
            RosterMember.missed == 0,
        )
    )


def _listed(session: Session, context_id: int, known: set[str]) -> list[Learner]:
    members = _members(session, context_id)
    return [_unopened(member) for member in members if member.sub not in known]


def _unopened(member: RosterMember) -> Learner:
    return _nothing_of(member.name or "", None, None)


def _nothing_of(name: str, identity_id: int | None, share: float | None) -> Learner:
    return Learner(
        identity_id=identity_id,
        name=name,
        share=share,
        given=0.0,
        is_complete=False,
        state=None,
        failure=None,
        delivered_at=None,
    )
