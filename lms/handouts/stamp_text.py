"""The stamp text: the name printed on a person's downloaded copy of a handout."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_organization
from lms.models.accounts import Login
from lms.models.organizations import Organization


def stamped_for(session: Session, *, login_id: int | None, organization_id: int | None) -> str:
    """Return the name of a person, or their address without a name; else the organization's."""
    if login_id is not None:
        row = session.execute(select(Login.name, Login.email).where(Login.id == login_id)).one()
        return row.name or row.email or ""
    if organization_id is None:
        return ""
    kept = kept_organization(organization_id)
    name = session.scalar(select(Organization.name).where(Organization.id == kept))
    return name or ""
