"""Merged organizations: an organization and those merged into it count as one (PRODUCT.md, I6)."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ScalarSelect, Select, SQLColumnExpression, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.core.dates_and_time_zones import default_zone, read_zone
from lms.models.organizations import Organization

OrganizationId = int | BindParameter[int] | SQLColumnExpression[Any]

# Aliases, so that they don't clash with the organization of the enclosing statement. Anything else
# in the ID, such as a column of that statement, is correlated to it.
_asked, _member = aliased(Organization), aliased(Organization)
_KEPT: Final = select(func.coalesce(_asked.merged_into, _asked.id)).correlate_except(_asked)
_FAMILY: Final = select(_member.id).correlate_except(_member)


def family_of(organization_id: OrganizationId) -> Select[int]:
    """Return the subquery of an organization's family: the remaining one and those merged into it.

    Accepts the ID of any of them.
    """
    kept = kept_organization(organization_id)
    return _FAMILY.where(or_(_member.id == kept, _member.merged_into == kept))


def kept_organization(organization_id: OrganizationId) -> ScalarSelect[int]:
    """Return the subquery of the remaining organization: itself, or the one it was merged into."""
    return _KEPT.where(_asked.id == organization_id).scalar_subquery()


def kept_id(session: Session, organization_id: int) -> int:
    """Return the ID of the remaining organization; an unknown ID is returned as it is."""
    return session.scalar(select(kept_organization(organization_id))) or organization_id


def zone_of(session: Session, organization_id: int | None) -> ZoneInfo:
    """Return the time zone in which a payer's days end: that of the remaining organization, or ours."""
    if organization_id is None:
        return default_zone()
    kept = kept_organization(organization_id)
    own = session.scalar(select(Organization.zone).where(Organization.id == kept))
    return read_zone(own) if own else default_zone()
