"""The page of the seller's team: for owners only; the last owner can't be removed."""

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core.database import Database
from lms.models.accounts import Login, SellerRole
from lms.models.audit import AuditEntry
from lms.people.role_texts import WHAT_SELLER_ROLES_SEE
from lms.people.team import LAST_OWNER
from tests.cast import Cast, Person, Roles
from tests.mailbox import letters
from tests.page_texts import shows
from tests.player import open_playback
from tests.visitor import Visitor

TEAM = "/staff/team"


def role_of(database: Database, person: Person) -> SellerRole | None:
    with database.read_session() as session:
        return session.get_one(Login, person.id).seller_role


def test_only_owners_can_open_the_team_page(client: Visitor, cast: Cast, roles: Roles) -> None:
    one = f"{TEAM}/{cast.ada.public_id}"
    for person in (cast.dan, cast.mia, roles.olive, cast.ada, roles.beth):
        client.sign_in(person.id)
        for path in (TEAM, one):
            assert client.get(path).status_code == 404
        for path in (TEAM, one, f"{one}/remove"):
            assert client.post(path, data={"role": "owner"}).status_code == 404
        assert f'href="{TEAM}"' not in client.get("/staff").text


def test_owner_sees_the_team_by_role_and_what_each_role_means(
    owner: Visitor, cast: Cast, roles: Roles
) -> None:
    page = owner.get(TEAM).text
    assert page.index("owen@example.org") < page.index(cast.ada.email) < page.index("beth@example")
    assert shows(page, WHAT_SELLER_ROLES_SEE[SellerRole.BOOKKEEPER])
    assert f'href="{TEAM}"' in page


def test_known_address_gets_the_role_and_new_address_gets_an_account(
    owner: Visitor, cast: Cast, database: Database
) -> None:
    added = {"email": "DAN@example.org", "role": "bookkeeper"}
    assert owner.post(TEAM, data=added).status_code == 303
    assert role_of(database, cast.dan) is SellerRole.BOOKKEEPER
    assert owner.post(TEAM, data=added).status_code == 303  # unchanged, so no second email
    [told] = letters(database, "dan@example.org")
    assert told.kind == "team_joined"
    assert "Your role: Bookkeeper." in told.text
    added = {"email": "nina@example.org", "name": "Nina", "role": "staff"}
    assert owner.post(TEAM, data=added).status_code == 303
    assert "Nina" in owner.get(TEAM).text
    assert "/reset-password/" in letters(database, "nina@example.org")[0].text


def test_invalid_form_shows_errors_and_preserves_input(owner: Visitor) -> None:
    answer = owner.post(TEAM, data={"email": "nina", "name": "Nina Q", "role": "king"})
    assert answer.status_code == 400
    assert "name@example.org" in answer.text
    assert "Nina Q" in answer.text


def test_role_change_and_removal_are_recorded(
    owner: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    one = f"{TEAM}/{cast.ada.public_id}"
    assert owner.post(one, data={"role": "bookkeeper"}).status_code == 303
    assert role_of(database, cast.ada) is SellerRole.BOOKKEEPER
    assert owner.post(one, data={"role": "bookkeeper"}).status_code == 303
    assert owner.post(f"{one}/remove").status_code == 303
    assert role_of(database, cast.ada) is None
    assert owner.get(one).status_code == 404
    with database.read_session() as session:
        entries = session.execute(
            select(AuditEntry.actor, AuditEntry.role, AuditEntry.detail).order_by(AuditEntry.id)
        ).all()
    assert entries == [
        (roles.owen.public_id, "seller_owner", {"role": "bookkeeper"}),
        (roles.owen.public_id, "seller_owner", {"role": None}),
    ]
    assert f'href="/staff/people/{cast.ada.public_id}"' in owner.get("/staff/audit").text


def test_last_owner_cannot_be_demoted_or_removed(
    owner: Visitor, roles: Roles, database: Database
) -> None:
    one = f"{TEAM}/{roles.owen.public_id}"
    for path, data in ((one, {"role": "staff"}), (f"{one}/remove", {})):
        answer = owner.post(path, data=data)
        assert answer.status_code == 409
        assert shows(answer.text, LAST_OWNER)
    assert role_of(database, roles.owen) is SellerRole.OWNER


def test_owner_can_step_down_when_there_is_another(
    owner: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    owner.post(f"{TEAM}/{cast.ada.public_id}", data={"role": "owner"})
    answer = owner.post(f"{TEAM}/{roles.owen.public_id}", data={"role": "staff"})
    assert (answer.status_code, answer.location) == (303, "/staff")
    assert owner.get(TEAM).status_code == 404
    assert role_of(database, roles.owen) is SellerRole.STAFF


@pytest.mark.parametrize(
    ("role", "plays_on"), [("owner", True), ("bookkeeper", False), (None, False)]
)
def test_staff_preview_ends_when_the_required_role_is_lost(
    owner: Visitor, app: Flask, cast: Cast, role: str | None, plays_on: bool
) -> None:
    staff = app.test_client()
    assert isinstance(staff, Visitor)
    staff.sign_in(cast.ada.id)
    preview = open_playback(staff, cast.slug, preview=True)
    one = f"{TEAM}/{cast.ada.public_id}"
    path, data = (one, {"role": role}) if role else (f"{one}/remove", {})
    assert owner.post(path, data=data).status_code == 303
    assert preview.beat().status_code == (200 if plays_on else 403)
