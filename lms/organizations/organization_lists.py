"""Organization lists: search by present and former names, the one that staff typed, and children.

Merged organizations are in no list; a search for their name finds the organization they were merged
into.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import family_of
from lms.core.errors import N_, Invalid
from lms.core.list_queries import Page, count_rows, has_name, has_words
from lms.core.model_base import copied
from lms.models.organizations import Membership, Organization
from lms.models.seats import Pool

MISSING: Final = N_("Enter the organization's name and choose it from the list.")
UNKNOWN: Final = N_("No organization has this name. Check it, or add it as a new organization.")
SEVERAL: Final = N_("Several organizations match. Choose one from the list: %(names)s.")
LONGEST_QUERY: Final = 200
NAMED_AT_MOST: Final = 8


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """An organization in a list, with its number of members and pools.

    `merged` are the names of the organizations that were merged into it.
    """

    slug: str
    name: str
    parent: str | None
    members: int
    pools: int
    merged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrganizationName:
    """An organization's slug and name."""

    slug: str
    name: str


def list_organizations(
    session: Session, query: str, *, offset: int, limit: int
) -> Page[OrganizationRow]:
    """Return the organizations with every word in name or slug, by name.

    Also matches the names of organizations that were merged into one.
    """
    former, parent, above = aliased(Organization), aliased(Organization), aliased(Organization)
    by_former = select(former.id).where(
        former.merged_into == Organization.id, _has_words(former, query)
    )
    conditions = (
        Organization.merged_into.is_(None),
        or_(_has_words(Organization, query), by_former.exists()),
    )
    family = family_of(Organization.id)
    members = select(func.count(Membership.login_id.distinct())).where(
        Membership.organization_id.in_(family)
    )
    pools = select(func.count(Pool.id)).where(Pool.organization_id.in_(family))
    rows = session.execute(
        select(
            Organization.id,
            Organization.slug,
            Organization.name,
            above.name.label("parent"),
            members.correlate(Organization).scalar_subquery().label("members"),
            pools.correlate(Organization).scalar_subquery().label("pools"),
        )
        .outerjoin(parent, parent.id == Organization.parent_id)
        .outerjoin(above, above.id == func.coalesce(parent.merged_into, parent.id))
        .where(*conditions)
        .order_by(func.lower(Organization.name), Organization.id)
        .offset(offset)
        .limit(limit)
    ).all()
    names = _former_names(session, [row.id for row in rows])
    items = tuple(copied(OrganizationRow, row, merged=tuple(names.get(row.id, ()))) for row in rows)
    return Page(items, count_rows(session, select(Organization.id).where(*conditions)))


def children_of(
    session: Session, organization_id: int, query: str = "", *, limit: int | None = None
) -> tuple[OrganizationName, ...]:
    """Return the member organizations of a parent with every word in name or slug, by name."""
    is_it = and_(is_child_of(organization_id), _has_words(Organization, query))
    return _names(session, is_it, limit=limit)


def is_child_of(organization_id: int) -> ColumnElement[bool]:
    """Return the condition that an organization is a member organization of a parent."""
    child = aliased(Organization)
    children = select(func.coalesce(child.merged_into, child.id)).where(
        child.parent_id.in_(family_of(organization_id))
    )
    return Organization.id.in_(children)


def match_organization(
    session: Session, typed: str, among: ColumnElement[bool] | None = None
) -> Organization:
    """Return the organization with a name, a slug, or a part of a name that matches only one.

    `among` is a condition on the organizations that it can be, by default any.

    Names that several share become `Name (slug)`. For a merged organization, returns the
    one that remains. Raises Invalid (field `organization`).
    """
    text = " ".join(typed.split())
    if not text:
        raise Invalid(MISSING, field="organization")
    is_it = has_name(text, Organization.name, Organization.slug)
    within = true() if among is None else among
    found = _remaining(session, and_(is_it, within), limit=2)
    if not found:
        part = Organization.name.icontains(text, autoescape=True)
        found = _remaining(session, and_(part, within), limit=NAMED_AT_MOST)
    if len(found) == 1:
        return found[0]
    sentence = UNKNOWN
    if found:
        names = (f"{one.name} ({one.slug})" for one in found)
        sentence = SEVERAL % {"names": ", ".join(names)}
    raise Invalid(sentence, field="organization")


def _remaining(
    session: Session, is_it: ColumnElement[bool], *, limit: int
) -> Sequence[Organization]:
    """Return organizations by name; merged ones are replaced by those that remain."""
    ids = select(func.coalesce(Organization.merged_into, Organization.id)).where(is_it)
    return session.scalars(
        select(Organization)
        .where(Organization.id.in_(ids))
        .order_by(Organization.name)
        .limit(limit)
    ).all()


def ids_below(session: Session, organization_id: int) -> set[int]:
    """Return the ids of an organization and everything below it, at any depth.

    Of merged organizations, only the kept one is included.
    """
    asked, child, parent = aliased(Organization), aliased(Organization), aliased(Organization)
    below = (
        select(func.coalesce(asked.merged_into, asked.id).label("id"))
        .where(asked.id == organization_id)
        .cte(recursive=True)
    )
    below = below.union(
        select(func.coalesce(child.merged_into, child.id))
        .join_from(child, parent, parent.id == child.parent_id)
        .join(below, below.c.id == func.coalesce(parent.merged_into, parent.id))
    )
    return set(session.scalars(select(below.c.id)))


def _has_words(organization: Any, query: str) -> ColumnElement[bool]:  # noqa: ANN401  (an alias)
    return and_(true(), *has_words(query[:LONGEST_QUERY], organization.name, organization.slug))


def _former_names(session: Session, ids: list[int]) -> dict[int, list[str]]:
    rows = session.execute(
        select(Organization.merged_into, Organization.name)
        .where(Organization.merged_into.in_(ids))
        .order_by(func.lower(Organization.name), Organization.id)
    )
    found: dict[int, list[str]] = {}
    for kept, name in rows:
        found.setdefault(kept or 0, []).append(name)
    return found


def _names(
    session: Session, which: ColumnElement[bool], *, limit: int | None = None
) -> tuple[OrganizationName, ...]:
    rows = session.execute(
        select(Organization.slug, Organization.name)
        .where(which, Organization.merged_into.is_(None))
        .order_by(func.lower(Organization.name), Organization.id)
        .limit(limit)
    )
    return tuple(OrganizationName(*row) for row in rows)
