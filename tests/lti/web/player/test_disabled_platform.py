"""An LMS connection that is turned off while people watch in its frames."""

import pytest
from sqlalchemy import select, update

from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd, PlaybackSession
from lti.frames.sessions import SWITCHED_OFF as SAID
from lti.models.registrations_and_keys import Deployment, Registration, RegistrationState
from lti.protocol.content_target import Target
from lti.registrations.deployments import approve_deployment, refuse_deployment
from lti.registrations.registrations import disable_registration
from tests.clock import NOW
from tests.factories import make_organization, make_pool, make_pool_grant
from tests.lti.course_fixtures import ANONYMOUS, COURSE_PAGE, INSTRUCTOR, PLATFORM, make_course
from tests.player import AGENT, Player

HEADERS = {"User-Agent": AGENT, "Accept": "application/json", "X-CSRFToken": ""}


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def course(database, cast):
    """Add a course of Elm County in which everyone can watch."""
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        webinar = session.get_one(Webinar, cast.webinar_id)
        make_pool_grant(session, make_pool(session, organization, webinar, capacity=None))
        return make_course(session, cast.organization_id, Target(webinar=cast.slug))


def _launch(database, course, *args, **values):
    with database.transaction() as session:
        return course.launch(session, *args, **values)


def _play(client, secret):
    answer = client.post(f"/lti/s/{secret}/playback", json={}, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    return Player(client, answer.json)


def _switch_off(database, course, how):
    with database.transaction() as session:
        registration = session.scalars(select(Registration.public_id)).first()
        if how == "registration":
            disable_registration(session, registration, actor=None, now=NOW)
        elif how == "deployment":
            refuse_deployment(session, registration, "1", actor=None, now=NOW)
        else:
            other = make_organization(session, "oak-county", name="Oak County")
            approve_deployment(
                session, registration, "1", organization=other.slug, actor=None, now=NOW
            )


@pytest.mark.parametrize("how", ["registration", "deployment", "moved"])
@pytest.mark.parametrize("role", [None, INSTRUCTOR, ANONYMOUS])
def test_playback_stops_when_the_connection_is_turned_off_and_says_why(
    client, database, course, how, role
):
    secret = _launch(database, course, *([role] if role else []))
    player = _play(client, secret)
    _switch_off(database, course, how)
    with database.read_session() as session:
        assert session.scalars(select(PlaybackSession.ended_as)).all() == [PlaybackEnd.REVOKED]
    assert player.beat().json["code"] == "ended"
    told = player.why()
    assert (told.status_code, told.json["code"]) == (403, "switched_off")
    assert told.json["message"].startswith(SAID)


@pytest.mark.parametrize("how", ["registration", "deployment", "moved"])
def test_framed_page_of_a_disabled_connection_says_so_and_links_back(client, database, course, how):
    secret = _launch(database, course)
    _switch_off(database, course, how)
    page = client.get(f"/lti/s/{secret}/")
    assert page.status_code == 403
    assert SAID in page.text
    assert f'href="{COURSE_PAGE}"' in page.text
    assert f"frame-ancestors {PLATFORM}" in page.headers["Content-Security-Policy"]


def test_frames_of_other_lmss_continue(client, database, cast, course):
    with database.transaction() as session:
        other = make_course(session, cast.organization_id, Target(webinar=cast.slug))
        session.execute(update(Deployment).values(deployment_id=Deployment.id))
        theirs = session.scalars(select(Registration.public_id).order_by(Registration.id)).first()
    player = _play(client, _launch(database, other, sub="lee"))
    with database.transaction() as session:
        disable_registration(session, theirs, actor=None, now=NOW)
    assert player.beat().json["verdict"] == "kept"
    assert player.why().json["may_reopen"] is True


def test_playback_continues_while_a_connection_waits_for_approval_again(client, database, course):
    secret = _launch(database, course)
    player = _play(client, secret)
    with database.transaction() as session:
        session.execute(update(Registration).values(state=RegistrationState.PENDING))
    assert player.beat().json["verdict"] == "kept"
    assert client.get(f"/lti/s/{secret}/").status_code == 200


def test_frame_works_again_after_the_connection_is_turned_on(client, database, course):
    secret = _launch(database, course)
    _switch_off(database, course, "deployment")
    with database.transaction() as session:
        registration = session.scalars(select(Registration.public_id)).one()
        approve_deployment(
            session, registration, "1", organization="elm-county", actor=None, now=NOW
        )
    assert client.get(f"/lti/s/{secret}/").status_code == 200
    _play(client, secret)
