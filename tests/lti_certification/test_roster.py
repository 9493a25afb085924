"""1EdTech certification, names and roles: the five tests of its guide (6.3) and five rosters.

Teachers can read the roster, students can't see it. Each test runs over HTTP from the launch to the
platform's service, with the token for our signed assertion, and back to the teacher's page.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lti.models.courses import RosterMember
from lti.selftest.platform.records import Person
from lti.selftest.platform.vocabulary import MEMBERS_TYPE, NRPS_CLAIM, Role, Scope
from tests.lti_certification.course_visits import Lesson, Visit
from tests.platform.people import LEARNERS, TEACHERS

NAMED: Final = tuple(person for person in LEARNERS if person.given)
WREN: Final = LEARNERS[0]
NEW: Final = Person("u-2009", "Ilse", "Maro", None)
LATER: Final = timedelta(minutes=2)
Members = dict[str, RosterMember]


@dataclass(frozen=True, slots=True)
class Listing:
    """How the platform lists people, and what to check after the roster was read."""

    name: str
    prepare: Callable[[Lesson], None]
    holds: Callable[[Lesson, Members, str], None]
    query: str = ""


def _in_pages(lesson: Lesson) -> None:
    lesson.connection.platform.page_size = 2


def _with_short_roles(lesson: Lesson) -> None:
    platform = lesson.connection.platform
    platform.habits = replace(platform.habits, short_roles_in_roster=True)
    platform.course.enroll(Person("u-1003", "Odile", "Ferrant"), Role.TEACHING_ASSISTANT)
    platform.course.enroll(Person("u-2007", "Kaspar", "Thule"), "https://elsewhere.example/#Wizard")


def _as_it_is(_lesson: Lesson) -> None:
    pass


def _with_the_inactive(lesson: Lesson) -> None:
    lesson.connection.platform.course.withdraw(WREN, status="Inactive")


def _came_by_the_launch(lesson: Lesson, _members: Members, _page: str) -> None:
    platform = lesson.connection.platform
    claims = platform.claims(lesson.connection.teacher, lesson.connection.link, nonce="n")
    [asked] = platform.calls("members")
    assert claims[NRPS_CLAIM]["context_memberships_url"] == platform.url + asked.path


def _was_received(lesson: Lesson, members: Members, _page: str) -> None:
    [asked] = lesson.connection.platform.calls("members")
    assert (asked.method, asked.status, len(members)) == ("GET", 200, 7)


def _asked_for_the_type(lesson: Lesson, _members: Members, _page: str) -> None:
    [asked] = lesson.connection.platform.calls("members")
    assert asked.headers["Accept"] == MEMBERS_TYPE


def _brought_a_token(lesson: Lesson, _members: Members, _page: str) -> None:
    platform = lesson.connection.platform
    [asked] = platform.calls("members")
    kind, _, token = asked.headers["Authorization"].partition(" ")
    access = platform.tokens.access(token)
    assert kind == "Bearer"
    assert access is not None
    assert access.client_id == lesson.connection.tool.client_id


def _asked_for_the_scope(lesson: Lesson, _members: Members, _page: str) -> None:
    [asked] = lesson.connection.platform.calls("token")
    form = parse_qs(asked.text)
    assert (asked.status, form["scope"]) == (200, [Scope.MEMBERS_READ])
    assert form["grant_type"] == ["client_credentials"]


def _is_whole(lesson: Lesson, members: Members, page: str) -> None:
    calls = lesson.connection.platform.calls("members")
    assert [call.status for call in calls] == [200] * 4
    assert set(members) == {person.id for person in (*TEACHERS, *LEARNERS)}
    assert {"u-2004", "U-2004"} <= set(members)
    assert "Zoë Ångström-O&#39;Neil" in page


def _tells_teachers_apart(lesson: Lesson, members: Members, page: str) -> None:
    teaching = {sub for sub, row in members.items() if row.is_instructor}
    assert teaching == {*(person.id for person in TEACHERS), "u-1003"}
    assert "Kaspar Thule" in page  # an unknown role counts as a learner
    assert "Odile Ferrant" not in page
    assert "Teodor Brandt" not in page


def _was_asked_as_written(lesson: Lesson, members: Members, page: str) -> None:
    first, *others = lesson.connection.platform.calls("members")
    asked = parse_qs(first.query)
    assert (asked["role"], asked["limit"]) == (["Learner"], ["2"])
    assert asked["rlid"] == [lesson.connection.link.id]
    assert len(others) == 2
    assert all("From=" in call.query for call in others)
    assert set(members) == {person.id for person in LEARNERS}


def _follows_changes(lesson: Lesson, members: Members, _page: str) -> None:
    platform = lesson.connection.platform
    platform.course.enroll(NEW, Role.LEARNER)
    platform.course.withdraw(WREN)
    platform.traffic.forget()
    lesson.clock.advance(LATER)
    page = _read(lesson, lesson.open(lesson.connection.teacher))
    [asked] = platform.calls("members")
    assert "Since=" in asked.query
    assert "Ilse Maro" in page
    assert "Wren Okafor" not in page


def _keeps_the_silent(_lesson: Lesson, members: Members, page: str) -> None:
    assert (members[WREN.id].is_active, members["U-2004"].name) == (False, None)
    assert "Wren Okafor" not in page
    assert "Unnamed learner" in page
    assert "Prem" in page


CERTIFICATION: Final = (
    Listing("1. a launch brings the service", _as_it_is, _came_by_the_launch),
    Listing("2. the request is received", _as_it_is, _was_received),
    Listing("3. its header names the type", _as_it_is, _asked_for_the_type),
    Listing("4. its token is right", _as_it_is, _brought_a_token),
    Listing("5. the token's scope is right", _as_it_is, _asked_for_the_scope),
)
FURTHER: Final = (
    Listing("everybody, page after page", _in_pages, _is_whole),
    Listing("roles by either name", _with_short_roles, _tells_teachers_apart),
    Listing(
        "role, limit and link in the address",
        _as_it_is,
        _was_asked_as_written,
        "?rlid={link}&role=Learner&limit=2",
    ),
    Listing("only what changed", _as_it_is, _follows_changes),
    Listing("the inactive and the nameless", _with_the_inactive, _keeps_the_silent),
)
EACH: Final = pytest.mark.parametrize(
    "case", [*CERTIFICATION, *FURTHER], ids=lambda case: case.name
)


def _visit(lesson: Lesson, person: Person, case: Listing) -> Visit:
    platform, link = lesson.connection.platform, lesson.connection.link
    case.prepare(lesson)
    if not case.query:
        return lesson.open(person)
    url = platform.addresses.members(platform.course) + case.query.format(link=link.id)
    said: dict[str, Any] = {"context_memberships_url": url, "service_versions": ["2.0"]}
    return lesson.open(person, claims={NRPS_CLAIM: said})


def _read(lesson: Lesson, visit: Visit) -> str:
    """Request the roster, run the worker, and return the page."""
    assert visit.post("roster").status_code == 303
    assert lesson.read_rosters() == 1
    page = visit.get()
    assert page.status_code == 200
    return page.text


def _members(database: Database) -> Members:
    with database.read_session() as session:
        return {row.sub: row for row in session.scalars(select(RosterMember))}


def test_list_has_the_five_tests_of_the_certification() -> None:
    assert [case.name.partition(".")[0] for case in CERTIFICATION] == list("12345")


@EACH
def test_teacher_can_read_the_roster(lesson: Lesson, database: Database, case: Listing) -> None:
    page = _read(lesson, _visit(lesson, lesson.connection.teacher, case))
    case.holds(lesson, _members(database), page)
    assert all(call.status == 200 for call in lesson.connection.platform.calls("members"))


@EACH
def test_student_cannot_request_or_see_the_roster(
    lesson: Lesson, database: Database, case: Listing
) -> None:
    _read(lesson, _visit(lesson, lesson.connection.teacher, case))  # so there is a roster to hide
    with database.read_session() as session:
        kept = session.scalar(select(func.count()).select_from(RosterMember))
    lesson.connection.platform.traffic.forget()
    lesson.clock.advance(LATER)
    visit = _visit(lesson, NAMED[1], case)
    assert visit.post("roster").status_code == 404
    for room in ("roster", "people.csv", "review"):
        assert visit.get(room).status_code == 404
    assert lesson.read_rosters() == 0
    assert lesson.connection.platform.calls("members") == []
    page = visit.get().text
    others = [person for person in (*TEACHERS, *NAMED) if person is not NAMED[1]]
    assert not [person.given for person in others if f"{person.given} " in page]
    with database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(RosterMember)) == kept
