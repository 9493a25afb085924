"""Organizations, as the LTI tool lists them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import kept_login, logins_of
from lms.access.merged_organizations import family_of as family_of
from lms.models.accounts import Login
from lms.models.organizations import PREVIEWING, Membership, Organization
from lms.organizations.organizations import find_organization as find_organization
from lms.people.team import PREVIEWERS


@dataclass(frozen=True, slots=True)
class Customer:
    """An organization's ids and name."""

    id: int
    public_id: str
    slug: str
    name: str


def customers(session: Session, ids: Collection[int]) -> Mapping[int, Customer]:
    """Return organizations by row id; for a merged organization, the kept one."""
    if not ids:
        return {}
    asked = aliased(Organization)
    rows = session.execute(
        select(
            asked.id.label("asked_id"),
            Organization.id,
            Organization.public_id,
            Organization.slug,
            Organization.name,
        )
        .join(Organization, Organization.id == func.coalesce(asked.merged_into, asked.id))
        .where(asked.id.in_(sorted(set(ids))))
    )
    return {row.asked_id: Customer(row.id, row.public_id, row.slug, row.name) for row in rows}


def lock_organization(session: Session, organization_id: int) -> None:
    """Lock an organization until the transaction ends; rows that refer to it can still be added."""
    mine = select(Organization.id).where(Organization.id == organization_id)
    session.execute(mine.with_for_update(key_share=True))


def organizations_named(word: str) -> Select[int]:
    """Return the query for the row ids of organizations with a word in their name, merged ones included."""
    asked = aliased(Organization)
    return (
        select(asked.id)
        .join(Organization, Organization.id == func.coalesce(asked.merged_into, asked.id))
        .where(Organization.name.icontains(word, autoescape=True))
    )


def may_preview(session: Session, login_id: int, organization_id: int) -> bool:
    """Return whether a person can preview an organization's embed links: by a role in it, or on our team."""
    on_team = exists().where(Login.id == kept_login(login_id), Login.seller_role.in_(PREVIEWERS))
    has_role = exists().where(
        Membership.login_id.in_(logins_of(login_id)),
        Membership.organization_id.in_(family_of(organization_id)),
        Membership.role.in_(PREVIEWING),
    )
    return bool(session.scalar(select(or_(on_team, has_role))))
