"""Pages behind a secret: who can open and frame them, and where their errors lead."""

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
    """Start every test at NOW."""


@pytest.fixture
def course(database, cast):
    with database.transaction() as session:
        return make_course(session, cast.organization_id)


def _policy(answer):
    return answer.headers["Content-Security-Policy"]


def test_unknown_secret_is_not_found_and_cannot_be_framed(client):
    answer = client.get("/lti/s/not-a-secret/")
    assert answer.status_code == 404
    assert "frame-ancestors 'none'" in _policy(answer)


def test_session_bound_to_a_cookie_is_not_found_in_another_browser(
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


def test_only_the_sessions_platform_can_frame_its_pages(client, database, course):
    with database.transaction() as session:
        secret = course.launch(session)
    answer = client.get(f"/lti/s/{secret}/")
    assert f"frame-ancestors {PLATFORM}" in _policy(answer).split("; ")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_framed_page_sets_no_cookie_and_has_no_site_header(client, database, course):
    with database.transaction() as session:
        secret = course.launch(session)
    answer = client.get(f"/lti/s/{secret}/")
    assert "Set-Cookie" not in answer.headers
    assert "site-header" not in answer.text
    assert 'class="skip"' in answer.text


def test_expired_session_shows_a_framed_error_with_a_link_to_the_course(
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


def test_expired_or_disabled_session_shows_its_error_in_spanish(client, database, course, clock):
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


def test_instructor_page_is_in_english_and_says_so_in_spanish(client, database, cast):
    with database.transaction() as session:
        course = make_course(session, cast.organization_id, Target(webinar=cast.slug))
    page = client.get(_launch_in_spanish(database, course, INSTRUCTOR)).text
    assert '<html lang="en-US"' in page
    assert "Esta página solo está disponible en inglés." in page
    assert "Vista previa" not in page
    assert "Preview" in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", None, 7])
def test_invalid_return_url_is_not_shown(client, database, course, url, clock):
    with database.transaction() as session:
        secret = course.launch(session, return_url=url)
    assert "Back to the course" not in client.get(f"/lti/s/{secret}/").text
    clock.advance(LASTS)
    assert "Back to the course" not in client.get(f"/lti/s/{secret}/").text


@pytest.mark.parametrize(
    ("purpose", "room"),
    [(Purpose.PICK, "pick"), (Purpose.REVIEW, "review"), (Purpose.PRIVACY, "privacy")],
)
def test_session_start_redirects_to_its_purpose(client, database, course, purpose, room):
    with database.transaction() as session:
        secret = course.launch(session, INSTRUCTOR, purpose=purpose)
    answer = client.get(f"/lti/s/{secret}/")
    assert (answer.status_code, answer.location) == (303, f"/lti/s/{secret}/{room}")


def test_link_without_content_tells_learners_and_instructors_what_to_do(client, database, course):
    with database.transaction() as session:
        theirs = course.launch(session)
        taught = course.launch(session, INSTRUCTOR)
    assert "Ask your instructor to choose one" in client.get(f"/lti/s/{theirs}/").text
    assert "select its content again" in client.get(f"/lti/s/{taught}/").text
