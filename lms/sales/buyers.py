"""Buyers: the person and the organization that an order names, found or made."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.accounts import accounts
from lms.accounts.accounts import Account, NewLogin
from lms.core import slugs
from lms.core.email_addresses import read_address
from lms.core.errors import NotFound
from lms.mail.links import MailContext
from lms.models.orders import Order, Terms
from lms.models.organizations import Membership, Organization, Role
from lms.organizations import organizations
from lms.organizations.organizations import NewOrganization, OrganizationFacts
from lms.sales import billing


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: a person, or an organization with a person who is its contact."""

    contact: Account
    organization: OrganizationFacts | None


def buyer_of(
    session: Session, order: Order, *, mail_context: MailContext, actor: str | None, now: datetime
) -> Buyer:
    """Return who an order names; an account and an organization that are not there yet are made.

    A new person is emailed a link to choose a password, except for what was sold in the past. The
    contact of an organization may manage it; the first one owns it. Whoever orders without an
    account gets a login that no address leads to, until they confirm theirs (PRODUCT.md, S15).
    """
    contact = _contact(session, order, mail_context=mail_context, actor=actor, now=now)
    if order.organization_id is None and not order.organization_name:
        return Buyer(contact, None)
    is_own = order.cart_token_hash is not None
    if order.organization_id is not None:
        row = session.get_one(Organization, order.organization_id)
        organization = organizations.find_organization(session, row.slug)
        if is_own:  # a manager's or a billing contact's, who has a role there
            return Buyer(contact, organization)
    else:
        organization = _make_organization(session, order, actor=actor, now=now)
        if is_own:
            _mark_unverified(session, order, organization, now=now)
    if contact.is_confirmed:
        let_manage(session, organization, contact, actor=actor, now=now)
    return Buyer(contact, organization)


def contact_name(name: str, email: str) -> str:
    """Return what the account is called that is made for a buyer."""
    return name.strip() or read_address(email).shown.rpartition("@")[0]


def _contact(
    session: Session, order: Order, *, mail_context: MailContext, actor: str | None, now: datetime
) -> Account:
    if order.cart_token_hash is None:
        return _account(session, order, mail_context=mail_context, actor=actor, now=now)
    login_id = order.contact_id or accounts.add_without_address(
        session, contact_name(order.contact_name, order.contact_email), now=now
    )
    return accounts.read_account(session, login_id)


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
    """Note what a customer's own order says of an organization, for staff to look at (S16)."""
    row = session.get_one(Organization, organization.id)
    row.unverified_since = now
    if order.bill_to is not None:
        row.billing_address = billing.unpack(order.bill_to).postal


def _account(
    session: Session, order: Order, *, mail_context: MailContext, actor: str | None, now: datetime
) -> Account:
    address = read_address(order.contact_email)
    try:
        found = accounts.find_by_email(session, address.shown)
    except NotFound:
        pass
    else:
        if found.is_confirmed:
            return found
    new = NewLogin(address, contact_name(order.contact_name, order.contact_email))
    made = accounts.add_login(session, new, actor=actor, now=now)
    if order.terms is not Terms.HISTORY:
        accounts.invite_to_set_password(session, made, links=mail_context.links, now=now)
    return made


def let_manage(
    session: Session,
    organization: OrganizationFacts,
    contact: Account,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Make the contact of an order a manager of its organization; the first one owns it."""
    roles = {
        row.login_id: row.role
        for row in session.execute(
            select(Membership.login_id, Membership.role).where(
                Membership.organization_id.in_(family_of(organization.id))
            )
        )
    }
    if roles.get(contact.id) in (Role.OWNER, Role.MANAGER):
        return
    role = Role.MANAGER if Role.OWNER in roles.values() else Role.OWNER
    organizations.add_member(session, organization, contact.id, role=role, actor=actor, now=now)
