"""Why can't they watch? The decision for any address, webinar, action and moment."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lms.grants.grants import Target, Term
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.grants import OfferKind, Scope
from lms.models.seats import Assignment, AssignmentState, Pool, Seat, SeatState, VerifiedDomain
from lms.people import login_merges
from lms.seats import pools
from lms.seats.pools import NewPoolGrant
from tests.cast import Cast
from tests.clock import NOW
from tests.visitor import Visitor


def _ask(staff: Visitor, who: str, **more: str) -> str:
    asked = {"address": who, "webinar": "reading-rooms", "action": "recording", **more}
    return staff.get("/staff/people/why", query_string=asked).text


def _sell_and_invite(database: Database, cast: Cast, email: str) -> None:
    with database.transaction() as session:
        target = Target(Scope.WEBINAR, cast.webinar_id)
        new = NewPoolGrant(cast.organization_id, target, 5, Term(NOW), OfferKind.GROUP_SEATS)
        pool = pools.sell_seats(session, new, actor=None, now=NOW)
        seat = Seat(pool_id=pool.id, state=SeatState.TAKEN, created_at=NOW)
        session.add(seat)
        session.flush()
        session.get_one(Pool, pool.id).used = 1
        session.add(
            Assignment(
                seat_id=seat.id,
                pool_id=pool.id,
                email=email,
                email_key=email,
                state=AssignmentState.INVITED,
                created_at=NOW,
                expires_at=NOW + timedelta(days=14),
            )
        )
        session.add(
            VerifiedDomain(
                organization_id=cast.organization_id, domain="elm.example", verified_at=NOW
            )
        )


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_who_is_not_staff_finds_nothing(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get("/staff/people/why").status_code == 404


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ("alice", "OK_PERMANENT"),
        ("bob", "OK_TERM"),
        ("carol", "PASS_EXPIRED"),
        ("dan", "NO_GRANT"),
    ],
)
def test_the_answer_is_the_decision_that_they_met(
    staff: Visitor, cast: Cast, person: str, code: str
) -> None:
    whom: str = getattr(cast, person).email
    assert code in _ask(staff, whom)
    assert code in _ask(staff, getattr(cast, person).public_id)


def test_everything_that_was_weighed_is_shown_with_the_next_step(
    staff: Visitor, cast: Cast
) -> None:
    page = _ask(staff, cast.carol.email)
    assert "Pass for every webinar" in page
    assert "Renew" in page


def test_another_moment_has_another_answer(staff: Visitor, cast: Cast) -> None:
    earlier = (NOW - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    assert "OK_TERM" in _ask(staff, cast.carol.email, at=earlier)


def test_another_action_has_another_answer(staff: Visitor, cast: Cast) -> None:
    assert "LIVE_OVER" in _ask(staff, cast.alice.email, action="live")


def test_an_address_without_a_login_is_answered_as_if_it_had_one_and_nothing_is_kept(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    _sell_and_invite(database, cast, "eve@elm.example")
    with database.read_session() as session:
        before = session.scalar(select(func.count(AuditEntry.id)))
    page = _ask(staff, "Eve@elm.example")
    assert "INVITE_NOT_CLAIMED" in page
    assert "who has no log-in" in page
    assert "Elm County Library" in page
    assert "NO_GRANT" in _ask(staff, "somebody@nowhere.example")
    with database.read_session() as session:
        assert session.scalar(select(Login.id).where(Login.email_key == "eve@elm.example")) is None
        assert session.scalar(select(func.count(AuditEntry.id))) == before


def test_an_address_that_was_never_confirmed_is_answered_as_if_it_were(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    _sell_and_invite(database, cast, "eve@elm.example")
    staff.get("/")
    with database.transaction() as session:
        session.add(
            Login(email="eve@elm.example", email_key="eve@elm.example", name="eve", created_at=NOW)
        )
    assert "INVITE_NOT_CLAIMED" in _ask(staff, "eve@elm.example")
    with database.read_session() as session:
        begun = session.scalars(select(Login).where(Login.email_key == "eve@elm.example")).one()
    assert begun.confirmed_at is None


def test_a_merged_address_is_answered_for_the_login_that_was_kept(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        login_merges.merge(
            session,
            kept=cast.dan.public_id,
            merged=cast.alice.public_id,
            hooks=(),
            actor=None,
            now=NOW,
        )
    page = _ask(staff, cast.alice.email)
    assert "OK_PERMANENT" in page
    assert "from the merged log-in of Alice" in page
    assert f"/staff/people/{cast.dan.public_id}" in page


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"address": "nobody", "webinar": "reading-rooms"}, "address"),
        ({"address": "", "webinar": "reading-rooms"}, "address"),
        ({"address": "dan@example.org", "webinar": "no such"}, "webinar"),
        (
            {"address": "dan@example.org", "webinar": "reading-rooms", "at": "2026-03-08T02:30"},
            "at",
        ),
    ],
)
def test_what_can_not_be_answered_is_said_beside_the_field(
    staff: Visitor, asked: dict[str, str], field: str
) -> None:
    answer = staff.get("/staff/people/why", query_string={"action": "recording", **asked})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
