"""Organisations, as the tool names them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.models.organisations import Organisation
from lms.organisations import OrganisationFacts as OrganisationFacts
from lms.organisations import find_organisation as find_organisation


@dataclass(frozen=True, slots=True)
class Customer:
    """An organisation as it is named beside what is its own."""

    id: int
    public_id: str
    slug: str
    name: str


def customers(session: Session, ids: Collection[int]) -> Mapping[int, Customer]:
    """Return organisations by their row's id."""
    if not ids:
        return {}
    rows = session.execute(
        select(Organisation.id, Organisation.public_id, Organisation.slug, Organisation.name).where(
            Organisation.id.in_(sorted(set(ids)))
        )
    )
    return {row.id: Customer(row.id, row.public_id, row.slug, row.name) for row in rows}
