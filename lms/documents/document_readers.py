"""Readers of documents: who can open one besides our team."""

from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_organization
from lms.access.organization_people import is_contact, speaks_for_buyer
from lms.core.errors import or_not_found
from lms.models.accounts import Login
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order
from lms.models.organizations import Membership, Role

READERS: Final = (Role.OWNER, Role.MANAGER, Role.BILLING)


def find_document_for(
    session: Session, document_id: str, *, login_id: int, is_team: bool
) -> Document:
    """Return a document for our team, its payer, or its order's contact.

    For an organization that pays, these are its owners, managers and billing contacts; a quote is
    also open to the login of the address it was made for, unless managers removed that person since.
    Raises NotFound for everyone else, as for an unknown document.
    """
    query = select(Document).where(Document.public_id == document_id)
    if not is_team:
        mine = logins_of(login_id)
        organizations = (
            select(kept_organization(Membership.organization_id))
            .select_from(Membership)
            .where(Membership.login_id.in_(mine), Membership.role.in_(READERS))
        )
        emails = select(func.lower(Login.email)).where(
            Login.id.in_(mine), Login.confirmed_at.is_not(None)
        )
        quoted = select(Order.id).where(
            Order.contact_id.is_(None),
            func.lower(Order.contact_email).in_(emails),
            speaks_for_buyer(mine),
        )
        query = query.where(
            or_(
                Document.login_id.in_(mine),
                kept_organization(Document.organization_id).in_(organizations),
                _is_ordered_by(mine),
                and_(Document.kind == DocumentKind.QUOTE, Document.order_id.in_(quoted)),
            )
        )
    return or_not_found(session.scalar(query))


def _is_ordered_by(logins: Select[int]) -> ColumnElement[bool]:
    """Return the condition that a person is the order's contact, except for a former payer's documents."""
    is_theirs = and_(
        Order.id == Document.order_id,
        is_contact(logins),
        or_(Document.login_id.is_(None), Document.login_id == Order.login_id),
        or_(
            Document.organization_id.is_(None),
            kept_organization(Document.organization_id) == kept_organization(Order.organization_id),
        ),
    )
    return exists().where(is_theirs)
