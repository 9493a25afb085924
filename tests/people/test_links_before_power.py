"""Links emailed before an account got power: to set a first password or undo a change."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.accounts import accounts, login_lookup
from lms.accounts import email_and_recovery_email_changes as changes
from lms.accounts.accounts import NewLogin
from lms.accounts.sign_in_codes_and_password_resets import choose_password
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import LinkOver
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login, SellerRole
from lms.models.mail import Mail
from lms.models.organizations import MemberInvitation, Role
from lms.organizations import member_invitations, organization_merges, organizations
from lms.organizations.memberships import NewMember
from lms.organizations.organizations import NewOrganization, add_member, find_organization
from lms.past_sales import bulk_logins
from lms.past_sales.bulk_logins import Buyer, Contact
from lms.people import login_merges, team
from lms.people.team import NewTeamMember
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import BASE, link_in

LINKS = Links(BASE)
LATER = NOW + timedelta(days=1)


def add_as_manager(session: Session, cast: Cast) -> None:
    elm = find_organization(session, "elm-county")
    add_member(session, elm, cast.dan.id, role=Role.MANAGER, actor=None, now=LATER)


def accept_an_invitation(session: Session, cast: Cast) -> None:
    invitation = MemberInvitation(
        organization_id=cast.organization_id,
        login_id=cast.dan.id,
        role=Role.MANAGER,
        email=cast.dan.email,
        email_key=cast.dan.email,
        name="Dan",
        created_at=LATER,
    )
    session.add(invitation)
    session.flush()
    member_invitations.accept(session, invitation.public_id, cast.dan.id, now=LATER)


def join_the_team(session: Session, cast: Cast) -> None:
    team.set_role(session, cast.dan.public_id, SellerRole.STAFF, actor=None, now=LATER)


def bring_in_their_past_sale(session: Session, cast: Cast) -> None:
    contact = Contact(cast.organization_id, Buyer(cast.dan.id, cast.dan.public_id))
    bulk_logins.let_manage(session, [contact], actor=None, now=LATER)


def merge_a_manager_into_it(session: Session, cast: Cast) -> None:
    kept, merged = cast.dan.public_id, cast.mia.public_id
    login_merges.merge(session, kept=kept, merged=merged, hooks=(), actor=None, now=LATER)


def merge_their_organization_into_another(session: Session, cast: Cast) -> None:
    oak = organizations.add_organization(
        session, NewOrganization("oak", "Oak"), actor=None, now=NOW
    )
    add_member(session, oak, cast.dan.id, role=Role.MANAGER, actor=None, now=NOW)
    organization_merges.merge(session, kept="elm-county", merged="oak", actor=None, now=LATER)


def merge_another_organization_into_theirs(session: Session, cast: Cast) -> None:
    oak = organizations.add_organization(
        session, NewOrganization("oak", "Oak"), actor=None, now=NOW
    )
    add_member(session, oak, cast.dan.id, role=Role.MANAGER, actor=None, now=NOW)
    organization_merges.merge(session, kept="oak", merged="elm-county", actor=None, now=LATER)


def make_it_a_member(session: Session, cast: Cast) -> None:
    elm = find_organization(session, "elm-county")
    add_member(session, elm, cast.dan.id, role=Role.BILLING, actor=None, now=LATER)


WAYS: list[tuple[Callable[[Session, Cast], None], bool]] = [
    (add_as_manager, False),
    (accept_an_invitation, False),
    (join_the_team, False),
    (bring_in_their_past_sale, False),
    (merge_a_manager_into_it, False),
    (merge_their_organization_into_another, False),
    (merge_another_organization_into_theirs, False),
    (make_it_a_member, True),
]


@pytest.mark.parametrize(("way", "works"), WAYS)
def test_earlier_link_does_not_open_an_account_with_power(
    database: Database, cast: Cast, way: Callable[[Session, Cast], None], works: bool
) -> None:
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == cast.dan.id).values(password_hash=None))
        account = accounts.read_account(session, cast.dan.id)
        accounts.invite_to_set_password(session, account, links=LINKS, now=NOW)
    secret = secret_in_the_email_to(database, cast.dan.email)
    with database.transaction() as session:
        way(session, cast)
    if works:
        choose(database, secret)
        return
    with pytest.raises(LinkOver):
        choose(database, secret)


@pytest.mark.parametrize(("way", "works"), WAYS)
def test_old_address_cannot_be_restored_after_others_gave_the_account_power(
    database: Database, cast: Cast, way: Callable[[Session, Cast], None], works: bool
) -> None:
    """The old mailbox can have a new owner. After the person's own act, restoring still works."""
    works = works or way is accept_an_invitation
    purpose, new = EmailPurpose.CHANGE_EMAIL, "dan@new.example"
    with database.transaction() as session:
        secret = link_tokens_and_codes.issue(session, cast.dan.id, purpose, email=new, now=NOW)
        changes.confirm_change(session, secret, links=LINKS, now=NOW)
    secret = secret_in_the_email_to(database, cast.dan.email)
    with database.transaction() as session:
        way(session, cast)
    if works:
        with database.transaction() as session:
            changes.restore(session, secret, now=LATER)
        return
    with pytest.raises(LinkOver), database.transaction() as session:
        changes.restore(session, secret, now=LATER)


def test_account_with_an_unproven_address_cannot_join_the_team(
    database: Database, cast: Cast
) -> None:
    """The person who claimed it with a copied link knows its password (PRODUCT.md, S13)."""
    address = read_address("nell@example.org")
    with database.transaction() as session:
        nell = accounts.add_unproven(
            session, NewLogin(address, "Nell", password_hash="hash"), now=NOW
        )
    with pytest.raises(Conflict) as refused, database.transaction() as session:
        team.set_role(session, nell.public_id, SellerRole.STAFF, actor=None, now=LATER)
    assert refused.value.message == login_lookup.UNPROVEN
    with database.transaction() as session:
        accounts.confirm_address(session, nell.id, address.key, now=NOW)
        team.set_role(session, nell.public_id, SellerRole.STAFF, actor=None, now=LATER)


def test_invitation_to_an_account_with_power_works(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = find_organization(session, "elm-county")
        new = NewMember(read_address("nell@example.org"), Role.MANAGER)
        member_invitations.add_by_address(session, elm, new, links=LINKS, actor=None, now=NOW)
        joins = NewTeamMember(read_address("tom@example.org"), SellerRole.STAFF)
        team.add_to_team(session, joins, links=LINKS, actor=None, now=NOW)
    for email in ("nell@example.org", "tom@example.org"):
        choose(database, secret_in_the_email_to(database, email))


def secret_in_the_email_to(database: Database, email: str) -> str:
    with database.read_session() as session:
        mail = session.scalars(select(Mail).where(Mail.recipient == email)).one()
    return link_in(mail).rpartition("/")[2]


def choose(database: Database, secret: str) -> None:
    with database.transaction() as session:
        choose_password(session, secret, password_hash="hash", links=LINKS, now=LATER)
