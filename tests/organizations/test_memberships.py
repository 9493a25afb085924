"""Members of an organization."""

import pytest
from sqlalchemy import select

from lms.accounts import accounts, browser_sessions
from lms.accounts.accounts import NewLogin
from lms.accounts.browser_sessions import Browser
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, NotFound
from lms.core.list_queries import Page
from lms.mail.links import Links
from lms.mail.outbox import has_secret
from lms.models.accounts import Login
from lms.models.mail import Mail
from lms.models.organizations import Organization, Role
from lms.organizations import member_invitations, memberships, organizations
from lms.organizations.manager_and_owner_permissions import managed_organization
from lms.organizations.member_invitations import Added, ask_in
from lms.organizations.memberships import Member, NewMember
from tests.cast import Cast
from tests.clock import NOW

LINKS = Links("http://localhost")
FIREFOX = Browser("Firefox on Windows", remembered=False, earlier=None)


def _add(database: Database, email: str, role: Role = Role.MEMBER) -> Added:
    with database.transaction() as session:
        return member_invitations.add_by_address(
            session,
            organizations.find_organization(session, "elm-county"),
            NewMember(read_address(email), role),
            links=LINKS,
            actor=None,
            now=NOW,
        )


def _members(database: Database, cast: Cast, offset: int = 0, limit: int = 50) -> Page[Member]:
    with database.read_session() as session:
        return memberships.list_members(session, cast.organization_id, offset=offset, limit=limit)


def test_members_are_listed_by_role_and_name_in_pages(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = organizations.find_organization(session, "elm-county")
        for person, role in (
            (cast.dan, Role.MEMBER),
            (cast.bob, Role.OWNER),
            (cast.alice, Role.MEMBER),
        ):
            organizations.add_member(session, elm, person.id, role=role, actor=None, now=NOW)
    found = _members(database, cast)
    assert [one.name for one in found.items] == ["Bob", "Mia", "Alice", "Dan"]
    second = _members(database, cast, offset=1, limit=2)
    assert ([one.name for one in second.items], second.total) == (["Mia", "Alice"], 4)


def test_person_with_an_account_becomes_a_member_once_they_accept(
    database: Database, cast: Cast
) -> None:
    added = _add(database, cast.dan.email, Role.MANAGER)
    assert (added.is_new, added.is_invited) == (False, True)
    assert [one.name for one in _members(database, cast).items] == ["Mia"]
    with pytest.raises(Conflict):
        _add(database, cast.dan.email, Role.OWNER)
    with database.transaction() as session:
        assert session.scalars(select(Mail.kind)).all() == ["member_invitation"]
        [offered] = member_invitations.offered_to(session, cast.dan.id)
        member_invitations.accept(session, offered.public_id, cast.dan.id, now=NOW)
    assert not _add(
        database, cast.dan.email, Role.OWNER
    ).is_invited  # a member's role changes at once
    found = {one.name: one.role for one in _members(database, cast).items}
    assert found == {"Mia": Role.MANAGER, "Dan": Role.OWNER}


def test_unconfirmed_login_is_confirmed_when_it_is_added(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        accounts.add_unconfirmed(session, read_address("eve@example.org"), now=NOW)
    assert _add(database, "eve@example.org").is_new
    with database.read_session() as session:
        assert accounts.find_by_email(session, "eve@example.org").is_confirmed


def test_removed_member_is_not_listed(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = organizations.find_organization(session, "elm-county")
        organizations.add_member(session, elm, cast.dan.id, role=Role.MEMBER, actor=None, now=NOW)
        memberships.end_membership(session, elm, cast.dan.public_id, actor=None, now=NOW)
        with pytest.raises(NotFound):
            memberships.end_membership(session, elm, cast.dan.public_id, actor=None, now=NOW)
    assert [one.name for one in _members(database, cast).items] == ["Mia"]


def test_invitation_counts_as_a_secret_if_it_opens_the_account(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id).public_id
        managed = managed_organization(session, elm, login_id=cast.mia.id)
        for email in ("new@example.org", cast.dan.email):
            new = NewMember(read_address(email), Role.MEMBER)
            ask_in(session, managed, new, links=LINKS, actor=None, now=NOW)
        rows = session.execute(select(Mail.recipient, Mail.text))
        texts = {row.recipient: row.text for row in rows}
    assert has_secret("member_invitation", texts["new@example.org"])
    assert not has_secret("member_invitation", texts[cast.dan.email])


def test_unproven_account_is_invited_and_manages_once_it_is_proven(
    database: Database, cast: Cast
) -> None:
    """The person who claimed it might not be the one our team means (PRODUCT.md, S13)."""
    address = read_address("nell@example.org")
    with database.transaction() as session:
        claimed = NewLogin(address, "Nell", password_hash="hash")
        nell = accounts.add_unproven(session, claimed, now=NOW)
        browser_sessions.open_sign_in(session, nell.id, browser=FIREFOX, now=NOW)
    added = _add(database, address.shown, Role.MANAGER)
    assert (added.is_new, added.is_invited) == (False, True)
    with database.read_session() as session:
        login = session.get_one(Login, nell.id)
        assert (login.name, login.password_hash, login.confirmed_at) == ("Nell", "hash", None)
        assert len(browser_sessions.list_for(session, nell.id, now=NOW)) == 1
        emailed = session.scalars(select(Mail.kind).where(Mail.recipient == address.shown)).all()
        assert emailed == ["member_invitation"]
        assert member_invitations.offered_to(session, nell.id) == ()
    assert "Nell" not in [one.name for one in _members(database, cast).items]
    with database.transaction() as session:
        accounts.confirm_address(session, nell.id, address.key, now=NOW)
        [offered] = member_invitations.offered_to(session, nell.id)
        member_invitations.accept(session, offered.public_id, nell.id, now=NOW)
    found = {one.name: one.role for one in _members(database, cast).items}
    assert found["Nell"] is Role.MANAGER
