"""The cast's webinar, still upcoming."""

import pytest

from lms.core.database import Database
from lms.models.catalog import Webinar
from lms.models.recordings import Recording
from tests.cast import Cast
from tests.clock import Clock
from tests.live.upcoming_webinar import HELD_AT, register
from tests.servers.databases import kept


@pytest.fixture
def to_come(cast: Cast, database: Database, clock: Clock) -> Cast:
    """Return the cast, whose webinar is in three days; Bob is registered."""

    def announced() -> Cast:
        with database.transaction() as session:
            session.get_one(Webinar, cast.webinar_id).held_at = HELD_AT
            session.delete(session.get_one(Recording, cast.recording_id))
        register(database, cast.webinar_id, cast.bob.id)
        return cast

    return kept(database, "webinar to come", announced)
