"""The manager's pages for group viewings that their organization owns."""

import re

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.email_addresses import NOT_AN_ADDRESS
from lms.group_showings import hosts
from lms.group_showings.hosts import HOSTS_ALREADY
from lms.models.accounts import Login
from lms.sales.read_models import OrderFacts
from tests.cast import Cast
from tests.group_showings.test_hosts import ELM
from tests.page_texts import is_empty
from tests.sales.order_fixtures import placed
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


@pytest.fixture
def bought(database: Database, elm: Elm) -> OrderFacts:
    """A group viewing that Elm County bought, which Mia hosts."""
    return placed(database, ELM)


@pytest.fixture
def page(database: Database, cast: Cast, elm: Elm, bought: OrderFacts) -> str:
    """The path of the page where its host is changed."""
    with database.read_session() as session:
        [owned] = hosts.owned_showings(session, cast.organization_id)
    return f"/organization/{elm.id}/group-viewings/{owned.grant}/host"


@pytest.mark.parametrize("person", ["alice", "dan", "otto"])
def test_group_viewings_are_not_found_for_people_who_are_not_managers(
    client: Visitor, cast: Cast, database: Database, elm: Elm, page: str, person: str
) -> None:
    if person == "otto":
        with database.read_session() as session:
            login_id = session.scalars(
                select(Login.id).where(Login.public_id == elm.others_manager)
            ).one()
    else:
        login_id = getattr(cast, person).id
    client.sign_in(login_id)
    data = {"email": "dan@example.org"}
    assert client.get(f"/organization/{elm.id}/group-viewings").status_code == 404
    assert client.get(page).status_code == 404
    assert client.post(page, data=data).status_code == 404
    assert client.get(page.replace(elm.id, elm.other)).status_code == 404
    assert client.post(page.replace(elm.id, elm.other), data=data).status_code == 404


def test_manager_sees_group_viewings_with_links_to_change_the_host(
    mia: Visitor, elm: Elm, page: str
) -> None:
    listed = mia.get(f"/organization/{elm.id}/group-viewings").text
    assert "Reading rooms" in listed
    assert f'href="{page}"' in listed


def test_page_is_empty_without_group_viewings(mia: Visitor, elm: Elm) -> None:
    assert is_empty(mia.get(f"/organization/{elm.id}/group-viewings").text)


def test_manager_can_replace_the_host(mia: Visitor, elm: Elm, page: str) -> None:
    answer = mia.post(page, data={"email": "dan@example.org"})
    assert answer.location == f"/organization/{elm.id}/group-viewings"
    told = mia.get(answer.location).text
    assert "dan@example.org now hosts" in told
    assert '<td data-label="Host">dan@example.org</td>' in told


@pytest.mark.parametrize(
    ("email", "said"),
    [("nobody", NOT_AN_ADDRESS), ("mia@example.org", HOSTS_ALREADY)],
)
def test_refused_host_change_preserves_the_input(
    mia: Visitor, page: str, email: str, said: str
) -> None:
    answer = mia.post(page, data={"email": email, "name": "Nobody's name"})
    assert answer.status_code == 400
    assert said in answer.text
    assert f'value="{email}"' in answer.text
    assert "Nobody&#39;s name" in answer.text


def test_host_sees_which_organization_owns_the_group_viewing(
    mia: Visitor, bought: OrderFacts
) -> None:
    assert re.search('data-testid="owner">[^<]*Elm County Library', mia.get("/showings").text)
