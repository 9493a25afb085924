"""What a launch shows, by LMS role and the state of the organization's pools.

Each case launches over HTTP, reads the page, and tries playback as a browser does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.core.runtime import Carrel
from lms.models.grants import Grant
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool
from lms.seats.claims import BY_A_MANAGER
from lti.models.identities import Identity
from lti.protocol.spec_vocabulary import ROLES, TEST_USER
from lti.registrations.deployments import refuse_deployment
from lti.selftest.platform.vocabulary import Role
from tests.cast import Cast
from tests.factories import make_recording, make_webinar
from tests.lti.tool_server import Connection, connected
from tests.platform.platform import Platform
from tests.player import AGENT
from tests.seat_rows import add_pool

HEADERS = {"User-Agent": AGENT, "Accept": "application/json"}
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Faculty"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person#SysAdmin"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
NOBODY = "anonymous"

# the roles in a token, and the kind of person they mean
ROLES_SAID: Mapping[str, tuple[str, list[str]]] = {
    "Learner": ("learner", [Role.LEARNER.uri]),
    "Mentor": ("learner", [Role.MENTOR.uri]),
    "Administrator": ("learner", [f"{MEMBERSHIP}Administrator"]),
    "system roles only": ("learner", [SYSTEM, INSTITUTION]),
    "Instructor": ("teacher", [Role.INSTRUCTOR.uri]),
    "TeachingAssistant": ("teacher", [Role.TEACHING_ASSISTANT.uri]),
    "ContentDeveloper": ("teacher", [Role.CONTENT_DEVELOPER.uri]),
    "test user": ("test user", [Role.LEARNER.uri, TEST_USER]),
    "anonymous": (NOBODY, [Role.LEARNER.uri]),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The launch's status, its page, and the responses of the recording's page and playback.

    `seats` is the number of seats that playback took.
    """

    launch: int
    page: str = ""
    watch: int | None = None
    play: int | None = None
    code: str = ""
    seats: int = 0


PLAYS = Shown(303, "player", 200, 200)
TAKES_A_SEAT = Shown(303, "player", 200, 200, seats=1)
ABSENT = Shown(303, "not here", 404, 404, "not_found")
# what each page contains and no other page does
MARKS = {
    "player": (200, "data-open="),
    "course": (200, 'id="roster-title"'),
    "turned": (403, 'id="access-sentence"'),
    "not here": (404, "have this recording"),
}


def turned(code: str) -> Shown:
    """Return a launch that opens, with a reason on every page why the recording doesn't play."""
    return Shown(303, "turned", 403, 403, code)


def teaching(shown: Shown) -> Shown:
    """Return `shown` with the course page, which teachers always get."""
    return replace(shown, page="course")


def page_of(status: int, text: str) -> str:
    """Return the name of the page, or its status if it is unknown."""
    found = [name for name, (wanted, mark) in MARKS.items() if wanted == status and mark in text]
    return found[0] if len(found) == 1 else f"{status}: {found}"


Furnish = Callable[[Session, Cast], Any]
NOW = datetime.now(UTC)
LAPSED, IN_GRACE = NOW - timedelta(days=30), NOW - timedelta(days=3)


def room(session: Session, cast: Cast) -> Any:
    return add_pool(session, cast.organization_id, cast.webinar_id, seats=9)


def full(session: Session, cast: Cast) -> None:
    pool = add_pool(session, cast.organization_id, cast.webinar_id, seats=1)
    session.execute(update(Pool).where(Pool.id == pool.id).values(used=1))


def unlimited(session: Session, cast: Cast) -> None:
    add_pool(session, cast.organization_id, cast.webinar_id, seats=None)


def in_grace(session: Session, cast: Cast) -> None:
    add_pool(session, cast.organization_id, cast.webinar_id, seats=9, ends_at=IN_GRACE)


def ended(session: Session, cast: Cast) -> None:
    add_pool(session, cast.organization_id, cast.webinar_id, seats=9, ends_at=LAPSED)


def suspended(session: Session, cast: Cast) -> None:
    room(session, cast)
    session.execute(update(Grant).where(Grant.pool_id.is_not(None)).values(suspended_at=NOW))


def none(_session: Session, _cast: Cast) -> None:
    """Add no pool."""


def another_webinars(session: Session, cast: Cast) -> None:
    other = make_webinar(session, "another")
    make_recording(session, other)
    add_pool(session, cast.organization_id, other, seats=9)


# the state of the pools; then the results for a learner, a teacher, a test user, and no one known
TABLE: Mapping[str, tuple[Furnish, Shown, Shown, Shown, Shown]] = {
    "room": (room, TAKES_A_SEAT, PLAYS, PLAYS, turned("NO_GRANT")),
    "full": (full, turned("NO_GRANT"), PLAYS, PLAYS, turned("NO_GRANT")),
    "unlimited": (unlimited, TAKES_A_SEAT, PLAYS, PLAYS, PLAYS),
    "in grace": (in_grace, turned("CONTRACT_LAPSED"), PLAYS, PLAYS, turned("CONTRACT_LAPSED")),
    "ended": (ended, *(4 * (turned("CONTRACT_LAPSED"),))),
    "suspended": (suspended, *(4 * (turned("SUSPENDED_DISPUTE"),))),
    "none": (none, *(4 * (ABSENT,))),
    "another webinar's": (another_webinars, *(4 * (ABSENT,))),
}


@pytest.fixture
def tool(carrel: Carrel, cast: Cast, platform: Platform):
    """Yield a tool and a platform whose launches can omit the person."""
    with connected(carrel, platform, admits_anonymous=True) as made:
        yield made


def shown(tool: Connection, name: str, carrel: Carrel) -> Shown:
    """Launch with a role and return all results."""
    _, roles = ROLES_SAID[name]
    before = seats(carrel)
    launched = launch(tool, name, roles)
    if launched.status_code != 303:
        launched_code = launched.json()["code"]
        return Shown(launched.status_code, code=launched_code)
    place = tool.url + launched.headers["Location"]
    home = tool.browser.get(place, headers={"Accept": "text/html"})
    watch = tool.browser.get(f"{place}watch")
    played = tool.browser.post(f"{place}playback", json={}, headers=HEADERS)
    code = "" if played.status_code == 200 else played.json()["code"]
    return Shown(
        303,
        page_of(home.status_code, home.text),
        watch.status_code,
        played.status_code,
        code,
        seats(carrel) - before,
    )


def launch(tool: Connection, name: str, roles: list[str]) -> Any:
    tool.browser.headers["Accept"] = "application/json"
    claims = {ROLES: roles, "sub": f"sub-of-{name}"}
    without = ("sub", "name", "given_name", "family_name", "email") if name == NOBODY else ()
    return tool.launch(claims=claims, without=without)


def seats(carrel: Carrel) -> int:
    with carrel.database.read_session() as session:
        query = select(func.count()).select_from(Assignment)
        return session.scalar(query.where(Assignment.ended_at.is_(None))) or 0


def expected_of(name: str, row: tuple[Shown, Shown, Shown, Shown]) -> Shown:
    kind, _ = ROLES_SAID[name]
    learner, teacher, test_user, nobody = row
    return {
        "learner": learner,
        "teacher": teaching(teacher),
        "test user": test_user,
        NOBODY: nobody,
    }[kind]


@pytest.mark.parametrize("state", TABLE)
def test_each_role_gets_its_page_and_playback(
    tool: Connection, carrel: Carrel, cast: Cast, state: str
) -> None:
    furnish, *row = TABLE[state]
    with carrel.database.transaction() as session:
        furnish(session, cast)
    wrong = {}
    for name in ROLES_SAID:
        came, wanted = shown(tool, name, carrel), expected_of(name, tuple(row))
        if came != wanted:
            wrong[name] = (came, wanted)
    assert wrong == {}


def test_refused_deployment_refuses_every_role(
    tool: Connection, carrel: Carrel, cast: Cast
) -> None:
    with carrel.database.transaction() as session:
        room(session, cast)
        refuse_deployment(
            session,
            tool.registration.public_id,
            tool.tool.deployment_id,
            actor=None,
            now=NOW,
        )
    came = {name: shown(tool, name, carrel) for name in ROLES_SAID}
    assert came == dict.fromkeys(ROLES_SAID, Shown(403, code="deployment_refused"))


def known_with(
    tool: Connection, carrel: Carrel, cast: Cast, assigned: dict[str, Any], **pool: Any
) -> dict[str, Shown]:
    """Launch with every role, add seats with `assigned`, and launch again; return the results."""
    for name, (_, roles) in ROLES_SAID.items():
        assert launch(tool, name, roles).status_code == 303
    with carrel.database.transaction() as session:
        made = add_pool(session, cast.organization_id, cast.webinar_id, seats=20, **pool)
        for identity in session.scalars(select(Identity)):
            seat_as(session, made, identity.login_id, assigned)
    return {name: shown(tool, name, carrel) for name in ROLES_SAID}


def seat_as(session: Session, pool: Pool, login_id: int, assigned: dict[str, Any]) -> None:
    from tests.seat_rows import seat  # noqa: PLC0415

    made = seat(session, pool, login_id)
    session.execute(update(Assignment).where(Assignment.seat_id == made.id).values(**assigned))
    if "ended_at" in assigned:
        session.execute(update(Pool).where(Pool.id == pool.id).values(used=Pool.used - 1))


def compared(came: dict[str, Shown], *row: Shown) -> dict[str, tuple[Shown, Shown]]:
    wanted = {name: expected_of(name, row) for name in ROLES_SAID}  # type: ignore[arg-type]
    return {name: (came[name], wanted[name]) for name in came if came[name] != wanted[name]}


@pytest.mark.parametrize("ended_as", BY_A_MANAGER)
def test_learner_whose_seat_a_manager_ended_is_refused_and_teachers_are_not(
    tool: Connection, carrel: Carrel, cast: Cast, ended_as: AssignmentEnd
) -> None:
    gone = {"state": AssignmentState.RELEASED, "ended_at": NOW, "ended_as": ended_as}
    came = known_with(tool, carrel, cast, gone)
    assert compared(came, turned("SEAT_RELEASED"), PLAYS, PLAYS, turned("NO_GRANT")) == {}


def test_person_with_a_seat_can_watch_in_the_grace_period(
    tool: Connection, carrel: Carrel, cast: Cast
) -> None:
    came = known_with(tool, carrel, cast, {"claimed_at": NOW}, ends_at=IN_GRACE)
    assert compared(came, PLAYS, PLAYS, PLAYS, turned("CONTRACT_LAPSED")) == {}


def test_frozen_seat_says_that_the_contract_has_lapsed(
    tool: Connection, carrel: Carrel, cast: Cast
) -> None:
    frozen = {"state": AssignmentState.FROZEN, "frozen_at": LAPSED}
    came = known_with(tool, carrel, cast, frozen, ends_at=LAPSED)
    assert compared(came, *(4 * (turned("CONTRACT_LAPSED"),))) == {}
