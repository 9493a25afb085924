"""Member invitations: join an organization by accepting, not before.

Till then managers see what they typed themselves, and nothing tells them whether the address has
an account, whose it is, or what its owner is called.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import family_of, kept_organization
from lms.accounts.accounts import Account
from lms.core.errors import N_, Conflict, Forbidden, NotFound
from lms.mail import link_tokens_and_codes
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login
from lms.models.organizations import MemberInvitation, Membership, Organization, Role
from lms.organizations import memberships, supervised_groups
from lms.organizations.manager_and_owner_permissions import OWNERS_ONLY, Managed, check_newcomer
from lms.organizations.memberships import RANKS, NewMember
from lms.organizations.organizations import OrganizationFacts, add_member, find_organization

ASKED_ALREADY = N_("This address was asked already. Withdraw that before you ask anew.")
NO_LONGER = N_("Nobody asks you this any more.")
SUBJECTS = {
    Role.MEMBER: N_("%(organization)s asks you to join it"),
    Role.SUPERVISOR: N_("%(organization)s invites you as a supervisor"),
    Role.BILLING: N_("%(organization)s invites you to see its orders and invoices"),
    Role.LMS_ADMIN: N_("%(organization)s invites you to connect its LMS"),
    Role.MANAGER: N_("%(organization)s asks you to look after its seats"),
    Role.OWNER: N_("%(organization)s asks you to look after its seats"),
}
LIBRARY = "/library"


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who has not accepted yet, as managers typed them."""

    public_id: str
    email: str
    name: str
    role: Role
    since: datetime


@dataclass(frozen=True, slots=True)
class Offered:
    """A place that somebody may accept or decline."""

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
    """Ask the owner of an address to take a place, and write to them; nothing else changes.

    Somebody without an account is made one. Raises Forbidden when a manager makes an owner,
    Conflict for an address that is among their people or was asked before, Invalid (field
    `groups`) for a supervisor without groups.
    """
    check_newcomer(session, managed, new)
    before = select(MemberInvitation.id).where(
        MemberInvitation.organization_id.in_(family_of(managed.facts.id)),
        MemberInvitation.email_key == new.address.key,
    )
    if session.scalar(before.limit(1)) is not None:
        raise Conflict(ASKED_ALREADY, code="asked_already")
    account, is_new = memberships.found_or_made(session, new, actor=actor, now=now)
    session.add(
        MemberInvitation(
            organization_id=managed.facts.id,
            login_id=account.id,
            role=new.role,
            email=new.address.shown,
            email_key=new.address.key,
            name=new.name,
            created_at=now,
        )
    )
    _record(session, "asked", managed.facts.public_id, account.public_id, new.role, actor, now)
    session.flush()
    if new.role is Role.SUPERVISOR:  # counts once they are one
        login = session.get_one(Login, account.id)
        supervised_groups.set_groups(
            session, managed.facts, login, new.groups, actor=actor, now=now
        )
    _write(session, managed.facts, new, account, links=links, is_new=is_new, now=now)


def list_asked(session: Session, organization_id: int, *, query: str) -> tuple[Asked, ...]:
    """Return who was asked and has not accepted, the latest first.

    `query` keeps those whose names or addresses have all its words.
    """
    columns = (MemberInvitation.name, MemberInvitation.email)
    has_words = [
        or_(*(column.icontains(word, autoescape=True) for column in columns))
        for word in query.split()
    ]
    rows = session.execute(
        select(
            MemberInvitation.public_id,
            MemberInvitation.email,
            MemberInvitation.name,
            MemberInvitation.role,
            MemberInvitation.created_at,
        )
        .where(MemberInvitation.organization_id.in_(family_of(organization_id)), *has_words)
        .order_by(MemberInvitation.id.desc())
    )
    return tuple(Asked(*row) for row in rows)


def offered_to(session: Session, login_id: int) -> tuple[Offered, ...]:
    """Return the places that a person may accept, also those that merged logins were asked to."""
    rows = session.execute(
        select(MemberInvitation.public_id, Organization.name, MemberInvitation.role)
        .join(Organization, Organization.id == kept_organization(MemberInvitation.organization_id))
        .join(Login, Login.id == MemberInvitation.login_id)
        .where(func.coalesce(Login.merged_into, Login.id) == login_id)
        .order_by(MemberInvitation.id)
    )
    return tuple(Offered(*row) for row in rows)


def accept(session: Session, invitation_id: str, login_id: int, *, now: datetime) -> str:
    """Take a place that one was asked to; returns the organization's name.

    Who has a higher role keeps it. Raises NotFound for what one wasn't asked, or no longer is.
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
    """Don't take a place that one was asked to. Raises as `accept` does."""
    row, organization, actor = _mine(session, invitation_id, login_id)
    _record(session, "declined", organization.public_id, actor, row.role, actor, now)
    _forget_groups(session, row)
    session.delete(row)
    session.flush()


def withdraw(
    session: Session, managed: Managed, invitation_id: str, *, actor: str | None, now: datetime
) -> str:
    """Ask somebody no longer; returns their address as it was typed.

    Raises NotFound, and Forbidden when a manager withdraws what an owner is asked to be.
    """
    found = session.execute(
        select(MemberInvitation, Login.public_id)
        .join(Login, Login.id == MemberInvitation.login_id)
        .where(
            MemberInvitation.public_id == invitation_id,
            MemberInvitation.organization_id.in_(family_of(managed.facts.id)),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
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
        )
        .with_for_update(of=MemberInvitation)
    )
    row = session.execute(found).one_or_none()
    if row is None:
        raise NotFound(NO_LONGER)
    person = session.scalars(select(Login.public_id).where(Login.id == login_id)).one()
    return row[0], find_organization(session, row[1]), person


def _forget_groups(session: Session, row: MemberInvitation) -> None:
    """Forget which groups a person was asked to supervise, unless they supervise some already."""
    held = session.scalars(
        select(Membership.role).where(
            Membership.organization_id.in_(family_of(row.organization_id)),
            Membership.login_id == row.login_id,
        )
    ).all()
    if Role.SUPERVISOR not in held:
        supervised_groups.clear(session, row.organization_id, row.login_id)


def _record(  # noqa: PLR0913  (what, where, whom, as what, by whom and when)
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


def _write(  # noqa: PLR0913  (from whom to whom, as what, and when)
    session: Session,
    organization: OrganizationFacts,
    new: NewMember,
    account: Account,
    *,
    links: Links,
    is_new: bool,
    now: datetime,
) -> None:
    """Write to the person: the letter goes to the address as it is kept, and says what is asked."""
    email = account.email or new.address.shown
    action_url = links.page(LIBRARY)
    if is_new:
        secret = link_tokens_and_codes.issue(
            session, account.id, EmailPurpose.SET_PASSWORD, email=email, now=now
        )
        action_url = links.secret_page(EmailPurpose.SET_PASSWORD, secret, onward=LIBRARY)
    mail_outbox.post(
        session,
        kind="member_invitation",
        to=email,
        login_id=account.id,
        subject=SUBJECTS[new.role] % {"organization": organization.name},
        values={
            "organization": organization.name,
            "role": new.role.value,
            "is_new": is_new,
            "action_url": action_url,
        },
        now=now,
    )
