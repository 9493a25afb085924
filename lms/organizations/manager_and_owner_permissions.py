"""Permissions in organizations: who can see one in which role, and who can change roles."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of, kept_organization
from lms.core.errors import N_, Conflict, Forbidden, NotFound, or_not_found
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.organizations import MANAGING, Membership, Organization, Role
from lms.organizations import memberships, supervised_groups
from lms.organizations.memberships import RANKS, NewMember, RoleChoice
from lms.organizations.organizations import OrganizationFacts

OWNERS_ONLY = N_("Only an owner of this organization can add or change owners.")
LAST_OWNER = N_("An organization needs at least one owner. Make someone else an owner first.")
BELONGS_ALREADY = N_("This person is already a member. Change their role instead.")

# Built once: aliasing a table with many columns takes as long as the statement itself.
_asked, _parent, _child, _above = (aliased(Organization) for _ in range(4))
_KEPT: Final = select(func.coalesce(_asked.merged_into, _asked.id))
_ORGANIZATIONS: Final = (
    select(
        Organization.id,
        Organization.public_id,
        Organization.slug,
        Organization.name,
        Organization.zone,
        _above.slug.label("parent"),
        _above.name.label("parent_name"),
        select(_child.id)
        .where(_child.parent_id.in_(family_of(Organization.id)))
        .exists()
        .label("has_children"),
    )
    .select_from(Organization)
    .outerjoin(_parent, _parent.id == Organization.parent_id)
    .outerjoin(_above, _above.id == func.coalesce(_parent.merged_into, _parent.id))
)
# The organizations in which `login_id`, or a login merged with it, has one of the `roles`.
_MANAGED: Final = (
    _ORGANIZATIONS.add_columns(Membership.role)
    .join(Membership, kept_organization(Membership.organization_id) == Organization.id)
    .join(Login, Login.id == Membership.login_id)
    .where(
        or_(Login.id == bindparam("login_id"), Login.merged_into == bindparam("login_id")),
        Membership.role.in_(bindparam("roles", expanding=True)),
    )
)


@dataclass(frozen=True, slots=True)
class Managed:
    """An organization as a person with a role in it sees it; `role` is None for our team.

    `groups` are the row ids of the groups that a supervisor sees; None for others, who see everyone.
    """

    facts: OrganizationFacts
    zone: str | None
    role: Role | None
    has_children: bool
    parent_name: str | None
    groups: tuple[int, ...] | None = None

    @property
    def may_make_owners(self) -> bool:
        """Return whether this person can add, change and remove owners."""
        return self.role in (Role.OWNER, None)


def managed_organization(
    session: Session,
    organization_id: str,
    *,
    login_id: int,
    roles: Collection[Role] = MANAGING,
    may_look: bool = False,
) -> Managed:
    """Return an organization in which this person has one of these roles, or any if `may_look`.

    For a merged organization, returns the kept one. Raises NotFound for everyone else, so that
    outsiders can't tell whether the organization exists.
    """
    kept = _KEPT.where(_asked.public_id == organization_id).scalar_subquery()
    rows = session.execute(
        _MANAGED.where(Organization.id == kept), {"login_id": login_id, "roles": list(roles)}
    )
    found = [_seen(row) for row in rows]
    if found:
        mine = max(found, key=lambda each: RANKS[each.role or Role.MEMBER])
        if mine.role is not Role.SUPERVISOR:
            return mine
        return replace(mine, groups=supervised_groups.supervised(session, mine.facts.id, login_id))
    if not may_look:
        raise NotFound
    row = or_not_found(session.execute(_ORGANIZATIONS.where(Organization.id == kept)).one_or_none())
    return _seen(row)


def managed_by(
    session: Session, login_id: int, *, roles: Collection[Role] = MANAGING
) -> tuple[OrganizationFacts, ...]:
    """Return the organizations in which a person has one of these roles, by name."""
    rows = session.execute(
        _MANAGED.order_by(Organization.name, Organization.id),
        {"login_id": login_id, "roles": list(roles)},
    )
    return tuple({row.public_id: _seen(row).facts for row in rows}.values())


def count_owners(session: Session, organization_id: int) -> int:
    """Return the number of owners of an organization."""
    owners = select(func.count(Membership.login_id.distinct())).where(
        Membership.organization_id.in_(family_of(organization_id)), Membership.role == Role.OWNER
    )
    return session.scalar(owners) or 0


def led_alone(session: Session, login_id: int) -> tuple[OrganizationFacts, ...]:
    """Return the organizations that would have no owner without this person, by name.

    Organizations without other members are left out. Merged logins count as one person, and merged
    organizations as one.
    """
    kept = kept_organization(Membership.organization_id)
    others = session.execute(
        select(kept.label("organization_id"), Membership.role)
        .select_from(Membership)
        .where(
            kept.in_(_owned_by(login_id)),
            Membership.login_id.not_in(logins_of(login_id)),
        )
    ).all()
    led = {row.organization_id for row in others if row.role is Role.OWNER}
    alone = {row.organization_id for row in others} - led
    found = session.execute(
        _ORGANIZATIONS.where(Organization.id.in_(alone)).order_by(Organization.name)
    )
    return tuple(_seen(row).facts for row in found)


def hold_owners(session: Session, login_id: int) -> None:
    """Lock the owners of a person's organizations: of two owners who leave at once, one must stay."""
    session.scalars(
        select(Membership.id)
        .where(
            kept_organization(Membership.organization_id).in_(_owned_by(login_id)),
            Membership.role == Role.OWNER,
        )
        .order_by(Membership.id)
        .with_for_update()
    ).all()


def check_newcomer(session: Session, managed: Managed, new: NewMember) -> None:
    """Check an invitation, using only what managers can see.

    Raises Forbidden if a manager invites an owner, Conflict for an address that they see among their
    members. That a person's other address is a member's is not revealed.
    """
    if new.role is Role.OWNER and not managed.may_make_owners:
        raise Forbidden(OWNERS_ONLY)
    seen = (
        select(Membership.id)
        .join(Login, Login.id == Membership.login_id)
        .where(
            Membership.organization_id.in_(family_of(managed.facts.id)),
            Login.email_key == new.address.key,
        )
    )
    if session.scalar(seen.limit(1)) is not None:
        raise Conflict(BELONGS_ALREADY, code="belongs_already")


def change_role(  # noqa: PLR0913  (organization, person, role, and time)
    session: Session,
    managed: Managed,
    member_id: str,
    choice: RoleChoice,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Change a person's role, or a supervisor's groups.

    Raises NotFound for a non-member, Forbidden if a manager changes an owner, Conflict for the last
    owner, Invalid (field `groups`) for a supervisor without groups. Emails are those of `memberships`.
    """
    place, login = _place(session, managed, member_id)
    if Role.OWNER in (place.role, choice.role) and not managed.may_make_owners:
        raise Forbidden(OWNERS_ONLY)
    if place.role is Role.OWNER and choice.role is not Role.OWNER:
        _keep_an_owner(session, managed)
    memberships.change_role(
        session, managed.facts, member_id, choice.role, links=links, actor=actor, now=now
    )
    if choice.role is Role.SUPERVISOR:
        supervised_groups.set_groups(
            session, managed.facts, login, choice.groups, actor=actor, now=now
        )
    else:
        supervised_groups.clear(session, managed.facts.id, login.id)


def remove_member(
    session: Session,
    managed: Managed,
    member_id: str,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> str:
    """Remove a person from the organization, and email about it; return their name. Their seats stay."""
    place, login = _place(session, managed, member_id)
    if place.role is Role.OWNER:
        if not managed.may_make_owners:
            raise Forbidden(OWNERS_ONLY)
        _keep_an_owner(session, managed)
    memberships.remove_member(session, managed.facts, member_id, links=links, actor=actor, now=now)
    return login.name


def _owned_by(login_id: int) -> Select[int]:
    """Return a subquery of the organizations that a person owns, after merges."""
    owned = aliased(Membership)
    return (
        select(kept_organization(owned.organization_id))
        .select_from(owned)
        .where(owned.login_id.in_(logins_of(login_id)), owned.role == Role.OWNER)
    )


def _seen(row: Row[*tuple[Any, ...]]) -> Managed:
    return Managed(
        facts=OrganizationFacts(row.id, row.public_id, row.slug, row.name, row.parent),
        zone=row.zone,
        role=getattr(row, "role", None),
        has_children=row.has_children,
        parent_name=row.parent_name,
    )


def _place(session: Session, managed: Managed, member_id: str) -> tuple[Membership, Login]:
    """Return a person's membership; the highest one if they belong to two merged organizations."""
    family = family_of(managed.facts.id)
    query = (
        select(Membership, Login)
        .join(Login, Login.id == Membership.login_id)
        .where(
            Membership.organization_id.in_(family),
            memberships.is_highest_place(family),
            Login.public_id == member_id,
        )
    )
    row = or_not_found(session.execute(query).one_or_none())
    return row[0], row[1]


def _keep_an_owner(session: Session, managed: Managed) -> None:
    # The lock keeps two owners who remove each other at once from leaving none.
    owners = session.scalars(
        select(Membership.login_id)
        .where(
            Membership.organization_id.in_(family_of(managed.facts.id)),
            Membership.role == Role.OWNER,
        )
        .order_by(Membership.id)
        .with_for_update()
    ).all()
    if len(set(owners)) < 2:
        raise Conflict(LAST_OWNER, code="last_owner")
