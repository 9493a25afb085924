"""The gradebook line under a recording: only learners see it, and only their own score."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.runtime import hash_secret
from lti.models.courses import CompletionRule, ResourceLink, Score, ScoreState
from lti.models.identities import Identity
from lti.models.launches import FrameSession
from lti.models.registrations_and_keys import Deployment, Registration
from lti.protocol.spec_vocabulary import SCORE_SCOPE
from lti.web.player.gradebook_line import PERCENTAGE, YOUR_LMS
from tests.clock import NOW
from tests.lti.course_fixtures import ANONYMOUS, INSTRUCTOR
from tests.lti.web.player.test_watch_page import _launch
from tests.lti.web.player.test_watch_page import at_noon as at_noon
from tests.lti.web.player.test_watch_page import course as course
from tests.lti.web.player.test_watch_page import pool as pool
from tests.page_texts import shows


@pytest.fixture
def graded(database, course, pool):
    """Return the course, connected as Moodle and with scores allowed for the link."""
    with database.transaction() as session:
        session.get_one(ResourceLink, course.link_id).scopes = SCORE_SCOPE
        deployment = session.get_one(Deployment, course.deployment_id)
        session.get_one(Registration, deployment.registration_id).product = "moodle"
    return course


def _score(database, course, state, **values):
    with database.transaction() as session:
        identity = session.scalars(select(Identity).where(Identity.sub == "kim")).one()
        session.add(
            Score(
                link_id=course.link_id,
                identity_id=identity.id,
                share=1.0,
                given=1.0,
                state=state,
                run_at=NOW,
                created_at=NOW,
                **values,
            )
        )


def _line(client, secret):
    answer = client.get(f"/lti/s/{secret}/gradebook")
    assert answer.status_code == 200
    page = client.get(f"/lti/s/{secret}/watch").text
    assert answer.text.strip() in page
    return " ".join(answer.text.split())


def test_teachers_anonymous_viewers_and_test_users_have_no_gradebook_line(client, database, graded):
    assert client.get(f"/lti/s/{'x' * 43}/gradebook").status_code == 404
    others = (
        _launch(database, graded, INSTRUCTOR, sub="teacher"),
        _launch(database, graded, ANONYMOUS),
        _launch(database, graded, sub="trial", is_test_user=True),
    )
    for secret in others:
        assert client.get(f"/lti/s/{secret}/gradebook").status_code == 404
        assert "data-gradebook" not in client.get(f"/lti/s/{secret}/watch").text


@pytest.mark.parametrize("lost", ["scope", "column"])
def test_link_that_sends_no_scores_has_no_gradebook_line(client, database, graded, lost):
    secret = _launch(database, graded, sub="kim")
    with database.transaction() as session:
        link = session.get_one(ResourceLink, graded.link_id)
        if lost == "scope":
            link.scopes = ""
        else:
            link.target = {**link.target, "grade": "none"}
    assert client.get(f"/lti/s/{secret}/gradebook").status_code == 404


def test_expired_session_has_no_gradebook_line(client, database, graded):
    secret = _launch(database, graded, sub="kim")
    with database.transaction() as session:
        frame = session.scalars(
            select(FrameSession).where(FrameSession.secret_hash == hash_secret(secret))
        ).one()
        frame.created_at, frame.expires_at = NOW - timedelta(hours=9), NOW - timedelta(hours=1)
    assert client.get(f"/lti/s/{secret}/gradebook").status_code == 410


def test_line_without_a_score_says_what_is_required(client, database, graded):
    secret = _launch(database, graded, sub="kim")
    line = _line(client, secret)
    assert 'data-gradebook="watching"' in line
    assert "90%" in line
    with database.transaction() as session:
        session.get_one(ResourceLink, graded.link_id).rule = CompletionRule.PROPORTIONAL
    assert shows(_line(client, secret), PERCENTAGE)


def test_delivered_score_shows_when_it_was_sent(client, database, graded):
    secret = _launch(database, graded, sub="kim")
    _score(database, graded, ScoreState.DELIVERED, delivered_at=NOW)
    line = _line(client, secret)
    assert f'data-gradebook="{ScoreState.DELIVERED}"' in line
    assert f'datetime="{NOW.isoformat()}"' in line


def test_pending_score_names_the_lms(client, database, graded):
    secret = _launch(database, graded, sub="kim")
    _score(database, graded, ScoreState.QUEUED)
    line = _line(client, secret)
    assert f'data-gradebook="{ScoreState.QUEUED}"' in line
    assert "Moodle" in line


def test_unknown_product_is_called_your_lms(client, database, graded):
    secret = _launch(database, graded, sub="kim")
    _score(database, graded, ScoreState.QUEUED)
    with database.transaction() as session:
        deployment = session.get_one(Deployment, graded.deployment_id)
        session.get_one(Registration, deployment.registration_id).product = "homemade-lms"
    assert shows(_line(client, secret), YOUR_LMS)


def test_refused_score_names_the_lms_and_hides_the_reason(client, database, graded):
    secret = _launch(database, graded, sub="kim")
    _score(database, graded, ScoreState.REFUSED, failure="The column is gone.")
    line = _line(client, secret)
    assert f'data-gradebook="{ScoreState.REFUSED}"' in line
    assert "Moodle" in line
    assert "The column is gone" not in line


def test_scores_of_other_learners_are_not_shown(client, database, graded):
    _launch(database, graded, sub="kim")
    _score(database, graded, ScoreState.DELIVERED, delivered_at=NOW)
    assert "Watch 90%" in _line(client, _launch(database, graded, sub="lou"))
