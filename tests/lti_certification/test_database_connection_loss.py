"""Launches while a database connection breaks succeed once, or ask the person to try again.

A lost answer from the database is never reported as a launch that was already used.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import pytest
import requests
from sqlalchemy import func, select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.web.core.error_pages import AWAY
from lti.models.launches import FrameSession, LaunchEntry, PendingLogin
from tests.cast import Cast
from tests.lti.tool_server import Connection, connected, is_open
from tests.lti_certification.forged_launches import launched
from tests.page_texts import shows
from tests.platform.platform import Platform
from tests.seat_rows import add_pool
from tests.servers.breakable_proxy import BreakingLine, Loss, breaking_line

LOGIN: Final = "INSERT INTO lti_pending_login"
TAKE_UP: Final = "DELETE FROM lti_pending_login"
LOOK: Final = "FROM lti_pending_login"
COMMIT: Final = "COMMIT\0"  # matches the statement alone, not READ COMMITTED
EITHER: Final = pytest.mark.parametrize("loss", Loss, ids=lambda one: one.name.lower())


@dataclass(frozen=True, slots=True)
class Course:
    """A running tool whose database connection can be broken."""

    connection: Connection
    line: BreakingLine


@pytest.fixture
def course(carrel: Carrel, cast: Cast, platform: Platform, database: Database) -> Iterator[Course]:
    """Yield Elm County's course, on PostgreSQL."""
    if database.is_sqlite:
        pytest.skip("SQLite has no server")
    with database.transaction() as session:
        add_pool(session, cast.organization_id, cast.webinar_id)
    with breaking_line(database.url) as line:
        through = Database(line.url)
        try:
            with connected(replace(carrel, database=through), platform) as connection:
                yield Course(connection, line)
        finally:
            through.dispose()


def _counts(database: Database) -> tuple[int, int, int]:
    """Return the number of frame sessions, launch log entries, and pending logins."""
    with database.read_session() as session:
        tables = (FrameSession, LaunchEntry, PendingLogin)
        sessions, lines, logins = (
            session.scalar(select(func.count()).select_from(table)) or 0 for table in tables
        )
    return sessions, lines, logins


@EITHER
@pytest.mark.parametrize("mark", [LOGIN, LOOK, TAKE_UP, COMMIT])
def test_known_person_launches_once_when_the_connection_breaks(
    course: Course, database: Database, mark: str, loss: Loss
) -> None:
    assert is_open(launched(course.connection))
    course.line.break_at(mark, loss)
    answer = launched(course.connection)
    assert course.line.breaks == 1
    assert is_open(answer), (answer.status_code, answer.text)
    frame = course.connection.browser.get(course.connection.url + answer.headers["Location"])
    assert frame.status_code == 200
    sessions, lines, logins = _counts(database)
    assert (sessions, lines) == (2, 2)
    assert logins == (1 if mark is LOGIN and loss is Loss.ANSWER else 0)
    assert is_open(launched(course.connection))


@EITHER
def test_new_person_launches_once_when_the_connection_breaks(
    course: Course, database: Database, loss: Loss
) -> None:
    platform = course.connection.platform
    posted = course.connection.answered(
        platform.begin(course.connection.learner, course.connection.link)
    )
    assert course.connection.browser.get(f"{course.connection.url}/lti/jwks").ok
    assert course.connection.launch(course.connection.teacher).ok  # caches the platform's keys
    before = _counts(database)
    course.line.break_at(COMMIT, loss)
    answer = course.connection.post(posted)
    assert course.line.breaks == 1
    assert is_open(answer), (answer.status_code, answer.text)
    assert _counts(database) == (before[0] + 1, before[1] + 1, before[2] - 1)


def _asks_for_login(connection: Connection) -> Callable[[], requests.Response]:
    begun = connection.platform.begin(connection.learner, connection.link)
    return lambda: connection.login(begun)


def _posts_launch(connection: Connection) -> Callable[[], requests.Response]:
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    return lambda: connection.post(posted)


@pytest.mark.parametrize("asking", [_asks_for_login, _posts_launch])
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "new"])
def test_launch_without_database_returns_503_with_retry_after(
    course: Course, asking: Callable[[Connection], Callable[[], requests.Response]], is_known: bool
) -> None:
    if is_known:
        assert is_open(launched(course.connection))
    ask = asking(course.connection)
    course.line.die()
    for _ in range(2):
        answer = ask()
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert shows(answer.text, AWAY)
        assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    course.line.live()
    answer = ask()
    assert answer.ok or is_open(answer)


def test_open_frame_without_database_returns_503_with_retry_after(course: Course) -> None:
    opened = launched(course.connection)
    course.line.die()
    answer = course.connection.browser.get(course.connection.url + opened.headers["Location"])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert shows(answer.text, AWAY)
    course.line.live()
    page = course.connection.browser.get(course.connection.url + opened.headers["Location"])
    assert page.status_code == 200


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "new"])
def test_launch_with_unknown_commit_result_asks_to_try_again(
    course: Course, database: Database, is_known: bool
) -> None:
    connection = course.connection
    who = connection.learner if is_known else connection.platform.course.learners[1]
    assert is_open(launched(connection))
    posted = connection.answered(connection.platform.begin(who, connection.link))
    course.line.break_at(COMMIT, Loss.ANSWER, dies=True)
    answer = connection.post(posted)
    assert course.line.breaks == 1
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    course.line.live()
    assert _counts(database)[0] == 2
    assert is_open(connection.launch(who))
