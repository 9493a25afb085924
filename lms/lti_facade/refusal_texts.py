"""Refusal texts for LTI frames: why a person can't watch, whom to ask, and the next step."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.access.explanations import Sentence as Sentence
from lms.access.explanations import Step, explain
from lms.access.policy import Action, Decision, Turned
from lms.access.policy import Code as Code
from lms.catalog.replacement_webinars import Instead as Instead
from lms.catalog.replacement_webinars import read_instead
from lms.core.errors import N_
from lms.lti_facade.viewer_access_facts import CLAIMED_BY_PLAYING, NAMELESS, Presence, Standing
from lms.models.catalog import WebinarState as WebinarState
from lms.organizations.organizations import find_manager
from lms.seller.settings import read_seller

UNKNOWN: Final = Sentence(
    N_(
        "Seats for this recording are assigned by name, and your LMS didn't tell us who you are. "
        "Sign in to your LMS with your own account, then open this again."
    ),
    {},
)
PASSING: Final = Sentence(
    N_("Seats for this recording are assigned by name, but this page doesn't ask for names."),
    {},
)
EXPECTED: Final = Sentence(
    N_("You don't have a seat yet. %(organization)s assigns seats by name."),
    {},
)

# Decisions of our team, which the organization's managers can't change.
NOT_THE_MANAGERS: Final = frozenset({Code.ACCOUNT_BLOCKED, Code.WEBINAR_PULLED})
# The organization can fix these by giving the person a seat, or the person can buy access.
SEATS_HELP: Final = frozenset(
    {
        Code.NO_GRANT,
        Code.POOL_FULL_WAITLISTED,
        Code.CONTRACT_LAPSED,
        Code.SEAT_RELEASED,
        Code.REFUNDED,
        Code.REVOKED,
    }
)


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal as a viewer in a frame sees it, with the next step.

    `manager` is the name of the organization's manager, None if there is none or a manager can't help;
    `waits` is True if they can only come back later. `may_ask` is True if a seat from a manager would
    help, `may_wait` if a full pool has a waitlist, `may_buy` if the seller lets courses link to its
    shop.
    """

    code: Code
    sentence: Sentence
    organization: str
    manager: str | None
    waits: bool
    may_ask: bool = False
    may_wait: bool = False
    may_buy: bool = False
    instead: Instead | None = None  # offered instead of a removed webinar


def tell(session: Session, standing: Standing, *, zone: ZoneInfo, now: datetime) -> Told:
    """Return why this person can't watch now."""
    decision = standing.decide(Action.RECORDING, now)
    if decision.code in CLAIMED_BY_PLAYING and not standing.case.webinar.playable:
        decision = Turned(Code.RECORDING_NOT_READY, decision.grant, decision.candidates)
    return _told(session, standing, decision, zone)


def tell_handout(session: Session, standing: Standing, *, zone: ZoneInfo, now: datetime) -> Told:
    """Return why this person has no access to the handouts now."""
    return _told(session, standing, standing.decide(Action.HANDOUT, now), zone)


def _told(session: Session, standing: Standing, decision: Decision, zone: ZoneInfo) -> Told:
    told = explain(decision, standing.case.webinar, zone=zone, manager=None)
    return Told(
        code=decision.code,
        sentence=_sentence(standing, decision.code, told.sentence),
        organization=standing.organization,
        manager=None
        if decision.code in NOT_THE_MANAGERS
        else find_manager(session, standing.organization_id, other_than=standing.login_id),
        waits=told.step is Step.WAIT,
        may_ask=decision.code in SEATS_HELP,
        may_wait=told.step is Step.JOIN and standing.presence is Presence.LEARNER,
        may_buy=decision.code in SEATS_HELP
        and standing.case.webinar.state is WebinarState.ANNOUNCED
        and read_seller(session).sells_in_lms,
        instead=read_instead(session, standing.case.webinar.id)
        if decision.code is Code.WEBINAR_PULLED
        else None,
    )


def _sentence(standing: Standing, code: Code, usual: Sentence) -> Sentence:
    """Return the sentence for this viewer in a frame, if the usual one doesn't fit."""
    if code is not Code.NO_GRANT:
        return usual
    if standing.presence in NAMELESS:
        return PASSING if standing.presence is Presence.PASSING else UNKNOWN
    if standing.presence is Presence.EXPECTED:
        return replace(EXPECTED, values={"organization": standing.organization})
    return usual
