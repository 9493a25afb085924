"""What each refusal says to the person; tests of pages read it from here."""

from typing import Final

import pytest

from lms.access.explanations import explain
from lms.access.policy import ADMITTING, Code, decide
from lms.core.database import Database
from tests.access.decision_situations import arrange
from tests.access.test_explanations import NEW_YORK
from tests.access.test_grant_paths import case_of
from tests.cast import Cast
from tests.clock import NOW

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


def test_no_refusal_is_forgotten() -> None:
    assert set(SAYS) == set(Code) - ADMITTING


@pytest.mark.parametrize("code", SAYS)
def test_refusal_says_why(database: Database, cast: Cast, code: Code) -> None:
    with database.transaction() as session:
        situation = arrange(session, cast, code)
    case = case_of(database, cast.dan.id, situation.webinar_id)
    decision = decide(case.login, case.webinar, situation.action, NOW)
    assert SAYS[code] in str(explain(decision, case.webinar, zone=NEW_YORK).sentence)
