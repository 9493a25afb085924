"""Rosters: who is in a course, and the release of unused seats of people who leave."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.core.errors import Conflict, NotFound
from lms.core.runtime import Carrel
from lms.jobs.queue import Work
from lms.mail.links import Links
from lms.models.catalog import Webinar
from lms.models.jobs import Job, JobState
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool
from lms.seats.claims import claim
from lms.worker.worker import see_through
from lti.models.courses import Context, RosterMember
from lti.rosters import jobs
from lti.rosters.jobs import ROSTER, ask_for_roster, ask_for_rosters, sync_roster
from lti.rosters.roster_sync_and_seat_release import (
    MOST_AT_ONCE,
    confirm_releases,
    courses_due,
    dismiss_releases,
)
from lti.selftest.platform.records import Person
from lti.selftest.platform.vocabulary import Role
from tests.factories import make_pool, make_pool_grant
from tests.lti.launched_course import School, connect
from tests.platform.app import running_platform
from tests.platform.people import LEARNERS, TEACHERS
from tests.platform.product_quirks import MOODLE, OPEN_EDX, Habits

WORK = Work(handlers={ROSTER: sync_roster})
LINKS = Links("https://library.example.org")


@pytest.fixture(autouse=True)
def _our_key(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "services_of", lambda _: school.services)


def _course_id(school: School) -> str:
    with school.database.read_session() as session:
        context_id = school.contexts[school.platform.course.id]
        return session.get_one(Context, context_id).public_id


def _sync(school: School, carrel: Carrel, after: timedelta = timedelta(days=1)) -> Context:
    moment = school.clock.advance(after)
    with school.database.transaction() as session:
        job_id = ask_for_roster(session, _course_id(school), now=moment)
    assert see_through(carrel, WORK, job_id).state is JobState.DONE
    with school.database.read_session() as session:
        return session.get_one(Context, school.contexts[school.platform.course.id])


def _members(school: School) -> dict[str, RosterMember]:
    with school.database.read_session() as session:
        return {row.sub: row for row in session.scalars(select(RosterMember))}


def _seat(school: School, *people: Person) -> int:
    """Give each person an unused seat; return the pool ID."""
    _, link_id = school.place()
    logins = [school.launch(person, link_id) for person in people]
    with school.database.transaction() as session:
        organization = session.get_one(Organization, school.cast.organization_id)
        pool = make_pool(session, organization, session.get_one(Webinar, school.cast.webinar_id))
        make_pool_grant(session, pool)
        for login_id in logins:
            claim(session, pool.id, login_id, actor=None, now=school.clock.moment)
        return pool.id


def _seated(school: School, pool_id: int) -> int:
    with school.database.read_session() as session:
        active = select(func.count()).where(
            Assignment.pool_id == pool_id, Assignment.ended_at.is_(None)
        )
        used = session.get_one(Pool, pool_id).used
        seated = session.scalar(active) or 0
    assert used == seated
    return seated


def test_all_roster_pages_are_read_with_case_sensitive_urls(school: School, carrel: Carrel) -> None:
    school.place()
    school.platform.page_size = 2
    context = _sync(school, carrel)
    members = _members(school)
    assert set(members) == {person.id for person in (*TEACHERS, *LEARNERS)}
    assert {sub for sub, row in members.items() if row.is_instructor} == {
        person.id for person in TEACHERS
    }
    assert members["u-2004"].email is None
    assert (members["U-2004"].name, members["U-2004"].email) == (None, None)
    assert context.synced_at == school.clock.moment
    assert context.differences_url is not None


@pytest.mark.parametrize("habits", [MOODLE, OPEN_EDX], ids=lambda one: one.name)
def test_short_roles_and_missing_names_are_understood(
    school: School, carrel: Carrel, habits: Habits, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_platform(habits=habits) as platform:
        other = connect(platform, school.database, school.cast, school.clock)
        monkeypatch.setattr(jobs, "services_of", lambda _: other.services)
        other.place()
        _sync(other, carrel)
        members = _members(other)
    teaching = {sub for sub, row in members.items() if row.is_instructor}
    assert teaching == {person.id for person in TEACHERS}
    assert (members["u-2001"].name is None) is (habits is OPEN_EDX)


def test_next_sync_requests_only_changes(school: School, carrel: Carrel) -> None:
    school.place()
    _sync(school, carrel)
    new = Person("u-2009", "Ilse", "Maro", None)
    school.platform.course.enroll(new, Role.LEARNER)
    school.platform.traffic.forget()
    _sync(school, carrel)
    [asked] = school.platform.calls("members")
    assert "Since=" in asked.query
    assert len(_members(school)) == 8


def test_full_roster_is_read_if_the_platform_forgot_the_differences(
    school: School, carrel: Carrel
) -> None:
    school.place()
    _sync(school, carrel)
    with school.database.transaction() as session:
        context = session.get_one(Context, school.contexts[school.platform.course.id])
        context.differences_url = f"{context.memberships_url}?cursor=gone"
    assert _sync(school, carrel).sync_failure is None
    assert [one.status for one in school.platform.calls("members")][-2:] == [404, 200]


def test_failing_differences_are_requested_only_once(school: School, carrel: Carrel) -> None:
    school.place()
    _sync(school, carrel)
    with school.database.transaction() as session:
        context = session.get_one(Context, school.contexts[school.platform.course.id])
        context.differences_url = "http://127.0.0.1:9/members?Since=1"  # a port without a server
    assert _sync(school, carrel).sync_failure
    assert _sync(school, carrel).sync_failure is None


def test_importing_a_roster_assigns_no_seat(school: School, carrel: Carrel) -> None:
    pool_id = _seat(school)
    _sync(school, carrel)
    assert _seated(school, pool_id) == 0


def test_unused_seat_is_released_after_a_person_is_missing_twice(
    school: School, carrel: Carrel
) -> None:
    wren = LEARNERS[0]
    pool_id = _seat(school, wren, LEARNERS[1])
    _sync(school, carrel)
    school.platform.course.withdraw(wren)
    _sync(school, carrel)
    assert _seated(school, pool_id) == 2
    context = _sync(school, carrel)
    assert (_seated(school, pool_id), context.held_back) == (1, None)
    assert wren.id not in _members(school)
    with school.database.read_session() as session:
        left = session.scalars(
            select(Assignment).where(Assignment.state == AssignmentState.RELEASED)
        ).one()
        assert left.ended_as is AssignmentEnd.LEFT


def test_syncs_in_quick_succession_count_as_one(school: School, carrel: Carrel) -> None:
    pool_id = _seat(school, LEARNERS[0])
    _sync(school, carrel)
    school.platform.course.withdraw(LEARNERS[0])
    _sync(school, carrel)
    for _ in range(3):
        _sync(school, carrel, timedelta(minutes=2))
    assert _seated(school, pool_id) == 1


@pytest.mark.parametrize("is_whole", [True, False], ids=["the whole list", "differences"])
def test_person_who_left_is_marked_at_once_even_shortly_after_a_sync(
    school: School, carrel: Carrel, is_whole: bool
) -> None:
    wren = LEARNERS[0]
    _seat(school, wren)
    _sync(school, carrel)
    school.platform.course.withdraw(wren)
    if is_whole:
        del school.platform.course.members[wren.id]
        with school.database.transaction() as session:
            context = session.get_one(Context, school.contexts[school.platform.course.id])
            context.differences_url = None
    _sync(school, carrel, timedelta(minutes=2))
    assert _members(school)[wren.id].missed == 1


def test_frequent_syncs_do_not_delay_the_release(school: School, carrel: Carrel) -> None:
    pool_id = _seat(school, LEARNERS[0])
    _sync(school, carrel)
    school.platform.course.withdraw(LEARNERS[0])
    for _ in range(2):
        _sync(school, carrel, timedelta(minutes=40))
    assert _seated(school, pool_id) == 1
    _sync(school, carrel, timedelta(minutes=40))
    assert _seated(school, pool_id) == 0


def test_names_are_preserved_when_a_platform_withholds_them(school: School, carrel: Carrel) -> None:
    school.place()
    _sync(school, carrel)
    course = school.platform.course
    for person in (*TEACHERS, *LEARNERS):
        course.enroll(Person(person.id), *course.members[person.id].roles)
    new = course.enroll(Person("u-3001"), Role.LEARNER)
    _sync(school, carrel)
    members = _members(school)
    assert members[LEARNERS[0].id].name == LEARNERS[0].name
    assert members[LEARNERS[0].id].email is None
    assert members[new.id].name is None


def test_two_days_of_syncs_release_only_the_seat_of_the_person_who_left(
    school: School, carrel: Carrel
) -> None:
    """Runs like the worker, which looks every hour for courses that are due."""
    wren, other = LEARNERS[:2]
    pool_id = _seat(school, wren, other)
    left_at = school.clock.moment + timedelta(hours=5)
    seated: list[int] = []
    for _ in range(48):
        moment = school.clock.advance(timedelta(hours=1))
        if moment == left_at:
            school.platform.course.withdraw(wren)
        ask_for_rosters(carrel, None)  # type: ignore[arg-type]  # it reports nothing
        with school.database.read_session() as session:
            queued = session.scalars(
                select(Job.public_id).where(Job.kind == ROSTER, Job.state == JobState.QUEUED)
            ).all()
        for job_id in queued:
            assert see_through(carrel, WORK, job_id).state is JobState.DONE
        seated.append(_seated(school, pool_id))
    assert seated[:40] == [2] * 40  # synced in hours 1, 21 (marked absent), and 41 (released)
    assert seated[-1] == 1
    assert other.id in _members(school)
    assert wren.id not in _members(school)


def test_person_who_comes_back_keeps_the_seat(school: School, carrel: Carrel) -> None:
    pool_id = _seat(school, LEARNERS[0])
    _sync(school, carrel)
    school.platform.course.withdraw(LEARNERS[0])
    _sync(school, carrel)
    school.platform.course.enroll(LEARNERS[0], Role.LEARNER)
    _sync(school, carrel)
    _sync(school, carrel)
    assert _seated(school, pool_id) == 1
    assert _members(school)[LEARNERS[0].id].missed == 0


def test_seat_that_was_used_to_watch_is_not_released(school: School, carrel: Carrel) -> None:
    pool_id = _seat(school, LEARNERS[0])
    _, link_id = school.place()
    school.watch(school.launch(LEARNERS[0], link_id), 0, 60)
    _sync(school, carrel)
    school.platform.course.withdraw(LEARNERS[0])
    for _ in range(3):
        _sync(school, carrel)
    assert _seated(school, pool_id) == 1


def _held_back(school: School, carrel: Carrel, *, all_of_them: bool) -> int:
    pool_id = _seat(school, *LEARNERS[:3])
    _sync(school, carrel)
    gone = (*TEACHERS, *LEARNERS) if all_of_them else LEARNERS[:3]
    for person in gone:
        school.platform.course.withdraw(person)
    with school.database.transaction() as session:  # so the whole roster is read, not only changes
        session.get_one(Context, school.contexts[school.platform.course.id]).differences_url = None
    _sync(school, carrel)
    context = _sync(school, carrel)
    assert context.held_back == 3
    assert _seated(school, pool_id) == 3
    return pool_id


@pytest.mark.parametrize("all_of_them", [True, False], ids=["an empty list", "more than a fifth"])
def test_many_releases_wait_for_confirmation(
    school: School, carrel: Carrel, all_of_them: bool
) -> None:
    pool_id = _held_back(school, carrel, all_of_them=all_of_them)
    moment = school.clock.moment
    with school.database.transaction() as session:
        confirm_releases(session, _course_id(school), links=LINKS, actor=None, now=moment)
    assert _seated(school, pool_id) == 0
    with school.database.transaction() as session, pytest.raises(Conflict):
        confirm_releases(session, _course_id(school), links=LINKS, actor=None, now=moment)


def test_held_releases_can_be_dismissed(school: School, carrel: Carrel) -> None:
    pool_id = _held_back(school, carrel, all_of_them=False)
    with school.database.transaction() as session:
        dismiss_releases(session, _course_id(school), actor=None, now=school.clock.moment)
        with pytest.raises(NotFound):
            dismiss_releases(session, "0" * 26, actor=None, now=school.clock.moment)
    assert _sync(school, carrel).held_back is None
    assert _seated(school, pool_id) == 3


@pytest.mark.parametrize(
    "trouble", [{"status": 500}, {"html": True}, {"status": 404}, {"status": 200, "body": "[]"}]
)
def test_failed_sync_is_stored_on_the_course_and_changes_nothing(
    school: School, carrel: Carrel, trouble: dict[str, object]
) -> None:
    pool_id = _seat(school, LEARNERS[0])
    _sync(school, carrel)
    school.platform.trouble("members", **trouble)
    for _ in range(3):
        assert _sync(school, carrel).sync_failure
    assert (len(_members(school)), _seated(school, pool_id)) == (7, 1)
    school.platform.lift()
    assert _sync(school, carrel).sync_failure is None


def test_recently_used_courses_are_synced_once_a_day(school: School, carrel: Carrel) -> None:
    school.place()
    with school.database.read_session() as session:
        assert courses_due(session, now=school.clock.moment) == (_course_id(school),)
    ask_for_rosters(carrel, None)  # type: ignore[arg-type]  # it reports nothing
    with school.database.read_session() as session:
        assert session.scalar(select(Job.subject).where(Job.kind == ROSTER)) == _course_id(school)
    _sync(school, carrel, timedelta(minutes=5))
    for after, due in ((19, 0), (21, 1), (24 * 31, 0)):
        with school.database.read_session() as session:
            moment = school.clock.moment + timedelta(hours=after)
            assert len(courses_due(session, now=moment)) == due


def test_courses_that_always_fail_do_not_block_others(school: School) -> None:
    """As if a large customer took names and roles from the tool: its courses are due hourly."""
    school.place()
    with school.database.transaction() as session:
        used = session.get_one(Context, school.contexts[school.platform.course.id])
        used.synced_at = school.clock.moment - timedelta(hours=21)
        for number in range(MOST_AT_ONCE):
            session.add(
                Context(
                    deployment_id=school.deployment_id,
                    context_id=f"failing-{number}",
                    memberships_url=used.memberships_url,
                    synced_at=school.clock.moment - timedelta(days=9),
                    sync_failure="The LMS refused this.",
                    created_at=school.clock.moment,
                    seen_at=school.clock.moment,
                )
            )
    with school.database.read_session() as session:
        assert used.public_id in courses_due(session, now=school.clock.moment)


def test_person_with_an_account_keeps_a_seat_claimed_before_linking(
    school: School, carrel: Carrel
) -> None:
    """The seat belongs to the learner's own login, which was merged into the account afterward."""
    wren, zoe = LEARNERS[:2]
    pool_id = _seat(school, wren, zoe)
    _, link_id = school.place()
    school.merge(school.launch(wren, link_id), into=school.cast.alice.id)
    _sync(school, carrel)
    for person in (wren, zoe):
        school.platform.course.withdraw(person)
        for _ in range(2):
            _sync(school, carrel)
    assert _seated(school, pool_id) == 1
