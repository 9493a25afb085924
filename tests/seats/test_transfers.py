"""Reassigning a seat, and requesting approval for it (S3)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, NotFound
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.grants import Withdrawal
from lms.models.mail import Mail
from lms.models.requests import RequestKind, RequestState
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, SeatState
from lms.requests import requests, seat_transfer_requests
from lms.requests.asker import Asker
from lms.requests.read_models import find_request
from lms.requests.requests import NewRequest
from lms.seats import transfers
from lms.seats.claims import approve_refill
from lms.seats.invitations import IN_ALREADY, TAKES_NOBODY, AlreadyIn, Invitee
from lms.seats.invitations import invite as invite_people
from lms.seats.pools import find_pool, grants_of, revoke_pool_grant
from lms.seats.transfers import FREE_ALREADY, HAS_ANOTHER
from tests.cast import Cast
from tests.clock import NOW
from tests.seats.pool_fixtures import (
    DAY,
    FOR_GOOD,
    LINKS,
    YEAR,
    Home,
    by_link,
    counts,
    invite,
    let_go,
    make_home,
    more,
    newest_token,
    people,
    seat_row,
    settle_at,
    states,
    take_seat,
    wait,
    watched,
)
from tests.seats.test_claims import email_of

OFFICE = MailContext(LINKS, ZoneInfo("America/New_York"))


def hand_over(database: Database, seat: str, email: str, at=NOW) -> None:
    with database.transaction() as session:
        to = Invitee(read_address(email), "Kim")
        transfers.reassign(session, seat, to, links=LINKS, actor=None, now=at)


def ask(database: Database, cast: Cast, home: Home, seat: str, to: str | None = None) -> str:
    named = Invitee(read_address(to), "Kim") if to else None
    asker = Asker(cast.mia.id, cast.mia.public_id, "Mia", cast.mia.email, to=named)
    with database.transaction() as session:
        pool = find_pool(session, home.pool.public_id)
        return seat_transfer_requests.ask_to_move(
            session, seat, pool, asker, mail_context=OFFICE, now=NOW
        ).public_id


def agree(database: Database, request: str) -> None:
    with database.transaction() as session:
        seat_transfer_requests.agree_to_move(
            session, request, "Yes.", links=LINKS, actor=None, now=NOW
        )


def test_reassignment_bypasses_the_waitlist(database: Database) -> None:
    home = make_home(database, 1)
    pat, kim, dan = people(database, 3)
    seat = take_seat(database, home.pool_id, pat)
    wait(database, home.pool_id, dan)
    hand_over(database, seat, email_of(database, kim))
    assert counts(database, home.pool_id) == (1, 1)
    assert by_link(database, newest_token(database), kim) == "Claimed"
    assert states(database, home.pool_id) == {
        pat: AssignmentState.RELEASED,
        kim: AssignmentState.CLAIMED,
    }
    with database.read_session() as session:
        told = session.scalars(select(Mail.recipient).where(Mail.kind == "seat_released")).all()
        assert told == [email_of(database, pat)]
        ends = session.scalars(select(Assignment.ended_as).where(Assignment.login_id == pat))
        assert ends.all() == [AssignmentEnd.REASSIGNED]


def test_person_with_a_merged_accounts_seat_gets_no_second_one(database: Database) -> None:
    home = make_home(database, 3)
    pat, old, kept = people(database, 3)
    seat = take_seat(database, home.pool_id, pat)
    take_seat(database, home.pool_id, old)
    with database.transaction() as session:
        session.get_one(Login, old).merged_into = kept
    with pytest.raises(Conflict, match=IN_ALREADY):
        hand_over(database, seat, email_of(database, kept))
    with database.transaction() as session:
        invitee = Invitee(read_address(email_of(database, kept)))
        [answer] = invite_people(session, home.pool_id, [invitee], links=LINKS, actor=None, now=NOW)
    assert isinstance(answer, AlreadyIn)
    assert counts(database, home.pool_id) == (2, 3)


def test_contract_seat_cannot_be_reassigned_for_seven_days(database: Database) -> None:
    home = make_home(database, 1, YEAR)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    with pytest.raises(Conflict) as refused:
        hand_over(database, seat, "kim@example.org", NOW + 6 * DAY)
    assert refused.value.code == "seat_stays"
    hand_over(database, seat, "kim@example.org", NOW + 7 * DAY)


def test_seat_watched_half_can_be_reassigned_once_staff_approve(
    database: Database, cast: Cast
) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    watched(database, home, pat, 0.6)
    seat = take_seat(database, home.pool_id, pat)
    with pytest.raises(Conflict) as refused:
        hand_over(database, seat, "kim@example.org")
    assert refused.value.code == "needs_approval"
    request = ask(database, cast, home, seat)
    assert ask(database, cast, home, seat) == request
    agree(database, request)
    hand_over(database, seat, "kim@example.org")
    assert counts(database, home.pool_id) == (1, 1)


def half_watched(database: Database) -> tuple[Home, int, str]:
    """Return a pool of one seat, the person with it who watched more than half, and the seat."""
    home = make_home(database, 1)
    [pat] = people(database, 1)
    watched(database, home, pat, 0.6)
    return home, pat, take_seat(database, home.pool_id, pat)


def test_approved_seat_goes_to_the_person_named_by_the_manager(
    database: Database, cast: Cast
) -> None:
    home, pat, seat = half_watched(database)
    request = ask(database, cast, home, seat, "lee@example.org")
    assert ask(database, cast, home, seat, "kim@example.org") == request
    agree(database, request)
    assert states(database, home.pool_id) == {
        pat: AssignmentState.RELEASED,
        "kim@example.org": AssignmentState.INVITED,
    }
    assert counts(database, home.pool_id) == (1, 1)
    with database.read_session() as session:
        letters = session.execute(select(Mail.kind, Mail.recipient).order_by(Mail.id)).all()
        told = [tuple(one) for one in letters if one.kind in ("seat_released", "invitation")]
        assert told == [
            ("seat_released", email_of(database, pat)),
            ("invitation", "kim@example.org"),
        ]
        assert find_request(session, request).state is RequestState.DONE


def test_approved_seat_goes_to_the_named_person_before_the_waitlist(
    database: Database, cast: Cast
) -> None:
    home, _, seat = half_watched(database)
    [dan] = people(database, 1)
    wait(database, home.pool_id, dan)
    let_go(database, seat)
    agree(database, ask(database, cast, home, seat, "kim@example.org"))
    assert seat_row(database, seat).state is SeatState.TAKEN
    assert states(database, home.pool_id)["kim@example.org"] is AssignmentState.INVITED
    assert counts(database, home.pool_id) == (1, 1)


def refusal_of(database: Database, request: str) -> str:
    """Check that approving is refused and changes nothing; return the message."""
    with pytest.raises(Conflict) as refused:
        agree(database, request)
    with database.read_session() as session:
        assert find_request(session, request).state is RequestState.NEW
    return refused.value.message


def test_outdated_request_says_why_it_is_refused_and_changes_nothing(
    database: Database, cast: Cast
) -> None:
    home, _, seat = half_watched(database)
    request = ask(database, cast, home, seat, "kim@example.org")
    more(database, home, 1, FOR_GOOD, at=NOW)
    invite(database, home.pool_id, "kim@example.org")
    assert refusal_of(database, request) == IN_ALREADY
    with pytest.raises(Conflict):
        ask(database, cast, home, seat, "kim@example.org")
    ask(database, cast, home, seat, "lee@example.org")
    let_go(database, seat)
    with database.transaction() as session:
        approve_refill(session, seat, actor=None, now=NOW)
    assert refusal_of(database, request) == FREE_ALREADY
    [lou] = people(database, 1)
    assert take_seat(database, home.pool_id, lou, NOW + DAY) == seat
    assert refusal_of(database, request) == HAS_ANOTHER


def test_seat_of_a_revoked_grant_cannot_be_reassigned(database: Database, cast: Cast) -> None:
    home, _, seat = half_watched(database)
    request = ask(database, cast, home, seat, "kim@example.org")
    with database.transaction() as session:
        [line] = grants_of(session, home.pool_id)
        revoke_pool_grant(
            session, line.public_id, Withdrawal.REVOKED, reason="", actor=None, now=NOW
        )
    assert refusal_of(database, request) == TAKES_NOBODY


def test_approval_unlocks_a_released_seat(database: Database, cast: Cast) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    watched(database, home, pat, 0.6)
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, seat)
    agree(database, ask(database, cast, home, seat))
    assert seat_row(database, seat).state is SeatState.FREE
    assert counts(database, home.pool_id) == (0, 1)


def test_manager_sees_what_the_person_with_the_seat_loses(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    watched(database, home, pat, 0.6)
    seat = take_seat(database, home.pool_id, pat)
    invited = invite(database, home.pool_id, "lee@example.org")
    with database.transaction() as session:
        lost = transfers.losses(session, seat, now=NOW)
        assert (lost.covers, lost.state) == (home.pool.covers, AssignmentState.CLAIMED)
        assert lost.share == pytest.approx(0.6)
        assert lost.refill.needs_approval
        unclaimed = transfers.losses(session, invited, now=NOW)
        assert (unclaimed.share, unclaimed.email) == (0.0, "lee@example.org")
        assert unclaimed.refill.is_free


def test_seat_cannot_go_to_a_person_with_one_or_in_an_ended_pool(database: Database) -> None:
    home = make_home(database, 2, YEAR)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    take_seat(database, home.pool_id, dan)
    with pytest.raises(Conflict):
        hand_over(database, seat, email_of(database, dan), NOW + 8 * DAY)
    lapsed = NOW + 380 * DAY
    settle_at(database, home.pool_id, lapsed)
    with pytest.raises(Conflict):
        hand_over(database, seat, "kim@example.org", lapsed)


def test_another_pools_seat_and_an_unrelated_request_are_refused(
    database: Database, cast: Cast
) -> None:
    home, other = make_home(database, 1), make_home(database, 1)
    [pat] = people(database, 1)
    seat = take_seat(database, other.pool_id, pat)
    with pytest.raises(NotFound):
        ask(database, cast, home, seat)
    new = NewRequest(kind=RequestKind.TROUBLE, name="Mia", email=cast.mia.email, message="Help")
    with database.transaction() as session:
        asked = requests.ask(session, new, mail_context=OFFICE, actor=None, now=NOW)
    with pytest.raises(Conflict):
        agree(database, asked.public_id)
    assert NOW + timedelta(days=1) <= asked.due_at
