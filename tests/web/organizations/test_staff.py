"""Staff pages for organizations: the list, one organization, its people, and its pools."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.grants.grants import Target, Term
from lms.models.accounts import Login
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.mail import Mail
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import ClaimPolicy, Pool, VerifiedDomain
from lms.seats import allotments, pools
from lms.seats.pools import NewPoolGrant
from lms.web.organizations.staff_organization_actions import INVITED
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_organization
from tests.page_texts import is_empty, shows
from tests.visitor import Visitor

OAK = {"name": "Oak Hill", "zone": "", "parent": ""}
ELM = "/staff/organizations/elm-county"


def _sell(database: Database, cast: Cast) -> str:
    with database.transaction() as session:
        term = Term(NOW, NOW + timedelta(days=365))
        new = NewPoolGrant(
            cast.organization_id, Target(Scope.EVERYTHING), 20, term, OfferKind.CONTRACT
        )
        pools.sell_seats(session, new, actor=None, now=NOW)
        return session.scalars(select(Grant.public_id).where(Grant.pool_id.is_not(None))).one()


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_organization_pages_are_not_found_for_people_outside_staff(
    client: Visitor, cast: Cast, database: Database, person: str
) -> None:
    client.sign_in(getattr(cast, person).id)
    grant = _sell(database, cast)
    for path in ("/staff/organizations", "/staff/organizations/new", ELM, f"{ELM}/edit"):
        assert client.get(path).status_code == 404
    for path in ("members", f"members/{cast.mia.public_id}/remove", f"grants/{grant}/revoke"):
        assert client.post(f"{ELM}/{path}").status_code == 404


def test_organizations_are_listed_and_found_by_name(staff: Visitor) -> None:
    assert "Elm County Library" in staff.get("/staff/organizations").text
    assert "Elm County Library" in staff.get("/staff/organizations?q=county+elm").text
    assert is_empty(staff.get("/staff/organizations?q=oak").text)


def test_web_address_of_a_new_organization_comes_from_its_name(
    staff: Visitor, database: Database
) -> None:
    data = {"name": "Oak Hill Library", "zone": "America/Chicago", "parent": "elm-county"}
    answer = staff.post("/staff/organizations/new", data=data)
    assert (answer.status_code, answer.location) == (303, "/staff/organizations/oak-hill-library")
    with database.read_session() as session:
        row = session.scalars(select(Organization).where(Organization.slug != "elm-county")).one()
    assert (row.name, row.zone) == ("Oak Hill Library", "America/Chicago")
    assert "Oak Hill Library" in staff.get(ELM).text


def test_name_is_required_and_web_address_must_be_unique(staff: Visitor) -> None:
    path = "/staff/organizations/new"
    assert staff.post(path, data={"name": ""}).status_code == 400
    taken = staff.post(path, data={"name": "Elm", "slug": "elm-county"})
    assert taken.status_code == 400
    assert 'id="slug-error"' in taken.text


def test_name_zone_and_parent_can_be_changed(staff: Visitor, database: Database) -> None:
    data = {"name": "Elm Libraries", "zone": "America/Denver", "parent": ""}
    assert staff.get(f"{ELM}/edit").status_code == 200
    assert staff.post(f"{ELM}/edit", data=data).status_code == 303
    with database.read_session() as session:
        row = session.scalars(select(Organization)).one()
    assert (row.name, row.zone, row.parent_id) == ("Elm Libraries", "America/Denver", None)


def test_parent_is_found_by_name_without_listing_all_organizations(staff: Visitor) -> None:
    page = staff.get("/staff/organizations/new").text
    assert 'list="organizations"' in page
    assert "<option" not in page.split('id="parent"')[1]
    data = {"name": "Oak Hill", "parent": "elm county"}
    assert staff.post("/staff/organizations/new", data=data).status_code == 303
    kept = staff.get("/staff/organizations/oak-hill/edit").text
    assert 'value="Elm County Library (elm-county)"' in kept
    unknown = staff.post(f"{ELM}/edit", data={"name": "Elm", "parent": "no such library"})
    assert unknown.status_code == 400
    assert 'id="parent-error"' in unknown.text


def test_parents_with_the_same_name_are_distinguished_by_slug(
    staff: Visitor, database: Database
) -> None:
    with database.transaction() as session:
        for slug in ("springfield", "springfield-2"):
            make_organization(session, slug, name="Springfield Library")
    data = {"name": "Oak Hill", "parent": "springfield library"}
    unclear = staff.post("/staff/organizations/new", data=data)
    assert unclear.status_code == 400
    assert "Springfield Library (springfield-2)" in unclear.text
    data["parent"] = "Springfield Library (springfield-2)"
    assert staff.post("/staff/organizations/new", data=data).status_code == 303
    edit = "/staff/organizations/oak-hill/edit"
    assert f'value="{data["parent"]}"' in staff.get(edit).text
    assert staff.post(edit, data=data).status_code == 303
    with database.read_session() as session:
        rows = {row.slug: row for row in session.scalars(select(Organization))}
    assert rows["oak-hill"].parent_id == rows["springfield-2"].id


def test_member_organization_cannot_be_its_parents_parent(staff: Visitor) -> None:
    staff.post("/staff/organizations/new", data={"name": "Oak Hill", "parent": "elm-county"})
    answer = staff.post(f"{ELM}/edit", data={"name": "Elm", "parent": "oak-hill"})
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/staff/organizations/new", f"{ELM}/edit"])
@pytest.mark.parametrize("zone", ["Mars/Olympus", "x" * 300])
def test_unknown_time_zone_is_refused(staff: Visitor, path: str, zone: str) -> None:
    answer = staff.post(path, data={"name": "Oak Hill", "zone": zone})
    assert answer.status_code == 400
    assert 'id="zone-error"' in answer.text


def test_person_added_by_address_gets_an_account_and_an_email(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    data = {"email": "Eve@example.org", "name": "Eve Oduya", "role": "manager"}
    assert staff.post(f"{ELM}/members", data=data).status_code == 303
    page = staff.get(ELM).text
    assert "Eve Oduya" in page
    with database.read_session() as session:
        login = session.scalars(select(Login).where(Login.email_key == "eve@example.org")).one()
        role = session.scalars(select(Membership.role).where(Membership.login_id == login.id))
        assert role.one() is Role.MANAGER
        assert session.scalars(select(Mail.kind)).all() == ["set_password"]


def test_person_with_an_account_is_invited_only_once(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    data = {"email": cast.dan.email, "role": "manager"}
    assert staff.post(f"{ELM}/members", data=data).status_code == 303
    page = staff.get(ELM).text
    assert shows(page, INVITED % {"email": cast.dan.email})
    assert 'id="invited-title"' in page
    again = staff.post(f"{ELM}/members", data=data)
    assert (again.status_code, 'id="email-error"' in again.text) == (409, True)
    with database.read_session() as session:
        assert session.scalars(select(Mail.kind)).all() == ["member_invitation"]


def test_invalid_email_address_is_refused_with_a_field_error(staff: Visitor) -> None:
    answer = staff.post(f"{ELM}/members", data={"email": "eve", "role": "member"})
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text


def test_role_can_be_changed_and_member_removed(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"{ELM}/members/{cast.mia.public_id}"
    assert staff.post(f"{path}/role", data={"role": "owner"}).status_code == 303
    with database.read_session() as session:
        assert session.scalars(select(Membership.role)).one() is Role.OWNER
    assert staff.post(f"{path}/role", data={"role": "king"}).status_code == 404
    assert staff.post(f"{path}/remove").status_code == 303
    assert staff.post(f"{path}/remove").status_code == 404
    assert staff.post(f"{path}/role", data={"role": "owner"}).status_code == 404


def test_pools_and_grants_are_shown_and_a_grant_can_be_revoked(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    path = f"{ELM}/grants/{_sell(database, cast)}/revoke"
    assert "0 of 20 used" in staff.get(ELM).text
    assert "20 seats" in staff.get(path).text
    assert staff.post(path, data={}).status_code == 400
    assert staff.post(path, data={"reason": "Never paid"}).status_code == 303
    page = staff.get(ELM).text
    assert "0 of 0 used" in page
    assert "Revoked" in page
    assert staff.post(path, data={"reason": "Again"}).status_code == 400


def test_grant_of_another_organization_is_not_found(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    grant = _sell(database, cast)
    staff.post("/staff/organizations/new", data={"name": "Oak Hill"})
    assert staff.get(f"/staff/organizations/oak-hill/grants/{grant}/revoke").status_code == 404


def test_unknown_organization_is_not_found(staff: Visitor) -> None:
    assert staff.get("/staff/organizations/nowhere").status_code == 404


def test_domain_can_be_verified_and_removed(staff: Visitor, database: Database) -> None:
    answer = staff.post(f"{ELM}/domains", data={"domain": "@Elm.Example"})
    assert answer.status_code == 303
    assert "elm.example" in staff.get(ELM).text
    with database.read_session() as session:
        domain = session.scalars(select(VerifiedDomain.public_id)).one()
    assert staff.post(f"{ELM}/domains/{domain}/remove").status_code == 303
    assert staff.post(f"{ELM}/domains/{domain}/remove").status_code == 404
    assert "elm.example" not in staff.get(ELM).text


@pytest.mark.parametrize("domain", ["", "elm", "gmail.com", "Yahoo.CO.UK", "a b.example"])
def test_invalid_or_public_email_domain_is_refused(staff: Visitor, domain: str) -> None:
    answer = staff.post(f"{ELM}/domains", data={"domain": domain})
    assert answer.status_code == 400
    assert 'id="domain-error"' in answer.text


def test_domain_belongs_to_only_one_organization(staff: Visitor) -> None:
    staff.post("/staff/organizations/new", data={"name": "Oak Hill"})
    assert staff.post(f"{ELM}/domains", data={"domain": "elm.example"}).status_code == 303
    taken = staff.post("/staff/organizations/oak-hill/domains", data={"domain": "elm.example"})
    assert taken.status_code == 400


def test_staff_can_set_who_can_claim_an_available_seat(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    _sell(database, cast)
    with database.read_session() as session:
        (pool,) = pools.pools_of(session, cast.organization_id)
    path = f"{ELM}/pools/{pool.public_id}/policy"
    assert staff.post(path, data={"policy": "domain"}).status_code == 303
    with database.read_session() as session:
        policy = pools.find_pool(session, pool.public_id).claim_policy
    assert policy is ClaimPolicy.DOMAIN
    assert staff.post(path, data={"policy": "everybody"}).status_code == 404
    staff.post("/staff/organizations/new", data={"name": "Oak Hill"})
    other = f"/staff/organizations/oak-hill/pools/{pool.public_id}/policy"
    assert staff.post(other, data={"policy": "domain"}).status_code == 404


def test_seats_are_shown_before_they_return_to_the_former_parent(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    _sell(database, cast)
    with database.transaction() as session:
        child = make_organization(session, "oak-hill", name="Oak Hill")
        child.parent_id = cast.organization_id
        session.flush()
        pool_id = session.scalars(select(Grant.pool_id).where(Grant.pool_id.is_not(None))).one()
        assert pool_id is not None
        made = allotments.allot(session, pool_id, child.id, 4, actor=None, now=NOW)
    edit = "/staff/organizations/oak-hill/edit"
    page = staff.post(edit, data=OAK)
    assert page.status_code == 409
    assert re.search(r"\b4 [^<]*<", page.text.partition("notice-attention")[2])
    seen = page.text.split('name="seen"')[1].split('value="')[1].split('"')[0]
    with database.read_session() as session:
        assert session.get_one(Pool, made.id).capacity == 4
    answer = staff.post(edit, data={**OAK, "seen": seen})
    assert answer.status_code == 303
    with database.read_session() as session:
        assert session.get_one(Pool, made.id).capacity == 0
