"""Staff actions that let another person into an account, and the accounts they are refused for."""

import pytest
from sqlalchemy import func, select, update

from lms.core.database import Database
from lms.models.accounts import Login, LoginAlias, SellerRole
from lms.models.mail import Mail
from lms.people import login_merges
from lms.web.people.staff_account_actions import ASKS_THEMSELVES
from lms.web.people.staff_login_merge import MANAGES
from tests.cast import Cast, Person, Roles
from tests.clock import NOW
from tests.page_texts import shows
from tests.visitor import Visitor

EMAILS = ("password-email", "sign-in-email")


def page_of(person: Person) -> str:
    return f"/staff/people/{person.public_id}"


def count(database: Database, model: type[Mail] | type[LoginAlias]) -> int:
    with database.read_session() as session:
        return session.scalars(select(func.count(model.id))).one()


def merge(database: Database, merged: Person, kept: Person) -> None:
    with database.transaction() as session:
        login_merges.merge(
            session,
            kept=kept.public_id,
            merged=merged.public_id,
            hooks=(),
            actor=None,
            now=NOW,
        )


@pytest.fixture(params=["ada", "owen", "beth", "mia", "olive"])
def powerful(request: pytest.FixtureRequest, cast: Cast, roles: Roles) -> Person:
    """Return a member of our team, or a person who manages or owns an organization."""
    found: Person = getattr(cast, request.param, None) or getattr(roles, request.param)
    return found


@pytest.mark.parametrize("email", EMAILS)
@pytest.mark.parametrize("viewer", ["ada", "owen"])
def test_sign_in_links_are_not_sent_to_privileged_accounts(
    staff: Visitor,
    cast: Cast,
    roles: Roles,
    database: Database,
    powerful: Person,
    email: str,
    viewer: str,
) -> None:
    staff.sign_in({"ada": cast.ada, "owen": roles.owen}[viewer].id)
    answer = staff.post(f"{page_of(powerful)}/{email}")
    assert answer.status_code == 403
    assert shows(answer.text, ASKS_THEMSELVES)
    assert count(database, Mail) == 0
    page = staff.get(page_of(powerful)).text
    assert '-email"' not in page
    assert 'data-testid="asks-themselves"' in page
    caller = staff.get("/staff/people/why", query_string={"address": powerful.email}).text
    assert '-email"' not in caller
    assert 'data-testid="asks-themselves"' in caller


@pytest.mark.parametrize("email", EMAILS)
@pytest.mark.parametrize("person", ["bill", "lee", "sue", "rita"])
def test_sign_in_links_are_sent_to_people_with_other_roles(
    staff: Visitor, roles: Roles, database: Database, email: str, person: str
) -> None:
    assert staff.post(f"{page_of(getattr(roles, person))}/{email}").status_code == 303
    assert count(database, Mail) == 1


def test_unconfirmed_account_gets_a_confirmation_but_no_password_link(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    """A password chosen by such a link would leave the address unproven (PRODUCT.md, S13)."""
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == cast.dan.id).values(confirmed_at=None))
    assert staff.post(f"{page_of(cast.dan)}/password-email").status_code == 409
    assert count(database, Mail) == 0
    assert staff.post(f"{page_of(cast.dan)}/sign-in-email").status_code == 303
    with database.read_session() as session:
        assert session.scalars(select(Mail.kind)).all() == ["confirm_sign_up"]


@pytest.mark.parametrize("email", EMAILS)
def test_link_to_an_account_merged_into_a_privileged_one_is_refused(
    staff: Visitor, cast: Cast, database: Database, email: str
) -> None:
    merge(database, cast.dan, cast.mia)
    assert staff.post(f"{page_of(cast.dan)}/{email}").status_code == 403
    assert count(database, Mail) == 0


def test_only_an_owner_can_add_an_address_to_a_managers_account(
    staff: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    merge(database, cast.dan, cast.mia)
    for person in (cast.mia, cast.dan, roles.olive):
        answer = staff.post(f"{page_of(person)}/addresses", data={"email": "me@evil.example"})
        assert answer.status_code == 403
    page = staff.get(page_of(cast.mia)).text
    assert "/addresses" not in page
    assert 'data-testid="only-an-owner"' in page
    assert "/block" in page
    assert count(database, LoginAlias) == 0
    staff.sign_in(roles.owen.id)
    added = staff.post(f"{page_of(cast.mia)}/addresses", data={"email": "mia@new.example"})
    assert added.status_code == 303


def test_account_merged_into_a_team_member_cannot_be_changed(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    merge(database, cast.dan, cast.alice)
    with database.transaction() as session:
        session.execute(
            update(Login).where(Login.id == cast.alice.id).values(seller_role=SellerRole.OWNER)
        )
    for act, data in (("addresses", {"email": "me@evil.example"}), ("block", {"reason": "x"})):
        assert staff.post(f"{page_of(cast.dan)}/{act}", data=data).status_code == 403
    assert count(database, LoginAlias) == 0


@pytest.mark.parametrize("keeps_manager", [True, False])
def test_only_an_owner_can_merge_a_managers_account(
    staff: Visitor, cast: Cast, roles: Roles, database: Database, keeps_manager: bool
) -> None:
    kept = cast.mia if keeps_manager else cast.dan
    data = {"other": cast.mia.public_id, "keep": kept.public_id}
    choice = staff.get(f"{page_of(cast.dan)}/merge", query_string={"other": cast.mia.email})
    assert choice.status_code == 400
    assert shows(choice.text, MANAGES)
    assert staff.post(f"{page_of(cast.dan)}/merge", data=data).status_code == 409
    with database.read_session() as session:
        merged = select(func.count(Login.id)).where(Login.merged_into.is_not(None))
        assert session.scalars(merged).one() == 0
    staff.sign_in(roles.owen.id)
    assert staff.post(f"{page_of(cast.dan)}/merge", data=data).status_code == 303
