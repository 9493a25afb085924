"""Who finds a page behind a secret, who may frame it, and where its errors lead."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from lti.frames.session_creation import LASTS
from lti.models.launches import FrameSession, Purpose
from lti.models.registrations_and_keys import Registration, RegistrationState
from lti.protocol.content_target import Target
from lti.web.core.framed_pages import cookie_name
from tests.lti.course_fixtures import COURSE_PAGE, INSTRUCTOR, PLATFORM, make_course


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Every test begins at NOW."""


@pytest.fixture
def course(database, cast):
    with database.transaction() as session:
        return make_course(session, cast.organization_id)


def _policy(answer):
    return answer.headers["Content-Security-Policy"]


def test_nobody_comes_in_by_a_secret_that_is_none(client):
    answer = client.get("/lti/s/not-a-secret/")
    assert answer.status_code == 404
    assert "frame-ancestors 'none'" in _policy(answer)


def test_another_browser_does_not_find_the_session_of_a_cookie(
    client, app, database, course, settings
):
    with database.transaction() as session:
        secret = course.launch(session, browser="a cookie")
    assert client.get(f"/lti/s/{secret}/").status_code == 404
    client.set_cookie(cookie_name(settings), "another")
    answer = client.get(f"/lti/s/{secret}/")
    assert answer.status_code == 404
    assert COURSE_PAGE not in answer.text
    client.set_cookie(cookie_name(settings), "a cookie")
    assert client.get(f"/lti/s/{secret}/").status_code == 200


def test_only_the_platform_of_the_session_may_frame_its_pages(client, database, course):
    with database.transaction() as session:
        secret = course.launch(session)
    answer = client.get(f"/lti/s/{secret}/")
    assert f"frame-ancestors {PLATFORM}" in _policy(answer).split("; ")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_page_in_a_frame_sets_no_cookie_and_has_no_way_about(client, database, course):
    with database.transaction() as session:
        secret = course.launch(session)
    answer = client.get(f"/lti/s/{secret}/")
    assert "Set-Cookie" not in answer.headers
    assert "site-header" not in answer.text
    assert 'class="skip"' in answer.text


def test_a_session_that_is_over_says_so_in_its_frame_and_leads_back(
    client, database, course, clock
):
    with database.transaction() as session:
        secret = course.launch(session)
    clock.advance(LASTS + timedelta(seconds=1))
    answer = client.get(f"/lti/s/{secret}/")
    assert answer.status_code == 410
    assert f'href="{COURSE_PAGE}"' in answer.text
    assert "js/lti/frame_resize." in answer.text
    assert f'<meta name="carrel-frame-origins" content="{PLATFORM}">' in answer.text
    assert f"frame-ancestors {PLATFORM}" in _policy(answer).split("; ")
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def _launch_in_spanish(database, course, *role):
    with database.transaction() as session:
        secret = course.launch(session, *role)
        session.execute(update(FrameSession).values(locale="es-MX"))
    return f"/lti/s/{secret}/"


def test_a_session_that_is_over_or_turned_off_says_so_in_its_language(
    client, database, course, clock
):
    path = _launch_in_spanish(database, course)
    with database.transaction() as session:
        session.execute(update(Registration).values(state=RegistrationState.DISABLED))
    off = client.get(path)
    clock.advance(LASTS + timedelta(seconds=1))
    over = client.get(path)
    assert (off.status_code, over.status_code) == (403, 410)
    for answer in (off, over):
        assert 'lang="es-US"' in answer.text
        assert "Volver al curso" in answer.text
        assert "Back to the course" not in answer.text


def test_a_page_for_instructors_is_in_english_and_says_so_to_others(client, database, cast):
    with database.transaction() as session:
        course = make_course(session, cast.organization_id, Target(webinar=cast.slug))
    page = client.get(_launch_in_spanish(database, course, INSTRUCTOR)).text
    assert '<html lang="en-US"' in page
    assert "Esta página solo está disponible en inglés." in page
    assert "Vista previa" not in page
    assert "Preview" in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", None, 7])
def test_a_way_back_that_is_no_page_of_the_web_is_not_shown(client, database, course, url, clock):
    with database.transaction() as session:
        secret = course.launch(session, return_url=url)
    assert "Back to the course" not in client.get(f"/lti/s/{secret}/").text
    clock.advance(LASTS)
    assert "Back to the course" not in client.get(f"/lti/s/{secret}/").text


@pytest.mark.parametrize(
    ("purpose", "room"),
    [(Purpose.PICK, "pick"), (Purpose.REVIEW, "review"), (Purpose.PRIVACY, "privacy")],
)
def test_the_door_leads_to_what_the_session_was_opened_for(client, database, course, purpose, room):
    with database.transaction() as session:
        secret = course.launch(session, INSTRUCTOR, purpose=purpose)
    answer = client.get(f"/lti/s/{secret}/")
    assert (answer.status_code, answer.location) == (303, f"/lti/s/{secret}/{room}")


def test_a_link_for_which_nothing_was_chosen_tells_each_what_to_do(client, database, course):
    with database.transaction() as session:
        theirs = course.launch(session)
        taught = course.launch(session, INSTRUCTOR)
    assert "Ask your instructor to choose one" in client.get(f"/lti/s/{theirs}/").text
    assert "select its content again" in client.get(f"/lti/s/{taught}/").text
