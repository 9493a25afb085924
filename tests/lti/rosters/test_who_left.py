"""Who left a course: another course keeps their unused seat only while its roster is read."""

from datetime import timedelta

import pytest

from lms.core.runtime import Carrel
from lms.worker.worker import see_through
from lti.models.courses import Context
from lti.registrations.deployments import list_deployments, refuse_deployment
from lti.registrations.registrations import disable_registration
from lti.rosters.jobs import ask_for_roster
from tests.lti.factories import DEPLOYMENT_ID, connect_elm_county
from tests.lti.launched_course import School
from tests.lti.rosters.test_roster_sync_and_seat_release import WORK, _seat, _seated, _sync
from tests.lti.rosters.test_roster_sync_and_seat_release import _our_key as _our_key
from tests.platform.people import LEARNERS


def _leaves_one_of_two_courses(school: School, carrel: Carrel, why: str) -> int:
    """Wren leaves one, and its roster is read often enough to release her seat; returns the pool."""
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
            before = connect_elm_county(session, school.cast, issuer=school.platform.issuer).public_id
            context.deployment_id = list_deployments(session, registration=before)[0].id
            if why == "its platform is off":
                disable_registration(session, before, actor=None, now=moment)
            else:
                refuse_deployment(session, before, DEPLOYMENT_ID, actor=None, now=moment)
    _sync(school, carrel)
    school.platform.course.withdraw(LEARNERS[0])
    for _ in range(3):
        _sync(school, carrel)
    return pool_id


def test_who_is_in_another_course_still_keeps_the_seat(school: School, carrel: Carrel) -> None:
    pool_id = _leaves_one_of_two_courses(school, carrel, "")
    assert _seated(school, pool_id) == 1


@pytest.mark.parametrize(
    "why", ["its platform is off", "its deployment was refused", "nobody opens it"]
)
def test_a_course_whose_roster_is_no_longer_read_keeps_nobodys_seat(
    school: School, carrel: Carrel, why: str
) -> None:
    """Its list would stay as it was forever, though people leave."""
    pool_id = _leaves_one_of_two_courses(school, carrel, why)
    assert _seated(school, pool_id) == 0
