"""Manager pages of courses: access, grading rules, resent scores, and held rosters."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from lms.core.database import Database
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar
from lms.models.jobs import Job
from lms.models.organizations import Organization, Role
from lms.models.seats import Assignment, AssignmentState
from lms.seats.claims import claim
from lti.grades.scores import BAD_THRESHOLD, NOTHING_TO_SEND
from lti.models.courses import (
    CompletionRule,
    Context,
    ResourceLink,
    RosterMember,
    Score,
    ScoreState,
)
from lti.models.delivery_leases import Turn
from lti.models.identities import Identity
from lti.models.registrations_and_keys import Registration, RegistrationState
from lti.protocol.content_target import Target
from lti.rosters.roster_sync_and_seat_release import NO_ROSTER
from lti.web.courses.grading_rule_form import BAD_RULE
from lti.web.courses.manager import LEFT, SWITCHED_OFF
from lti.web.courses.roster_texts import NOT_OFFERED, NOT_READ
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import (
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
)
from tests.lti.course_fixtures import Course, make_course
from tests.page_texts import is_empty, shows
from tests.visitor import Visitor

NAMES = ("Wren Reader", "Kit Reader", "Lou Reader")


@pytest.fixture(autouse=True)
def at_noon(clock: Clock) -> None:
    """Start every test at NOW."""


@pytest.fixture
def course(database: Database, cast: Cast) -> Course:
    """Elm County's course, with one score that was refused."""
    with database.transaction() as session:
        made = make_course(session, cast.organization_id, Target(webinar=cast.slug))
        link = session.get_one(ResourceLink, made.link_id)
        link.scopes = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
        session.get_one(Context, made.context_id).memberships_url = "https://lms.example.edu/nrps"
        made.launch(session, sub="wren", name=NAMES[0])
        identity = session.scalars(select(Identity)).one()
        session.add(
            Score(
                link_id=made.link_id,
                identity_id=identity.id,
                share=0.7,
                given=1.0,
                state=ScoreState.REFUSED,
                failure="The column is gone.",
                run_at=NOW - timedelta(hours=1),
                created_at=NOW - timedelta(hours=1),
            )
        )
        return made


def outside(database: Database, course: Course) -> tuple[str, str, str]:
    """Return the public IDs of the organization, the course, and the link."""
    with database.read_session() as session:
        return (
            session.get_one(Organization, course.organization_id).public_id,
            session.get_one(Context, course.context_id).public_id,
            session.get_one(ResourceLink, course.link_id).public_id,
        )


def pages(here: str, course_id: str) -> tuple[str, ...]:
    """Return the paths of every page of a course."""
    return (
        f"{here}/courses",
        f"{here}/courses/{course_id}",
        f"{here}/courses/{course_id}/releases",
        f"{here}/launches",
        f"{here}/scores",
    )


def acts(here: str, course_id: str, link_id: str) -> tuple[tuple[str, dict[str, str]], ...]:
    """Return every action on a course and its link, with its form."""
    return (
        (f"{here}/courses/{course_id}/roster", {}),
        (f"{here}/courses/{course_id}/releases", {"decision": "go"}),
        (f"{here}/links/{link_id}/rule", {"rule": "proportional", "threshold": "50"}),
        (f"{here}/links/{link_id}/send", {}),
    )


def test_only_managers_can_open_these_pages(
    client: Visitor, database: Database, cast: Cast, course: Course
) -> None:
    organization_id, course_id, link_id = outside(database, course)
    here = f"/organization/{organization_id}/lti"
    client.sign_in(cast.dan.id)
    assert {client.get(page).status_code for page in pages(here, course_id)} == {404}
    told = {client.post(url, data=form).status_code for url, form in acts(here, course_id, link_id)}
    assert told == {404}


def test_course_and_link_of_another_organization_are_not_found(
    client: Visitor, database: Database, cast: Cast, course: Course
) -> None:
    """Uses URLs of their own organization that contain another organization's IDs."""
    _, course_id, link_id = outside(database, course)
    with database.transaction() as session:
        other, theirs = make_login(session), make_organization(session, "far-away")
        make_membership(session, theirs, other, role=Role.MANAGER)
        here = f"/organization/{theirs.public_id}/lti"
        session.get_one(Context, course.context_id).held_back = 1
    client.sign_in(other.id)
    for page in pages(here, course_id)[1:3]:
        assert client.get(page).status_code == 404
    for url, form in acts(here, course_id, link_id):
        assert client.post(url, data=form).status_code == 404
    for page in ("courses", "scores", "launches"):
        shown = client.get(f"{here}/{page}").text
        assert "Staff days" not in shown
        assert "Moodle of Elm County" not in shown
    with database.read_session() as session:
        assert session.get_one(ResourceLink, course.link_id).rule is CompletionRule.THRESHOLD
        assert session.scalars(select(Score)).one().state is ScoreState.REFUSED
        assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_manager_sets_the_rule_and_it_is_audited(
    client: Visitor, database: Database, cast: Cast, course: Course
) -> None:
    organization_id, course_id, link_id = outside(database, course)
    here = f"/organization/{organization_id}/lti"
    client.sign_in(cast.mia.id)
    assert "90%" in client.get(f"{here}/courses/{course_id}").text
    told = {"rule": "proportional", "threshold": "60"}
    assert client.post(f"{here}/links/{link_id}/rule", data=told).status_code == 303
    with database.read_session() as session:
        link = session.get_one(ResourceLink, course.link_id)
        assert (link.rule, link.threshold) == (CompletionRule.PROPORTIONAL, 60)
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "lti_link.rule_changed")
        ).one()
        assert entry.actor == cast.mia.public_id


@pytest.mark.parametrize("given", ["", "0", "101", "½", "nine", "-3", "9" * 400])
def test_invalid_percentage_shows_an_error_at_its_field(
    client: Visitor, database: Database, cast: Cast, course: Course, given: str
) -> None:
    organization_id, _, link_id = outside(database, course)
    client.sign_in(cast.mia.id)
    answer = client.post(
        f"/organization/{organization_id}/lti/links/{link_id}/rule",
        data={"rule": "threshold", "threshold": given},
    )
    assert answer.status_code == 400
    assert shows(answer.text, BAD_RULE) or shows(answer.text, BAD_THRESHOLD)
    assert 'aria-invalid="true"' in answer.text


def test_refused_scores_show_the_reason_and_can_be_resent(
    client: Visitor, database: Database, cast: Cast, course: Course
) -> None:
    organization_id, _, link_id = outside(database, course)
    here = f"/organization/{organization_id}/lti"
    with database.transaction() as session:
        registration = session.scalars(select(Registration)).one()
        session.add(
            Turn(
                registration_id=registration.id,
                failures=3,
                failing_since=NOW - timedelta(hours=2),
                failure="It did not answer within 10 seconds.",
                asks_at=NOW + timedelta(hours=3),
            )
        )
    client.sign_in(cast.mia.id)
    page = client.get(f"{here}/scores").text
    for words in ("The column is gone.", "1 refused", "Watch this", "Staff days"):
        assert words in page
    assert "It did not answer within 10 seconds." in page
    client.post(f"{here}/links/{link_id}/send", data={"from": "scores"})
    with database.read_session() as session:
        score = session.scalars(select(Score)).one()
        assert (score.state, score.failure, score.tries) == (ScoreState.QUEUED, None, 0)
        assert session.scalars(select(Turn)).one().asks_at <= NOW  # it's asked right away
    # the platform is still away
    assert not is_empty(client.get(f"{here}/scores").text)


def test_connection_page_lists_what_needs_a_decision(
    client: Visitor, database: Database, cast: Cast, course: Course
) -> None:
    organization_id, _, link_id = outside(database, course)
    here = f"/organization/{organization_id}/lti"
    client.sign_in(cast.mia.id)
    page = client.get(here).text
    assert 'data-testid="scores-stuck"' in page
    assert 'data-testid="decisions"' not in page
    client.post(f"{here}/links/{link_id}/send")
    with database.transaction() as session:
        session.get_one(Context, course.context_id).held_back = 2
    page = client.get(here).text
    assert 'data-testid="decisions"' in page
    assert 'data-testid="scores-stuck"' not in page


def test_course_without_viewers_has_no_scores_to_send(
    client: Visitor, database: Database, cast: Cast, course: Course
) -> None:
    organization_id, _, link_id = outside(database, course)
    with database.transaction() as session:
        session.delete(session.scalars(select(Score)).one())
    client.sign_in(cast.mia.id)
    here = f"/organization/{organization_id}/lti"
    answer = client.post(f"{here}/links/{link_id}/send", follow_redirects=True)
    assert shows(answer.text, NOTHING_TO_SEND)
    assert is_empty(client.get(f"{here}/scores").text)


def test_roster_is_requested_once_a_minute_and_the_page_shows_the_result(
    client: Visitor, database: Database, cast: Cast, course: Course
) -> None:
    organization_id, course_id, _ = outside(database, course)
    page = f"/organization/{organization_id}/lti/courses/{course_id}"
    client.sign_in(cast.mia.id)
    assert shows(client.get(page).text, NOT_READ)
    client.post(f"{page}/roster")
    client.post(f"{page}/roster")
    assert "Updating" in client.get(page).text
    told = client.get(page, headers={"Accept": "application/json"}).json
    assert (told["state"], told["is_live"]) == ("Updating", True)
    with database.transaction() as session:
        session.delete(session.scalars(select(Job)).one())
        context = session.get_one(Context, course.context_id)
        context.synced_at = NOW
        for number, sub in enumerate(("a", "b", "c")):
            session.add(
                RosterMember(
                    context_id=context.id,
                    sub=sub,
                    missed=1 if sub == "c" else 0,
                    created_at=NOW if number == 0 else NOW - timedelta(days=3),
                    seen_at=NOW,
                )
            )
    shown = client.get(page).text
    assert "2 people, 1 new" in shown
    assert "1 person is no longer on it" in shown


def test_course_without_a_roster_says_how_to_allow_one(
    client: Visitor, database: Database, cast: Cast, course: Course
) -> None:
    organization_id, course_id, _ = outside(database, course)
    with database.transaction() as session:
        session.get_one(Context, course.context_id).memberships_url = None
    client.sign_in(cast.mia.id)
    page = f"/organization/{organization_id}/lti/courses/{course_id}"
    assert shows(client.get(page).text, NOT_OFFERED)
    answer = client.post(f"{page}/roster", follow_redirects=True)
    assert shows(answer.text, NO_ROSTER)


def test_turned_off_platform_is_not_read(
    client: Visitor, database: Database, cast: Cast, course: Course
) -> None:
    organization_id, course_id, _ = outside(database, course)
    with database.transaction() as session:
        session.scalars(select(Registration)).one().state = RegistrationState.DISABLED
    client.sign_in(cast.mia.id)
    page = f"/organization/{organization_id}/lti/courses/{course_id}"
    answer = client.post(f"{page}/roster", follow_redirects=True)
    assert shows(answer.text, SWITCHED_OFF)


@pytest.fixture
def held(database: Database, cast: Cast, course: Course) -> Course:
    """Give seats to three people who were missing from the course roster twice."""
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, organization, session.get_one(Webinar, cast.webinar_id))
        make_pool_grant(session, pool)
        for name in NAMES:
            sub = name.split()[0].lower()
            course.launch(session, sub=sub, name=name)
            identity = session.scalars(select(Identity).where(Identity.sub == sub)).one()
            claim(session, pool.id, identity.login_id, actor=None, now=NOW)
            session.add(
                RosterMember(
                    context_id=course.context_id, sub=sub, missed=2, created_at=NOW, seen_at=NOW
                )
            )
        session.get_one(Context, course.context_id).held_back = 3
    return course


def seated(database: Database) -> int:
    with database.read_session() as session:
        query = select(func.count()).select_from(Assignment)
        return session.scalar(query.where(Assignment.state == AssignmentState.CLAIMED)) or 0


@pytest.mark.parametrize(("decision", "left"), [("go", 0), ("keep", 3)])
def test_held_roster_lists_seats_to_release_and_asks(
    client: Visitor, database: Database, cast: Cast, held: Course, decision: str, left: int
) -> None:
    organization_id, course_id, _ = outside(database, held)
    page = f"/organization/{organization_id}/lti/courses/{course_id}"
    client.sign_in(cast.mia.id)
    assert "badge-soon" in client.get(page.rpartition("/")[0]).text
    assert "<strong>3 " in client.get(page).text
    asked = client.get(f"{page}/releases").text
    assert all(name in asked for name in NAMES)
    assert client.post(f"{page}/releases", data={"decision": "perhaps"}).status_code == 400
    assert seated(database) == 3
    client.post(f"{page}/releases", data={"decision": decision})
    assert seated(database) == left
    with database.read_session() as session:
        assert session.get_one(Context, held.context_id).held_back is None
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.act.like("course.releases%"))
        ).all()
        acted = {(entry.act, entry.actor) for entry in entries}
    word = "confirmed" if decision == "go" else "dismissed"
    assert acted == {(f"course.releases_{word}", cast.mia.public_id)}
    assert client.get(f"{page}/releases").status_code == 303  # it is decided


def test_held_roster_without_seats_to_release_says_so(
    client: Visitor, database: Database, cast: Cast, held: Course
) -> None:
    with database.transaction() as session:
        session.execute(delete(Identity))  # erased, so no one has a seat anymore
    organization_id, course_id, _ = outside(database, held)
    page = f"/organization/{organization_id}/lti/courses/{course_id}/releases"
    client.sign_in(cast.mia.id)
    asked = client.get(page).text
    assert not re.search(r"<h1>[^<]*\d", asked)
    assert "0 seats" not in asked
    assert "0 people" not in asked
    answer = client.post(page, data={"decision": "go"}, follow_redirects=True).text
    assert shows(answer, LEFT)
