"""Certificates in a course: learners have no email address here, so the page links to theirs."""

import re

from sqlalchemy import select

from lms.models.certificates import Certificate
from lms.models.mail import Mail
from tests.certificates.playback_fixtures import play
from tests.lti.course_fixtures import INSTRUCTOR
from tests.lti.web.player.test_watch_page import _launch, _play
from tests.lti.web.player.test_watch_page import at_noon as at_noon
from tests.lti.web.player.test_watch_page import course as course
from tests.lti.web.player.test_watch_page import pool as pool
from tests.player import Player


def test_learner_sees_what_is_missing_and_then_a_link_to_the_certificate(
    app, client, course, pool, database, clock
):
    secret = _launch(database, course)
    before = client.get(f"/lti/s/{secret}/watch").text
    assert 'data-missing="3240"' in before
    assert f'data-url="/lti/s/{secret}/watch"' in before
    play(Player(client, _play(client, secret).json), clock, 0, 3240)
    with database.read_session() as session:
        (number,) = session.scalars(select(Certificate.public_id)).all()
        assert session.scalars(select(Mail.id)).all() == []
    after = client.get(f"/lti/s/{secret}/watch").text
    link = re.search(r'<a\s+href="(/verify/\w+)"\s+target="_blank"', after)
    assert link
    assert link[1] == f"/verify/{number}"
    assert "notice-done" in app.test_client().get(link[1]).text


def test_instructor_preview_offers_no_certificate(client, course, pool, database):
    secret = _launch(database, course, INSTRUCTOR)
    assert "data-certificate" not in client.get(f"/lti/s/{secret}/watch").text.replace(
        "certificate_card", ""
    )
