"""A course link to a series of which the organization has nothing: how to get access."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.lti_facade.link_content import NO_SERIES, NOT_HERE
from lms.models.catalog import Webinar, WebinarSeries, WebinarState
from lms.models.organizations import Organization
from lms.seller.settings import edit_seller
from lti.protocol.content_target import Target
from lti.web.core.refusal_texts import COME_BACK
from tests.buying.buying_fixtures import SELLER, open_for_business
from tests.clock import NOW
from tests.factories import make_pool, make_pool_grant, make_series, make_webinar
from tests.lti.course_fixtures import ANONYMOUS, INSTRUCTOR, make_course
from tests.lti.web.player.test_watch_page import _launch
from tests.lti.web.player.test_watch_page import at_noon as at_noon
from tests.mailbox import letters
from tests.page_texts import shows


@pytest.fixture
def course(database, cast):
    """Add a course with a link to the series "Basics", which no one has."""
    open_for_business(database)
    with database.transaction() as session:
        series = make_series(session, "basics")
        series.title = "Basics of reading rooms"
        later = make_webinar(session, "later", held_at=NOW + timedelta(days=9))
        for webinar_id in (cast.webinar_id, later.id):
            session.add(WebinarSeries(series_id=series.id, webinar_id=webinar_id))
        return make_course(session, cast.organization_id, Target(series="basics"))


@pytest.fixture
def frames(database, course):
    """Return the framed sessions of a learner and a teacher."""
    return [_launch(database, course), _launch(database, course, INSTRUCTOR, sub="teacher")]


def _ask(client, secret, slug=None):
    path = f"watch/{slug}/ask" if slug else "ask"
    return client.post(f"/lti/s/{secret}/{path}", headers={"X-CSRFToken": ""})


def test_unknown_session_cannot_request_a_series(client, course):
    assert client.get(f"/lti/s/{'x' * 43}/watch").status_code == 404
    assert _ask(client, "x" * 43).status_code == 404


def test_anonymous_viewer_cannot_request_a_series(client, database, cast, course):
    unknown = _launch(database, course, ANONYMOUS)
    page = client.get(f"/lti/s/{unknown}/watch")
    assert page.status_code == 404
    assert "/ask" not in page.text
    assert _ask(client, unknown).status_code == 404
    assert _ask(client, unknown, cast.slug).status_code == 404
    assert letters(database, cast.mia.email) == []


def test_series_can_be_requested_from_a_manager_or_bought_in_a_new_window(
    client, database, cast, frames
):
    for secret in frames:
        page = client.get(f"/lti/s/{secret}/watch")
        assert page.status_code == 404
        assert shows(page.text, NO_SERIES)
        assert "Basics of reading rooms</h1>" in page.text
        assert 'href="/series/basics#buy"' in page.text
        assert 'target="_blank"' in page.text
        assert "$" not in page.text
        asked = _ask(client, secret)
        assert asked.headers["Location"].startswith(f"/lti/s/{secret}/watch?")
        answer = client.get(asked.headers["Location"]).text
        assert "notice-done" in answer
        assert f'action="/lti/s/{secret}/ask"' not in answer
    mails = letters(database, cast.mia.email)
    assert len(mails) == 2
    assert all("Basics of reading rooms" in one.subject for one in mails)
    assert all("have “Basics of reading rooms” yet" in one.text for one in mails)
    assert all("/series/basics" in one.text for one in mails)


def test_part_of_the_series_offers_the_same(client, database, cast, frames):
    learner, _teacher = frames
    assert "Basics of reading rooms</h1>" in client.get(f"/lti/s/{learner}/watch/{cast.slug}").text
    _ask(client, learner, cast.slug)
    assert "/series/basics" in letters(database, cast.mia.email)[0].text


def test_series_is_not_sold_in_a_course_if_the_seller_turned_that_off(client, database, frames):
    with database.transaction() as session:
        edit_seller(session, replace(SELLER, sells_in_lms=False), actor=None, now=NOW)
    for secret in frames:
        page = client.get(f"/lti/s/{secret}/watch").text
        assert "Ask Mia" in page
        assert "#buy" not in page


def test_series_that_is_not_on_sale_offers_nothing(client, database, cast, frames):
    with database.transaction() as session:
        for webinar in session.scalars(select(Webinar)):
            webinar.state = WebinarState.WITHDRAWN
    for secret in frames:
        page = client.get(f"/lti/s/{secret}/watch")
        assert page.status_code == 404
        assert "Basics of reading rooms" not in page.text
        assert _ask(client, secret).status_code == 404


def test_series_without_a_recording_yet_says_when_it_comes(client, database, cast, frames):
    with database.transaction() as session:
        later = session.scalars(select(Webinar).filter_by(slug="later")).one()
        organization = session.get_one(Organization, cast.organization_id)
        make_pool_grant(session, make_pool(session, organization, later))
    for secret in frames:
        page = client.get(f"/lti/s/{secret}/watch").text
        assert not shows(page, NOT_HERE)
        assert shows(page, COME_BACK)
        assert "#buy" not in page


def test_course_page_tells_a_teacher_that_no_one_can_watch(client, database, cast, frames):
    _learner, teacher = frames
    page = client.get(f"/lti/s/{teacher}/").text
    assert page.count(f'href="/lti/s/{teacher}/watch"') == 2  # preview, and how to get it
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        organization = session.get_one(Organization, cast.organization_id)
        make_pool_grant(session, make_pool(session, organization, webinar))
    page = client.get(f"/lti/s/{teacher}/").text
    assert page.count(f'href="/lti/s/{teacher}/watch"') == 1
