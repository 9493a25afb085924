"""A webinar in three days with each role of its audience, a presenter, and a series."""

import pytest

from lms.core.database import Database
from tests.audience.webinar_audience import furnish
from tests.cast import Cast
from tests.live.conftest import to_come
from tests.mailings.mailing_fixtures import add_topics
from tests.servers.databases import fill

__all__ = ["to_come"]


@pytest.fixture
def topical(to_come: Cast, database: Database) -> Cast:
    """Return the upcoming webinar with a presenter and a series."""
    fill(database, "topics", lambda session: add_topics(session, to_come))
    return to_come


@pytest.fixture
def furnished(topical: Cast, database: Database) -> Cast:
    """Return the webinar with a person in each role."""
    furnish(database, topical)
    return topical
