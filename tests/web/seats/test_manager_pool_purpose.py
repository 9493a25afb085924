"""The question who unlimited seats are for: asked once; each answer leads to its page."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.organizations import Organization
from lms.models.seats import Assignment, Pool, PoolPurpose
from lms.web.seats.pool_texts import CHOOSE_PURPOSE
from tests.cast import Cast, Roles
from tests.clock import Clock
from tests.page_texts import shows
from tests.visitor import Visitor
from tests.web.seats.test_assign_lines import buy


@pytest.fixture
def area(database: Database, cast: Cast, clock: Clock) -> str:
    with database.read_session() as session:
        return f"/organization/{session.get_one(Organization, cast.organization_id).public_id}"


@pytest.fixture
def page(database: Database, cast: Cast, area: str) -> str:
    return f"{area}/pools/{buy(database, cast, capacity=None)}/who"


def test_only_managers_and_owners_are_asked(
    client: Visitor, roles: Roles, cast: Cast, page: str
) -> None:
    for person in (cast.dan, roles.sue, roles.bill, roles.lee, roles.rita, roles.max, roles.beth):
        client.sign_in(person.id)
        assert client.get(page).status_code == 404
        assert client.post(page, data={"purpose": "later"}).status_code == 404


@pytest.mark.parametrize("purpose", PoolPurpose)
def test_each_answer_leads_to_its_page_and_can_be_changed(
    client: Visitor, database: Database, cast: Cast, page: str, area: str, purpose: PoolPurpose
) -> None:
    pool = page.split("/")[-2]
    pages = {
        PoolPurpose.ME: f"/webinars/{cast.slug}",
        PoolPurpose.PEOPLE: f"{area}/invite?pool={pool}",
        PoolPurpose.LMS: f"{area}/lti",
        PoolPurpose.LATER: area,
    }
    client.sign_in(cast.mia.id)
    assert client.get(page).status_code == 200
    answer = client.post(page, data={"purpose": purpose.value})
    assert answer.status_code == 303
    assert answer.location == pages[purpose]
    assert client.get(answer.location).status_code == 200
    assert "Chosen" in client.get(page).text
    with database.read_session() as session:
        assert session.scalars(select(Pool.meant_for)).one() is purpose
        seats = session.scalars(select(Assignment.login_id)).all()
    assert seats == ([cast.mia.id] if purpose is PoolPurpose.ME else [])
    assert client.post(page, data={"purpose": "people"}).status_code == 303
    assert client.post(page, data={"purpose": "me"}).status_code == 303
    assert client.post(page, data={"purpose": "me"}).status_code == 303
    with database.read_session() as session:
        assert session.scalars(select(Assignment.login_id)).all() == [cast.mia.id]


def test_question_is_shown_on_three_pages_until_it_is_answered(
    client: Visitor, cast: Cast, page: str, area: str
) -> None:
    client.sign_in(cast.mia.id)
    pages = ("/library", f"/webinars/{cast.slug}", area)
    for path in pages:
        text = client.get(path).text
        assert page in text
        assert shows(text, CHOOSE_PURPOSE)
    client.post(page, data={"purpose": "lms"})
    for path in pages:
        assert not shows(client.get(path).text, CHOOSE_PURPOSE)
    assert page in client.get(area).text  # to change it


def test_unknown_answers_and_counted_seats_are_refused(
    client: Visitor, database: Database, cast: Cast, page: str, area: str
) -> None:
    client.sign_in(cast.mia.id)
    assert client.post(page, data={"purpose": "everyone"}).status_code == 404
    counted = f"{area}/pools/{buy(database, cast, capacity=5)}/who"
    assert client.get(counted).status_code == 303  # counted seats are assigned one by one
    assert client.post(counted, data={"purpose": "later"}).status_code == 404
