"""A decision in words: one sentence for the person and one next step for each code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from lms.access import (
    LIVE_OPENS_BEFORE,
    Admitted,
    Candidate,
    Code,
    Decision,
    GrantFacts,
    WebinarFacts,
)
from lms.errors import N_
from lms.models.holdings import Scope
from lms.zones import say_moment


class Step(StrEnum):
    """What the person can do next."""

    WATCH = "watch"
    WAIT = "wait"
    BUY = "buy"
    RENEW = "renew"
    CONTACT = "contact"


STEP_LABELS: Mapping[Step, str] = {
    Step.WATCH: N_("Watch"),
    Step.WAIT: N_("Come back then"),
    Step.BUY: N_("See what it costs"),
    Step.RENEW: N_("Renew"),
    Step.CONTACT: N_("Write to us"),
}

_WORDS: Mapping[Code, tuple[str, Step]] = {
    Code.OK_PERMANENT: (N_("This webinar is yours for good."), Step.WATCH),
    Code.OK_FREE: (N_("This webinar is free for everyone who is signed in."), Step.WATCH),
    Code.OK_TERM: (N_("Your pass covers this webinar until %(until)s."), Step.WATCH),
    Code.NOT_STARTED: (N_("Your access begins on %(starts)s."), Step.WAIT),
    Code.LIVE_NOT_OPEN: (
        N_("You have a place. The door opens an hour before, on %(opens)s."),
        Step.WAIT,
    ),
    Code.RECORDING_NOT_READY: (
        N_("You will be able to watch here as soon as the recording is ready."),
        Step.WAIT,
    ),
    Code.LIVE_OVER: (N_("There is no live session to join any more."), Step.WAIT),
    Code.HELD_AFTER_TERM: (
        N_("This webinar takes place after your pass has ended, on %(until)s."),
        Step.RENEW,
    ),
    Code.PASS_EXPIRED: (N_("Your pass ended on %(until)s."), Step.RENEW),
    Code.SUSPENDED_DISPUTE: (
        N_("Your access is paused while the payment for it is being disputed."),
        Step.CONTACT,
    ),
    Code.REFUNDED: (N_("Your access ended when your money was returned."), Step.BUY),
    Code.REVOKED: (N_("Your access to this webinar was taken back."), Step.CONTACT),
    Code.NO_GRANT: (N_("This webinar is not in your library yet."), Step.BUY),
    Code.ACCOUNT_BLOCKED: (N_("This log-in is blocked."), Step.CONTACT),
    Code.WEBINAR_PULLED: (
        N_(
            "This webinar had to be taken down, for everyone. We will tell you what you get instead."
        ),
        Step.CONTACT,
    ),
}

_VERDICTS: Mapping[Code, str] = {
    Code.OK_PERMANENT: N_("lets you in for good"),
    Code.OK_TERM: N_("lets you in until %(until)s"),
    Code.NOT_STARTED: N_("begins on %(starts)s"),
    Code.HELD_AFTER_TERM: N_("ends on %(until)s, before this webinar"),
    Code.PASS_EXPIRED: N_("ended on %(until)s"),
    Code.SUSPENDED_DISPUTE: N_("paused by a dispute"),
    Code.REFUNDED: N_("refunded on %(revoked)s"),
    Code.REVOKED: N_("taken back on %(revoked)s"),
    Code.NO_GRANT: N_("does not include this live session, which began before it"),
}

_COVERAGE: Mapping[Scope, str] = {
    Scope.WEBINAR: N_("This webinar, for one log-in"),
    Scope.PRESENTER: N_("Pass for all webinars with %(covers)s"),
    Scope.SERIES: N_("Pass for the series %(covers)s"),
    Scope.EVERYTHING: N_("Pass for every webinar"),
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence to be translated where it is shown, with the values it speaks of."""

    message: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        """Return the English sentence."""
        return self.message % self.values


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a person is told of a decision."""

    sentence: Sentence
    step: Step
    weighed: tuple[tuple[Sentence, Sentence], ...]  # what was weighed, and what it answered


def explain(decision: Decision, webinar: WebinarFacts, *, zone: ZoneInfo) -> Explanation:
    """Put a decision into words, with its days and times as they are in `zone`."""
    message, step = _WORDS[decision.code]
    if isinstance(decision, Admitted) and not webinar.playable:
        step = Step.WAIT  # a handout or a live session is open, but there is nothing to play
    values = _values(decision.grant, zone)
    values["opens"] = say_moment(webinar.held_at - LIVE_OPENS_BEFORE, zone)
    weighed = tuple(describe(candidate, zone=zone) for candidate in decision.candidates)
    return Explanation(Sentence(message, values), step, weighed)


def describe(candidate: Candidate, *, zone: ZoneInfo) -> tuple[Sentence, Sentence]:
    """Say what a grant covers, and what it answers."""
    grant = candidate.grant
    return (
        Sentence(_COVERAGE[grant.scope], {"covers": grant.covers}),
        Sentence(_VERDICTS[candidate.code], _values(grant, zone)),
    )


def _values(grant: GrantFacts | None, zone: ZoneInfo) -> dict[str, str]:
    if grant is None:
        return {}
    values = {"starts": _day(grant.starts_at, zone)}
    if grant.ends_at is not None:
        values["until"] = last_day(grant.ends_at, zone)
    if grant.revoked_at is not None:
        values["revoked"] = _day(grant.revoked_at, zone)
    return values


def last_day(ends_at: datetime, zone: ZoneInfo) -> str:
    """Name the last day of a half-open term: an end at midnight belongs to the day before."""
    return _day(ends_at - timedelta(microseconds=1), zone)


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return format_datetime(moment.astimezone(zone), "d MMMM y", locale="en")
