"""A live session within a day can be joined before an order on credit is paid (P9)."""

from datetime import timedelta

import pytest

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, Code, decide
from lms.accounts import email_aliases
from lms.buying.carts import Item
from lms.buying.checkout import Buyer
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind
from tests.buying.buying_fixtures import (
    ROSA,
    WEBINAR,
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
)
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login

FREE_MAILBOXES = ("mallory@gmail.com", "mallory@outlook.com.au", "mallory@yahoo.com.mx")
STARTS = NOW + timedelta(hours=2)


@pytest.fixture(autouse=True)
def _open(database: Database, cast: Cast, clock: Clock) -> None:
    """Let the webinar start in two hours."""
    open_for_business(database)
    hold(database, cast, STARTS - NOW)


def hold(database: Database, cast: Cast, begins_in: timedelta) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = NOW + begins_in


def buy(database: Database, email: str = ROSA) -> int:
    """Order one seat on "PO 123" and confirm the address; return the account's ID."""
    one = Item(OfferKind.SINGLE, WEBINAR)
    ordered(database, filled(database, one), details(email=email, is_for_organization=False))
    return confirmed(database, email)


def answer(database: Database, cast: Cast, login_id: int, action: Action) -> Code:
    """Return the decision ten minutes before the session starts."""
    with database.read_session() as session:
        case = load_case(session, login_id=login_id, webinar_id=cast.webinar_id)
    decision = decide(case.login, case.webinar, action, STARTS - timedelta(minutes=10))
    return Code.OK_PERMANENT if isinstance(decision, Admitted) else decision.code


def opens(database: Database, cast: Cast, login_id: int) -> bool:
    """Return whether the live session can be joined; the recording must not be available."""
    for action in (Action.RECORDING, Action.HANDOUT, Action.CERTIFICATE):
        assert answer(database, cast, login_id, action) is Code.PAYMENT_PENDING
    return answer(database, cast, login_id, Action.LIVE) is Code.OK_PERMANENT


def test_live_session_can_be_joined_once_per_domain(database: Database, cast: Cast) -> None:
    assert opens(database, cast, buy(database))
    again = "someone.else@pinecounty.example"
    assert not opens(database, cast, buy(database, again))
    assert opens(database, cast, buy(database, "kim@oakcounty.example"))


@pytest.mark.parametrize("email", FREE_MAILBOXES)
def test_live_session_cannot_be_joined_from_a_free_mailbox(
    database: Database, cast: Cast, email: str
) -> None:
    assert not opens(database, cast, buy(database, email))


@pytest.mark.parametrize("how", ["own", "alias", "merged"])
def test_signed_in_buyers_own_domains_are_used(database: Database, cast: Cast, how: str) -> None:
    """The address on the order doesn't count, because buyers type it freely."""
    with database.transaction() as session:
        if how == "own":
            dan = session.get_one(Login, cast.dan.id)
            dan.email = dan.email_key = ROSA
        elif how == "alias":
            email_aliases.add_alias(session, cast.dan.id, read_address(ROSA), actor=None, now=NOW)
        else:
            make_login(session, ROSA).merged_into = cast.dan.id
    buyer = Buyer(cast.dan.id, cast.dan.public_id, ROSA if how == "own" else cast.dan.email or "")
    one = Item(OfferKind.SINGLE, WEBINAR)
    typed = details(email="dan@unrelated.example", is_for_organization=False)
    ordered(database, filled(database, one), typed, buyer=buyer)
    assert opens(database, cast, cast.dan.id)
    assert not opens(database, cast, buy(database, "someone.else@pinecounty.example"))


def test_live_session_of_another_day_cannot_be_joined(database: Database, cast: Cast) -> None:
    hold(database, cast, timedelta(hours=25))
    login_id = buy(database)
    hold(database, cast, STARTS - NOW)
    assert not opens(database, cast, login_id)
