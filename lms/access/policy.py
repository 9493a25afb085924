"""The access policy: who can watch what, decided in one place, purely from facts and a time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from lms.core.logs import count_event
from lms.models.catalog import WebinarState
from lms.models.grants import Scope, Withdrawal

LIVE_OPENS_BEFORE = timedelta(minutes=60)
LIVE_STAYS_OPEN = timedelta(minutes=60)  # after the announced end, in case a webinar runs over


class Action(StrEnum):
    """What a person wants to do with a webinar."""

    LIVE = "live"
    RECORDING = "recording"
    HANDOUT = "handout"
    CERTIFICATE = "certificate"


class Code(StrEnum):
    """Every result of a decision; refusals are ordered by how easily they can be resolved."""

    OK_PERMANENT = "OK_PERMANENT"
    OK_FREE = "OK_FREE"
    OK_TERM = "OK_TERM"
    OK_GRACE = "OK_GRACE"
    INVITE_NOT_CLAIMED = "INVITE_NOT_CLAIMED"
    SEAT_CLAIMABLE = "SEAT_CLAIMABLE"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    PAYMENT_OVERDUE = "PAYMENT_OVERDUE"
    POOL_FULL_WAITLISTED = "POOL_FULL_WAITLISTED"
    NOT_STARTED = "NOT_STARTED"
    LIVE_NOT_OPEN = "LIVE_NOT_OPEN"
    RECORDING_NOT_READY = "RECORDING_NOT_READY"
    LIVE_OVER = "LIVE_OVER"
    HELD_AFTER_TERM = "HELD_AFTER_TERM"
    CONTRACT_LAPSED = "CONTRACT_LAPSED"
    PASS_EXPIRED = "PASS_EXPIRED"  # noqa: S105  (an all-access pass)
    SEAT_RELEASED = "SEAT_RELEASED"
    SUSPENDED_DISPUTE = "SUSPENDED_DISPUTE"
    REFUNDED = "REFUNDED"
    REVOKED = "REVOKED"
    NO_GRANT = "NO_GRANT"
    ACCOUNT_BLOCKED = "ACCOUNT_BLOCKED"
    WEBINAR_PULLED = "WEBINAR_PULLED"


IN_FORCE = frozenset({Code.OK_PERMANENT, Code.OK_TERM})
ADMITTING = IN_FORCE | {Code.OK_FREE, Code.OK_GRACE}
_RANK = {code: rank for rank, code in enumerate(Code)}
UNPAID = frozenset({Code.PAYMENT_PENDING, Code.PAYMENT_OVERDUE})
_TAKEN_BY_MANAGERS = UNPAID | {Code.SEAT_CLAIMABLE, Code.NOT_STARTED}
WITHDRAWN = frozenset({Code.REFUNDED, Code.REVOKED, Code.SUSPENDED_DISPUTE})
# Codes that become SEAT_RELEASED: of a frozen or lapsed seat in an active pool, and of a released one.
_OVER = frozenset({Code.CONTRACT_LAPSED, Code.PASS_EXPIRED})
_LOST_WITH_A_SEAT = IN_FORCE | _OVER | {Code.HELD_AFTER_TERM}
_GONE_WITH_A_SEAT = IN_FORCE | _OVER | UNPAID | {Code.NOT_STARTED}


class Way(StrEnum):
    """How a login relates to a pool, the closest to a seat first."""

    CLAIMED = "claimed"
    INVITED = "invited"
    OFFERED = "offered"
    BY_DOMAIN = "by_domain"
    BY_LAUNCH = "by_launch"  # a learner in the organization's own LMS
    MANAGED = "managed"  # a manager of the organization, who can claim a free seat (S12)
    WAITING = "waiting"
    EXPIRED = "expired"
    FROZEN = "frozen"
    LAPSED = "lapsed"
    RELEASED = "released"


_NEARNESS = {way: rank for rank, way in enumerate(Way)}


@dataclass(frozen=True, slots=True)
class PoolPlace:
    """A login's relation to the pool of a grant, and that pool's organization.

    After a merge it is the remaining organization (I6). `has_room`: a seat is free. An open invitation
    or offer expires at `expires_at`. The seat was theirs from `claimed_at` until `left_at`, if set.
    """

    pool: str
    organization_id: int
    organization: str
    organization_name: str
    way: Way
    has_room: bool = True
    expires_at: datetime | None = None
    claimed_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """One grant that covers the webinar: its term, its status, and the way to it.

    `place` is None for a login's own grant. A pool's grant admits until `grace_until` (C1); a pass
    has none. `opens_live` allows joining the live session before payment (P9). Since
    `awaits_payment_since` it admits no one; if that is later than `granted_at`, it did until then.
    """

    public_id: str
    scope: Scope
    covers: str
    starts_at: datetime
    ends_at: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revoked_as: Withdrawal | None
    grace_until: datetime | None = None
    awaits_payment_since: datetime | None = None
    granted_at: datetime | None = None
    opens_live: bool = False
    is_pass: bool = False
    is_showing: bool = False
    place: PoolPlace | None = None


@dataclass(frozen=True, slots=True)
class LoginFacts:
    """The login, and its grants that cover the webinar in question."""

    id: int
    blocked_at: datetime | None
    grants: tuple[GrantFacts, ...]


@dataclass(frozen=True, slots=True)
class WebinarFacts:
    """The facts about a webinar; `playable` is true once a recording can be played.

    A webinar that isn't in passes is open only to grants of the webinar itself (MONEY.md, M16).
    """

    id: int
    state: WebinarState
    free: bool
    held_at: datetime
    minutes: int
    playable: bool
    is_in_passes: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A grant that was considered, and its verdict on its own."""

    grant: GrantFacts
    code: Code


@dataclass(frozen=True, slots=True)
class Admitted:
    """Access: through which grant (None if free), and until when (None is permanent)."""

    code: Code
    grant: GrantFacts | None
    ends_at: datetime | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Turned:
    """No access: the code has one sentence and one next step; `grant` is the grant it is about, if any."""

    code: Code
    grant: GrantFacts | None
    candidates: tuple[Candidate, ...]


Decision = Admitted | Turned


@dataclass(frozen=True, slots=True)
class Case:
    """The facts about one login and one webinar, as one statement loaded them."""

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
    """Decide whether `login` can do `action` with `webinar` at `now` (PRODUCT.md, The decision).

    `within` is an organization's row ID, after a merge the remaining one's: launches and embeds
    consider only its pools and free webinars. The order of the grants never matters, and adding one
    never takes access away. The metrics count the codes.
    """
    decision = _decide(login, webinar, action, now, within)
    count_event("access_decided", code=decision.code)
    return decision


def _decide(
    login: LoginFacts, webinar: WebinarFacts, action: Action, now: datetime, within: int | None
) -> Decision:
    covering = (each for each in login.grants if _includes(each, webinar, within))
    candidates = _weighed(covering, now, lambda grant: _weigh(grant, webinar, action, now))
    if login.blocked_at is not None and login.blocked_at <= now:
        return Turned(Code.ACCOUNT_BLOCKED, None, candidates)
    if webinar.state is WebinarState.PULLED:
        return Turned(Code.WEBINAR_PULLED, None, candidates)
    winner = candidates[0] if candidates else None
    is_free = webinar.free and webinar.state is WebinarState.ANNOUNCED  # not once withdrawn
    if is_free and (winner is None or winner.code is not Code.OK_PERMANENT):
        granted: Decision = Admitted(Code.OK_FREE, None, None, candidates)
    elif winner is None:
        return Turned(Code.NO_GRANT, None, candidates)
    elif winner.code not in ADMITTING:
        return Turned(winner.code, winner.grant, candidates)
    else:
        granted = Admitted(winner.code, winner.grant, _end(winner), candidates)
    obstacle = _obstacle(webinar, action, now)
    return granted if obstacle is None else Turned(obstacle, granted.grant, candidates)


def is_hidden(webinar: WebinarFacts, decision: Decision) -> bool:
    """Return whether a webinar must look as if it didn't exist; staff see every webinar.

    A withdrawn webinar stays visible to people who have or had access to it.
    """
    if webinar.state is WebinarState.DRAFT:
        return True
    return webinar.state is WebinarState.WITHDRAWN and decision.code is Code.NO_GRANT


def weigh_holdings(grants: Iterable[GrantFacts], now: datetime) -> tuple[Candidate, ...]:
    """Return verdicts on grants on their own, independent of a webinar, best first."""
    return _weighed(grants, now, lambda grant: _standing(grant, now))


def _weighed(
    grants: Iterable[GrantFacts], now: datetime, code_of: Callable[[GrantFacts], Code]
) -> tuple[Candidate, ...]:
    """Return a verdict on each grant through the login's best path to it, best first."""
    coded = [(grant, code_of(grant)) for grant in grants]
    open_pools = {grant.place.pool for grant, code in coded if grant.place and code in IN_FORCE}
    best: dict[str, Candidate] = {}
    for grant, by_itself in coded:
        code: Code | None = by_itself
        if (place := grant.place) is not None:
            code = _reached(place, by_itself, now, is_pool_open=place.pool in open_pools)
        if code is None:
            continue
        found = Candidate(grant, code)
        other = best.get(grant.public_id)
        if other is None or _preference(found) < _preference(other):
            best[grant.public_id] = found
    return tuple(sorted(best.values(), key=_preference))


def _standing(grant: GrantFacts, now: datetime) -> Code:
    """Return the state of a grant on its own, independent of a webinar."""
    if grant.revoked_at is not None and grant.revoked_at <= now:
        return Code.REFUNDED if grant.revoked_as is Withdrawal.REFUNDED else Code.REVOKED
    if grant.suspended_at is not None and grant.suspended_at <= now:
        return Code.SUSPENDED_DISPUTE
    if grant.ends_at is not None and now >= grant.ends_at:
        return _after_the_end(grant, now)
    if (unpaid := _unpaid(grant, now)) is not None:
        return unpaid
    if now < grant.starts_at:
        return Code.NOT_STARTED
    return Code.OK_PERMANENT if grant.ends_at is None else Code.OK_TERM


def _unpaid(grant: GrantFacts, now: datetime) -> Code | None:
    """Return how payment keeps a grant closed: from the start, or since our team paused it (P9)."""
    since = grant.awaits_payment_since
    if since is None or now < since:
        return None
    was_open = grant.granted_at is not None and grant.granted_at < since
    return Code.PAYMENT_OVERDUE if was_open else Code.PAYMENT_PENDING


def _after_the_end(grant: GrantFacts, now: datetime) -> Code:
    """Return the state of a grant after its term: grace for a pool's people, then none (C1, A4)."""
    if grant.grace_until is not None and now < grant.grace_until:
        return _unpaid(grant, now) or Code.OK_GRACE
    return Code.PASS_EXPIRED if grant.place is None or grant.is_pass else Code.CONTRACT_LAPSED


def _weigh(grant: GrantFacts, webinar: WebinarFacts, action: Action, now: datetime) -> Code:
    """Return the verdict on one grant as if it were the only one (PRODUCT.md, A2 to A4)."""
    code = _standing(grant, now)
    if code is Code.PAYMENT_PENDING and action is Action.LIVE and grant.opens_live:
        code = Code.OK_PERMANENT if grant.ends_at is None else Code.OK_TERM
    if grant.ends_at is None or code in WITHDRAWN:
        return code
    if webinar.held_at >= grant.ends_at:
        return Code.HELD_AFTER_TERM
    if code in ADMITTING and action is Action.LIVE and webinar.held_at < grant.starts_at:
        return Code.NO_GRANT  # live access covers webinars that start within the term
    return code


def _reached(place: PoolPlace, code: Code, now: datetime, *, is_pool_open: bool) -> Code | None:
    """Return the verdict on a pool's grant, whose own is `code`, through a login's path to it.

    None is for a path that gives no access and never gave the person a seat.
    """
    way = _way_at(place, now)
    if way is Way.CLAIMED:
        return code
    if code is Code.OK_GRACE:
        code = Code.CONTRACT_LAPSED  # the grace period admits no new people (C1)
    match way:
        case Way.INVITED | Way.OFFERED | Way.WAITING:
            kept = Code.POOL_FULL_WAITLISTED if way is Way.WAITING else Code.INVITE_NOT_CLAIMED
            return kept if code in IN_FORCE else code
        case Way.BY_LAUNCH if code not in IN_FORCE:
            return None if is_pool_open else code  # why it is closed, unless another grant opens it
        case Way.BY_DOMAIN | Way.EXPIRED | Way.BY_LAUNCH:
            return _open_to_newcomers(place) if code in IN_FORCE else None
        case Way.MANAGED:
            kept = Code.SEAT_CLAIMABLE if code in IN_FORCE else code
            return kept if place.has_room and kept in _TAKEN_BY_MANAGERS else None
        case Way.FROZEN | Way.LAPSED | Way.RELEASED:
            return _after_a_seat(way, code, is_pool_open=is_pool_open)
        case _:
            assert_never(way)


def _after_a_seat(way: Way, code: Code, *, is_pool_open: bool) -> Code:
    """Return the verdict for a person who had a seat, by what they lost with it."""
    if way is not Way.RELEASED and not is_pool_open:
        return code
    lost = _GONE_WITH_A_SEAT if way is Way.RELEASED else _LOST_WITH_A_SEAT
    return Code.SEAT_RELEASED if code in lost else code


def _way_at(place: PoolPlace, now: datetime) -> Way:
    """Return the login's relation to the pool at a moment, which can be in the past."""
    if place.way is Way.OFFERED and place.expires_at is not None and place.expires_at <= now:
        return Way.EXPIRED  # the next person on the waitlist gets the seat (S9)
    if place.claimed_at is None:
        return place.way
    if now < place.claimed_at:
        return Way.INVITED
    is_theirs = place.left_at is None or now < place.left_at
    return Way.CLAIMED if is_theirs else place.way


def _open_to_newcomers(place: PoolPlace) -> Code:
    """Return the verdict for people who can claim a free seat, if there is one (S4, S7, I4)."""
    if not place.has_room:
        return Code.NO_GRANT
    is_invited = place.way not in (Way.BY_DOMAIN, Way.BY_LAUNCH)
    return Code.INVITE_NOT_CLAIMED if is_invited else Code.SEAT_CLAIMABLE


def _includes(grant: GrantFacts, webinar: WebinarFacts, within: int | None) -> bool:
    if within is not None and (grant.place is None or grant.place.organization_id != within):
        return False
    return webinar.is_in_passes or grant.scope is Scope.WEBINAR


def _end(candidate: Candidate) -> datetime | None:
    grant = candidate.grant
    return grant.grace_until if candidate.code is Code.OK_GRACE else grant.ends_at


def _preference(candidate: Candidate) -> tuple[int, float, str, int]:
    """Return a sort key, best first: code, then permanent, then the later end, then tie-breakers."""
    ends_at, place = _end(candidate), candidate.grant.place
    lasting = float("-inf") if ends_at is None else -ends_at.timestamp()
    nearness = -1 if place is None else _NEARNESS[place.way]
    return (_RANK[candidate.code], lasting, candidate.grant.public_id, nearness)


def _obstacle(webinar: WebinarFacts, action: Action, now: datetime) -> Code | None:
    """Return what about the webinar itself prevents a person with a grant from the action."""
    if action is Action.RECORDING:
        return None if webinar.playable else Code.RECORDING_NOT_READY
    if action is not Action.LIVE:
        return None
    closes_at = webinar.held_at + timedelta(minutes=webinar.minutes)
    if not webinar.playable:
        closes_at += LIVE_STAYS_OPEN
    if now >= closes_at or webinar.state is WebinarState.CANCELED:
        return Code.LIVE_OVER
    return Code.LIVE_NOT_OPEN if now < webinar.held_at - LIVE_OPENS_BEFORE else None
