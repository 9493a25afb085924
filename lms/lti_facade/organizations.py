"""Organizations, as the LTI tool lists them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.models.organizations import Organization
from lms.organizations.organizations import OrganizationFacts as OrganizationFacts
from lms.organizations.organizations import find_organization as find_organization


@dataclass(frozen=True, slots=True)
class Customer:
    """An organization as it is named beside what is its own."""

    id: int
    public_id: str
    slug: str
    name: str


def customers(session: Session, ids: Collection[int]) -> Mapping[int, Customer]:
    """Return organizations by their row's id."""
    if not ids:
        return {}
    rows = session.execute(
        select(Organization.id, Organization.public_id, Organization.slug, Organization.name).where(
            Organization.id.in_(sorted(set(ids)))
        )
    )
    return {row.id: Customer(row.id, row.public_id, row.slug, row.name) for row in rows}
