"""What a frame says about a webinar that was removed (W2)."""

import pytest

from lms.models.catalog import InsteadKind, PulledInstead, Webinar, WebinarState
from lti.protocol.content_target import Target
from lti.web.core.refusal_texts import INSTEAD
from tests.factories import make_webinar
from tests.lti.course_fixtures import make_course
from tests.lti.web.player.test_watch_page import _launch, _play, _pool_with


@pytest.fixture
def course(database, cast, clock):
    with database.transaction() as session:
        return make_course(session, cast.organization_id, Target(webinar=cast.slug))


def test_frame_shows_the_alternative_for_a_removed_webinar(client, database, cast, course):
    with database.transaction() as session:
        _pool_with(session, cast, capacity=None)
        other = make_webinar(session, "quiet-shelves")
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.state, webinar.pulled_reason = WebinarState.PULLED, "legal"
        session.add(
            PulledInstead(webinar_id=webinar.id, kind=InsteadKind.WEBINAR, other_id=other.id)
        )
    secret = _launch(database, course)
    page = client.get(f"/lti/s/{secret}/")
    assert page.status_code == 403
    offered = INSTEAD % {"title": "Quiet shelves"}
    assert offered in page.text
    assert offered in _play(client, secret).json["more"]
    with database.transaction() as session:
        kept = session.get_one(PulledInstead, cast.webinar_id)
        kept.kind, kept.other_id, kept.said = InsteadKind.WORDS, None, "It is back by May."
    assert "It is back by May." in client.get(f"/lti/s/{secret}/").text
