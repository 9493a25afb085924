"""Member invitations: people join an organization by accepting one.

Until then, managers see only what they typed: nothing reveals whether the address has an account, whose
it is, or its owner's name.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, bindparam, delete, func, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import family_of, kept_organization
from lms.accounts import accounts
from lms.accounts.accounts import Account
from lms.core.errors import N_, Conflict, Forbidden, or_not_found
from lms.core.list_queries import has_words
from lms.mail import link_tokens_and_codes
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login
from lms.models.organizations import MemberInvitation, Membership, Organization, Role
from lms.organizations import memberships, supervised_groups
from lms.organizations.manager_and_owner_permissions import OWNERS_ONLY, Managed, check_newcomer
from lms.organizations.memberships import RANKS, NewMember
from lms.organizations.organizations import OrganizationFacts, add_member, find_organization

ASKED_ALREADY = N_("This email address was already invited. Withdraw that invitation first.")
NO_LONGER = N_("This invitation was withdrawn or has expired.")
SUBJECTS = {
    Role.MEMBER: N_("%(organization)s invited you to join"),
    Role.SUPERVISOR: N_("%(organization)s invited you to be a supervisor"),
    Role.BILLING: N_("%(organization)s invited you to see its orders and invoices"),
    Role.LMS_ADMIN: N_("%(organization)s invited you to connect its LMS"),
    Role.MANAGER: N_("%(organization)s invited you to manage its seats"),
    Role.OWNER: N_("%(organization)s invited you to manage its seats"),
}
LIBRARY = "/library"
# The person who claimed an account by a copied link may not be the one invited (PRODUCT.md, S13).
_IS_PROVEN = or_(Login.confirmed_at.is_not(None), Login.merged_into.is_not(None))
_OFFERED = (
    select(MemberInvitation.public_id, Organization.name, MemberInvitation.role)
    .join(Organization, Organization.id == kept_organization(MemberInvitation.organization_id))
    .join(Login, Login.id == MemberInvitation.login_id)
    .where(func.coalesce(Login.merged_into, Login.id) == bindparam("person"), _IS_PROVEN)
    .order_by(MemberInvitation.id)
)
# Whether a person can accept one; takes the parameter `person`.
HAS_INVITATIONS: Final = _OFFERED.exists()


@dataclass(frozen=True, slots=True)
class Asked:
    """An open invitation, as managers typed it."""

    public_id: str
    email: str
    name: str
    role: Role
    since: datetime


@dataclass(frozen=True, slots=True)
class Added:
    """A person whom our team added: with a new account, or invited to a role by their own."""

    public_id: str
    email: str
    is_new: bool
    is_invited: bool


@dataclass(frozen=True, slots=True)
class Offered:
    """A membership that a person can accept or decline."""

    public_id: str
    organization: str
    role: Role


def ask_in(
    session: Session,
    managed: Managed,
    new: NewMember,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Invite the owner of an address to a role, and email them; the membership begins on acceptance.

    An account is created if there is none; one that a person claimed by a copied link stays theirs until
    its address is proven. Raises Forbidden if a manager invites an owner, Conflict for
    a member's address or an open invitation, Invalid (field `groups`) for a supervisor without groups.
    """
    check_newcomer(session, managed, new)
    account, link_for = memberships.account_to_invite(session, new, actor=actor, now=now)
    _ask(session, managed.facts, new, account, link_for, links=links, actor=actor, now=now)


def add_by_address(
    session: Session,
    organization: OrganizationFacts,
    new: NewMember,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> Added:
    """Give the person of an address a role, for our team; a person with an account accepts it first.

    If the address is unknown, a login is created, and its owner is emailed a link for choosing a
    password. The role of a member changes at once. Raises Invalid for an invalid name, Conflict if the
    person was invited already.
    """
    account, link_for = memberships.account_to_invite(session, new, actor=actor, now=now)
    is_new = link_for is EmailPurpose.SET_PASSWORD
    is_invited = not (is_new or _is_member(session, organization.id, account.id))
    if is_invited:
        _ask(session, organization, new, account, link_for, links=links, actor=actor, now=now)
    elif is_new:
        accounts.invite_to_set_password(session, account, links=links, now=now)
        add_member(session, organization, account.id, role=new.role, actor=actor, now=now)
    else:
        memberships.change_role(
            session, organization, account.public_id, new.role, links=links, actor=actor, now=now
        )
    return Added(account.public_id, account.email or new.address.shown, is_new, is_invited)


def _is_member(session: Session, organization_id: int, login_id: int) -> bool:
    theirs = select(Membership.id).where(
        Membership.organization_id.in_(family_of(organization_id)), Membership.login_id == login_id
    )
    return session.scalar(theirs.limit(1)) is not None


def _ask(  # noqa: PLR0913  (organization, person, account, link, and time)
    session: Session,
    organization: OrganizationFacts,
    new: NewMember,
    account: Account,
    link_for: EmailPurpose | None,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    before = select(MemberInvitation.id).where(
        MemberInvitation.organization_id.in_(family_of(organization.id)),
        MemberInvitation.email_key == new.address.key,
    )
    if session.scalar(before.limit(1)) is not None:
        raise Conflict(ASKED_ALREADY, code="asked_already")
    session.add(
        MemberInvitation(
            organization_id=organization.id,
            login_id=account.id,
            role=new.role,
            email=new.address.shown,
            email_key=new.address.key,
            name=new.name,
            created_at=now,
        )
    )
    _record(session, "asked", organization.public_id, account.public_id, new.role, actor, now)
    session.flush()
    if new.role is Role.SUPERVISOR:  # applies once they accept
        login = session.get_one(Login, account.id)
        supervised_groups.set_groups(session, organization, login, new.groups, actor=actor, now=now)
    _write(session, organization, new, account, links=links, link_for=link_for, now=now)


def list_asked(session: Session, organization_id: int, *, query: str) -> tuple[Asked, ...]:
    """Return an organization's open invitations, newest first.

    `query` selects those with all its words in name or address.
    """
    rows = session.execute(
        select(
            MemberInvitation.public_id,
            MemberInvitation.email,
            MemberInvitation.name,
            MemberInvitation.role,
            MemberInvitation.created_at,
        )
        .where(
            MemberInvitation.organization_id.in_(family_of(organization_id)),
            *has_words(query, MemberInvitation.name, MemberInvitation.email),
        )
        .order_by(MemberInvitation.id.desc())
    )
    return tuple(Asked(*row) for row in rows)


def offered_to(session: Session, login_id: int) -> tuple[Offered, ...]:
    """Return the invitations that a person can accept, including those to merged logins."""
    return tuple(Offered(*row) for row in session.execute(_OFFERED, {"person": login_id}))


def accept(session: Session, invitation_id: str, login_id: int, *, now: datetime) -> str:
    """Accept an invitation; return the organization's name.

    A person with a higher role keeps it. Raises NotFound for another person's invitation, or one that
    is no longer open.
    """
    row, organization, actor = _mine(session, invitation_id, login_id)
    held = session.scalars(
        select(Membership.role).where(
            Membership.organization_id.in_(family_of(row.organization_id)),
            Membership.login_id == login_id,
        )
    ).all()
    if all(RANKS[role] <= RANKS[row.role] for role in held):
        add_member(session, organization, login_id, role=row.role, actor=actor, now=now)
    session.delete(row)
    session.flush()
    return organization.name


def decline(session: Session, invitation_id: str, login_id: int, *, now: datetime) -> None:
    """Decline an invitation; raises as `accept` does."""
    row, organization, actor = _mine(session, invitation_id, login_id)
    _record(session, "declined", organization.public_id, actor, row.role, actor, now)
    _forget_groups(session, row)
    session.delete(row)
    session.flush()


def withdraw(
    session: Session, managed: Managed, invitation_id: str, *, actor: str | None, now: datetime
) -> str:
    """Withdraw an invitation; return its address as typed.

    Raises NotFound, and Forbidden if a manager withdraws an owner's invitation.
    """
    query = (
        select(MemberInvitation, Login.public_id)
        .join(Login, Login.id == MemberInvitation.login_id)
        .where(
            MemberInvitation.public_id == invitation_id,
            MemberInvitation.organization_id.in_(family_of(managed.facts.id)),
        )
    )
    found = or_not_found(session.execute(query).one_or_none())
    row, login = found
    if row.role is Role.OWNER and not managed.may_make_owners:
        raise Forbidden(OWNERS_ONLY)
    _forget_groups(session, row)
    session.execute(delete(MemberInvitation).where(MemberInvitation.id == row.id))
    _record(session, "withdrawn", managed.facts.public_id, login, row.role, actor, now)
    return str(row.email)


def _mine(
    session: Session, invitation_id: str, login_id: int
) -> tuple[MemberInvitation, OrganizationFacts, str]:
    found: Select[MemberInvitation, str] = (
        select(MemberInvitation, Organization.slug)
        .join(Organization, Organization.id == MemberInvitation.organization_id)
        .join(Login, Login.id == MemberInvitation.login_id)
        .where(
            MemberInvitation.public_id == invitation_id,
            func.coalesce(Login.merged_into, Login.id) == login_id,
            _IS_PROVEN,
        )
        .with_for_update(of=MemberInvitation)
    )
    row = or_not_found(session.execute(found).one_or_none(), NO_LONGER)
    person = session.scalars(select(Login.public_id).where(Login.id == login_id)).one()
    return row[0], find_organization(session, row[1]), person


def _forget_groups(session: Session, row: MemberInvitation) -> None:
    """Remove the groups of a declined supervisor invitation, unless the person already supervises."""
    held = session.scalars(
        select(Membership.role).where(
            Membership.organization_id.in_(family_of(row.organization_id)),
            Membership.login_id == row.login_id,
        )
    ).all()
    if Role.SUPERVISOR not in held:
        supervised_groups.clear(session, row.organization_id, row.login_id)


def _record(  # noqa: PLR0913  (act, organization, person, role, actor and time)
    session: Session,
    what: str,
    organization: str,
    login: str,
    role: Role,
    actor: str | None,
    now: datetime,
) -> None:
    detail = {"login": login, "role": role.value}
    audit.record(session, f"membership.{what}", organization, actor=actor, now=now, detail=detail)


def _write(  # noqa: PLR0913  (organization, person, role, and time)
    session: Session,
    organization: OrganizationFacts,
    new: NewMember,
    account: Account,
    *,
    links: Links,
    link_for: EmailPurpose | None,
    now: datetime,
) -> None:
    """Email the invitation to the account's stored address."""
    email = account.email or new.address.shown
    action_url = links.page(LIBRARY)
    if link_for is not None:
        secret = link_tokens_and_codes.issue(session, account.id, link_for, email=email, now=now)
        action_url = links.secret_page(link_for, secret, onward=LIBRARY)
    mail_outbox.post(
        session,
        kind="member_invitation",
        to=email,
        login_id=account.id,
        subject=SUBJECTS[new.role] % {"organization": organization.name},
        values={
            "organization": organization.name,
            "role": new.role.value,
            "link_days": link_tokens_and_codes.LIFE[link_for].days if link_for else None,
            "action_url": action_url,
        },
        now=now,
    )
