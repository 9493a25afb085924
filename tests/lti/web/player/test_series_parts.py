"""A series in a frame: its parts, and a player for each."""

import pytest

from lms.models.catalog import Webinar, WebinarSeries
from lms.models.organizations import Organization
from lti.protocol.content_target import Target
from tests.factories import (
    make_pool,
    make_pool_grant,
    make_recording,
    make_series,
    make_webinar,
)
from tests.lti.course_fixtures import make_course
from tests.player import AGENT

HEADERS = {"User-Agent": AGENT, "Accept": "application/json", "X-CSRFToken": ""}


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


def test_series_lists_only_parts_that_the_organization_has_and_plays_each(client, database, cast):
    with database.transaction() as session:
        series = make_series(session, "basics")
        second, foreign = make_webinar(session, "second"), make_webinar(session, "foreign")
        organization = session.get_one(Organization, cast.organization_id)
        for webinar in (session.get_one(Webinar, cast.webinar_id), second, foreign):
            session.add(WebinarSeries(series_id=series.id, webinar_id=webinar.id))
            if webinar is not session.get_one(Webinar, cast.webinar_id):
                make_recording(session, webinar)
            if webinar is not foreign:
                make_pool_grant(session, make_pool(session, organization, webinar))
        course = make_course(session, cast.organization_id, Target(series="basics"))
        secret = course.launch(session)
    page = client.get(f"/lti/s/{secret}/").text
    assert "2 recordings" in page
    assert "Watched 0" not in page  # only started parts have a progress bar
    assert f"/lti/s/{secret}/watch/{cast.slug}" in page
    assert "foreign" not in page
    part = client.get(f"/lti/s/{secret}/watch/{cast.slug}")
    assert part.status_code == 200
    assert "Next: Second" in part.text
    assert _play(client, secret, f"watch/{cast.slug}/").status_code == 200
    assert _play(client, secret, "watch/foreign/").status_code == 404
    assert _play(client, secret, "").status_code == 404


def _play(client, secret, part):
    return client.post(f"/lti/s/{secret}/{part}playback", json={}, headers=HEADERS)
