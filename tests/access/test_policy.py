"""The access policy: decisions from facts, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lms.access.policy import (
    Action,
    Admitted,
    Candidate,
    Code,
    GrantFacts,
    LoginFacts,
    PoolPlace,
    Turned,
    Way,
    WebinarFacts,
    decide,
    is_hidden,
    weigh_holdings,
)
from lms.models.catalog import WebinarState
from lms.models.grants import Scope, Withdrawal

HELD = datetime(2026, 3, 5, 19, 0, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def grant(
    name: str = "a",
    *,
    starts_at: datetime = HELD - 30 * DAY,
    ends_at: datetime | None = None,
    scope: Scope = Scope.WEBINAR,
    suspended_at: datetime | None = None,
    revoked_at: datetime | None = None,
    revoked_as: Withdrawal | None = None,
    grace_until: datetime | None = None,
    awaits_payment_since: datetime | None = None,
    granted_at: datetime = NOW,
    is_pass: bool = False,
    place: PoolPlace | None = None,
) -> GrantFacts:
    return GrantFacts(
        public_id=name * 26,
        scope=scope,
        covers="",
        starts_at=starts_at,
        ends_at=ends_at,
        suspended_at=suspended_at,
        revoked_at=revoked_at,
        revoked_as=revoked_as,
        grace_until=grace_until,
        awaits_payment_since=awaits_payment_since,
        granted_at=granted_at,
        is_pass=is_pass,
        place=place,
    )


def place(way: Way, *, pool: str = "p", organization_id: int = 3) -> PoolPlace:
    """Return a person's relation to a pool of Elm County Library."""
    return PoolPlace(
        pool=pool * 26,
        organization_id=organization_id,
        organization="e" * 26,
        organization_name="Elm County Library",
        way=way,
    )


def login(*grants: GrantFacts, blocked_at: datetime | None = None) -> LoginFacts:
    return LoginFacts(id=1, blocked_at=blocked_at, grants=grants)


def webinar(
    *,
    held_at: datetime = HELD,
    state: WebinarState = WebinarState.ANNOUNCED,
    free: bool = False,
    playable: bool = True,
    is_in_passes: bool = True,
) -> WebinarFacts:
    return WebinarFacts(
        id=7,
        state=state,
        free=free,
        held_at=held_at,
        minutes=60,
        playable=playable,
        is_in_passes=is_in_passes,
    )


def code(*grants: GrantFacts, action: Action = Action.RECORDING, at: datetime = NOW) -> Code:
    return decide(login(*grants), webinar(), action, at).code


def test_permanent_grant_still_gives_access_after_twenty_years() -> None:
    decision = decide(login(grant()), webinar(), Action.RECORDING, NOW.replace(year=2046))
    assert decision == Admitted(Code.OK_PERMANENT, grant(), None, decision.candidates)


def test_person_without_a_grant_has_no_access() -> None:
    assert code() is Code.NO_GRANT


def test_pass_gives_access_until_its_end_but_not_at_it() -> None:
    ends_at = datetime(2027, 10, 7, 4, 0, tzinfo=UTC)
    year = grant(ends_at=ends_at, scope=Scope.EVERYTHING)
    assert code(year, at=ends_at - timedelta(microseconds=1)) is Code.OK_TERM
    assert code(year, at=ends_at) is Code.PASS_EXPIRED


@pytest.mark.parametrize("scope", [Scope.EVERYTHING, Scope.SERIES, Scope.PRESENTER])
@pytest.mark.parametrize("way", [None, Way.CLAIMED, Way.INVITED, Way.BY_DOMAIN, Way.BY_LAUNCH])
def test_webinar_excluded_from_passes_requires_its_own_grant(scope: Scope, way: Way | None) -> None:
    alone = webinar(is_in_passes=False)
    year = grant(
        ends_at=NOW + DAY, scope=scope, place=None if way is None else place(way, pool="q")
    )
    refused = decide(login(year), alone, Action.RECORDING, NOW)
    assert refused == Turned(Code.NO_GRANT, None, ())
    own = grant("b", revoked_at=NOW - DAY, revoked_as=Withdrawal.REFUNDED)
    assert decide(login(year, own), alone, Action.RECORDING, NOW).code is Code.REFUNDED
    seat = grant("c", place=place(Way.CLAIMED))
    assert decide(login(year, seat), alone, Action.RECORDING, NOW).code is Code.OK_PERMANENT
    free = webinar(is_in_passes=False, free=True)
    assert decide(login(year), free, Action.RECORDING, NOW).code is Code.OK_FREE


def test_term_gives_access_from_its_start() -> None:
    later = grant(starts_at=NOW + DAY)
    assert code(later, at=NOW + DAY - timedelta(microseconds=1)) is Code.NOT_STARTED
    assert code(later, at=NOW + DAY) is Code.OK_PERMANENT


def test_pass_includes_recordings_of_webinars_held_long_before_it() -> None:
    year = grant(starts_at=NOW - DAY, ends_at=NOW + 364 * DAY, scope=Scope.EVERYTHING)
    old = webinar(held_at=HELD.replace(year=2019))
    assert decide(login(year), old, Action.RECORDING, NOW).code is Code.OK_TERM


def test_pass_excludes_webinars_held_at_or_after_its_end() -> None:
    year = grant(ends_at=NOW + DAY, scope=Scope.EVERYTHING)
    for held_at in (NOW + DAY, NOW + 30 * DAY):
        later = webinar(held_at=held_at, playable=False)
        for action in Action:
            assert decide(login(year), later, action, NOW).code is Code.HELD_AFTER_TERM


def test_ended_pass_gives_no_access_but_purchases_do() -> None:
    ended = grant("a", ends_at=NOW - DAY, scope=Scope.EVERYTHING)
    bought = grant("b")
    assert code(ended) is Code.PASS_EXPIRED
    assert code(ended, bought) is Code.OK_PERMANENT


def test_permanent_grant_is_preferred_then_the_latest_end() -> None:
    short = grant("a", ends_at=NOW + DAY)
    long = grant("b", ends_at=NOW + 9 * DAY)
    permanent = grant("c")
    facts = webinar()
    first = decide(login(short, long), facts, Action.RECORDING, NOW)
    assert isinstance(first, Admitted)
    assert first.ends_at == long.ends_at
    second = decide(login(short, long, permanent), facts, Action.RECORDING, NOW)
    assert isinstance(second, Admitted)
    assert second.grant == permanent


@pytest.mark.parametrize(
    ("revoked_as", "expected"),
    [(Withdrawal.REFUNDED, Code.REFUNDED), (Withdrawal.REVOKED, Code.REVOKED)],
)
def test_revoked_grant_says_why(revoked_as: Withdrawal, expected: Code) -> None:
    taken = grant(revoked_at=NOW, revoked_as=revoked_as)
    assert code(taken) is expected
    assert code(taken, at=NOW - DAY) is Code.OK_PERMANENT


def test_disputed_grant_is_suspended() -> None:
    assert code(grant(suspended_at=NOW)) is Code.SUSPENDED_DISPUTE


def test_refusal_that_is_easiest_to_resolve_is_shown() -> None:
    refused = [
        grant("a", revoked_at=NOW, revoked_as=Withdrawal.REVOKED),
        grant("b", revoked_at=NOW, revoked_as=Withdrawal.REFUNDED),
        grant("c", suspended_at=NOW),
        grant("d", ends_at=NOW),
        grant("e", ends_at=HELD),
        grant("f", starts_at=NOW + DAY),
    ]
    expected = [
        Code.REVOKED,
        Code.REFUNDED,
        Code.SUSPENDED_DISPUTE,
        Code.PASS_EXPIRED,
        Code.HELD_AFTER_TERM,
        Code.NOT_STARTED,
    ]
    for count, answer in enumerate(expected, start=1):
        decision = decide(login(*refused[:count]), webinar(), Action.RECORDING, NOW)
        assert isinstance(decision, Turned)
        assert decision.code is answer
        assert decision.grant == refused[count - 1]


def test_blocked_account_and_removed_webinar_override_every_grant() -> None:
    blocked = login(grant(), blocked_at=NOW)
    assert decide(blocked, webinar(), Action.RECORDING, NOW).code is Code.ACCOUNT_BLOCKED
    pulled = webinar(state=WebinarState.PULLED)
    assert decide(login(grant()), pulled, Action.RECORDING, NOW).code is Code.WEBINAR_PULLED
    free = webinar(state=WebinarState.PULLED, free=True)
    assert decide(login(), free, Action.RECORDING, NOW).code is Code.WEBINAR_PULLED


def test_withdrawn_webinar_stays_available_to_people_with_access() -> None:
    withdrawn = webinar(state=WebinarState.WITHDRAWN, free=True)
    assert decide(login(grant()), withdrawn, Action.RECORDING, NOW).code is Code.OK_PERMANENT
    assert decide(login(), withdrawn, Action.RECORDING, NOW).code is Code.NO_GRANT


def test_withdrawn_webinar_is_hidden_from_people_without_a_grant_and_draft_from_all() -> None:
    withdrawn, draft = (
        webinar(state=state) for state in (WebinarState.WITHDRAWN, WebinarState.DRAFT)
    )
    ended = grant(ends_at=NOW - DAY)

    def hidden(of: WebinarFacts, *grants: GrantFacts) -> bool:
        return is_hidden(of, decide(login(*grants), of, Action.RECORDING, NOW))

    assert [hidden(withdrawn, *each) for each in ((grant(),), (ended,), ())] == [False, False, True]
    assert hidden(draft, grant())
    assert not hidden(webinar())


def test_free_webinar_is_open_to_every_account_and_purchase_is_named_first() -> None:
    free = webinar(free=True)
    assert decide(login(), free, Action.RECORDING, NOW).code is Code.OK_FREE
    dated = login(grant(ends_at=NOW + DAY))
    assert decide(dated, free, Action.RECORDING, NOW).code is Code.OK_FREE
    assert decide(login(grant()), free, Action.RECORDING, NOW).code is Code.OK_PERMANENT


def test_draft_is_not_free() -> None:
    draft = webinar(state=WebinarState.DRAFT, free=True)
    assert decide(login(), draft, Action.RECORDING, NOW).code is Code.NO_GRANT


def test_live_session_can_be_joined_from_an_hour_before_until_its_end() -> None:
    opens, ends = HELD - timedelta(hours=1), HELD + timedelta(minutes=60)
    tick = timedelta(microseconds=1)
    expected = {
        opens - tick: Code.LIVE_NOT_OPEN,
        opens: Code.OK_PERMANENT,
        ends - tick: Code.OK_PERMANENT,
        ends: Code.LIVE_OVER,
    }
    for at, answer in expected.items():
        assert code(grant(), action=Action.LIVE, at=at) is answer


def test_live_session_can_be_joined_an_hour_longer_without_a_recording() -> None:
    ends, tick = HELD + timedelta(minutes=60), timedelta(microseconds=1)
    overruns = webinar(playable=False)
    holder = login(grant())
    shuts = ends + timedelta(hours=1)
    assert decide(holder, overruns, Action.LIVE, ends).code is Code.OK_PERMANENT
    assert decide(holder, overruns, Action.LIVE, shuts - tick).code is Code.OK_PERMANENT
    assert decide(holder, overruns, Action.LIVE, shuts).code is Code.LIVE_OVER
    assert decide(holder, webinar(), Action.LIVE, ends).code is Code.LIVE_OVER


def test_live_session_requires_a_term_that_started_by_then() -> None:
    during = HELD + timedelta(minutes=10)
    bought_meanwhile = grant(starts_at=HELD + timedelta(minutes=5), ends_at=HELD + 365 * DAY)
    assert code(bought_meanwhile, action=Action.LIVE, at=during) is Code.NO_GRANT
    bought_in_time = grant(starts_at=HELD, ends_at=HELD + 365 * DAY)
    assert code(bought_in_time, action=Action.LIVE, at=during) is Code.OK_TERM


def test_canceled_webinar_has_no_live_session() -> None:
    canceled = webinar(state=WebinarState.CANCELED)
    assert decide(login(grant()), canceled, Action.LIVE, HELD).code is Code.LIVE_OVER


def test_recording_that_is_not_ready_refuses_viewers_but_not_handouts() -> None:
    unready = webinar(playable=False)
    holder = login(grant())
    assert decide(holder, unready, Action.RECORDING, NOW).code is Code.RECORDING_NOT_READY
    assert decide(holder, unready, Action.HANDOUT, NOW).code is Code.OK_PERMANENT


def test_webinar_status_is_shown_only_to_people_with_access() -> None:
    unready = webinar(playable=False)
    assert decide(login(), unready, Action.RECORDING, NOW).code is Code.NO_GRANT
    ended = login(grant(ends_at=NOW - DAY))
    assert decide(ended, unready, Action.RECORDING, NOW).code is Code.PASS_EXPIRED


def test_personal_grants_do_not_count_within_an_organization() -> None:
    decision = decide(login(grant()), webinar(), Action.RECORDING, NOW, within=3)
    assert decision == Turned(Code.NO_GRANT, None, ())
    free = decide(login(grant()), webinar(free=True), Action.RECORDING, NOW, within=3)
    assert free.code is Code.OK_FREE


def test_future_term_says_at_once_which_webinar_it_excludes() -> None:
    to_come = grant(starts_at=NOW + DAY, ends_at=NOW + 30 * DAY)
    later = webinar(held_at=NOW + 40 * DAY)
    assert decide(login(to_come), later, Action.LIVE, NOW).code is Code.HELD_AFTER_TERM


def test_live_session_after_the_end_cannot_be_joined_in_the_grace_period() -> None:
    contract = grant(ends_at=NOW, grace_until=NOW + 14 * DAY, place=place(Way.CLAIMED))
    today = webinar(held_at=NOW + timedelta(minutes=10))
    assert decide(login(contract), today, Action.LIVE, NOW).code is Code.HELD_AFTER_TERM


def test_best_way_to_a_pool_is_used() -> None:
    ways = [grant("a", place=place(way)) for way in Way]
    decision = decide(login(*ways), webinar(), Action.RECORDING, NOW)
    assert decision.code is Code.OK_PERMANENT
    assert decision.candidates == (Candidate(grant("a", place=place(Way.CLAIMED)), decision.code),)


def test_learner_can_claim_a_seat_only_of_an_active_pool() -> None:
    launched = place(Way.BY_LAUNCH)
    assert code(grant(place=launched)) is Code.SEAT_CLAIMABLE
    assert code(grant(place=replace(launched, has_room=False))) is Code.NO_GRANT
    ended = grant("a", ends_at=NOW - DAY, place=launched)
    assert code(ended) is Code.CONTRACT_LAPSED
    renewed = grant("b", starts_at=NOW - DAY, ends_at=NOW + DAY, place=launched)
    decision = decide(login(ended, renewed), webinar(), Action.RECORDING, NOW)
    assert decision.candidates == (Candidate(renewed, Code.SEAT_CLAIMABLE),)


def test_seat_claimed_in_the_future_is_not_yet_a_seat() -> None:
    later = replace(place(Way.CLAIMED), claimed_at=NOW + DAY)
    assert code(grant(place=later)) is Code.INVITE_NOT_CLAIMED


def test_person_who_lost_a_seat_is_told_about_the_renewal_without_them() -> None:
    frozen = place(Way.FROZEN)
    old = grant("a", ends_at=NOW - DAY, place=frozen)
    new = grant("b", starts_at=NOW - DAY, ends_at=NOW + DAY, place=frozen)
    decision = decide(login(old, new), webinar(), Action.RECORDING, NOW)
    assert (decision.code, decision.grant) == (Code.SEAT_RELEASED, new)


def test_another_pool_does_not_hide_a_lapsed_contract() -> None:
    lapsed = grant("a", ends_at=NOW - DAY, place=place(Way.FROZEN))
    other = grant("b", revoked_at=None, place=place(Way.RELEASED, pool="q"))
    assert code(lapsed, other) is Code.CONTRACT_LAPSED


@pytest.mark.parametrize("way", [Way.CLAIMED, Way.FROZEN, Way.LAPSED])
def test_pass_owned_by_an_organization_expires_like_any_other(way: Way) -> None:
    year = grant(ends_at=NOW, scope=Scope.EVERYTHING, is_pass=True, place=place(way))
    if way is Way.CLAIMED:
        assert code(year, at=NOW - timedelta(microseconds=1)) is Code.OK_TERM
    assert code(year) is Code.PASS_EXPIRED


def test_person_whose_pass_seat_was_released_is_told_that_and_not_of_its_end() -> None:
    year = grant(ends_at=NOW, scope=Scope.EVERYTHING, is_pass=True, place=place(Way.RELEASED))
    assert code(year) is Code.SEAT_RELEASED


def test_grants_are_weighed_without_a_webinar() -> None:
    ended = grant("a", ends_at=NOW, scope=Scope.EVERYTHING)
    seat = grant("b", place=place(Way.CLAIMED))
    weighed = weigh_holdings([ended, seat], NOW)
    assert [(each.grant, each.code) for each in weighed] == [
        (seat, Code.OK_PERMANENT),
        (ended, Code.PASS_EXPIRED),
    ]
