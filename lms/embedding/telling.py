"""A refusal in words that fit a frame: one sentence, whom to ask, and what comes next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.access import Action, Code, Decision
from lms.embedding.standing import Presence, Standing
from lms.errors import N_
from lms.explain import Sentence as Sentence
from lms.explain import Step, explain
from lms.organisations import find_manager

UNKNOWN: Final = Sentence(
    N_(
        "This recording has named seats, and your learning system did not say who you are."
        " Sign in there by your own name, then open it again."
    ),
    {},
)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody in a frame is told: why not, and the next step.

    `manager` is who looks after the organisation's seats, None where nobody is known; `waits` when
    there is nothing to do but to come back.
    """

    code: Code
    sentence: Sentence
    organisation: str
    manager: str | None
    waits: bool


def tell(session: Session, standing: Standing, *, zone: ZoneInfo, now: datetime) -> Told:
    """Put into words why this person may not play now."""
    return _told(session, standing, standing.decide(Action.RECORDING, now), zone)


def tell_handout(session: Session, standing: Standing, *, zone: ZoneInfo, now: datetime) -> Told:
    """Put into words why what goes with the recording isn't open to this person now."""
    return _told(session, standing, standing.decide(Action.HANDOUT, now), zone)


def _told(session: Session, standing: Standing, decision: Decision, zone: ZoneInfo) -> Told:
    told = explain(decision, standing.case.webinar, zone=zone, manager=None)
    is_nameless = standing.presence is Presence.UNKNOWN and decision.code is Code.NO_GRANT
    return Told(
        code=decision.code,
        sentence=UNKNOWN if is_nameless else told.sentence,
        organisation=standing.organisation,
        manager=find_manager(session, standing.organisation_id),
        waits=told.step is Step.WAIT,
    )
