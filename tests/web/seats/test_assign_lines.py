"""What a buyer sees of purchased seats, and claiming one with one click (PRODUCT.md, S12)."""

import re

import pytest
from sqlalchemy import select, update

from lms.access.explanations import SEAT_AVAILABLE, UNPAID_SEAT
from lms.core.database import Database
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.web.seats.pool_texts import ONE_WITH_OWN, UNLIMITED_WITH_OWN
from tests.cast import Cast, Roles
from tests.clock import Clock
from tests.factories import make_assignment, make_login, make_pool, make_pool_grant
from tests.mailbox import newest
from tests.page_texts import is_empty, shows
from tests.visitor import Visitor

FIVE = "5 seats: "


def buy(database: Database, cast: Cast, *, capacity: int | None = 5) -> str:
    """Sell Elm County seats of the webinar; return the pool's public ID."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        webinar = session.get_one(Webinar, cast.webinar_id)
        pool = make_pool(session, elm, webinar, capacity=capacity)
        make_pool_grant(session, pool)
        return pool.public_id


@pytest.fixture(autouse=True)
def at_noon(clock: Clock) -> None:
    """Start every test at NOW."""


@pytest.fixture
def pages(database: Database, cast: Cast) -> tuple[str, str, str]:
    """Return the paths of the three pages that show a buyer's seats."""
    with database.read_session() as session:
        elm = session.get_one(Organization, cast.organization_id).public_id
    return ("/library", f"/webinars/{cast.slug}", f"/organization/{elm}")


def test_only_managers_and_owners_see_and_claim_seats(
    client: Visitor, database: Database, cast: Cast, roles: Roles, pages: tuple[str, str, str]
) -> None:
    pool = buy(database, cast)
    for person in (cast.dan, roles.sue, roles.bill, roles.lee, roles.rita, roles.max):
        client.sign_in(person.id)
        for page in pages:
            assert FIVE not in client.get(page).text
        assert client.post(f"/library/seats/{pool}/claim").status_code == 404
    client.post("/sign-out")
    assert client.post(f"/library/seats/{pool}/claim").status_code == 403
    with database.read_session() as session:
        assert session.scalars(select(Assignment)).all() == []


@pytest.mark.parametrize("number", range(3))
def test_buyer_can_claim_a_seat_from_each_page(
    client: Visitor, database: Database, cast: Cast, pages: tuple[str, str, str], number: int
) -> None:
    pool = buy(database, cast)
    client.sign_in(cast.mia.id)
    text = client.get(pages[number]).text
    assert FIVE in text
    assert f'action="/library/seats/{pool}/claim"' in text
    assert not is_empty(text)
    taken = client.post(f"/library/seats/{pool}/claim")
    assert (taken.status_code, taken.location) == (303, f"/webinars/{cast.slug}")
    with database.read_session() as session:
        held = session.scalars(select(Assignment)).one()
    assert (held.login_id, held.state) == (cast.mia.id, AssignmentState.CLAIMED)
    assert newest(database, cast.mia.email, "seat_claimed")
    text = client.get(pages[number]).text
    assert re.search(r"\b4 seats?\b", text)
    assert f'action="/library/seats/{pool}/claim"' not in text


def test_webinar_page_offers_an_available_seat(
    client: Visitor, database: Database, cast: Cast, pages: tuple[str, str, str]
) -> None:
    buy(database, cast)
    client.sign_in(cast.mia.id)
    text = client.get(pages[1]).text
    assert shows(text, SEAT_AVAILABLE % {"organization": "Elm County Library"})


def test_watch_page_without_access_offers_the_purchased_seat(
    client: Visitor, database: Database, cast: Cast
) -> None:
    pool = buy(database, cast)
    client.sign_in(cast.mia.id)
    text = client.get(f"/webinars/{cast.slug}/watch").text
    assert f'action="/library/seats/{pool}/claim"' in text


def test_unpaid_seats_are_shown_and_can_be_claimed(
    client: Visitor, database: Database, cast: Cast, pages: tuple[str, str, str]
) -> None:
    pool = buy(database, cast)
    with database.transaction() as session:
        session.execute(
            update(Grant)
            .where(Grant.pool_id.is_not(None))
            .values(awaits_payment_since=Grant.created_at)
        )
    client.sign_in(cast.mia.id)
    for page in pages:
        assert FIVE in client.get(page).text
    assert shows(client.get(pages[1]).text, UNPAID_SEAT % {"organization": "Elm County Library"})
    assert client.post(f"/library/seats/{pool}/claim").status_code == 303


def test_single_and_unlimited_seats_have_their_own_wording(
    client: Visitor, database: Database, cast: Cast, pages: tuple[str, str, str]
) -> None:
    buy(database, cast, capacity=1)
    client.sign_in(cast.mia.id)
    assert shows(client.get("/library").text, ONE_WITH_OWN)
    with database.transaction() as session:
        session.execute(update(Pool).values(capacity=None))
        session.execute(update(Grant).where(Grant.pool_id.is_not(None)).values(seats=None))
    for page in pages:
        assert shows(client.get(page).text, UNLIMITED_WITH_OWN)


def test_fully_assigned_pool_is_not_listed_to_assign(
    client: Visitor, database: Database, cast: Cast, pages: tuple[str, str, str]
) -> None:
    buy(database, cast, capacity=1)
    with database.transaction() as session:
        pool = session.scalars(select(Pool)).one()
        make_assignment(session, pool, make_login(session, "pat@example.org"))
    client.sign_in(cast.mia.id)
    text = client.get("/library").text
    assert 'id="to-assign"' not in text
    assert '/claim"' not in client.get(pages[2]).text


def test_new_owner_of_many_pools_sees_the_newest_and_how_many_more(
    client: Visitor, database: Database, cast: Cast, roles: Roles
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        for _number in range(7):
            make_pool_grant(session, make_pool(session, elm, capacity=5))
    client.sign_in(roles.olive.id)
    text = client.get("/library").text
    assert text.count(FIVE) == 5
    assert re.search(r">2 more\b", text)


def test_staff_see_seat_counts_but_cannot_claim(
    client: Visitor, database: Database, cast: Cast, pages: tuple[str, str, str]
) -> None:
    buy(database, cast)
    client.sign_in(cast.ada.id)
    text = client.get(pages[2]).text
    assert re.search(r"\b5 seats?\b", text)
    assert '/claim"' not in text


def test_role_is_checked_when_the_claim_is_submitted(
    client: Visitor, database: Database, cast: Cast, roles: Roles
) -> None:
    pool = buy(database, cast)
    client.sign_in(roles.olive.id)
    assert client.get("/library").status_code == 200
    with database.transaction() as session:
        session.execute(
            update(Membership).where(Membership.login_id == roles.olive.id).values(role=Role.MEMBER)
        )
    assert client.post(f"/library/seats/{pool}/claim").status_code == 404
