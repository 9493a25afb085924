"""Grades and rosters after a person's LMS account is linked to their account."""

from datetime import timedelta

from sqlalchemy import select

from lms.component import hooks_for
from lms.core.email_addresses import read_address
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.playback import WatchRecord
from lms.models.seats import Assignment
from lti.models.identities import Identity
from lti.models.registrations_and_keys import Registration
from lti.people.account_linking import ask_link, confirm_link, unlink
from lti.protocol.content_target import Target
from lti.rosters.names_and_roles_service import Roster
from lti.rosters.roster_sync_and_seat_release import keep_roster
from lti.selftest.platform.records import Person
from tests.lti.launched_course import School
from tests.mailbox import link_in, newest
from tests.seat_rows import add_pool, seat
from wsgi import COMPONENTS

HOUSE = Links("http://localhost")
HALF_S, WHOLE_S = 1800, 3600


def link(school: School, person: Person, email: str = "alice@example.org") -> int:
    """Request the link in the course and confirm it by email; return the identity's row ID."""
    with school.database.transaction() as session:
        identity_id = session.scalars(select(Identity.id).where(Identity.sub == person.id)).one()
        ask_link(session, identity_id, read_address(email), links=HOUSE, now=school.clock.moment)
    secret = link_in(newest(school.database, email, "link_login")).rpartition("/")[2]
    with school.database.transaction() as session:
        confirm_link(
            session,
            secret,
            name="",
            hooks=hooks_for(COMPONENTS, "on_merge"),
            now=school.clock.moment,
        )
    return identity_id


def test_progress_of_the_account_counts_for_the_course(school: School) -> None:
    link_, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    school.watch(login_id, 0, HALF_S)
    link(school, wren)
    school.watch(school.cast.alice.id, HALF_S, WHOLE_S)
    school.round()
    assert school.platform.grade(wren, link_) == 100
    assert len(school.platform.scores(link_, wren)) == 1


def test_progress_before_linking_counts_after_linking(school: School) -> None:
    link_, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    school.launch(wren, link_id)
    school.watch(school.cast.alice.id, 0, WHOLE_S)
    school.clock.advance(timedelta(days=3))
    link(school, wren)
    school.round()
    assert school.platform.grade(wren, link_) == 100


def test_unlinking_lowers_no_grade_and_separates_later_progress(
    school: School,
) -> None:
    link_, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    link(school, wren)
    school.watch(school.cast.alice.id, 0, WHOLE_S)
    school.round()
    with school.database.transaction() as session:
        identity = session.scalars(select(Identity).where(Identity.sub == wren.id)).one()
        unlink(session, school.cast.alice.id, identity.public_id, now=school.clock.moment)
    school.watch(login_id, 0, 60)
    school.round()
    assert school.platform.grade(wren, link_) == 100
    assert len(school.platform.scores(link_, wren)) == 1
    with school.database.read_session() as session:
        kept = {one.login_id for one in session.scalars(select(WatchRecord))}
    assert kept == {login_id, school.cast.alice.id}


def test_other_learners_of_the_course_are_not_graded(school: School) -> None:
    link_, link_id = school.place(column=100)
    wren, other = school.platform.course.learners[:2]
    school.launch(wren, link_id)
    school.launch(other, link_id)
    link(school, wren)
    school.watch(school.cast.alice.id, 0, WHOLE_S)
    school.round()
    assert [one.person_id for one in school.platform.scores(link_)] == [wren.id]


def test_leaving_the_course_releases_no_seat_of_the_account(school: School) -> None:
    _, link_id = school.place(Target(webinar=school.cast.slug))
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    with school.database.transaction() as session:
        pool = add_pool(session, school.cast.organization_id, school.cast.webinar_id)
        seat(session, pool, school.cast.alice.id)
    link(school, wren)
    context_id = school.row(link_id).context_id
    for _ in range(3):
        moment = school.clock.advance(timedelta(days=1))
        with school.database.transaction() as session:
            keep_roster(
                session, context_id, Roster((), None), only_changes=False, links=HOUSE, now=moment
            )
    with school.database.read_session() as session:
        assert session.get_one(Login, login_id).merged_into == school.cast.alice.id
        [kept] = session.scalars(select(Assignment)).all()
        assert (kept.login_id, kept.ended_at) == (school.cast.alice.id, None)


def test_launch_after_linking_finds_the_same_identity(school: School) -> None:
    _, link_id = school.place()
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    identity_id = link(school, wren)
    assert school.launch(wren, link_id) == login_id
    with school.database.read_session() as session:
        registration = session.get_one(Registration, school.registration_id)
        [found] = session.scalars(select(Identity)).all()
    assert (found.id, found.issuer) == (identity_id, registration.issuer)
