"""Memberships of an organization: add people by address, change roles, and remove them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.access.merged_organizations import family_of
from lms.accounts import accounts
from lms.accounts.accounts import Account, NewLogin
from lms.core.email_addresses import Address
from lms.core.errors import NotFound, or_not_found
from lms.core.list_queries import Page, count_rows, has_words
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login
from lms.models.organizations import MANAGING, Membership, Role
from lms.models.playback import PlaybackEnd
from lms.organizations import supervised_groups
from lms.organizations.manager_emails import send_role_ended
from lms.organizations.organizations import OrganizationFacts, add_member
from lms.playback.sessions import end_previews_of

PORTION = 500
RANKS: Final = {
    Role.MEMBER: 0,
    Role.SUPERVISOR: 1,
    Role.BILLING: 1,
    Role.LMS_ADMIN: 1,
    Role.MANAGER: 2,
    Role.OWNER: 3,
}
_RANKS = {role.value: rank for role, rank in RANKS.items()}


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role for a person, with the public IDs of the groups that a supervisor sees."""

    role: Role
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewMember:
    """A person to add; `name` is for the login, if one must be created."""

    address: Address
    role: Role
    name: str = ""
    groups: tuple[str, ...] = ()  # seen by a supervisor, by public ID


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an organization."""

    login_id: str
    name: str
    email: str | None
    role: Role
    since: datetime


def change_role(  # noqa: PLR0913  (organization, person, role, and time)
    session: Session,
    organization: OrganizationFacts,
    login: str,
    role: Role,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Change a member's role, by the login's public ID; raises NotFound.

    If they lose a role, they and the managers are emailed as when they are removed.
    """
    before = find_member(session, organization.id, login).role
    login_id = session.scalars(select(Login.id).where(Login.public_id == login)).one()
    add_member(session, organization, login_id, role=role, actor=actor, now=now)
    if _has_lost(before, role):
        send_role_ended(session, organization, login, before, links=links, actor=actor, now=now)


def remove_member(
    session: Session,
    organization: OrganizationFacts,
    login: str,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Remove a member, by the login's public ID; they keep their seats. Raises NotFound.

    A person with a role is emailed, and the other managers if it was a manager.
    """
    before = find_member(session, organization.id, login).role
    end_membership(session, organization, login, actor=actor, now=now)
    if _has_lost(before, Role.MEMBER):  # members can't open the organization's pages either
        send_role_ended(session, organization, login, before, links=links, actor=actor, now=now)


def end_membership(
    session: Session,
    organization: OrganizationFacts,
    login: str,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Remove a member as `remove_member` does, without emails; raises NotFound."""
    theirs = select(Login.id).where(Login.public_id == login).scalar_subquery()
    gone = session.execute(
        delete(Membership)
        .where(
            Membership.organization_id.in_(family_of(organization.id)),
            Membership.login_id == theirs,
        )
        .returning(Membership.login_id, Membership.organization_id)
    ).all()
    if not gone:
        raise NotFound
    for row in gone:
        supervised_groups.clear(session, row.organization_id, row.login_id)
        end_previews_of(
            session,
            row.login_id,
            family_of(organization.id),
            ended_as=PlaybackEnd.REVOKED,
            now=now,
        )
    audit.record(
        session,
        "membership.removed",
        organization.public_id,
        actor=actor,
        now=now,
        detail={"login": login},
    )


def _has_lost(before: Role, after: Role) -> bool:
    """Return whether a person can no longer open the pages of their earlier role."""
    if before in MANAGING:
        return after not in MANAGING
    return after is Role.MEMBER and before is not Role.MEMBER


def list_members(
    session: Session, organization_id: int, *, query: str = "", offset: int = 0, limit: int = 50
) -> Page[Member]:
    """Return an organization's members by role (owners, managers, other roles, members), then name.

    A member of two merged organizations is listed once, with the higher role. `query` selects those
    with all its words in name or address.
    """
    theirs = and_(
        Membership.organization_id.in_(family_of(organization_id)),
        is_highest_place(family_of(organization_id)),
        *has_words(query, Login.name, Login.email),
    )
    rows = session.execute(
        select(Login.public_id, Login.name, Login.email, Membership.role, Membership.created_at)
        .join_from(Membership, Login)
        .where(theirs)
        .order_by(_rank(Membership).desc(), func.lower(Login.name), Login.id)
        .offset(offset)
        .limit(limit)
    )
    counted = select(Membership.id).join_from(Membership, Login).where(theirs)
    return Page(tuple(Member(*row) for row in rows), count_rows(session, counted))


def is_highest_place(family: Select[int]) -> ColumnElement[bool]:
    """Return the condition that a membership is its person's highest in a family of organizations."""
    other = aliased(Membership)
    is_higher = or_(
        _rank(other) > _rank(Membership),
        and_(_rank(other) == _rank(Membership), other.id < Membership.id),
    )
    found = exists().where(
        other.organization_id.in_(family), other.login_id == Membership.login_id, is_higher
    )
    return not_(found.correlate(Membership))


def _rank(membership: Any) -> ColumnElement[int]:  # noqa: ANN401  (Membership or an alias of it)
    return case(_RANKS, value=membership.role)


def find_member(session: Session, organization_id: int, login: str) -> Member:
    """Return a member of an organization, by the login's public ID; raises NotFound."""
    row = session.execute(
        select(Login.public_id, Login.name, Login.email, Membership.role, Membership.created_at)
        .join_from(Membership, Login)
        .where(Membership.organization_id.in_(family_of(organization_id)), Login.public_id == login)
        .order_by(_rank(Membership).desc())
    ).first()
    return Member(*or_not_found(row))


def every_member(session: Session, organization_id: int, *, query: str) -> Iterator[Member]:
    """Yield all members of an organization in list order, reading them in batches."""
    found, offset = PORTION, 0
    while found == PORTION:
        some = list_members(
            session, organization_id, query=query, offset=offset, limit=PORTION
        ).items
        yield from some
        found, offset = len(some), offset + PORTION


def account_to_invite(
    session: Session, new: NewMember, *, actor: str | None, now: datetime
) -> tuple[Account, EmailPurpose | None]:
    """Return the account of an address, and what the emailed link is for; None if it can sign in.

    An account that a person claimed by a copied link stays theirs until its address is proven.
    """
    try:
        account = accounts.find_by_email(session, new.address.shown)
    except NotFound:
        pass
    else:
        if account.is_confirmed:
            return account, None
        if account.has_password:
            return account, EmailPurpose.CONFIRM_SIGN_UP
    name = new.name or new.address.shown.rpartition("@")[0]
    account = accounts.add_login(session, NewLogin(new.address, name), actor=actor, now=now)
    return account, EmailPurpose.SET_PASSWORD
