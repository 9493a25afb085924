"""Refusal texts for LTI frames: why a person may not play, whom to ask, and the next step."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.access.explanations import Sentence as Sentence
from lms.access.explanations import Step, explain
from lms.access.policy import Action, Decision
from lms.access.policy import Code as Code
from lms.catalog.replacement_webinars import Instead as Instead
from lms.catalog.replacement_webinars import read_instead
from lms.core.errors import N_
from lms.lti_facade.viewer_access_facts import NAMELESS, Presence, Standing
from lms.models.catalog import WebinarState as WebinarState
from lms.organizations.organizations import find_manager
from lms.seller.settings import read_seller

UNKNOWN: Final = Sentence(
    N_(
        "This recording has named seats, and your learning system did not say who you are."
        " Sign in there by your own name, then open it again."
    ),
    {},
)
PASSING: Final = Sentence(
    N_("This recording has named seats, and this page asks nobody for a name."),
    {},
)
EXPECTED: Final = Sentence(
    N_("There is no seat for you here yet: %(organization)s gives them out by name."),
    {},
)

# The house itself has done this, so whoever looks after the seats can't help.
NOT_THE_MANAGERS: Final = frozenset({Code.ACCOUNT_BLOCKED, Code.WEBINAR_PULLED})
# The organization has nothing for this person now: its manager can change that, or they buy it themselves.
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
    """What somebody in a frame is told: why not, and the next step.

    `manager` is who looks after the organization's seats, None where nobody is known or it is not
    for them to mend; `waits` when
    there is nothing to do but to come back. `may_ask` where a manager's seat would mend it, `may_wait` where a full
    pool has a waitlist, `may_buy` where
    the seller lets a course lead to its shop as well.
    """

    code: Code
    sentence: Sentence
    organization: str
    manager: str | None
    waits: bool
    may_ask: bool = False
    may_wait: bool = False
    may_buy: bool = False
    instead: Instead | None = None  # what is offered for a webinar that was pulled


def tell(session: Session, standing: Standing, *, zone: ZoneInfo, now: datetime) -> Told:
    """Put into words why this person may not play now."""
    return _told(session, standing, standing.decide(Action.RECORDING, now), zone)


def tell_handout(session: Session, standing: Standing, *, zone: ZoneInfo, now: datetime) -> Told:
    """Put into words why what goes with the recording isn't open to this person now."""
    return _told(session, standing, standing.decide(Action.HANDOUT, now), zone)


def _told(session: Session, standing: Standing, decision: Decision, zone: ZoneInfo) -> Told:
    told = explain(decision, standing.case.webinar, zone=zone, manager=None)
    return Told(
        code=decision.code,
        sentence=_sentence(standing, decision.code, told.sentence),
        organization=standing.organization,
        manager=None
        if decision.code in NOT_THE_MANAGERS
        else find_manager(session, standing.organization_id),
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
    """Return the sentence that fits who is in the frame, where the usual one would not."""
    if code is not Code.NO_GRANT:
        return usual
    if standing.presence in NAMELESS:
        return PASSING if standing.presence is Presence.PASSING else UNKNOWN
    if standing.presence is Presence.EXPECTED:
        return replace(EXPECTED, values={"organization": standing.organization})
    return usual
