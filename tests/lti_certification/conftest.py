"""The tool on a port of its own, registered with a platform of our own for Elm County."""

from collections.abc import Iterator

import pytest

from lms.core.runtime import Carrel
from tests.cast import Cast
from tests.clock import Clock
from tests.lti.tool_server import Connection, connected
from tests.lti_certification.course_visits import Lesson, lesson_of
from tests.platform.platform import Platform
from tests.seat_rows import add_pool


@pytest.fixture
def connection(carrel: Carrel, cast: Cast, platform: Platform) -> Iterator[Connection]:
    """A browser in a course of Elm County, with the tool running."""
    with carrel.database.transaction() as session:
        add_pool(session, cast.organization_id, cast.webinar_id)
    with connected(carrel, platform) as made:
        yield made


@pytest.fixture
def lesson(connection: Connection, carrel: Carrel, cast: Cast, clock: Clock) -> Lesson:
    """The same course with a link to a clip of a minute; it is NOW until time is let pass."""
    return lesson_of(connection, carrel, clock, cast.slug)
