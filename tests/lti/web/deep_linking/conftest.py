"""Fixtures of Elm County's picker."""

import pytest

from lms.core.database import Database
from lms.models.catalog import WebinarSeries
from lms.models.organizations import Organization
from tests.cast import Cast
from tests.clock import Clock
from tests.factories import (
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_series,
    make_webinar,
)


@pytest.fixture
def shelf(database: Database, cast: Cast, clock: Clock) -> dict[str, str]:
    """Return public IDs by slug: Elm County's two webinars in a series, and another's webinar."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        mine = [make_webinar(session, slug) for slug in ("mold", "moths")]
        theirs = make_webinar(session, "theirs")
        row = make_series(session, "care")
        for each in (*mine, theirs):
            make_recording(session, each)
            session.add(WebinarSeries(webinar_id=each.id, series_id=row.id))
        for each in mine:
            make_pool_grant(session, make_pool(session, elm, each))
        make_pool_grant(session, make_pool(session, make_organization(session), theirs))
        return {
            **{each.slug: each.public_id for each in (*mine, theirs)},
            "care": row.public_id,
        }
