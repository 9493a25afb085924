"""Fixtures for tests of the LTI tool."""

import pytest

from lms.core.database import Database
from tests.cast import Cast
from tests.clock import Clock
from tests.lti.launched_course import School, connect
from tests.platform.platform import Platform


@pytest.fixture
def school(platform: Platform, database: Database, cast: Cast, clock: Clock) -> School:
    """Return a platform on which Elm County has the tool, with the test's clock."""
    return connect(platform, database, cast, clock)
