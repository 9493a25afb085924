"""Every decision code has a sentence and a next step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from lms.access.explanations import STEP_LABELS, Step, explain
from lms.access.policy import (
    ADMITTING,
    Action,
    Admitted,
    Candidate,
    Code,
    Turned,
    Way,
    decide,
)
from lms.core.database import Database
from lms.models.catalog import WebinarState
from lms.models.grants import Scope, Withdrawal
from tests import clock
from tests.access.decision_situations import arrange
from tests.access.test_grant_paths import case_of
from tests.access.test_policy import HELD, NOW, grant, login, place, webinar
from tests.cast import Cast

NEW_YORK = ZoneInfo("America/New_York")
ENDS = datetime(2027, 10, 7, 4, 0, tzinfo=UTC)
# Page tests read the text of each refusal from here.
SAYS: Final = {
    Code.INVITE_NOT_CLAIMED: "Elm County Library reserved a seat for you.",
    Code.SEAT_CLAIMABLE: "Elm County Library has a seat available",
    Code.PAYMENT_PENDING: "Elm County Library ordered this webinar.",
    Code.PAYMENT_OVERDUE: "Access through Elm County Library is paused",
    Code.POOL_FULL_WAITLISTED: "You're on the waitlist.",
    Code.NOT_STARTED: "Your access starts on March 3, 2026.",
    Code.LIVE_NOT_OPEN: "You have access.",
    Code.RECORDING_NOT_READY: "as soon as the recording is ready.",
    Code.LIVE_OVER: "The live session is over.",
    Code.HELD_AFTER_TERM: "covers webinars held until",
    Code.CONTRACT_LAPSED: "The contract for Elm County Library ended on",
    Code.PASS_EXPIRED: "Your pass ended on",
    Code.SEAT_RELEASED: "You no longer have a seat from Elm County Library.",
    Code.SUSPENDED_DISPUTE: "Your access is paused",
    Code.REFUNDED: "Your access ended when your payment was refunded.",
    Code.REVOKED: "Your access to this webinar was removed.",
    Code.NO_GRANT: "You don't have access to this webinar yet.",
    Code.ACCOUNT_BLOCKED: "Your account is blocked.",
    Code.WEBINAR_PULLED: "This webinar was removed",
}


@pytest.mark.parametrize("code", Code)
def test_each_code_has_a_complete_sentence_and_a_step(code: Code) -> None:
    dated = grant(
        ends_at=ENDS,
        grace_until=ENDS,
        revoked_at=NOW,
        revoked_as=Withdrawal.REVOKED,
        scope=Scope.EVERYTHING,
    )
    decision = Admitted(code, dated, ENDS, ()) if code in ADMITTING else Turned(code, dated, ())
    told = explain(decision, webinar(), zone=NEW_YORK)
    assert str(told.sentence).endswith(".")
    assert "%(" not in str(told.sentence)
    assert STEP_LABELS[told.step]


def test_paused_access_links_to_payment_only_for_those_who_can_pay() -> None:
    own = grant(awaits_payment_since=NOW, granted_at=NOW - timedelta(days=40))
    seat = replace(own, place=place(Way.CLAIMED))
    managed = replace(own, place=place(Way.MANAGED))
    steps = []
    for facts in (own, seat, managed):
        decision = decide(login(facts), webinar(), Action.RECORDING, NOW)
        for may_pay in (True, False):
            told = explain(decision, webinar(), zone=NEW_YORK, manager="Mia", may_pay=may_pay)
            assert "paused because we haven't received the payment" in str(told.sentence)
            steps.append(told.step)
    assert steps == [Step.PAY, Step.CONTACT, Step.PAY, Step.ASK, Step.PAY, Step.ASK]


def test_term_that_ends_at_midnight_is_described_by_its_last_day() -> None:
    dated = grant(ends_at=ENDS, scope=Scope.EVERYTHING)
    decision = decide(login(dated), webinar(), Action.RECORDING, NOW)
    told = explain(decision, webinar(), zone=NEW_YORK)
    assert str(told.sentence) == "Your pass includes this webinar until October 6, 2027."


def test_person_with_a_seat_is_told_who_owns_it() -> None:
    seat = grant(place=place(Way.CLAIMED))
    told = explain(decide(login(seat), webinar(), Action.RECORDING, NOW), webinar(), zone=NEW_YORK)
    assert str(told.sentence).endswith("which owns your seat.")


def test_ended_organization_pass_refers_to_the_manager() -> None:
    year = grant(ends_at=NOW, scope=Scope.EVERYTHING, is_pass=True, place=place(Way.CLAIMED))
    decision = decide(login(year), webinar(), Action.RECORDING, NOW)
    told = explain(decision, webinar(), zone=NEW_YORK, manager="Mia")
    assert str(told.sentence) == "Your pass from Elm County Library ended on June 1, 2026."
    assert told.step is Step.ASK


def test_person_with_a_pass_can_buy_a_webinar_excluded_from_passes() -> None:
    alone = webinar(is_in_passes=False)
    year = grant(ends_at=ENDS, scope=Scope.EVERYTHING)
    told = explain(decide(login(year), alone, Action.RECORDING, NOW), alone, zone=NEW_YORK)
    assert str(told.sentence) == "This webinar isn't included in passes. You can buy it separately."
    assert told.step is Step.BUY


@pytest.mark.parametrize("way", [Way.INVITED, Way.OFFERED, Way.BY_DOMAIN, Way.MANAGED])
@pytest.mark.parametrize("has_room", [True, False])
def test_seat_of_a_canceled_webinar_cannot_be_claimed_or_waited_for(
    way: Way, *, has_room: bool
) -> None:
    canceled = webinar(state=WebinarState.CANCELED, playable=False)
    facts = grant(place=replace(place(way), has_room=has_room))
    decision = decide(login(facts), canceled, Action.RECORDING, NOW)
    told = explain(decision, canceled, zone=NEW_YORK, manager="Mia")
    assert (str(told.sentence), told.step) == ("This webinar was canceled.", Step.WAIT)


def test_a_canceled_webinar_can_be_bought_only_if_it_has_a_recording() -> None:
    for playable, step in ((False, Step.WAIT), (True, Step.BUY)):
        canceled = webinar(state=WebinarState.CANCELED, playable=playable)
        decision = decide(login(), canceled, Action.RECORDING, NOW)
        assert explain(decision, canceled, zone=NEW_YORK).step is step


def test_explanation_lists_every_grant_that_was_considered() -> None:
    ended = grant("a", ends_at=NOW, scope=Scope.EVERYTHING)
    taken = grant("b", revoked_at=NOW, revoked_as=Withdrawal.REFUNDED)
    decision = decide(login(taken, ended), webinar(), Action.RECORDING, NOW)
    told = explain(decision, webinar(), zone=NEW_YORK)
    assert [(str(what), str(answer)) for what, answer in told.weighed] == [
        ("Pass for all webinars", "ended on June 1, 2026"),
        ("Single webinar", "refunded on June 1, 2026"),
    ]


@pytest.mark.parametrize(
    "code",
    [
        Code.OK_PERMANENT,
        Code.OK_TERM,
        Code.NOT_STARTED,
        Code.HELD_AFTER_TERM,
        Code.PASS_EXPIRED,
        Code.SUSPENDED_DISPUTE,
        Code.REFUNDED,
        Code.REVOKED,
        Code.NO_GRANT,
    ],
)
def test_each_decision_about_a_grant_has_a_description(code: Code) -> None:
    dated = grant(ends_at=ENDS, revoked_at=NOW, revoked_as=Withdrawal.REVOKED)
    told = explain(Turned(code, dated, (Candidate(dated, code),)), webinar(), zone=NEW_YORK)
    assert "%(" not in str(told.weighed[0][1])


def test_early_viewer_is_told_when_a_live_session_can_be_joined() -> None:
    decision = decide(login(grant()), webinar(), Action.LIVE, HELD.replace(hour=1))
    told = explain(decision, webinar(), zone=NEW_YORK)
    assert "Thursday, March 5, 2026, 1:00" in str(told.sentence)
    assert told.step is Step.WAIT


def test_handout_reader_is_not_offered_a_player_without_a_recording() -> None:
    facts = webinar(playable=False, state=WebinarState.ANNOUNCED)
    decision = decide(login(grant()), facts, Action.HANDOUT, NOW)
    assert explain(decision, facts, zone=NEW_YORK).step is Step.WAIT


def test_every_refusal_has_an_expected_text() -> None:
    assert set(SAYS) == set(Code) - ADMITTING


@pytest.mark.parametrize("code", SAYS)
def test_refusal_says_why(database: Database, cast: Cast, code: Code) -> None:
    with database.transaction() as session:
        situation = arrange(session, cast, code)
    case = case_of(database, cast.dan.id, situation.webinar_id)
    decision = decide(case.login, case.webinar, situation.action, clock.NOW)
    assert SAYS[code] in str(explain(decision, case.webinar, zone=NEW_YORK).sentence)
