"""People who left a course: other courses can keep their unused seat, and they get no new one."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.runtime import Carrel
from lms.models.grants import Grant
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, Seat
from lms.seats.claims import release
from lms.seats.pool_reconciliation import settle
from lms.seats.waitlist import join
from lms.worker.worker import see_through
from lti.models.courses import Context
from lti.registrations.deployments import list_deployments, refuse_deployment
from lti.registrations.registrations import disable_registration
from lti.rosters.jobs import ask_for_roster
from lti.selftest.platform.records import Person
from tests.lti.factories import DEPLOYMENT_ID, connect_elm_county
from tests.lti.launched_course import School
from tests.lti.rosters.test_roster_sync_and_seat_release import LINKS, WORK, _seat, _seated, _sync
from tests.lti.rosters.test_roster_sync_and_seat_release import _our_key as _our_key
from tests.platform.people import LEARNERS


def _leaves_one_of_two_courses(school: School, carrel: Carrel, why: str) -> int:
    """Let Wren leave a course and sync until her seat can be released; return the pool ID."""
    pool_id = _seat(school, LEARNERS[0])
    other = school.platform.make_course("LIB 102", "More service")
    school.place(course=other)
    with school.database.transaction() as session:
        context = session.get_one(Context, school.contexts[other.id])
        job_id = ask_for_roster(session, context.public_id, now=school.clock.moment)
    see_through(carrel, WORK, job_id)
    with school.database.transaction() as session:
        context, moment = session.get_one(Context, context.id), school.clock.moment
        if why == "nobody opens it":
            context.seen_at -= timedelta(days=31)
        elif why:
            issuer = school.platform.issuer
            before = connect_elm_county(session, school.cast, issuer=issuer).public_id
            context.deployment_id = list_deployments(session, registration=before)[0].id
            if why == "its platform is off":
                disable_registration(session, before, actor=None, now=moment)
            else:
                refuse_deployment(session, before, DEPLOYMENT_ID, actor=None, now=moment)
    _leaves(school, carrel)
    return pool_id


def _leaves(school: School, carrel: Carrel) -> None:
    _sync(school, carrel)
    school.platform.course.withdraw(LEARNERS[0])
    for _ in range(3):
        _sync(school, carrel)


def test_person_in_another_course_keeps_the_seat(school: School, carrel: Carrel) -> None:
    pool_id = _leaves_one_of_two_courses(school, carrel, "")
    assert _seated(school, pool_id) == 1


@pytest.mark.parametrize(
    "why", ["its platform is off", "its deployment was refused", "nobody opens it"]
)
def test_course_whose_roster_is_no_longer_read_keeps_no_seat(
    school: School, carrel: Carrel, why: str
) -> None:
    """Its roster would never change, though people leave."""
    pool_id = _leaves_one_of_two_courses(school, carrel, why)
    assert _seated(school, pool_id) == 0


def _full_pool(school: School, *waiting: Person) -> tuple[int, str, list[int]]:
    """Give Marisol the only seat, and let others wait; return the pool, the seat, and logins."""
    _, link_id = school.place()
    logins = [school.launch(person, link_id) for person in waiting]
    pool_id = _seat(school, LEARNERS[2])
    with school.database.transaction() as session:
        session.get_one(Pool, pool_id).capacity = 1
        session.scalars(select(Grant).where(Grant.pool_id == pool_id)).one().seats = 1
        for login_id in logins:
            join(session, pool_id, login_id, actor=None, now=school.clock.moment)
        return pool_id, session.scalars(select(Seat.public_id)).one(), logins


def _free(school: School, seat: str) -> None:
    with school.database.transaction() as session:
        moment = school.clock.moment
        release(session, seat, AssignmentEnd.REMOVED, links=LINKS, actor=None, now=moment)


def _offered_to(school: School, pool_id: int) -> list[int | None]:
    offered = select(Assignment.login_id).where(
        Assignment.pool_id == pool_id, Assignment.state == AssignmentState.OFFERED
    )
    with school.database.read_session() as session:
        return list(session.scalars(offered))


def test_seat_is_not_offered_to_a_person_who_left(school: School, carrel: Carrel) -> None:
    pool_id, seat, (_wren, zoe) = _full_pool(school, *LEARNERS[:2])
    _leaves(school, carrel)
    _free(school, seat)
    assert _offered_to(school, pool_id) == [zoe]


def test_offer_to_a_person_who_left_passes_to_the_next(school: School, carrel: Carrel) -> None:
    pool_id, seat, (wren, zoe) = _full_pool(school, *LEARNERS[:2])
    _free(school, seat)
    assert _offered_to(school, pool_id) == [wren]
    _leaves(school, carrel)
    assert _offered_to(school, pool_id) == [zoe]


def test_person_with_an_account_stays_on_the_waitlist_after_leaving(
    school: School, carrel: Carrel
) -> None:
    pool_id, seat, (wren,) = _full_pool(school, LEARNERS[0])
    school.merge(wren, into=school.cast.alice.id)
    _leaves(school, carrel)
    _free(school, seat)
    assert _offered_to(school, pool_id) == [wren]


def test_renewal_does_not_restore_the_seat_of_a_person_who_left(
    school: School, carrel: Carrel
) -> None:
    """The ended contract's seats are reserved for their people, but she has never watched."""
    pool_id = _seat(school, LEARNERS[0])
    with school.database.transaction() as session:
        grant = session.scalars(select(Grant).where(Grant.pool_id == pool_id)).one()
        grant.ends_at = school.clock.moment
        settle(session, pool_id, now=school.clock.moment)
    _leaves(school, carrel)
    with school.database.transaction() as session:
        session.get_one(Grant, grant.id).ends_at = None
        settle(session, pool_id, now=school.clock.moment)
    assert _seated(school, pool_id) == 0
