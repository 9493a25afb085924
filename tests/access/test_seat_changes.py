"""Access by a seat when the seat, the person, or the contract changes."""

from datetime import timedelta

from sqlalchemy import update

from lms.access.decision_facts import load_cases
from lms.access.policy import Code
from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState
from tests.access.test_grant_paths import case_of, code, contract, dan_of, decision, elm_of
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_assignment, make_pool, make_pool_grant, make_webinar

DAY = timedelta(days=1)


def test_reassigning_a_seat_moves_access_but_changing_an_address_does_not(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        seat = make_assignment(session, contract(session, cast), dan_of(session, cast))
        session.execute(
            update(Login)
            .where(Login.id == cast.dan.id)
            .values(email="daniel@example.org", email_key="daniel@example.org")
        )
        seat_id, pool_id, row_id = seat.seat_id, seat.pool_id, seat.id
    assert code(database, cast) is Code.OK_TERM
    with database.transaction() as session:
        session.execute(
            update(Assignment)
            .where(Assignment.id == row_id)
            .values(
                state=AssignmentState.RELEASED,
                ended_at=NOW,
                ended_as=AssignmentEnd.REASSIGNED,
            )
        )
        session.add(
            Assignment(
                seat_id=seat_id,
                pool_id=pool_id,
                login_id=cast.mia.id,
                state=AssignmentState.CLAIMED,
                claimed_at=NOW,
                created_at=NOW,
            )
        )
    assert code(database, cast) is Code.SEAT_RELEASED
    assert decision(database, cast.mia.id, cast.webinar_id).code is Code.OK_TERM


def test_decision_about_the_past_uses_the_seat_as_it_was(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        make_assignment(
            session,
            contract(session, cast),
            dan_of(session, cast),
            ended_as=AssignmentEnd.LEFT,
        )  # claimed 19 days ago, released 3 days ago
    answers = [code(database, cast, NOW - days * DAY) for days in (20, 10, 3)]
    assert answers == [Code.INVITE_NOT_CLAIMED, Code.OK_TERM, Code.SEAT_RELEASED]


def test_refunding_a_renewal_revokes_only_that_grant(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        pool = contract(session, cast)
        renewal = make_pool_grant(session, pool, starts_at=NOW + 100 * DAY, ends_at=NOW + 465 * DAY)
        make_assignment(session, pool, dan_of(session, cast))
        renewal_id = renewal.id
    assert code(database, cast, NOW + 120 * DAY) is Code.OK_TERM
    with database.transaction() as session:
        session.execute(
            update(Grant)
            .where(Grant.id == renewal_id)
            .values(revoked_at=NOW, revoked_as="refunded")
        )
    assert code(database, cast, NOW + 99 * DAY) is Code.OK_TERM
    assert code(database, cast, NOW + 120 * DAY) is Code.CONTRACT_LAPSED


def test_page_of_webinars_is_decided_like_each_webinar_alone(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        make_assignment(session, contract(session, cast), dan_of(session, cast))
        other = make_webinar(session)
        pool = make_pool(session, elm_of(session, cast), other)
        make_pool_grant(session, pool)
        make_assignment(session, pool, email=cast.dan.email, state=AssignmentState.INVITED)
    ids = (cast.webinar_id, other.id)
    with database.read_session() as session:
        together = load_cases(session, login_id=cast.dan.id, webinar_ids=ids)
    for webinar_id in ids:
        alone = case_of(database, cast.dan.id, webinar_id)
        assert together[webinar_id].webinar == alone.webinar
        assert set(together[webinar_id].login.grants) == set(alone.login.grants)
