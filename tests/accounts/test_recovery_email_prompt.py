"""People whose access may outlast their mailbox are asked for a second address (I1)."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from lms.accounts.recovery_email_prompt import asks_for_recovery
from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.grants import OfferKind
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import newest
from tests.sales.order_fixtures import SEAT, placed, with_line
from tests.seat_rows import add_pool, seat
from tests.visitor import Visitor


def test_email_about_a_first_permanent_purchase_asks_for_another_address(
    database: Database, cast: Cast
) -> None:
    placed(database)
    letter = newest(database, "dan@example.org")
    assert "http://localhost/account/recovery" in letter.text
    assert "http://localhost/account/recovery" in letter.html
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).recovery_confirmed_at = NOW
    placed(database)
    assert "/account/recovery" not in newest(database, "dan@example.org").text
    year = with_line(SEAT, kind=OfferKind.PASS, covers="everything")
    placed(database, replace(year, email="bob@example.org"))
    assert "/account/recovery" not in newest(database, "bob@example.org").text


def test_person_with_permanent_access_is_asked_for_another_address(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    client.sign_in(cast.alice.id)
    assert "Add a second address" in client.get("/library").text
    assert client.post("/library/recovery-later").status_code == 303
    assert "Add a second address" not in client.get("/library").text
    client.sign_in(cast.bob.id)  # whose pass has an end date
    assert "Add a second address" not in client.get("/library").text
    with database.transaction() as session:
        login = session.get_one(Login, cast.alice.id)
        login.recovery_email = login.recovery_key = "spare@example.org"
        login.recovery_confirmed_at = NOW
    with database.read_session() as session:
        assert not asks_for_recovery(session, cast.alice.id)


def test_person_with_a_permanent_seat_is_asked_for_another_address(
    cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        for_good = add_pool(session, cast.organization_id, cast.webinar_id)
        dated = add_pool(session, cast.organization_id, ends_at=NOW + timedelta(days=9))
        seat(session, for_good, cast.dan.id)
        seat(session, dated, cast.bob.id)
        asked = [asks_for_recovery(session, one.id) for one in (cast.dan, cast.bob)]
    assert asked == [True, False]


def test_person_who_left_a_seat_is_not_asked(cast: Cast, database: Database) -> None:
    with database.transaction() as session:
        for_good = add_pool(session, cast.organization_id, cast.webinar_id)
        left = session.scalars(
            select(Assignment).where(Assignment.seat_id == seat(session, for_good, cast.dan.id).id)
        ).one()
        left.state, left.ended_at = AssignmentState.RELEASED, NOW
        left.ended_as = AssignmentEnd.REMOVED
        session.flush()
        assert not asks_for_recovery(session, cast.dan.id)
