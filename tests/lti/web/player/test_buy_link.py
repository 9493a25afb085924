"""In a course, a person without access: whom to ask, and where to buy if the seller wants that."""

from dataclasses import replace

import pytest

from lms.seller.settings import edit_seller
from tests.buying.buying_fixtures import SELLER, open_for_business
from tests.clock import NOW
from tests.lti.course_fixtures import INSTRUCTOR
from tests.lti.web.player.test_watch_page import _launch, _revoke
from tests.lti.web.player.test_watch_page import at_noon as at_noon
from tests.lti.web.player.test_watch_page import course as course
from tests.lti.web.player.test_watch_page import pool as pool


@pytest.fixture
def turned(database, course, pool):
    """Frames of a learner and a teacher whose organization's access was revoked."""
    open_for_business(database)
    with database.transaction() as session:
        _revoke(session, pool)
    return [_launch(database, course), _launch(database, course, INSTRUCTOR, sub="teacher")]


def test_person_without_access_learns_whom_to_ask_and_can_buy_in_a_new_window(client, cast, turned):
    for secret in turned:
        page = client.get(f"/lti/s/{secret}/watch")
        assert page.status_code == 403
        assert "Ask Mia" in page.text
        assert f'href="/webinars/{cast.slug}#buy"' in page.text
        assert 'target="_blank"' in page.text
        assert "$" not in page.text


def test_no_course_sells_where_the_seller_says_no(client, database, cast, turned):
    with database.transaction() as session:
        edit_seller(session, replace(SELLER, sells_in_lms=False), actor=None, now=NOW)
    for secret in turned:
        page = client.get(f"/lti/s/{secret}/watch")
        assert page.status_code == 403
        assert "Ask Mia" in page.text
        assert "#buy" not in page.text
        assert "$" not in page.text
