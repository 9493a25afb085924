"""A person without access in a course: whom to ask, and where to buy if the seller allows it."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, select

from lms.app import create_app
from lms.lti_facade.link_content import NO_SERIES, NOT_HERE
from lms.models.catalog import Webinar, WebinarState
from lms.models.mail import Mail
from lms.models.organizations import Membership
from lms.seller.settings import edit_seller
from lms.web.core import rate_limits
from lti.web.core.refusal_texts import CONTACT_US, TELL_INSTRUCTOR
from lti.web.player.seat_requests import BY_ORGANIZATION
from tests.buying.buying_fixtures import SELLER, open_for_business
from tests.clock import NOW
from tests.lti.course_fixtures import ANONYMOUS, INSTRUCTOR
from tests.lti.web.player.test_watch_page import _launch, _revoke
from tests.lti.web.player.test_watch_page import at_noon as at_noon
from tests.lti.web.player.test_watch_page import course as course
from tests.lti.web.player.test_watch_page import pool as pool
from tests.mailbox import letters, link_in
from tests.page_texts import shows
from wsgi import COMPONENTS


@pytest.fixture
def turned(database, course, pool):
    """Return framed sessions of a learner and a teacher whose organization's access was revoked."""
    open_for_business(database)
    with database.transaction() as session:
        _revoke(session, pool)
    return [_launch(database, course), _launch(database, course, INSTRUCTOR, sub="teacher")]


def test_person_without_access_can_ask_a_manager_or_buy_in_a_new_window(client, cast, turned):
    for secret in turned:
        page = client.get(f"/lti/s/{secret}/watch")
        assert page.status_code == 403
        assert "Ask Mia" in page.text
        assert f'href="/webinars/{cast.slug}#buy"' in page.text
        assert 'target="_blank"' in page.text
        assert "$" not in page.text


def test_person_without_access_can_ask_a_manager_once_a_day(client, database, cast, clock, turned):
    learner, _teacher = turned
    for secret in turned:
        page = client.get(f"/lti/s/{secret}/watch").text
        assert f'action="/lti/s/{secret}/ask"' in page
        sent = client.post(f"/lti/s/{secret}/ask", headers={"X-CSRFToken": ""})
        assert sent.status_code == 303
        assert "notice-done" in client.get(sent.headers["Location"]).text
    again = client.post(f"/lti/s/{learner}/ask", headers={"X-CSRFToken": ""})
    assert "notice-note" in client.get(again.headers["Location"]).text
    with database.read_session() as session:
        mails = list(session.scalars(select(Mail).where(Mail.kind == "seat_requested")))
    assert [one.recipient for one in mails] == [cast.mia.email] * 2
    assert all("Reading rooms" in one.subject for one in mails)
    assert {link_in(one) for one in mails} == {"/organization"}


def test_daily_limit_of_requests_applies_across_processes(carrel, database, cast, clock, turned):
    learner, _teacher = turned
    for _ in range(2):
        browser = create_app(carrel, COMPONENTS).test_client()
        browser.post(f"/lti/s/{learner}/ask", headers={"X-CSRFToken": ""})
    assert len(letters(database, cast.mia.email)) == 1


def test_request_over_the_organization_limit_is_not_confirmed(
    app, client, database, cast, clock, turned
):
    learner, _teacher = turned
    with app.test_request_context():
        for _ in range(20):
            rate_limits.spend(BY_ORGANIZATION, f"{cast.organization_id}")
    later = client.post(f"/lti/s/{learner}/ask", headers={"X-CSRFToken": ""})
    page = client.get(later.headers["Location"]).text
    assert "notice-note" not in page
    assert "notice-attention" in page
    assert letters(database, cast.mia.email) == []


def test_person_with_access_or_anonymous_viewer_cannot_request_a_seat(
    client, database, course, pool
):
    seated = _launch(database, course)
    assert client.post(f"/lti/s/{seated}/ask", headers={"X-CSRFToken": ""}).status_code == 404
    with database.transaction() as session:
        _revoke(session, pool)
    unknown = _launch(database, course, ANONYMOUS)
    page = client.get(f"/lti/s/{unknown}/watch")
    assert f"/lti/s/{unknown}/ask" not in page.text
    assert client.post(f"/lti/s/{unknown}/ask", headers={"X-CSRFToken": ""}).status_code == 404
    assert client.post(f"/lti/s/{'x' * 43}/ask").status_code == 404
    with database.read_session() as session:
        assert session.scalar(select(Mail.id).where(Mail.kind == "seat_requested")) is None


@pytest.fixture
def absent(database, course):
    """Return framed sessions of a learner and a teacher; their organization never had access."""
    open_for_business(database)
    return [_launch(database, course), _launch(database, course, INSTRUCTOR, sub="teacher")]


def test_webinar_without_access_can_be_requested_or_bought_in_a_new_window(
    client, database, cast, absent
):
    for secret in absent:
        page = client.get(f"/lti/s/{secret}/watch")
        assert page.status_code == 404
        assert shows(page.text, NOT_HERE) or shows(page.text, NO_SERIES)
        assert "Reading rooms" in page.text
        assert f'href="/webinars/{cast.slug}#buy"' in page.text
        assert 'target="_blank"' in page.text
        assert "$" not in page.text
        asked = client.post(f"/lti/s/{secret}/ask", headers={"X-CSRFToken": ""})
        assert "notice-done" in client.get(asked.headers["Location"]).text
    mails = letters(database, cast.mia.email)
    assert len(mails) == 2
    assert all("have “Reading rooms” yet" in one.text for one in mails)
    assert all(f"/webinars/{cast.slug}" in one.text for one in mails)


def test_only_learners_are_sent_to_their_instructor(client, database, cast, absent):
    with database.transaction() as session:
        session.execute(
            delete(Membership).where(Membership.organization_id == cast.organization_id)
        )
    learner, teacher = absent
    assert shows(client.get(f"/lti/s/{learner}/watch").text, TELL_INSTRUCTOR)
    page = client.get(f"/lti/s/{teacher}/watch").text
    assert shows(page, CONTACT_US)
    assert not shows(page, TELL_INSTRUCTOR)


def test_course_page_tells_a_teacher_that_no_one_can_watch(client, database, absent, request):
    _learner, teacher = absent
    page = client.get(f"/lti/s/{teacher}/")
    assert page.status_code == 200
    assert (
        page.text.count(f'href="/lti/s/{teacher}/watch"') == 2
    )  # to the preview, and to how to get access
    request.getfixturevalue("pool")
    page = client.get(f"/lti/s/{teacher}/")
    assert page.text.count(f'href="/lti/s/{teacher}/watch"') == 1


def test_webinar_without_access_is_not_sold_if_the_seller_turned_that_off(
    client, database, cast, absent
):
    with database.transaction() as session:
        edit_seller(session, replace(SELLER, sells_in_lms=False), actor=None, now=NOW)
    for secret in absent:
        page = client.get(f"/lti/s/{secret}/watch").text
        assert "Ask Mia" in page
        assert "#buy" not in page
        assert "$" not in page


@pytest.mark.parametrize("state", [WebinarState.WITHDRAWN, WebinarState.CANCELED])
def test_webinar_that_is_not_on_sale_offers_nothing(client, database, cast, absent, state):
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).state = state
    for secret in absent:
        page = client.get(f"/lti/s/{secret}/watch")
        assert page.status_code == 404
        assert "Reading rooms" not in page.text
        assert client.post(f"/lti/s/{secret}/ask", headers={"X-CSRFToken": ""}).status_code == 404


def test_anonymous_viewer_cannot_request_a_webinar_without_access(client, database, course, absent):
    unknown = _launch(database, course, ANONYMOUS)
    assert f"/lti/s/{unknown}/ask" not in client.get(f"/lti/s/{unknown}/watch").text
    assert client.post(f"/lti/s/{unknown}/ask", headers={"X-CSRFToken": ""}).status_code == 404


def test_revoked_webinar_is_not_sold_if_the_seller_turned_that_off(client, database, cast, turned):
    with database.transaction() as session:
        edit_seller(session, replace(SELLER, sells_in_lms=False), actor=None, now=NOW)
    for secret in turned:
        page = client.get(f"/lti/s/{secret}/watch")
        assert page.status_code == 403
        assert "Ask Mia" in page.text
        assert "#buy" not in page.text
        assert "$" not in page.text
