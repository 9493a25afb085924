"""Buyers: the person and the organization that an order names, found or created."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of
from lms.access.organization_people import was_removed_from
from lms.accounts import accounts, login_lookup
from lms.accounts.accounts import Account, NewLogin
from lms.core import slugs
from lms.core.email_addresses import read_address
from lms.core.errors import NotFound
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.orders import Order, Terms
from lms.models.organizations import Membership, Organization, Role
from lms.organizations import memberships, organizations
from lms.organizations.billing_details import add_payable
from lms.organizations.manager_emails import emailed_managers
from lms.organizations.organizations import NewOrganization, OrganizationFacts
from lms.sales import billing

ERASED: Final = "Erased person"  # the contact was erased while the order was being paid


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: a person, or an organization with a person as its contact."""

    contact: Account
    organization: OrganizationFacts | None


def buyer_of(
    session: Session,
    order: Order,
    *,
    mail_context: MailContext,
    named_at: datetime | None = None,
    actor: str | None,
    now: datetime,
) -> Buyer:
    """Return the buyer that an order names, creating a missing account and organization.

    A new person is emailed a link to choose a password, except for past sales. The contact of an
    organization becomes a manager, or its owner if it has none, unless they have another role or were
    removed since they were named: when the order was created, or at `named_at`. In a known organization only our team's choice of a contact does
    that: a customer who can buy for it can type any address.

    A person who orders without an account gets a login without an address until they confirm theirs
    (PRODUCT.md, S15). So does the buyer that our team named, if a person claimed the account of their
    address by a copied link (S13).
    """
    replace_erased_contact(session, order, actor=actor)
    contact = _contact(session, order, mail_context=mail_context, actor=actor, now=now)
    if order.organization_id is None and not order.organization_name:
        return Buyer(contact, None)
    if order.organization_id is not None:
        organization = _organization(session, order.organization_id)
        if order.is_self_service:
            return Buyer(contact, organization)
    else:
        organization = _make_organization(session, order, actor=actor, now=now)
        if order.is_self_service:
            _mark_unverified(session, order, organization, now=now)
    since = named_at or order.created_at
    if contact.is_confirmed and not _was_removed(session, organization, contact, since=since):
        let_manage(session, organization, contact, actor=actor, now=now)
    return Buyer(contact, organization)


def replace_erased_contact(session: Session, order: Order, *, actor: str | None) -> None:
    """Let a manager be the contact of their organization's order, once its contact's account is deleted.

    It is the actor, by public ID, if they manage it.
    """
    known = session.get(Login, order.contact_id) if order.contact_id else None
    if order.contact_email or order.organization_id is None or (known and known.email):
        return
    by = session.scalar(select(Login.id).where(Login.public_id == actor))
    managers = emailed_managers(session, order.organization_id)
    for one in sorted(managers, key=lambda each: each.login_id != by)[:1]:
        order.contact_id, order.contact_name, order.contact_email = (
            one.login_id,
            one.name,
            one.email,
        )
        session.flush()


def take_back_role(session: Session, order: Order, *, actor: str | None, now: datetime) -> None:
    """Revoke the role that an order gave its contact, because its payer was a mistake.

    A role from before stays, and so does one chosen since or given by another order.
    """
    if order.organization_id is None or order.contact_id is None:
        return
    organization = _organization(session, order.organization_id)
    login = session.get_one(Login, order.contact_id)
    family = family_of(organization.id)
    others = select(Order.id).where(
        Order.organization_id.in_(family),
        Order.contact_id == login.id,
        Order.placed_at.is_not(None),
        Order.id != order.id,
    )
    given_at = _given_by(session, order, organization, login.public_id)
    since = session.scalar(
        select(func.min(Membership.created_at)).where(
            Membership.organization_id.in_(family), Membership.login_id == login.id
        )
    )
    if given_at is None or since is None or session.scalar(others.limit(1)) is not None:
        return
    if since < given_at:
        organizations.add_member(
            session, organization, login.id, role=Role.MEMBER, actor=actor, now=now
        )
    else:
        memberships.end_membership(session, organization, login.public_id, actor=actor, now=now)


def contact_name(name: str, email: str) -> str:
    """Return the name of a new account for a buyer."""
    if not name.strip() and not email:
        return ERASED
    return name.strip() or read_address(email).shown.rpartition("@")[0]


def _contact(
    session: Session, order: Order, *, mail_context: MailContext, actor: str | None, now: datetime
) -> Account:
    login_id = order.contact_id
    if order.cart_token_hash is None and order.contact_email:
        known = None
        if login_id is not None and order.placed_at is None:
            known = accounts.read_account(session, login_id)
        # a known contact may have another address by now
        if known is not None and known.is_confirmed:
            return accounts.read_account(session, login_lookup.kept_login(session, known.id))
        account = _account(session, order, mail_context=mail_context, actor=actor, now=now)
        if account is not None:
            return account
        login_id = known.id if known is not None and known.email is None else None
    login_id = login_id or accounts.add_without_address(
        session, contact_name(order.contact_name, order.contact_email), now=now
    )
    # a person who confirmed another order meanwhile now has an account
    return accounts.read_account(session, login_lookup.kept_login(session, login_id))


def _make_organization(
    session: Session, order: Order, *, actor: str | None, now: datetime
) -> OrganizationFacts:
    name = order.organization_name
    slug = slugs.choose(session, Organization.slug, wanted="", name=name)
    made = NewOrganization(slug, name)
    return organizations.add_organization(session, made, actor=actor, now=now)


def _mark_unverified(
    session: Session, order: Order, organization: OrganizationFacts, *, now: datetime
) -> None:
    """Mark an organization from a customer's own order for our team to check (S16).

    It gets the addresses that the customer typed: its own, and that of accounts payable.
    """
    row = session.get_one(Organization, organization.id)
    row.unverified_since = now
    if order.bill_to is None:
        return
    billed = billing.unpack(order.bill_to)
    row.billing_address = billed.postal
    if billed.to.email != order.contact_email:
        add_payable(session, row.id, billed.to.email)


def _account(
    session: Session, order: Order, *, mail_context: MailContext, actor: str | None, now: datetime
) -> Account | None:
    """Return the account of the buyer's address, or None if a person claimed it by a copied link."""
    address = read_address(order.contact_email)
    try:
        found = accounts.find_by_email(session, address.shown)
    except NotFound:
        pass
    else:
        if found.is_confirmed:
            return found
        if found.has_password:
            return None
    new = NewLogin(address, contact_name(order.contact_name, order.contact_email))
    made = accounts.add_login(session, new, actor=actor, now=now)
    if order.terms is not Terms.HISTORY:
        accounts.invite_to_set_password(session, made, links=mail_context.links, now=now)
    return made


def _organization(session: Session, organization_id: int) -> OrganizationFacts:
    slug = session.get_one(Organization, organization_id).slug
    return organizations.find_organization(session, slug)


def _was_removed(
    session: Session, organization: OrganizationFacts, contact: Account, *, since: datetime
) -> bool:
    removed = was_removed_from(logins_of(contact.id), organization.id, since=since)
    return bool(session.scalar(select(removed)))


def _given_by(
    session: Session, order: Order, organization: OrganizationFacts, login: str
) -> datetime | None:
    """Return when an order gave a person their current role; None if it was not this order."""
    acts = select(AuditEntry.at).where(
        AuditEntry.subject == order.public_id,
        AuditEntry.act.in_(("order.placed", "order.corrected")),
    )
    its_ids = select(Organization.public_id).where(Organization.id.in_(family_of(organization.id)))
    given_at = session.scalar(
        select(AuditEntry.at)
        .where(
            AuditEntry.subject.in_(its_ids),
            AuditEntry.act == "membership.set",
            AuditEntry.detail["login"].as_string() == login,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return given_at if given_at in session.scalars(acts).all() else None


def let_manage(
    session: Session,
    organization: OrganizationFacts,
    contact: Account,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Make an order's contact a manager of the organization, or its owner if it has none.

    A role that a merged account of theirs has counts as theirs.
    """
    held = session.execute(
        select(Membership.login_id, Membership.role).where(
            Membership.organization_id.in_(family_of(organization.id))
        )
    ).all()
    is_owned = any(row.role is Role.OWNER for row in held)
    theirs = set(session.scalars(logins_of(contact.id)))
    mine = [row.role for row in held if row.login_id in theirs and row.role is not Role.MEMBER]
    # a billing contact or supervisor keeps that role
    if mine and (is_owned or Role.MANAGER in mine):
        return
    role = Role.MANAGER if is_owned else Role.OWNER
    organizations.add_member(session, organization, contact.id, role=role, actor=actor, now=now)
