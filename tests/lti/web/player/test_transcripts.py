"""The transcript inside a course requires a seat and no cookie."""

from dataclasses import replace

import pytest

from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lti.protocol.content_target import Target
from tests.factories import make_pool, make_pool_grant
from tests.lti.course_fixtures import make_course
from tests.player import AGENT
from tests.recordings.caption_fixtures import caption, vtt_of

HEADERS = {"User-Agent": AGENT, "Accept": "application/json", "X-CSRFToken": ""}


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def course(database, cast):
    """Add a course whose link shows the webinar, with one seat."""
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        webinar = session.get_one(Webinar, cast.webinar_id)
        make_pool_grant(session, make_pool(session, organization, webinar, capacity=1))
        return make_course(session, cast.organization_id, Target(webinar=cast.slug))


def _launch(database, course):
    with database.transaction() as session:
        return course.launch(session)


def test_transcript_requires_a_seat_and_no_cookie(client, database, cast, course, storage):
    track = caption(database, storage, cast.recording_id, vtt_of("Good morning"))
    secret = _launch(database, course)
    address = f"/lti/s/{secret}/transcripts/{track}"
    rooms = ("", "/lines.json", "/transcript.txt")
    assert [client.get(address + room).status_code for room in rooms] == [403] * 3
    assert 'data-testid="transcript-closed"' in client.get(f"/lti/s/{secret}/").text
    assert client.post(f"/lti/s/{secret}/playback", json={}, headers=HEADERS).status_code == 200
    for room in rooms:
        assert "Good morning" in client.get(address + room).text
    assert f"{address}/lines.json" in client.get(f"/lti/s/{secret}/").text
    assert f"/lti/s/{secret}/watch?t=0" in client.get(address).text
    other = _launch(database, replace(course, target=Target(webinar="nothing")))
    assert client.get(f"/lti/s/{other}/transcripts/{track}").status_code == 404
