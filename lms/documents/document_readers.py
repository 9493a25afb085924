"""Readers of documents: who may open one besides our team."""

from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_organization
from lms.core.errors import NotFound
from lms.models.accounts import Login
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order
from lms.models.organizations import Membership, Role

READERS: Final = (Role.OWNER, Role.MANAGER, Role.BILLING)


def find_document_for(
    session: Session, document_id: str, *, login_id: int, is_team: bool
) -> Document:
    """Return a document to our team, to who pays, and to its order's contact.

    Of an organization that pays, its owners, managers and billing contacts may read it. Raises
    NotFound for everybody else: it reads like what never was.
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
            Order.contact_id.is_(None), func.lower(Order.contact_email).in_(emails)
        )
        query = query.where(
            or_(
                Document.login_id.in_(mine),
                kept_organization(Document.organization_id).in_(organizations),
                _is_ordered_by(mine),
                and_(Document.kind == DocumentKind.QUOTE, Document.order_id.in_(quoted)),
            )
        )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def _is_ordered_by(logins: Select[int]) -> ColumnElement[bool]:
    """Select the documents of orders that they are the contact of, but for those of a former payer."""
    is_theirs = and_(
        Order.id == Document.order_id,
        Order.contact_id.in_(logins),
        or_(Document.login_id.is_(None), Document.login_id == Order.login_id),
        or_(
            Document.organization_id.is_(None),
            kept_organization(Document.organization_id) == kept_organization(Order.organization_id),
        ),
    )
    return exists().where(is_theirs)
