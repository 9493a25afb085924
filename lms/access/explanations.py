"""Explanations of an access decision: one sentence and one next step for each code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from lms.access.policy import (
    LIVE_OPENS_BEFORE,
    Admitted,
    Candidate,
    Code,
    Decision,
    GrantFacts,
    Way,
    WebinarFacts,
)
from lms.core.dates_and_time_zones import say_datetime
from lms.core.errors import N_
from lms.models.catalog import WebinarState
from lms.models.grants import Scope


class Step(StrEnum):
    """What the person can do next."""

    WATCH = "watch"
    WAIT = "wait"
    CLAIM = "claim"
    JOIN = "join"
    BUY = "buy"
    RENEW = "renew"
    ASK = "ask"
    CONTACT = "contact"


CANCELED: Final = N_("This webinar was canceled. There is nothing to join or to watch.")
NOT_IN_PASSES: Final = N_("This webinar is not included in passes. You can buy it by itself.")
STEP_LABELS: Mapping[Step, str] = {
    Step.WATCH: N_("Watch"),
    Step.WAIT: N_("Come back then"),
    Step.CLAIM: N_("Claim your seat"),
    Step.JOIN: N_("Join the waiting list"),
    Step.BUY: N_("See what it costs"),
    Step.RENEW: N_("Renew"),
    Step.ASK: N_("Ask %(manager)s"),
    Step.CONTACT: N_("Write to us"),
}

# What is said of a login's own grant, or of none.
_WORDS: Mapping[Code, tuple[str, Step]] = {
    Code.OK_PERMANENT: (N_("This webinar is yours for good."), Step.WATCH),
    Code.OK_FREE: (N_("This webinar is free for everyone who is signed in."), Step.WATCH),
    Code.OK_TERM: (N_("Your pass covers this webinar until %(until)s."), Step.WATCH),
    Code.OK_GRACE: (
        N_("Your access ended on %(until)s. You may go on watching until %(grace)s."),
        Step.WATCH,
    ),
    Code.INVITE_NOT_CLAIMED: (N_("A seat is kept for you. Claim it, then watch."), Step.CLAIM),
    Code.SEAT_CLAIMABLE: (N_("There is a free seat that you may take."), Step.CLAIM),
    Code.PAYMENT_PENDING: (
        N_("You will be able to watch as soon as the payment has reached us."),
        Step.CONTACT,
    ),
    Code.POOL_FULL_WAITLISTED: (
        N_("Every seat is taken. You are on the waiting list."),
        Step.CONTACT,
    ),
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
    Code.CONTRACT_LAPSED: (
        N_("The contract that let you in ended on %(until)s."),
        Step.CONTACT,
    ),
    Code.PASS_EXPIRED: (N_("Your pass ended on %(until)s."), Step.RENEW),
    Code.SEAT_RELEASED: (N_("Your seat was released."), Step.CONTACT),
    Code.SUSPENDED_DISPUTE: (
        N_("Your access is paused while the payment for it is being disputed."),
        Step.CONTACT,
    ),
    Code.REFUNDED: (N_("Your access ended when your money was returned."), Step.BUY),
    Code.REVOKED: (N_("Your access to this webinar was taken back."), Step.CONTACT),
    Code.NO_GRANT: (N_("This webinar is not in your library yet."), Step.BUY),
    Code.ACCOUNT_BLOCKED: (N_("This log-in is blocked."), Step.CONTACT),
    Code.WEBINAR_PULLED: (
        N_("This webinar had to be taken down, for everyone."),
        Step.CONTACT,
    ),
}

# What is said of an organization's grant, where it is not the same.
_POOL_WORDS: Mapping[Code, tuple[str, Step]] = {
    Code.OK_PERMANENT: (
        N_("You have permanent access through %(organization)s. Your library owns this seat."),
        Step.WATCH,
    ),
    Code.OK_TERM: (
        N_("You may watch this webinar through %(organization)s until %(until)s."),
        Step.WATCH,
    ),
    Code.OK_GRACE: (
        N_(
            "The contract of %(organization)s ended on %(until)s."
            " You may go on watching until %(grace)s."
        ),
        Step.WATCH,
    ),
    Code.INVITE_NOT_CLAIMED: (
        N_("%(organization)s keeps a seat for you. Claim it, then watch."),
        Step.CLAIM,
    ),
    Code.SEAT_CLAIMABLE: (
        N_("%(organization)s has a free seat that you may take."),
        Step.CLAIM,
    ),
    Code.PAYMENT_PENDING: (
        N_("%(organization)s has ordered this. It opens as soon as the payment has reached us."),
        Step.ASK,
    ),
    Code.POOL_FULL_WAITLISTED: (
        N_("Every seat of %(organization)s is taken. You are on the waiting list."),
        Step.ASK,
    ),
    Code.NOT_STARTED: (
        N_("Your access through %(organization)s begins on %(starts)s."),
        Step.WAIT,
    ),
    Code.HELD_AFTER_TERM: (
        N_(
            "This webinar takes place after your access through %(organization)s ends,"
            " on %(until)s."
        ),
        Step.ASK,
    ),
    Code.CONTRACT_LAPSED: (N_("The contract of %(organization)s ended on %(until)s."), Step.ASK),
    Code.PASS_EXPIRED: (N_("Your pass from %(organization)s ended on %(until)s."), Step.ASK),
    Code.SEAT_RELEASED: (N_("Your seat with %(organization)s was released."), Step.ASK),
    Code.SUSPENDED_DISPUTE: (
        N_(
            "The seats of %(organization)s are paused while the payment for them is being disputed."
        ),
        Step.ASK,
    ),
    Code.REFUNDED: (
        N_("The seats of %(organization)s ended when their money was returned."),
        Step.ASK,
    ),
    Code.REVOKED: (N_("The seats of %(organization)s were taken back."), Step.ASK),
}
_FULL: tuple[str, Step] = (N_("Every seat of %(organization)s is taken."), Step.JOIN)
_BEGAN_LATER: tuple[str, Step] = (
    N_("Your access began after this live session had started. The recording will be here."),
    Step.WAIT,
)

_VERDICTS: Mapping[Code, str] = {
    Code.OK_PERMANENT: N_("lets you in for good"),
    Code.OK_TERM: N_("lets you in until %(until)s"),
    Code.OK_GRACE: N_("ended on %(until)s, and lets you in until %(grace)s"),
    Code.INVITE_NOT_CLAIMED: N_("a seat waits for you to claim it"),
    Code.SEAT_CLAIMABLE: N_("has a free seat for you"),
    Code.PAYMENT_PENDING: N_("waits for its payment"),
    Code.POOL_FULL_WAITLISTED: N_("is full, and you are on the waiting list"),
    Code.NOT_STARTED: N_("begins on %(starts)s"),
    Code.HELD_AFTER_TERM: N_("ends on %(until)s, before this webinar"),
    Code.CONTRACT_LAPSED: N_("ended on %(until)s"),
    Code.PASS_EXPIRED: N_("ended on %(until)s"),
    Code.SEAT_RELEASED: N_("your seat was released"),
    Code.SUSPENDED_DISPUTE: N_("paused by a dispute"),
    Code.REFUNDED: N_("refunded on %(revoked)s"),
    Code.REVOKED: N_("taken back on %(revoked)s"),
    Code.NO_GRANT: N_("does not include this live session, which began before it"),
}
_IS_FULL = N_("has no free seat")

_COVERAGE: Mapping[Scope, str] = {
    Scope.WEBINAR: N_("This webinar, for one log-in"),
    Scope.PRESENTER: N_("Pass for all webinars with %(covers)s"),
    Scope.SERIES: N_("Pass for the series %(covers)s"),
    Scope.EVERYTHING: N_("Pass for every webinar"),
}
_POOL_COVERAGE: Mapping[Scope, str] = {
    Scope.WEBINAR: N_("%(organization)s, for this webinar"),
    Scope.PRESENTER: N_("%(organization)s, for all webinars with %(covers)s"),
    Scope.SERIES: N_("%(organization)s, for the series %(covers)s"),
    Scope.EVERYTHING: N_("%(organization)s, for every webinar"),
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


def explain(
    decision: Decision, webinar: WebinarFacts, *, zone: ZoneInfo, manager: str | None = None
) -> Explanation:
    """Put a decision into words, with its days and times as they are in `zone`.

    `manager` is who can be asked at the organization whose grant it is (`asked_organization`);
    where nobody is known there, the step is to write to the house.
    """
    message, step = _words(decision)
    if decision.code is Code.NO_GRANT and decision.grant is None and not webinar.is_in_passes:
        message = NOT_IN_PASSES
    if _is_canceled(decision, webinar):
        message, step = CANCELED, Step.WAIT
    if step is Step.ASK and manager is None:
        step = Step.CONTACT
    if isinstance(decision, Admitted) and not webinar.playable:
        step = Step.WAIT  # a handout or a live session is open, but there is nothing to play
    if decision.code is Code.LIVE_OVER and webinar.playable:
        step = Step.WATCH
    if decision.code is Code.NOT_STARTED and _is_invited(decision.grant):
        step = Step.CLAIM
    if decision.code in (Code.NOT_STARTED, Code.PAYMENT_PENDING) and is_managed(decision.grant):
        step = Step.CLAIM
    values = _values(decision.grant, zone)
    values["opens"] = say_datetime(webinar.held_at - LIVE_OPENS_BEFORE, zone)
    weighed = tuple(describe(candidate, zone=zone) for candidate in decision.candidates)
    return Explanation(Sentence(message, values), step, weighed)


def grace_sentence(grant: GrantFacts, zone: ZoneInfo) -> Sentence:
    """Say of a contract in grace when it ended and until when it still lets in (C1)."""
    return Sentence(_POOL_WORDS[Code.OK_GRACE][0], _values(grant, zone))


def asked_organization(decision: Decision) -> int | None:
    """Return the organization whose manager the next step is to ask, if that is the step."""
    place = decision.grant.place if decision.grant else None
    return place.organization_id if place and _words(decision)[1] is Step.ASK else None


def describe(candidate: Candidate, *, zone: ZoneInfo) -> tuple[Sentence, Sentence]:
    """Say what a grant covers and whose it is, and what it answers."""
    grant = candidate.grant
    values = _values(grant, zone)
    coverage = _COVERAGE if grant.place is None else _POOL_COVERAGE
    verdict = _VERDICTS[candidate.code]
    if candidate.code is Code.NO_GRANT and _is_full(grant):
        verdict = _IS_FULL
    return Sentence(coverage[grant.scope], values), Sentence(verdict, values)


def _words(decision: Decision) -> tuple[str, Step]:
    grant, code = decision.grant, decision.code
    if code is Code.NO_GRANT and grant is not None:
        return _FULL if _is_full(grant) else _BEGAN_LATER
    if grant is None or grant.place is None:
        return _WORDS[code]
    return _POOL_WORDS.get(code, _WORDS[code])


def _is_canceled(decision: Decision, webinar: WebinarFacts) -> bool:
    """Tell whether it is the webinar that has nothing to give, now and later."""
    awaits = decision.code in (Code.LIVE_OVER, Code.RECORDING_NOT_READY)
    is_unheld = decision.code is Code.NO_GRANT and decision.grant is None
    is_over = webinar.state is WebinarState.CANCELED and not webinar.playable
    return is_over and (awaits or is_unheld)


def _is_invited(grant: GrantFacts | None) -> bool:
    place = grant.place if grant else None
    return place is not None and place.way in (Way.INVITED, Way.OFFERED)


def is_managed(grant: GrantFacts | None) -> bool:
    """Tell whether a grant is reached by a manager of its organization, who has no seat of it."""
    return grant is not None and grant.place is not None and grant.place.way is Way.MANAGED


def _is_full(grant: GrantFacts) -> bool:
    place = grant.place
    return place is not None and not place.has_room and place.way is not Way.CLAIMED


def _values(grant: GrantFacts | None, zone: ZoneInfo) -> dict[str, str]:
    if grant is None:
        return {}
    values = {"covers": grant.covers, "starts": first_day(grant.starts_at, zone)}
    if grant.ends_at is not None:
        values["until"] = last_day(grant.ends_at, zone)
    if grant.grace_until is not None:
        values["grace"] = last_day(grant.grace_until, zone)
    if grant.revoked_at is not None:
        values["revoked"] = first_day(grant.revoked_at, zone)
    if grant.place is not None:
        values["organization"] = grant.place.organization_name
    return values


def last_day(ends_at: datetime, zone: ZoneInfo) -> str:
    """Name the last day of a half-open term: an end at midnight belongs to the day before."""
    return first_day(ends_at - timedelta(microseconds=1), zone)


def first_day(at: datetime, zone: ZoneInfo) -> str:
    """Name the day of a moment: a term begins with the day it is sold."""
    return format_datetime(at.astimezone(zone), "d MMMM y", locale="en")
