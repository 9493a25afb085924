"""The access policy: who may watch what, decided in one place.

`decide` is pure: it compares facts that `lms.cases` loaded with the time it is given. Nothing
else in the product compares an expiry or a status to answer "may they?".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lms.models.catalogue import WebinarState
from lms.models.holdings import Scope, Withdrawal

LIVE_OPENS_BEFORE = timedelta(minutes=60)


class Action(StrEnum):
    """What somebody wants to do with a webinar."""

    LIVE = "live"
    RECORDING = "recording"
    HANDOUT = "handout"
    CERTIFICATE = "certificate"


class Code(StrEnum):
    """Every answer of a decision; refusals stand in the order of how near they are to mended."""

    OK_PERMANENT = "OK_PERMANENT"
    OK_FREE = "OK_FREE"
    OK_TERM = "OK_TERM"
    NOT_STARTED = "NOT_STARTED"
    LIVE_NOT_OPEN = "LIVE_NOT_OPEN"
    RECORDING_NOT_READY = "RECORDING_NOT_READY"
    LIVE_OVER = "LIVE_OVER"
    HELD_AFTER_TERM = "HELD_AFTER_TERM"
    PASS_EXPIRED = "PASS_EXPIRED"  # noqa: S105  (an all-access pass)
    SUSPENDED_DISPUTE = "SUSPENDED_DISPUTE"
    REFUNDED = "REFUNDED"
    REVOKED = "REVOKED"
    NO_GRANT = "NO_GRANT"
    ACCOUNT_BLOCKED = "ACCOUNT_BLOCKED"
    WEBINAR_PULLED = "WEBINAR_PULLED"


ADMITTING = frozenset({Code.OK_PERMANENT, Code.OK_FREE, Code.OK_TERM})
_RANK = {code: rank for rank, code in enumerate(Code)}


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """One grant that covers the webinar: whose it is, its term, and what was done to it.

    `organisation_id` is the organisation whose pool holds the grant; a login's own has none.
    """

    public_id: str
    scope: Scope
    covers: str
    starts_at: datetime
    ends_at: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revoked_as: Withdrawal | None
    organisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class LoginFacts:
    """The login that asks, and its grants that cover the webinar in question."""

    id: int
    blocked_at: datetime | None
    grants: tuple[GrantFacts, ...]


@dataclass(frozen=True, slots=True)
class WebinarFacts:
    """What a decision needs to know of a webinar; `playable` is true once something can be played."""

    id: int
    state: WebinarState
    free: bool
    held_at: datetime
    minutes: int
    playable: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A grant that was weighed, and what it answers by itself."""

    grant: GrantFacts
    code: Code


@dataclass(frozen=True, slots=True)
class Admitted:
    """Yes: by which grant (none when free), and when that ends (never when None)."""

    code: Code
    grant: GrantFacts | None
    ends_at: datetime | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Turned:
    """No: the code has one sentence and one next step; `grant` is the one it speaks of, if any."""

    code: Code
    grant: GrantFacts | None
    candidates: tuple[Candidate, ...]


Decision = Admitted | Turned


@dataclass(frozen=True, slots=True)
class Case:
    """The facts of one login and one webinar, as one statement loaded them."""

    login: LoginFacts
    webinar: WebinarFacts


def decide(
    login: LoginFacts,
    webinar: WebinarFacts,
    action: Action,
    now: datetime,
    *,
    within: int | None = None,
) -> Decision:
    """Decide whether `login` may do `action` with `webinar` at `now` (PRODUCT.md, The decision).

    `within` is an organisation's id: launches and embeds weigh only its pools and free webinars.
    The order of the grants never matters, and adding one never takes access away.
    """
    weighed = [
        Candidate(grant, _weigh(grant, webinar, action, now))
        for grant in login.grants
        if within is None or grant.organisation_id == within
    ]
    candidates = tuple(sorted(weighed, key=_preference))
    if login.blocked_at is not None and login.blocked_at <= now:
        return Turned(Code.ACCOUNT_BLOCKED, None, candidates)
    if webinar.state is WebinarState.PULLED:
        return Turned(Code.WEBINAR_PULLED, None, candidates)
    winner = candidates[0] if candidates else None
    if _is_free(webinar) and (winner is None or winner.code is not Code.OK_PERMANENT):
        granted: Decision = Admitted(Code.OK_FREE, None, None, candidates)
    elif winner is None:
        return Turned(Code.NO_GRANT, None, candidates)
    elif winner.code not in ADMITTING:
        return Turned(winner.code, winner.grant, candidates)
    else:
        granted = Admitted(winner.code, winner.grant, winner.grant.ends_at, candidates)
    obstacle = _obstacle(webinar, action, now)
    return granted if obstacle is None else Turned(obstacle, granted.grant, candidates)


def standing(grant: GrantFacts, now: datetime) -> Code:
    """Tell how a grant stands by itself, whichever webinar it is asked about."""
    if grant.revoked_at is not None and grant.revoked_at <= now:
        return Code.REFUNDED if grant.revoked_as is Withdrawal.REFUNDED else Code.REVOKED
    if grant.suspended_at is not None and grant.suspended_at <= now:
        return Code.SUSPENDED_DISPUTE
    if now < grant.starts_at:
        return Code.NOT_STARTED
    if grant.ends_at is None:
        return Code.OK_PERMANENT
    return Code.OK_TERM if now < grant.ends_at else Code.PASS_EXPIRED


def _weigh(grant: GrantFacts, webinar: WebinarFacts, action: Action, now: datetime) -> Code:
    """Answer for one grant alone, as if it were the only one."""
    code = standing(grant, now)
    if grant.ends_at is None or code not in (Code.OK_TERM, Code.PASS_EXPIRED):
        return code
    return _weigh_term(grant, grant.ends_at, webinar, action, now)


def _weigh_term(
    grant: GrantFacts, ends_at: datetime, webinar: WebinarFacts, action: Action, now: datetime
) -> Code:
    """Answer for a dated grant that has begun (PRODUCT.md, A2 to A4)."""
    if webinar.held_at >= ends_at:
        return Code.HELD_AFTER_TERM
    if now >= ends_at:
        return Code.PASS_EXPIRED
    if action is Action.LIVE and webinar.held_at < grant.starts_at:
        return Code.NO_GRANT  # live entry is to webinars that start inside the term
    return Code.OK_TERM


def _preference(candidate: Candidate) -> tuple[int, float, str]:
    """Sort the best first: by code, then permanent, then the later end; ids only break ties."""
    ends_at = candidate.grant.ends_at
    lasting = float("-inf") if ends_at is None else -ends_at.timestamp()
    return (_RANK[candidate.code], lasting, candidate.grant.public_id)


def _is_free(webinar: WebinarFacts) -> bool:
    """Tell whether anybody signed in may watch; a withdrawn webinar is on offer to nobody new."""
    return webinar.free and webinar.state is WebinarState.ANNOUNCED


def _obstacle(webinar: WebinarFacts, action: Action, now: datetime) -> Code | None:
    """Return what about the webinar itself stands in the way of somebody who is entitled."""
    if action is Action.RECORDING:
        return None if webinar.playable else Code.RECORDING_NOT_READY
    if action is not Action.LIVE:
        return None
    is_over = now >= webinar.held_at + timedelta(minutes=webinar.minutes)
    if is_over or webinar.state is WebinarState.CANCELLED:
        return Code.LIVE_OVER
    return Code.LIVE_NOT_OPEN if now < webinar.held_at - LIVE_OPENS_BEFORE else None
