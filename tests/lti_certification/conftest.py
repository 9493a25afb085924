"""A running tool, registered with a simulated LMS for Elm County."""

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
    """Run the tool and return a browser in a course of Elm County."""
    with carrel.database.transaction() as session:
        add_pool(session, cast.organization_id, cast.webinar_id)
    with connected(carrel, platform) as made:
        yield made


@pytest.fixture
def lesson(connection: Connection, carrel: Carrel, cast: Cast, clock: Clock) -> Lesson:
    """Return the same course with a link to a one-minute clip; the clock starts at NOW."""
    return lesson_of(connection, carrel, clock, cast.slug)
