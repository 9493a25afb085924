"""Permissions in organizations: who may enter one in which role, and who may change roles."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of, kept_organization
from lms.core.errors import N_, Conflict, Forbidden, NotFound
from lms.models.accounts import Login
from lms.models.organizations import MANAGING, Membership, Organization, Role
from lms.organizations import memberships, supervised_groups
from lms.organizations.memberships import RANKS, NewMember, RoleChoice
from lms.organizations.organizations import OrganizationFacts, add_member

OWNERS_ONLY = N_("Only an owner of this organization may make or change owners.")
LAST_OWNER = N_("An organization keeps at least one owner. Make somebody else an owner first.")
BELONGS_ALREADY = N_("This person belongs to the organization already. Change their role.")


@dataclass(frozen=True, slots=True)
class Steward:
    """Somebody who is written to about an organization; no login is the house's own mailbox."""

    login_id: int | None
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Managed:
    """An organization as a person with a role in it sees it; people of the seller have none.

    `groups` are the ids of the groups that a supervisor sees; the others see everybody (None).
    """

    facts: OrganizationFacts
    zone: str | None
    role: Role | None
    has_children: bool
    parent_name: str | None
    groups: tuple[int, ...] | None = None

    @property
    def may_make_owners(self) -> bool:
        """Tell whether this person may make, change and remove owners."""
        return self.role in (Role.OWNER, None)


def managed_organization(
    session: Session,
    organization_id: str,
    *,
    login_id: int,
    roles: Collection[Role] = MANAGING,
    may_look: bool = False,
) -> Managed:
    """Return an organization in which this person has one of these roles, or any if they `may_look`.

    Of one that was merged it is the one that is kept, to who manages either. Raises NotFound for
    everybody else: what one doesn't look after reads like what never was.
    """
    asked = aliased(Organization)
    kept = (
        select(func.coalesce(asked.merged_into, asked.id))
        .where(asked.public_id == organization_id)
        .scalar_subquery()
    )
    rows = session.execute(_managed(login_id, roles).where(Organization.id == kept))
    found = [_seen(row) for row in rows]
    if found:
        mine = max(found, key=lambda each: RANKS[each.role or Role.MEMBER])
        if mine.role is not Role.SUPERVISOR:
            return mine
        return replace(mine, groups=supervised_groups.supervised(session, mine.facts.id, login_id))
    if not may_look:
        raise NotFound
    row = session.execute(_organizations(None).where(Organization.id == kept)).one_or_none()
    if row is None:
        raise NotFound
    return _seen(row)


def managed_by(
    session: Session, login_id: int, *, roles: Collection[Role] = MANAGING
) -> tuple[OrganizationFacts, ...]:
    """Return the organizations in which a person has one of these roles, by name."""
    rows = session.execute(_managed(login_id, roles).order_by(Organization.name, Organization.id))
    return tuple({row.public_id: _seen(row).facts for row in rows}.values())


def stewards_of(session: Session, organization_id: int) -> tuple[Steward, ...]:
    """Return who is written to about an organization: its managers and owners who have mail."""
    kept = aliased(Login)
    rows = session.execute(
        select(kept.id, kept.email, kept.name)
        .select_from(Membership)
        .join(Login, Login.id == Membership.login_id)
        .join(kept, kept.id == func.coalesce(Login.merged_into, Login.id))
        .where(
            Membership.organization_id.in_(family_of(organization_id)),
            Membership.role.in_(MANAGING),
            kept.email.is_not(None),
            kept.blocked_at.is_(None),
        )
        .distinct()
        .order_by(kept.id)
    )
    return tuple(Steward(row.id, row.email or "", row.name) for row in rows)


def count_owners(session: Session, organization_id: int) -> int:
    """Return how many owners an organization has."""
    owners = select(func.count(Membership.login_id.distinct())).where(
        Membership.organization_id.in_(family_of(organization_id)), Membership.role == Role.OWNER
    )
    return session.scalar(owners) or 0


def led_alone(session: Session, login_id: int) -> tuple[OrganizationFacts, ...]:
    """Return the organizations that would be without an owner if this person went, by name.

    One to which nobody else belongs needs none. Merged logins are one person, and merged
    organizations one organization.
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
        _organizations(None).where(Organization.id.in_(alone)).order_by(Organization.name)
    )
    return tuple(_seen(row).facts for row in found)


def hold_owners(session: Session, login_id: int) -> None:
    """Hold the owners of what a person owns until the transaction ends: of two who go at once, one stays."""
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
    """Raise what speaks against asking somebody in, as far as managers may know it.

    Forbidden when a manager makes an owner, Conflict for an address that they see among their
    people: that somebody's other address is one of theirs is told to nobody.
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


def change_role(
    session: Session,
    managed: Managed,
    member_id: str,
    choice: RoleChoice,
    *,
    actor: str | None,
    now: datetime,
) -> str:
    """Give a person of the organization another role, or a supervisor other groups; returns their name.

    Raises NotFound for who doesn't belong, Forbidden when a manager touches an owner, Conflict
    when the last owner would go, Invalid (field `groups`) for a supervisor without groups.
    """
    place, login = _place(session, managed, member_id)
    if Role.OWNER in (place.role, choice.role) and not managed.may_make_owners:
        raise Forbidden(OWNERS_ONLY)
    if place.role is Role.OWNER and choice.role is not Role.OWNER:
        _keep_an_owner(session, managed)
    add_member(session, managed.facts, login.id, role=choice.role, actor=actor, now=now)
    if choice.role is Role.SUPERVISOR:
        supervised_groups.set_groups(
            session, managed.facts, login, choice.groups, actor=actor, now=now
        )
    else:
        supervised_groups.clear(session, managed.facts.id, login.id)
    return login.name


def remove_member(
    session: Session, managed: Managed, member_id: str, *, actor: str | None, now: datetime
) -> str:
    """Take a person out of the organization; returns their name. Their seats stay as they are.

    Raises as `change_role` does.
    """
    place, login = _place(session, managed, member_id)
    if place.role is Role.OWNER:
        if not managed.may_make_owners:
            raise Forbidden(OWNERS_ONLY)
        _keep_an_owner(session, managed)
    memberships.remove_member(session, managed.facts, member_id, actor=actor, now=now)
    return login.name


def _organizations(role: ColumnElement[Role] | None) -> Select[Any]:
    parent, child, above = aliased(Organization), aliased(Organization), aliased(Organization)
    has_children = select(child.id).where(child.parent_id.in_(family_of(Organization.id))).exists()
    columns: list[Any] = [
        Organization.id,
        Organization.public_id,
        Organization.slug,
        Organization.name,
        Organization.zone,
        above.slug.label("parent"),
        above.name.label("parent_name"),
        has_children.label("has_children"),
    ]
    if role is not None:
        columns.append(role.label("role"))
    return (
        select(*columns)
        .select_from(Organization)
        .outerjoin(parent, parent.id == Organization.parent_id)
        .outerjoin(above, above.id == func.coalesce(parent.merged_into, parent.id))
    )


def _owned_by(login_id: int) -> Select[int]:
    """Return the organizations that a person owns, those that are kept where two were merged."""
    owned = aliased(Membership)
    return (
        select(kept_organization(owned.organization_id))
        .select_from(owned)
        .where(owned.login_id.in_(logins_of(login_id)), owned.role == Role.OWNER)
    )


def _managed(login_id: int, roles: Collection[Role]) -> Select[Any]:
    mine = or_(Login.id == login_id, Login.merged_into == login_id)
    return (
        _organizations(Membership.role.expression)
        .join(Membership, kept_organization(Membership.organization_id) == Organization.id)
        .join(Login, Login.id == Membership.login_id)
        .where(mine, Membership.role.in_(roles))
    )


def _seen(row: Row[Any]) -> Managed:
    return Managed(
        facts=OrganizationFacts(row.id, row.public_id, row.slug, row.name, row.parent),
        zone=row.zone,
        role=getattr(row, "role", None),
        has_children=row.has_children,
        parent_name=row.parent_name,
    )


def _place(session: Session, managed: Managed, member_id: str) -> tuple[Membership, Login]:
    """Return a person's place; the higher one of who belongs to two that were merged."""
    family = family_of(managed.facts.id)
    row = session.execute(
        select(Membership, Login)
        .join(Login, Login.id == Membership.login_id)
        .where(
            Membership.organization_id.in_(family),
            memberships.is_highest_place(family),
            Login.public_id == member_id,
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _keep_an_owner(session: Session, managed: Managed) -> None:
    # Locked, so that two owners who remove each other at once leave one.
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
