"""Managers choose who keeps their seats in a renewal with fewer seats."""

from datetime import timedelta

from sqlalchemy import select

from lms.contracts import renewals
from lms.contracts.renewals import Renewal
from lms.core.database import Database
from lms.models.organizations import Organization
from lms.models.requests import DeskRequest
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.contracts.contract_fixtures import END, Contract, make_contract
from tests.page_texts import is_empty, notice_with
from tests.seats.pool_fixtures import people, take_seat
from tests.visitor import Visitor


def smaller(database: Database) -> tuple[Contract, str, list[str]]:
    """Renew a contract of two people with one seat; return it, its page, and their seats."""
    made = make_contract(database, 2)
    seats = [take_seat(database, made.pool_id, one) for one in people(database, 2)]
    with database.transaction() as session:
        renewal = Renewal(1, END + timedelta(days=365))
        renewals.renew(session, made.pool_id, renewal, actor=None, now=NOW)
        organization = session.get_one(Organization, made.home.organization_id).public_id
    return made, f"/organization/{organization}/pools/{made.home.pool.public_id}/renewal", seats


def test_page_is_not_found_for_people_outside_and_other_managers(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    _, page, _ = smaller(database)
    assert client.get(page).status_code == 303
    for login in (cast.dan, cast.mia):
        client.sign_in(login.id)
        assert client.get(page).status_code == 404
        assert client.post(page).status_code == 404


def test_manager_sees_who_loses_their_seat_and_can_choose_another(
    client: Visitor, database: Database, clock: Clock
) -> None:
    made, page, seats = smaller(database)
    client.sign_in(made.manager_id)
    shown = client.get(page).text
    assert 'data-testid="leavers-1"' in shown
    with database.read_session() as session:
        shortage = renewals.shortage_ahead(session, made.pool_id, now=NOW)
    assert shortage is not None
    other = next(one for one in seats if one != shortage.leavers[0].seat)
    assert client.post(page, data={"seat": other}).status_code == 303
    with database.read_session() as session:
        again = renewals.shortage_ahead(session, made.pool_id, now=NOW)
    assert again is not None
    assert [one.seat for one in again.leavers] == [other]


def test_page_shows_an_empty_state_if_everyone_stays(
    client: Visitor, database: Database, clock: Clock
) -> None:
    made = make_contract(database, 2)
    with database.read_session() as session:
        organization = session.get_one(Organization, made.home.organization_id).public_id
    client.sign_in(made.manager_id)
    page = f"/organization/{organization}/pools/{made.home.pool.public_id}/renewal"
    assert is_empty(client.get(page).text)


def test_organization_page_links_to_the_renewal_and_a_request_for_more_seats(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    made, page, _ = smaller(database)
    client.sign_in(made.manager_id)
    shown = client.get(page.partition("/pools/")[0]).text
    assert "1 person" in notice_with(shown, f'href="{page}"')
    pool = made.home.pool.public_id
    assert f"pool={pool}" in shown
    asked = {
        "kind": "contract",
        "covers": "everything",
        "quantity": "2",
        "pool": pool,
        "name": "Mo",
        "email": "mo@example.org",
        "organization_name": "Elm",
        "delivered_through": "here",
    }
    assert f'value="{pool}"' in client.get(f"/ask?kind=contract&pool={pool}").text
    assert client.post("/ask", data=asked).status_code == 303
    client.sign_in(cast.dan.id)
    assert client.post("/ask", data=asked).status_code == 303
    with database.read_session() as session:
        named = list(session.scalars(select(DeskRequest.pool_id).order_by(DeskRequest.id)))
    assert named == [made.pool_id, None]
