"""Merged organizations: an organization and those merged into it count as one (PRODUCT.md, I6)."""

from typing import Any, Final

from sqlalchemy import BindParameter, ScalarSelect, Select, SQLColumnExpression, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.models.organizations import Organization

OrganizationId = int | BindParameter[int] | SQLColumnExpression[Any]

# Aliases, so that neither is taken for the organization of the statement it is put into. Whatever
# else is named in the id, such as a column of that statement, belongs to the statement.
_asked, _member = aliased(Organization), aliased(Organization)
_KEPT: Final = select(func.coalesce(_asked.merged_into, _asked.id)).correlate_except(_asked)
_FAMILY: Final = select(_member.id).correlate_except(_member)


def family_of(organization_id: OrganizationId) -> Select[int]:
    """Return the subquery of all organizations that count as one: the one kept and those merged into it.

    Any id of the family may be given.
    """
    kept = kept_organization(organization_id)
    return _FAMILY.where(or_(_member.id == kept, _member.merged_into == kept))


def kept_organization(organization_id: OrganizationId) -> ScalarSelect[int]:
    """Return the subquery of the organization that is kept: itself, or the one it was merged into."""
    return _KEPT.where(_asked.id == organization_id).scalar_subquery()


def kept_id(session: Session, organization_id: int) -> int:
    """Return the id of the organization that is kept; of one that doesn't exist, the id itself."""
    return session.scalar(select(kept_organization(organization_id))) or organization_id
