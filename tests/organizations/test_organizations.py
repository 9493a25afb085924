"""Organizations and their members."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.models.accounts import Login
from lms.models.organizations import Membership, Organization, Role
from lms.organizations import organizations
from lms.organizations.organizations import Manager, NewOrganization
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_login, make_membership


def _add(database: Database, slug: str, name: str = "Oak Hill", parent: str | None = None) -> None:
    with database.transaction() as session:
        organizations.add_organization(
            session, NewOrganization(slug, name, parent), actor=None, now=NOW
        )


def test_organization_is_found_by_its_slug(database: Database) -> None:
    _add(database, "oak-hill")
    with database.read_session() as session:
        assert organizations.find_organization(session, "oak-hill").name == "Oak Hill"


def test_organization_has_its_consortium_as_parent(database: Database) -> None:
    _add(database, "the-valley")
    _add(database, "oak-hill", parent="the-valley")
    with database.read_session() as session:
        assert organizations.find_organization(session, "oak-hill").parent == "the-valley"


def test_unknown_consortium_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        _add(database, "oak-hill", parent="the-valley")


def test_slug_that_is_taken_is_refused(database: Database) -> None:
    _add(database, "oak-hill")
    with pytest.raises(Conflict):
        _add(database, "oak-hill", "Another Oak Hill")


@pytest.mark.parametrize("slug", ["", "Oak", "oak hill", "-oak", "oak--hill", "oak/hill", "o" * 81])
def test_slug_that_is_not_valid_in_a_url_is_refused(database: Database, slug: str) -> None:
    with pytest.raises(Invalid):
        _add(database, slug)


@pytest.mark.parametrize("name", ["", "  ", "n" * 201])
def test_a_name_is_needed(database: Database, name: str) -> None:
    with pytest.raises(Invalid):
        _add(database, "oak-hill", name)


def test_a_member_has_one_role_at_a_time(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = organizations.find_organization(session, "elm-county")
        for role in (Role.MEMBER, Role.MANAGER, Role.MANAGER):
            organizations.add_member(
                session, elm, cast.dan.id, role=role, actor=cast.ada.public_id, now=NOW
            )
        roles = session.scalars(select(Membership.role).where(Membership.login_id == cast.dan.id))
        assert roles.all() == [Role.MANAGER]


def test_unknown_login_cannot_be_added_as_a_member(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = organizations.find_organization(session, "elm-county")
        with pytest.raises(NotFound):
            organizations.add_member(session, elm, 999, role=Role.MEMBER, actor=None, now=NOW)


def test_managers_with_merged_accounts_are_listed_once(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        session.get_one(Login, cast.mia.id).merged_into = cast.alice.id
        make_membership(session, elm, session.get_one(Login, cast.alice.id), role=Role.MANAGER)
        olive = make_login(session, "olive@example.org", name="Olive")
        make_membership(session, elm, olive, role=Role.OWNER)
        found = organizations.find_managers(session, elm.id)
        assert found == (
            Manager(cast.alice.id, "Alice", "alice@example.org"),
            Manager(olive.id, "Olive", "olive@example.org"),
        )
        asked = organizations.find_manager(session, elm.id, other_than=cast.alice.id)
        assert asked == "Olive"
