"""Every answer of the policy has its sentence and its next step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from lms.models.catalog import WebinarState
from lms.models.grants import Scope, Withdrawal
from tests.access.test_policy import HELD, NOW, grant, login, place, webinar

NEW_YORK = ZoneInfo("America/New_York")
ENDS = datetime(2027, 10, 7, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("code", Code)
def test_each_code_has_a_sentence_without_gaps_and_a_step(code: Code) -> None:
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


def test_paused_access_leads_to_payment_only_those_who_can_pay() -> None:
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


def test_a_term_that_ends_at_midnight_is_told_by_its_last_day() -> None:
    dated = grant(ends_at=ENDS, scope=Scope.EVERYTHING)
    decision = decide(login(dated), webinar(), Action.RECORDING, NOW)
    told = explain(decision, webinar(), zone=NEW_YORK)
    assert str(told.sentence) == "Your pass includes this webinar until October 6, 2027."


def test_a_person_in_a_seat_reads_who_owns_it() -> None:
    seat = grant(place=place(Way.CLAIMED))
    told = explain(decide(login(seat), webinar(), Action.RECORDING, NOW), webinar(), zone=NEW_YORK)
    assert str(told.sentence).endswith("which owns your seat.")


def test_the_end_of_an_organizations_pass_leads_to_its_manager() -> None:
    year = grant(ends_at=NOW, scope=Scope.EVERYTHING, is_pass=True, place=place(Way.CLAIMED))
    decision = decide(login(year), webinar(), Action.RECORDING, NOW)
    told = explain(decision, webinar(), zone=NEW_YORK, manager="Mia")
    assert str(told.sentence) == "Your pass from Elm County Library ended on June 1, 2026."
    assert told.step is Step.ASK


def test_a_pass_holder_reads_that_a_webinar_is_not_in_passes_and_can_be_bought() -> None:
    alone = webinar(is_in_passes=False)
    year = grant(ends_at=ENDS, scope=Scope.EVERYTHING)
    told = explain(decide(login(year), alone, Action.RECORDING, NOW), alone, zone=NEW_YORK)
    assert str(told.sentence) == "This webinar isn't included in passes. You can buy it separately."
    assert told.step is Step.BUY


@pytest.mark.parametrize("way", [Way.INVITED, Way.OFFERED, Way.BY_DOMAIN, Way.MANAGED])
@pytest.mark.parametrize("has_room", [True, False])
def test_no_seat_of_a_canceled_webinar_is_claimed_or_waited_for(
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


def test_the_explanation_names_everything_that_was_weighed() -> None:
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
def test_each_verdict_on_a_grant_can_be_told(code: Code) -> None:
    dated = grant(ends_at=ENDS, revoked_at=NOW, revoked_as=Withdrawal.REVOKED)
    told = explain(Turned(code, dated, (Candidate(dated, code),)), webinar(), zone=NEW_YORK)
    assert "%(" not in str(told.weighed[0][1])


def test_who_is_early_for_a_live_session_reads_when_the_door_opens() -> None:
    decision = decide(login(grant()), webinar(), Action.LIVE, HELD.replace(hour=1))
    told = explain(decision, webinar(), zone=NEW_YORK)
    assert "Thursday, March 5, 2026, 1:00" in str(told.sentence)
    assert told.step is Step.WAIT


def test_an_entitled_reader_of_handouts_is_not_offered_a_player_without_a_recording() -> None:
    facts = webinar(playable=False, state=WebinarState.ANNOUNCED)
    decision = decide(login(grant()), facts, Action.HANDOUT, NOW)
    assert explain(decision, facts, zone=NEW_YORK).step is Step.WAIT
