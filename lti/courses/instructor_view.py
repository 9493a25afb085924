"""The instructor view of a link: each learner's share watched and the grade sent."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.errors import N_, or_not_found
from lms.core.model_base import copied
from lms.lti_facade.content_choices import fold
from lms.lti_facade.learner_logins import NAMELESS, names_of
from lti.grades.grading_rules import reaches
from lti.grades.score_outbox import is_graded
from lti.models.courses import (
    CompletionRule,
    Context,
    ResourceLink,
    RosterMember,
    Score,
    ScoreState,
)
from lti.models.identities import Identity
from lti.models.launches import FrameRole, FrameSession, Purpose
from lti.protocol.spec_vocabulary import SCORE_SCOPE
from lti.rosters.roster_status import RosterStanding, roster_standing

NOT_OPENED: Final = N_("No one in this course with that name has opened it yet.")


class SortedBy(StrEnum):
    """The columns by which learners can be sorted."""

    NAME = "name"
    SHARE = "share"


class Progress(StrEnum):
    """A learner's progress by the rule of a link."""

    COMPLETED = "completed"
    BEGUN = "begun"
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search for learners (every word of `query` must be in the name) and their order.

    `is_stuck` selects only learners whose score could not be delivered.
    """

    query: str = ""
    progress: Progress | None = None
    is_stuck: bool = False
    by: SortedBy = SortedBy.NAME
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Learner:
    """A learner at a link; shares are 0 to 1, and `share` is None if they have not opened it.

    `sub` is the platform's ID for them; `state` and `failure` describe the score sent to the gradebook.
    `is_listed` is False for a person who launched before the roster was last read and is not on it.
    """

    sub: str
    name: str
    share: float | None
    given: float
    is_complete: bool
    state: ScoreState | None
    failure: str | None
    is_listed: bool

    @property
    def is_stuck(self) -> bool:
        """Return whether the score could not be delivered."""
        return self.failure is not None

    @property
    def progress(self) -> Progress:
        """Return the learner's progress by the rule of the link."""
        if self.is_complete:
            return Progress.COMPLETED
        return Progress.BEGUN if self.share else Progress.NOT_BEGUN


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """A link and its course; `tells_grades` is True if the platform accepts scores from us.

    `is_graded` is False if the link was added without a grade column and its course has not provided
    one since.
    """

    public_id: str
    title: str
    course: str
    rule: CompletionRule
    threshold: int
    tells_grades: bool
    is_graded: bool
    line_item_failure: str | None
    roster: RosterStanding
    learners: tuple[Learner, ...]

    @property
    def begun(self) -> int:
        """Return the number of learners who have watched anything."""
        return sum(1 for each in self.learners if each.share)

    @property
    def is_stuck(self) -> bool:
        """Return whether any score could not be delivered."""
        return self.line_item_failure is not None or any(each.is_stuck for each in self.learners)

    @property
    def complete(self) -> int:
        """Return the number of learners who have watched as much as the rule requires."""
        return sum(1 for each in self.learners if each.is_complete)


def find_link(session: Session, link_id: int | None) -> LinkFacts:
    """Return a link (row id) with everyone in its course; raises NotFound."""
    link = or_not_found(None if link_id is None else session.get(ResourceLink, link_id))
    context = session.get_one(Context, link.context_id)
    return copied(
        LinkFacts,
        link,
        course=context.title,
        tells_grades=SCORE_SCOPE in link.scopes.split(),
        is_graded=is_graded(link),
        roster=roster_standing(session, context),
        learners=tuple(_everybody(session, link, context)),
    )


def choose_learners(learners: Iterable[Learner], wanted: Wanted) -> list[Learner]:
    """Return the matching learners in the requested order; ignores accents and case."""
    words = fold(wanted.query).split()
    named = [
        (fold(each.name), each)
        for each in learners
        if wanted.progress in (None, each.progress) and (each.is_stuck or not wanted.is_stuck)
    ]
    found = [(name, each) for name, each in named if all(word in name for word in words)]
    # People without a name come last in either direction.
    found.sort(key=lambda pair: pair[0], reverse=wanted.is_descending)
    found.sort(key=lambda pair: not pair[0])
    if wanted.by is SortedBy.SHARE:
        found.sort(key=lambda pair: pair[0])
        found.sort(key=lambda pair: pair[1].share or 0.0, reverse=wanted.is_descending)
    return [each for _, each in found]


def find_learner(session: Session, link_id: int | None, sub: str) -> Learner:
    """Return a learner of a link by the platform's ID for them; raises NotFound."""
    link = or_not_found(None if link_id is None else session.get(ResourceLink, link_id))
    context = session.get_one(Context, link.context_id)
    found = (each for each in _everybody(session, link, context) if each.sub == sub)
    return or_not_found(next(found, None), NOT_OPENED)


def goes_by(session: Session, identity_id: int | None, sub: str) -> bool:
    """Return whether an identity (row id) has this ID on the platform."""
    identity = None if identity_id is None else session.get(Identity, identity_id)
    return identity is not None and identity.sub == sub


@dataclass(frozen=True, slots=True)
class _People:
    """The roster of a course by the platform's IDs, and when it was read; None for never."""

    read_at: datetime | None
    members: Mapping[str, RosterMember]

    def names(self, sub: str, came_at: datetime) -> bool:
        """Return whether a person is on the roster, or launched after it was read."""
        return self.read_at is None or came_at > self.read_at or sub in self.members

    def name_of(self, sub: str, login_name: str) -> str:
        """Return a person's name from their launches, or else from the roster."""
        if login_name and login_name != NAMELESS:
            return login_name
        member = self.members.get(sub)
        return "" if member is None else member.name or ""


def _everybody(session: Session, link: ResourceLink, context: Context) -> list[Learner]:
    """Return everyone who learns at a link: with a score, with a launch, or only on the roster."""
    members = session.scalars(
        select(RosterMember).where(
            RosterMember.context_id == context.id,
            RosterMember.is_active,
            RosterMember.missed == 0,
        )
    )
    people = _People(context.synced_at, {member.sub: member for member in members})
    # One user ID has several identities if the deployment moved to another organization.
    found = {each.sub: each for each in _scored(session, link, people)}
    found |= {each.sub: each for each in _come(session, link, people, found.keys())}
    return [
        *found.values(),
        *(
            _nothing_of(member.sub, member.name or "")
            for member in people.members.values()
            if not member.is_instructor and member.sub not in found
        ),
    ]


def _scored(session: Session, link: ResourceLink, people: _People) -> list[Learner]:
    rows = session.execute(
        select(Score, Identity)
        .join(Identity, Identity.id == Score.identity_id)
        .where(Score.link_id == link.id, Identity.is_test_user.is_(False))
        .order_by(Score.given)
    ).all()
    names = names_of(session, [identity.login_id for _, identity in rows])
    return [
        copied(
            Learner,
            score,
            sub=identity.sub,
            name=people.name_of(identity.sub, names.get(identity.login_id, "")),
            is_complete=reaches(score.share, link.threshold),
            is_listed=people.names(identity.sub, score.created_at),
        )
        for score, identity in rows
    ]


def _come(
    session: Session, link: ResourceLink, people: _People, known: Collection[str]
) -> list[Learner]:
    """Return people who opened the link but have no score yet; the next round of the job creates it."""
    rows = session.execute(
        select(
            Identity.sub,
            Identity.login_id,
            func.min(FrameSession.created_at).label("came_at"),
        )
        .join(FrameSession, FrameSession.identity_id == Identity.id)
        .where(
            FrameSession.link_id == link.id,
            FrameSession.role == FrameRole.LEARNER,
            FrameSession.purpose == Purpose.WATCH,
            FrameSession.is_test_user.is_(False),
            Identity.is_test_user.is_(False),
        )
        .group_by(Identity.sub, Identity.id, Identity.login_id)
        .order_by(Identity.id)
    ).all()
    new = [row for row in rows if row.sub not in known]
    names = names_of(session, [row.login_id for row in new])
    return [
        _nothing_of(
            row.sub,
            people.name_of(row.sub, names.get(row.login_id, "")),
            share=0.0,
            is_listed=people.names(row.sub, row.came_at),
        )
        for row in new
    ]


def _nothing_of(
    sub: str,
    name: str,
    *,
    share: float | None = None,
    is_listed: bool = True,
) -> Learner:
    return Learner(
        sub=sub,
        name=name,
        share=share,
        given=0.0,
        is_complete=False,
        state=None,
        failure=None,
        is_listed=is_listed,
    )
