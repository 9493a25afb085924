"""Members and roles: for managers only (test_access.py); an organisation keeps its owner."""

from sqlalchemy import select

from lms.db import Database
from lms.models.people import Login, Membership, Role
from tests.cast import Cast
from tests.visitor import Visitor
from tests.web.letters import letters, newest
from tests.web.organisation.conftest import Elm


def role_of(database: Database, login: str) -> Role | None:
    with database.read_session() as session:
        return session.scalar(select(Membership.role).join(Login).where(Login.public_id == login))


def test_a_manager_adds_a_manager_by_address_who_is_written_to(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    answer = mia.post(
        f"/organisation/{elm.id}/members", data={"email": "DAN@example.org", "role": "manager"}
    )
    assert answer.status_code == 303
    assert role_of(database, cast.dan.public_id) is Role.MANAGER
    letter = newest(database, "dan@example.org")
    assert "Elm County Library" in letter.subject
    assert f"/organisation/{elm.id}" in letter.text


def test_whoever_has_no_account_gets_one_and_a_letter(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    mia.post(
        f"/organisation/{elm.id}/members",
        data={"email": "nina@example.org", "name": "Nina", "role": "manager"},
    )
    assert "Nina" in mia.get(f"/organisation/{elm.id}/members").text
    assert len(letters(database, "nina@example.org")) == 1


def test_a_plain_member_is_added_without_a_letter(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    mia.post(f"/organisation/{elm.id}/members", data={"email": "dan@example.org", "role": "member"})
    assert letters(database, "dan@example.org") == []


def test_a_manager_makes_no_owners_and_touches_none(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    data = {"email": "dan@example.org", "role": "owner"}
    assert mia.post(f"/organisation/{elm.id}/members", data=data).status_code == 400
    assert role_of(database, cast.dan.public_id) is None
    place = f"/organisation/{elm.id}/members/{elm.owner}"
    assert mia.post(f"{place}/role", data={"role": "member"}).status_code == 403
    assert mia.post(f"{place}/remove").status_code == 403
    mine = f"/organisation/{elm.id}/members/{cast.mia.public_id}"
    assert mia.post(f"{mine}/role", data={"role": "owner"}).status_code == 403
    assert role_of(database, elm.owner) is Role.OWNER


def test_the_last_owner_cannot_go(client: Visitor, elm: Elm, database: Database) -> None:
    client.sign_in(elm.owner_id)
    place = f"/organisation/{elm.id}/members/{elm.owner}"
    assert client.post(f"{place}/remove").status_code == 409
    assert client.post(f"{place}/role", data={"role": "manager"}).status_code == 409
    assert role_of(database, elm.owner) is Role.OWNER


def test_an_owner_makes_another_and_may_then_leave(
    client: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    client.sign_in(elm.owner_id)
    place = f"/organisation/{elm.id}/members"
    client.post(f"{place}/{cast.mia.public_id}/role", data={"role": "owner"})
    assert role_of(database, cast.mia.public_id) is Role.OWNER
    answer = client.post(f"{place}/{elm.owner}/remove")
    assert (answer.status_code, answer.location) == (303, "/library")
    assert role_of(database, elm.owner) is None
    assert client.get(place).status_code == 404


def test_a_manager_removes_a_manager(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    data = {"email": "dan@example.org", "role": "manager"}
    mia.post(f"/organisation/{elm.id}/members", data=data)
    mia.post(f"/organisation/{elm.id}/members/{cast.dan.public_id}/remove")
    assert role_of(database, cast.dan.public_id) is None


def test_whoever_belongs_already_is_not_added_twice(mia: Visitor, elm: Elm) -> None:
    data = {"email": "olga@example.org", "role": "member"}
    answer = mia.post(f"/organisation/{elm.id}/members", data=data)
    assert answer.status_code == 400
    assert "belongs to the organisation already" in answer.text


def test_an_address_that_is_none_is_said_beside_its_field(mia: Visitor, elm: Elm) -> None:
    answer = mia.post(f"/organisation/{elm.id}/members", data={"email": "dan", "role": "member"})
    assert answer.status_code == 400
    assert "name@example.org" in answer.text


def test_a_role_that_is_none_changes_nothing(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    place = f"/organisation/{elm.id}/members/{cast.mia.public_id}/role"
    assert mia.post(place, data={"role": "king"}).status_code == 404
    assert role_of(database, cast.mia.public_id) is Role.MANAGER


def test_staff_may_make_owners(client: Visitor, elm: Elm, cast: Cast, database: Database) -> None:
    client.sign_in(cast.ada.id)
    place = f"/organisation/{elm.id}/members/{cast.mia.public_id}/role"
    client.post(place, data={"role": "owner"})
    assert role_of(database, cast.mia.public_id) is Role.OWNER
