"""Explanations of an access decision: one sentence and one next step for each code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from lms.access.policy import (
    LIVE_OPENS_BEFORE,
    UNPAID,
    Admitted,
    Candidate,
    Code,
    Decision,
    GrantFacts,
    PoolPlace,
    Way,
    WebinarFacts,
)
from lms.core.dates_and_time_zones import last_moment, say_datetime, say_long_date
from lms.core.errors import N_
from lms.models.catalog import WebinarState
from lms.models.grants import Scope


class Step(StrEnum):
    """The next step for the person."""

    WATCH = "watch"
    WAIT = "wait"
    CLAIM = "claim"
    JOIN = "join"
    BUY = "buy"
    RENEW = "renew"
    PAY = "pay"
    ASK = "ask"
    CONTACT = "contact"


NO_ACCESS: Final = N_("You don't have access to this webinar yet.")
ACCESS_REMOVED: Final = N_("Your access to this webinar was removed.")
PASS_ENDED: Final = N_("Your pass ended on %(until)s.")
CANCELED: Final = N_("This webinar was canceled.")
READY_LATER: Final = N_("You can watch here as soon as the recording is ready.")
SEAT_RESERVED: Final = N_("%(organization)s reserved a seat for you. Claim it to watch.")
SEAT_AVAILABLE: Final = N_("%(organization)s has a seat available for you.")
ALL_TAKEN: Final = N_("All seats at %(organization)s are taken.")
NOT_IN_PASSES: Final = N_("This webinar isn't included in passes. You can buy it separately.")
STEP_LABELS: Mapping[Step, str] = {
    Step.WATCH: N_("Watch"),
    Step.WAIT: N_("Wait"),
    Step.CLAIM: N_("Claim your seat"),
    Step.JOIN: N_("Join the waitlist"),
    Step.BUY: N_("See prices"),
    Step.RENEW: N_("Renew"),
    Step.PAY: N_("Pay now"),
    Step.ASK: N_("Ask %(manager)s"),
    Step.CONTACT: N_("Contact us"),
}

# Sentences about a login's own grant, or about having none.
_WORDS: Mapping[Code, tuple[str, Step]] = {
    Code.OK_PERMANENT: (N_("You have permanent access to this webinar."), Step.WATCH),
    Code.OK_FREE: (N_("This webinar is free for everyone with an account."), Step.WATCH),
    Code.OK_TERM: (N_("Your pass includes this webinar until %(until)s."), Step.WATCH),
    Code.OK_GRACE: (
        N_("Your access ended on %(until)s. You can keep watching until %(grace)s."),
        Step.WATCH,
    ),
    Code.INVITE_NOT_CLAIMED: (N_("A seat is reserved for you. Claim it to watch."), Step.CLAIM),
    Code.SEAT_CLAIMABLE: (N_("A seat is available for you."), Step.CLAIM),
    Code.PAYMENT_PENDING: (
        N_("You can watch as soon as we receive your payment."),
        Step.CONTACT,
    ),
    Code.PAYMENT_OVERDUE: (
        N_("Your access is paused because we haven't received the payment for it."),
        Step.CONTACT,
    ),
    Code.POOL_FULL_WAITLISTED: (
        N_("All seats are taken. You're on the waitlist."),
        Step.CONTACT,
    ),
    Code.NOT_STARTED: (N_("Your access starts on %(starts)s."), Step.WAIT),
    Code.LIVE_NOT_OPEN: (
        N_("You have access. You can join starting %(opens)s."),
        Step.WAIT,
    ),
    Code.RECORDING_NOT_READY: (
        READY_LATER,
        Step.WAIT,
    ),
    Code.LIVE_OVER: (N_("The live session is over."), Step.WAIT),
    Code.HELD_AFTER_TERM: (
        N_("Your pass covers webinars held until %(until)s. This one is later."),
        Step.RENEW,
    ),
    Code.CONTRACT_LAPSED: (
        N_("The contract that gave you access ended on %(until)s."),
        Step.CONTACT,
    ),
    Code.PASS_EXPIRED: (PASS_ENDED, Step.RENEW),
    Code.SEAT_RELEASED: (N_("You no longer have a seat."), Step.CONTACT),
    Code.SUSPENDED_DISPUTE: (
        N_("Your access is paused during a payment dispute."),
        Step.CONTACT,
    ),
    Code.REFUNDED: (N_("Your access ended when your payment was refunded."), Step.BUY),
    Code.REVOKED: (ACCESS_REMOVED, Step.CONTACT),
    Code.NO_GRANT: (NO_ACCESS, Step.BUY),
    Code.ACCOUNT_BLOCKED: (N_("Your account is blocked."), Step.CONTACT),
    Code.WEBINAR_PULLED: (
        N_("This webinar was removed and is no longer available."),
        Step.CONTACT,
    ),
}

# Sentences about an organization's grant, where they differ.
_POOL_WORDS: Mapping[Code, tuple[str, Step]] = {
    Code.OK_PERMANENT: (
        N_("You have permanent access through %(organization)s, which owns your seat."),
        Step.WATCH,
    ),
    Code.OK_TERM: (
        N_("You can watch this webinar through %(organization)s until %(until)s."),
        Step.WATCH,
    ),
    Code.OK_GRACE: (
        N_(
            "The contract for %(organization)s ended on %(until)s. You can keep watching until "
            "%(grace)s."
        ),
        Step.WATCH,
    ),
    Code.INVITE_NOT_CLAIMED: (
        SEAT_RESERVED,
        Step.CLAIM,
    ),
    Code.SEAT_CLAIMABLE: (
        SEAT_AVAILABLE,
        Step.CLAIM,
    ),
    Code.PAYMENT_PENDING: (
        N_("%(organization)s ordered this webinar. You can watch as soon as we receive payment."),
        Step.ASK,
    ),
    Code.PAYMENT_OVERDUE: (
        N_(
            "Access through %(organization)s is paused because we haven't received the payment"
            " for it."
        ),
        Step.ASK,
    ),
    Code.POOL_FULL_WAITLISTED: (
        N_("All seats at %(organization)s are taken. You're on the waitlist."),
        Step.ASK,
    ),
    Code.NOT_STARTED: (
        N_("Your access through %(organization)s starts on %(starts)s."),
        Step.WAIT,
    ),
    Code.HELD_AFTER_TERM: (
        N_(
            "Access through %(organization)s covers webinars held until %(until)s. This one is later."
        ),
        Step.ASK,
    ),
    Code.CONTRACT_LAPSED: (N_("The contract for %(organization)s ended on %(until)s."), Step.ASK),
    Code.PASS_EXPIRED: (N_("Your pass from %(organization)s ended on %(until)s."), Step.ASK),
    Code.SEAT_RELEASED: (N_("You no longer have a seat from %(organization)s."), Step.ASK),
    Code.SUSPENDED_DISPUTE: (
        N_("Seats from %(organization)s are paused during a payment dispute."),
        Step.ASK,
    ),
    Code.REFUNDED: (
        N_("Your access through %(organization)s ended when its payment was refunded."),
        Step.ASK,
    ),
    Code.REVOKED: (N_("Your access through %(organization)s was removed."), Step.ASK),
}
# refusals about what an organization bought: a member organization of a consortium didn't buy its seats
_OF_THE_PAYER: Final = UNPAID | {Code.SUSPENDED_DISPUTE, Code.REFUNDED, Code.CONTRACT_LAPSED}
# of an order that isn't paid, to its manager without a seat (PRODUCT.md, S12)
UNPAID_SEAT: Final = N_(
    "%(organization)s ordered this webinar. Assign yourself a seat now, and you can watch as soon as we receive payment."
)
_FULL: tuple[str, Step] = (ALL_TAKEN, Step.JOIN)
_BEGAN_LATER: tuple[str, Step] = (
    N_(
        "Your access started after this live session began. You can watch the recording here "
        "when it's ready."
    ),
    Step.WAIT,
)

_VERDICTS: Mapping[Code, str] = {
    Code.OK_PERMANENT: N_("gives you permanent access"),
    Code.OK_TERM: N_("gives you access until %(until)s"),
    Code.OK_GRACE: N_("ended on %(until)s; you can keep watching until %(grace)s"),
    Code.INVITE_NOT_CLAIMED: N_("a seat is reserved for you to claim"),
    Code.SEAT_CLAIMABLE: N_("has a seat available for you"),
    Code.PAYMENT_PENDING: N_("waiting for payment"),
    Code.PAYMENT_OVERDUE: N_("paused until it's paid"),
    Code.POOL_FULL_WAITLISTED: N_("no seats left, and you're on the waitlist"),
    Code.NOT_STARTED: N_("starts on %(starts)s"),
    Code.HELD_AFTER_TERM: N_("ends on %(until)s, before this webinar"),
    Code.CONTRACT_LAPSED: N_("ended on %(until)s"),
    Code.PASS_EXPIRED: N_("ended on %(until)s"),
    Code.SEAT_RELEASED: N_("you no longer have a seat"),
    Code.SUSPENDED_DISPUTE: N_("paused during a payment dispute"),
    Code.REFUNDED: N_("refunded on %(revoked)s"),
    Code.REVOKED: N_("removed on %(revoked)s"),
    Code.NO_GRANT: N_("doesn't include this live session, which started before your access did"),
}
_IS_FULL = N_("no seats left")
_AWAITING: Final = frozenset(
    {
        Code.LIVE_OVER,
        Code.RECORDING_NOT_READY,
        Code.INVITE_NOT_CLAIMED,
        Code.SEAT_CLAIMABLE,
        Code.POOL_FULL_WAITLISTED,
        Code.NO_GRANT,
    }
)

_COVERAGE: Mapping[Scope, str] = {
    Scope.WEBINAR: N_("Single webinar"),
    Scope.PRESENTER: N_("Pass for all webinars with %(covers)s"),
    Scope.SERIES: N_("Pass for the series %(covers)s"),
    Scope.EVERYTHING: N_("Pass for all webinars"),
}
_POOL_COVERAGE: Mapping[Scope, str] = {
    Scope.WEBINAR: N_("%(organization)s, for this webinar"),
    Scope.PRESENTER: N_("%(organization)s, for all webinars with %(covers)s"),
    Scope.SERIES: N_("%(organization)s, for the series %(covers)s"),
    Scope.EVERYTHING: N_("%(organization)s, for all webinars"),
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, translated when it is shown, and its values."""

    message: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        """Return the English sentence."""
        return self.message % self.values


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of a decision for the person."""

    sentence: Sentence
    step: Step
    weighed: tuple[tuple[Sentence, Sentence], ...]  # each grant considered, and its verdict


def explain(
    decision: Decision,
    webinar: WebinarFacts,
    *,
    zone: ZoneInfo,
    manager: str | None = None,
    payer: str | None = None,
    may_pay: bool = False,
) -> Explanation:
    """Explain a decision in words, with dates and times in `zone`.

    `manager` is the person to ask about the grant (`asked_place`); without one, the step is to contact
    the seller. `payer` is the organization that bought it, if that isn't the person's own. `may_pay`
    is True if the person can pay the order that access waits for (`unpaid_order`).
    """
    message, step = _words(decision)
    if decision.code is Code.NO_GRANT and decision.grant is None and not webinar.is_in_passes:
        message = NOT_IN_PASSES
    is_canceled = _is_canceled(decision, webinar)
    if is_canceled:
        message, step = CANCELED, Step.WAIT
    if may_pay:
        step = Step.PAY
    if step is Step.ASK and manager is None:
        step = Step.CONTACT
    if isinstance(decision, Admitted) and not webinar.playable:
        step = Step.WAIT  # a handout or a live session is open, but there is no recording
    if decision.code is Code.LIVE_OVER and webinar.playable:
        step = Step.WATCH
    if _claims_ahead(decision) and not is_canceled:
        step = Step.CLAIM
        message = UNPAID_SEAT if decision.code is Code.PAYMENT_PENDING else message
    values = _values(decision.grant, zone)
    values |= {"organization": payer} if payer and decision.code in _OF_THE_PAYER else {}
    values["opens"] = say_datetime(webinar.held_at - LIVE_OPENS_BEFORE, zone)
    weighed = tuple(describe(candidate, zone=zone) for candidate in decision.candidates)
    return Explanation(Sentence(message, values), step, weighed)


def grace_sentence(grant: GrantFacts, zone: ZoneInfo) -> Sentence:
    """Return the sentence for a contract in its grace period: its end, and the end of access (C1)."""
    return Sentence(_POOL_WORDS[Code.OK_GRACE][0], _values(grant, zone))


def asked_place(decision: Decision) -> PoolPlace | None:
    """Return the place about which the person should ask a manager, if that is the next step."""
    place = decision.grant.place if decision.grant else None
    return place if place and _words(decision)[1] is Step.ASK else None


def describe(candidate: Candidate, *, zone: ZoneInfo) -> tuple[Sentence, Sentence]:
    """Return what a grant covers and whose it is, and its verdict."""
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
    """Return whether the webinar is canceled and has no recording, so that there is nothing to wait for."""
    is_over = webinar.state is WebinarState.CANCELED and not webinar.playable
    return is_over and (decision.code in _AWAITING or _claims_ahead(decision))


def _claims_ahead(decision: Decision) -> bool:
    """Return whether the person can claim a seat before its access starts."""
    place = decision.grant.place if decision.grant else None
    if decision.code is Code.NOT_STARTED and place and place.way in (Way.INVITED, Way.OFFERED):
        return True
    starts_later = decision.code in (Code.NOT_STARTED, Code.PAYMENT_PENDING)
    return starts_later and is_managed(decision.grant)


def is_managed(grant: GrantFacts | None) -> bool:
    """Return whether the login reaches a grant as a manager of its organization, without a seat."""
    return grant is not None and grant.place is not None and grant.place.way is Way.MANAGED


def _is_full(grant: GrantFacts) -> bool:
    place = grant.place
    return place is not None and not place.has_room and place.way is not Way.CLAIMED


def _values(grant: GrantFacts | None, zone: ZoneInfo) -> dict[str, str]:
    if grant is None:
        return {}
    values = {"covers": grant.covers, "starts": say_long_date(grant.starts_at, zone)}
    if grant.ends_at is not None:
        values["until"] = last_day(grant.ends_at, zone)
    if grant.grace_until is not None:
        values["grace"] = last_day(grant.grace_until, zone)
    if grant.revoked_at is not None:
        values["revoked"] = say_long_date(grant.revoked_at, zone)
    if grant.place is not None:
        values["organization"] = grant.place.organization_name
    return values


def last_day(ends_at: datetime, zone: ZoneInfo) -> str:
    """Return the last day of a half-open term; a term ending at midnight ends the day before."""
    return say_long_date(last_moment(ends_at), zone)
