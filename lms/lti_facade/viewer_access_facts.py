"""Viewer access facts: what the policy needs to decide if a frame's viewer can watch a webinar.

A frame shows only webinars of one organization. Each grant of its pools is passed to `access.decide`
with the viewer's way to a seat: a learner can claim a free seat (PRODUCT.md, I4), a previewer is
treated as if they had a seat, and an anonymous viewer gets only pools without assigned seats.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.decision_facts import load_case
from lms.access.grant_paths import OF_A_GRANT, grant_facts
from lms.access.merged_organizations import family_of, kept_organization
from lms.access.policy import (
    Action,
    Admitted,
    Case,
    Code,
    Decision,
    GrantFacts,
    LoginFacts,
    PoolPlace,
    Way,
    WebinarFacts,
    decide,
)
from lms.access.self_enrollment import is_bar
from lms.core.errors import NotFound
from lms.models.accounts import Login, LoginAlias
from lms.models.catalog import Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import Grant, Scope
from lms.models.organizations import Organization
from lms.models.recordings import Recording
from lms.models.seats import Assignment, Pool

# The first playback claims the seat; until then a learner sees nothing about seats.
CLAIMED_BY_PLAYING: Final = frozenset({Code.INVITE_NOT_CLAIMED, Code.SEAT_CLAIMABLE})


class Presence(StrEnum):
    """Who a viewer is in a frame."""

    LEARNER = "learner"
    # identified; claims a seat only if the organization gave them a way to one
    EXPECTED = "expected"
    LOOKING_OVER = "looking_over"  # an instructor or a platform's test user, who takes no seat
    UNKNOWN = "unknown"  # not named by the platform
    # Anyone who sees a page of the organization; no one must identify themselves.
    PASSING = "passing"


NAMED: Final = frozenset({Presence.LEARNER, Presence.EXPECTED})
NAMELESS: Final = frozenset({Presence.UNKNOWN, Presence.PASSING})


@dataclass(frozen=True, slots=True)
class Visitor:
    """A viewer in a frame of an organization; ids are row ids. An unknown viewer has no login."""

    login_id: int | None
    organization_id: int
    presence: Presence


@dataclass(frozen=True, slots=True)
class Standing:
    """The facts that the policy needs about a viewer and a webinar.

    `login_id` and `organization_id` are kept ones after merges; `frame_of` is the frame's own
    organization.
    """

    login_id: int | None
    organization_id: int
    frame_of: int
    organization: str
    presence: Presence
    case: Case

    def decide(self, action: Action, now: datetime) -> Decision:
        """Return the policy's decision, considering only this organization."""
        case = self.case
        return decide(case.login, case.webinar, action, now, within=self.organization_id)

    def is_in_the_library(self, now: datetime) -> bool:
        """Return whether the webinar is free, or something the organization owns or owned covers it."""
        decision = self.decide(Action.HANDOUT, now)
        if isinstance(decision, Admitted) or decision.candidates:
            return True
        places = (grant.place for grant in self.case.login.grants)
        was_covered = any(
            place is not None and place.organization_id == self.organization_id for place in places
        )
        return was_covered and not self.case.webinar.is_in_passes

    def may_have_handouts(self, now: datetime) -> bool:
        """Return whether the viewer has access to the handouts."""
        return isinstance(self.decide(Action.HANDOUT, now), Admitted)

    def takes_a_seat(self, now: datetime) -> bool:
        """Return whether the first playback would claim a seat."""
        return self.decide(Action.RECORDING, now).code in CLAIMED_BY_PLAYING

    def may_play(self, now: datetime) -> bool:
        """Return whether the viewer can watch now, without claiming a seat."""
        return isinstance(self.decide(Action.RECORDING, now), Admitted)

    def may_begin(self, now: datetime) -> bool:
        """Return whether the viewer can start playback, possibly by claiming a seat."""
        if self.may_play(now):
            return True
        return self.presence in NAMED and self.case.webinar.playable and self.takes_a_seat(now)


_asking, _kept, _own = aliased(Login), aliased(Login), aliased(Login)
_person = (
    select(func.coalesce(_asking.merged_into, _asking.id))
    .where(_asking.id == bindparam("login_id"))
    .scalar_subquery()
)
_logins = select(_own.id).where(or_(_own.id == _person, _own.merged_into == _person))
_keys = select(_own.email_key).where(
    or_(_own.id == _person, _own.merged_into == _person), _own.confirmed_at.is_not(None)
)
_aliases = select(LoginAlias.email_key).where(LoginAlias.login_id.in_(_logins))
_family = family_of(bindparam("organization_id"))
_pool = aliased(Pool)
_its_pools = select(_pool.id).where(_pool.organization_id.in_(_family))
_has_lost = exists().where(
    or_(
        Assignment.login_id.in_(_logins),
        Assignment.email_key.in_(_keys),
        Assignment.email_key.in_(_aliases),
    ),
    is_bar(Assignment.ended_as, Assignment.pool_id, Pool.id),
    Assignment.pool_id.in_(_its_pools),
)
_playable = exists().where(
    Recording.webinar_id == Webinar.id, Recording.is_current, Recording.run.is_not(None)
)
_held = (
    select(
        *OF_A_GRANT,
        Pool.public_id.label("pool"),
        Pool.capacity,
        or_(Pool.capacity.is_(None), Pool.used < Pool.capacity).label("has_room"),
        _has_lost.label("has_lost"),
    )
    .select_from(Pool)
    .join(Grant, Grant.pool_id == func.coalesce(Pool.allotted_from_id, Pool.id))
    .where(Pool.organization_id.in_(_family))
    .subquery("held")
)
_STANDING: Final = (
    select(
        _kept.id.label("login_id"),
        _kept.blocked_at,
        Webinar.id.label("asked_id"),
        Webinar.state,
        Webinar.free,
        Webinar.held_at,
        Webinar.minutes,
        Webinar.is_in_passes,
        _playable.label("playable"),
        Organization.public_id.label("organization"),
        Organization.name.label("organization_name"),
        Organization.id.label("organization_id"),
        *(each for each in _held.c),
    )
    .select_from(Webinar)
    .join(Organization, Organization.id == kept_organization(bindparam("organization_id")))
    .outerjoin(_kept, _kept.id == _person)
    .outerjoin(
        _held,
        or_(
            _held.c.scope == Scope.EVERYTHING,
            _held.c.webinar_id == Webinar.id,
            exists().where(
                WebinarSeries.webinar_id == Webinar.id,
                WebinarSeries.series_id == _held.c.series_id,
            ),
            exists().where(
                WebinarPresenter.webinar_id == Webinar.id,
                WebinarPresenter.presenter_id == _held.c.presenter_id,
            ),
        ),
    )
    .where(Webinar.id == bindparam("webinar_id"))
)


def read_standing(session: Session, visitor: Visitor, webinar_id: int) -> Standing:
    """Return a viewer's facts for a webinar, in one statement, plus a second one for a learner.

    Raises NotFound for an unknown webinar, organization or login.
    """
    values = {
        "login_id": visitor.login_id,
        "organization_id": visitor.organization_id,
        "webinar_id": webinar_id,
    }
    rows = session.execute(_STANDING, values).all()
    if not rows or (visitor.login_id is not None and rows[0].login_id is None):
        raise NotFound
    first = rows[0]
    held = tuple(row for row in rows if row.public_id is not None)
    own: tuple[GrantFacts, ...] = ()
    if visitor.presence in NAMED and first.login_id is not None:
        case = load_case(session, login_id=first.login_id, webinar_id=webinar_id)
        own = case.login.grants
    grants = own + tuple(_grant(row, visitor.presence) for row in held)
    login = LoginFacts(first.login_id or 0, first.blocked_at, grants)
    webinar = WebinarFacts(
        id=first.asked_id,
        state=first.state,
        free=first.free,
        held_at=first.held_at,
        minutes=first.minutes,
        playable=bool(first.playable),
        is_in_passes=first.is_in_passes,
    )
    return Standing(
        login_id=first.login_id,
        organization_id=first.organization_id,
        frame_of=visitor.organization_id,
        organization=first.organization_name,
        presence=visitor.presence,
        case=Case(login, webinar),
    )


def _grant(row: Row[*tuple[Any, ...]], presence: Presence) -> GrantFacts:
    place = PoolPlace(
        pool=row.pool,
        organization_id=row.organization_id,
        organization=row.organization,
        organization_name=row.organization_name,
        way=Way.CLAIMED,
        has_room=bool(row.has_room),
    )
    if presence is Presence.LEARNER:
        # A person whose seat a manager took can't claim another.
        place = replace(place, way=Way.RELEASED if row.has_lost else Way.BY_LAUNCH)
    elif presence is Presence.EXPECTED or (presence in NAMELESS and row.capacity is not None):
        # Its seats are assigned by name, and not to this viewer.
        place = replace(place, way=Way.BY_LAUNCH, has_room=False)
    return grant_facts(row, place=place)
