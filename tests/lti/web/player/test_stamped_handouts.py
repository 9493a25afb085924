"""Handouts in an LMS are stamped for each learner."""

import pytest

from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lms.web.handouts import file_response
from lti.protocol.content_target import Target
from tests.factories import make_handout, make_pool, make_pool_grant
from tests.handouts.document_builder import pdf
from tests.lti.course_fixtures import make_course
from tests.player import AGENT

HEADERS = {"User-Agent": AGENT, "Accept": "application/json", "X-CSRFToken": ""}


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


def test_handout_requires_a_seat_and_is_stamped_with_the_date(
    client, database, cast, storage, monkeypatch
):
    said = []
    whole = file_response.stamp

    def note(source, out, line):
        said.append(line)
        whole(source, out, line)

    monkeypatch.setattr(file_response, "stamp", note)
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        handout = make_handout(session, webinar)
        handout.is_stamped = True
        storage.put_bytes(handout.key, pdf(), "application/pdf")
        pool = make_pool(session, session.get_one(Organization, cast.organization_id), webinar)
        make_pool_grant(session, pool)
        course = make_course(session, cast.organization_id, Target(webinar=cast.slug))
        secret, handout_id = course.launch(session), handout.public_id
    address = f"/lti/s/{secret}/handouts/{handout_id}"
    assert client.get(address).status_code == 403
    assert said == []
    assert client.post(f"/lti/s/{secret}/playback", json={}, headers=HEADERS).status_code == 200
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    assert len(said) == 1
    assert said[0].startswith("Copy of ")
    assert said[0].endswith(", March 2, 2026")
    assert "Elm County" not in said[0]
