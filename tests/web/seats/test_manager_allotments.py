"""A consortium's allotments: access, the table of members, allotting, and moving back (S11)."""

import re
from dataclasses import dataclass

import pytest

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.organizations import Organization, Role
from lms.seats import pools
from lms.seats.allotments import IN_USE, TOO_FEW_FREE
from tests.cast import Cast
from tests.clock import Clock
from tests.factories import make_membership, make_organization
from tests.page_texts import is_empty, shows, told
from tests.seats.pool_fixtures import FOR_GOOD, Home, counts, make_home, people, take
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


@dataclass(frozen=True, slots=True)
class Family:
    """A parent organization with seats, managed by Mia, and its two member organizations."""

    home: Home
    page: str

    @property
    def pool(self) -> str:
        return f"{self.page.rpartition('/')[0]}/pools/{self.home.pool.public_id}/allotments"


@pytest.fixture
def family(database: Database, cast: Cast, clock: Clock) -> Family:
    return make_family(database, cast, 10)


def make_family(database: Database, cast: Cast, seats: int | None) -> Family:
    home = make_home(database, seats, FOR_GOOD)
    with database.transaction() as session:
        parent = session.get_one(Organization, home.organization_id)
        make_membership(session, parent, session.get_one(Login, cast.mia.id), role=Role.MANAGER)
        for name in ("North", "South"):
            make_organization(session, name.lower(), name=f"{name} Branch").parent_id = parent.id
        return Family(home, f"/organization/{parent.public_id}/allotments")


def give(client: Visitor, family: Family, slug: str, seats: str) -> int:
    prefix = family.home.pool.public_id
    sent = {f"{prefix}-organization": slug, f"{prefix}-seats": seats}
    return client.post(family.pool, data=sent).status_code


def part_of(database: Database, family: Family) -> tuple[int, str]:
    with database.read_session() as session:
        [part] = pools.allotments_of(session, family.home.pool_id)
        return part.id, part.public_id


def test_owner_of_a_member_organization_cannot_see_or_change_allotments(
    client: Visitor, cast: Cast, database: Database, family: Family
) -> None:
    with database.transaction() as session:
        north = session.query(Organization).filter_by(slug="north").one()
        make_membership(session, north, session.get_one(Login, cast.dan.id), role=Role.OWNER)
    client.sign_in(cast.dan.id)
    assert client.get(family.page).status_code == 404
    assert give(client, family, "north", "2") == 404


def test_seats_are_allotted_and_the_table_shows_what_each_has(
    client: Visitor, cast: Cast, database: Database, family: Family
) -> None:
    client.sign_in(cast.mia.id)
    assert "<tbody" not in client.get(family.page).text
    assert give(client, family, "north", "4") == 303
    part_id, _ = part_of(database, family)
    [reader] = people(database, 1)
    take(database, part_id, reader)
    page = client.get(family.page).text
    assert "North Branch" in told(page)
    assert "4" in told(page)
    assert re.search(r"\b6 [^<]*\b10\b", page)
    assert 'data-label="Used">1</td>' in page
    assert "Move back" in page
    assert re.search(r">: 3 [^<]*North Branch", page)


def test_allotting_too_many_seats_is_refused_and_preserves_input(
    client: Visitor, cast: Cast, database: Database, family: Family
) -> None:
    client.sign_in(cast.mia.id)
    prefix = family.home.pool.public_id
    sent = {f"{prefix}-organization": "south", f"{prefix}-seats": "11"}
    answer = client.post(family.pool, data=sent)
    assert answer.status_code == 409
    assert shows(answer.text, TOO_FEW_FREE)
    assert 'value="11"' in answer.text
    assert 'value="south"' in answer.text
    assert counts(database, family.home.pool_id) == (0, 10)


def test_member_organization_is_found_by_name_within_the_consortium(
    client: Visitor, cast: Cast, database: Database, family: Family
) -> None:
    client.sign_in(cast.mia.id)
    found = client.get(f"{family.page}/members?q=branch").json
    assert [one["name"] for one in found["items"]] == ["North Branch", "South Branch"]
    assert client.get(f"{family.page}/members?q=elm").json == {"items": []}
    refused = client.post(
        family.pool, data={f"{family.home.pool.public_id}-organization": "branch"}
    )
    assert refused.status_code == 400
    assert give(client, family, "branch", "2") == 400  # matches two
    assert give(client, family, "North Branch", "2") == 303
    client.sign_in(cast.bob.id)
    assert client.get(f"{family.page}/members?q=branch").status_code == 404


@pytest.mark.parametrize("seats", ["", "-1", "many", "1000001"])
def test_invalid_number_or_organization_is_refused(
    client: Visitor, cast: Cast, database: Database, family: Family, seats: str
) -> None:
    client.sign_in(cast.mia.id)
    assert give(client, family, "north", seats) == 400
    assert give(client, family, "elm-county", "1") == 400
    assert counts(database, family.home.pool_id) == (0, 10)


def test_allotment_can_grow_but_not_shrink_below_its_used_seats(
    client: Visitor, cast: Cast, database: Database, family: Family
) -> None:
    client.sign_in(cast.mia.id)
    give(client, family, "north", "2")
    part_id, part = part_of(database, family)
    for reader in people(database, 2):
        take(database, part_id, reader)
    url = f"{family.pool}/{part}"
    assert client.post(url, data={f"{part}-seats": "5"}).status_code == 303
    assert counts(database, part_id) == (2, 5)
    refused = client.post(url, data={f"{part}-seats": "1"})
    assert refused.status_code == 409
    assert shows(refused.text, IN_USE)
    assert counts(database, part_id) == (2, 5)


def test_unused_seats_are_moved_back_with_one_click(
    client: Visitor, cast: Cast, database: Database, family: Family
) -> None:
    client.sign_in(cast.mia.id)
    give(client, family, "north", "6")
    part_id, part = part_of(database, family)
    [reader] = people(database, 1)
    take(database, part_id, reader)
    assert client.post(f"{family.pool}/{part}/unused").status_code == 303
    assert re.search(r"\b5 .*North Branch", told(client.get(family.page).text))
    assert counts(database, part_id) == (1, 1)
    assert counts(database, family.home.pool_id) == (1, 10)


def test_unlimited_pool_can_be_allotted_without_a_limit(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    family = make_family(database, cast, None)
    client.sign_in(cast.mia.id)
    assert give(client, family, "north", "") == 303
    page = client.get(family.page).text
    assert "North Branch" in told(page)
    assert 'data-label="Allotted">Unlimited</td>' in page


def test_allotment_of_another_pool_is_not_found(
    mia: Visitor, cast: Cast, database: Database, elm: Elm
) -> None:
    own = f"/organization/{elm.id}/pools/{elm.contract}/allotments/{elm.part}"
    for url in (own, f"{own}/unused"):
        assert mia.post(url, data={f"{elm.part}-seats": "0"}).status_code == 404


def test_allotted_pool_cannot_be_allotted_again(
    client: Visitor, cast: Cast, database: Database, family: Family
) -> None:
    client.sign_in(cast.mia.id)
    give(client, family, "north", "2")
    _, part = part_of(database, family)
    with database.transaction() as session:
        north = session.query(Organization).filter_by(slug="north").one()
        make_membership(session, north, session.get_one(Login, cast.mia.id), role=Role.MANAGER)
        theirs = f"/organization/{north.public_id}/pools/{part}/allotments"
    assert client.post(theirs, data={f"{part}-seats": "1"}).status_code == 404


def test_members_are_found_by_words_and_long_queries_are_accepted(
    client: Visitor, cast: Cast, family: Family
) -> None:
    client.sign_in(cast.mia.id)
    page = f"{family.page}/members"
    assert client.get(page, query_string={"q": "branch nor"}).json == {
        "items": [{"name": "North Branch"}]
    }
    assert client.get(page, query_string={"q": "b " * 2000}).status_code == 200


def test_overview_of_a_consortium_links_to_its_allotments(
    mia: Visitor, elm: Elm, cast: Cast
) -> None:
    assert (
        'href="/organization/' + elm.id + '/allotments"' in mia.get(f"/organization/{elm.id}").text
    )


def test_page_without_member_organizations_is_empty_and_not_linked(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    home = make_home(database, 3, FOR_GOOD)
    with database.transaction() as session:
        place = session.get_one(Organization, home.organization_id)
        make_membership(session, place, session.get_one(Login, cast.mia.id), role=Role.OWNER)
        page = f"/organization/{place.public_id}"
    client.sign_in(cast.mia.id)
    assert "/allotments" not in client.get(page).text
    assert is_empty(client.get(f"{page}/allotments").text)
