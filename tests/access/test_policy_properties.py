"""Properties of every decision, for any grants at any time."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lms.access.explanations import explain
from lms.access.policy import (
    ADMITTING,
    Action,
    Admitted,
    Code,
    GrantFacts,
    PoolPlace,
    Turned,
    Way,
    WebinarFacts,
    decide,
)
from lms.models.catalog import WebinarState
from lms.models.grants import Scope, Withdrawal
from tests.access.test_explanations import NEW_YORK
from tests.access.test_policy import DAY, grant, login

moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
places = st.builds(
    PoolPlace,
    pool=st.sampled_from("pq"),
    organization_id=st.sampled_from((3, 4)),
    organization=st.just("e" * 26),
    organization_name=st.just("Elm County Library"),
    way=st.sampled_from(Way),
    has_room=st.booleans(),
    expires_at=st.none() | moments,
    claimed_at=st.none() | moments,
    left_at=st.none() | moments,
)


@st.composite
def grants(draw: st.DrawFn) -> GrantFacts:
    starts_at = draw(moments)
    ends_at = draw(st.none() | st.timedeltas(DAY, 700 * DAY).map(starts_at.__add__))
    revoked_at = draw(st.none() | moments)
    grace = draw(st.none() | st.timedeltas(0 * DAY, 60 * DAY))
    return grant(
        draw(st.sampled_from("abcdefgh")),
        starts_at=starts_at,
        ends_at=ends_at,
        grace_until=None if ends_at is None or grace is None else ends_at + grace,
        awaits_payment_since=draw(st.none() | moments),
        granted_at=draw(moments),
        scope=draw(st.sampled_from(Scope)),
        suspended_at=draw(st.none() | moments),
        revoked_at=revoked_at,
        revoked_as=None if revoked_at is None else draw(st.sampled_from(Withdrawal)),
        place=draw(st.none() | places),
    )


webinars = st.builds(
    WebinarFacts,
    id=st.just(7),
    state=st.sampled_from(WebinarState),
    free=st.booleans(),
    held_at=moments,
    minutes=st.integers(1, 600),
    playable=st.booleans(),
    is_in_passes=st.booleans(),
)
actions = st.sampled_from(Action)
holdings = st.lists(grants(), max_size=5)


@given(holdings, grants(), webinars, actions, moments)
def test_adding_a_grant_never_takes_access_away(
    held: list[GrantFacts],
    extra: GrantFacts,
    facts: WebinarFacts,
    action: Action,
    at: datetime,
) -> None:
    before = decide(login(*held), facts, action, at)
    after = decide(login(*held, extra), facts, action, at)
    if isinstance(before, Admitted):
        assert isinstance(after, Admitted)
        if before.ends_at is None:
            assert after.ends_at is None


@given(holdings, webinars, actions, moments, st.randoms())
def test_order_of_grants_does_not_matter(
    held: list[GrantFacts], facts: WebinarFacts, action: Action, at: datetime, chance: Random
) -> None:
    shuffled = list(held)
    chance.shuffle(shuffled)
    first = decide(login(*held), facts, action, at)
    second = decide(login(*shuffled), facts, action, at)
    assert (first.code, first.grant and first.grant.ends_at) == (
        second.code,
        second.grant and second.grant.ends_at,
    )


@given(grants(), holdings, webinars, actions, moments)
def test_revoked_grant_does_not_affect_others(
    one: GrantFacts, others: list[GrantFacts], facts: WebinarFacts, action: Action, at: datetime
) -> None:
    gone = replace(one, public_id="z" * 26, revoked_at=at, revoked_as=Withdrawal.REVOKED)
    alone = decide(login(*others), facts, action, at)
    beside = decide(login(gone, *others), facts, action, at)
    assert (alone.code in ADMITTING) == (beside.code in ADMITTING)
    if isinstance(alone, Admitted):
        assert (alone.code, alone.ends_at) == (beside.code, getattr(beside, "ends_at", at))


@given(holdings, webinars, actions, moments, st.sampled_from((3, 4)))
def test_decision_within_an_organization_depends_only_on_its_grants(
    held: list[GrantFacts], facts: WebinarFacts, action: Action, at: datetime, within: int
) -> None:
    its_own = [each for each in held if each.place and each.place.organization_id == within]
    inside = decide(login(*held), facts, action, at, within=within)
    assert inside == decide(login(*its_own), facts, action, at)
    if isinstance(inside, Admitted):
        assert isinstance(decide(login(*held), facts, action, at), Admitted)


@given(holdings, webinars, actions, moments)
def test_only_a_claimed_seat_or_a_personal_grant_gives_access(
    held: list[GrantFacts], facts: WebinarFacts, action: Action, at: datetime
) -> None:
    decision = decide(login(*held), facts, action, at)
    if isinstance(decision, Admitted) and decision.code is not Code.OK_FREE:
        assert decision.grant is not None
        place = decision.grant.place
        assert place is None or place.way is Way.CLAIMED or place.claimed_at is not None


@given(holdings, webinars, actions, moments, st.none() | st.just("Maria Ortiz"))
def test_every_decision_can_be_explained(
    held: list[GrantFacts],
    facts: WebinarFacts,
    action: Action,
    at: datetime,
    manager: str | None,
) -> None:
    decision = decide(login(*held), facts, action, at)
    told = explain(decision, facts, zone=NEW_YORK, manager=manager)
    assert str(told.sentence).endswith(".")
    for what, answer in told.weighed:
        assert str(what)
        assert str(answer)
    assert isinstance(decision, Turned) or decision.code in ADMITTING
