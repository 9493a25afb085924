"""Organizations: add, edit, find, and list the institutions that buy."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.access.merged_organizations import family_of, kept_organization
from lms.accounts.power_over_others import close_before_power
from lms.core import slugs
from lms.core.bulk_insert import add_once, write_rows
from lms.core.dates_and_time_zones import read_zone
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import new_public_ids
from lms.core.postal_addresses import Address, address_faults, clean_address
from lms.models.accounts import Login
from lms.models.organizations import (
    MANAGING,
    PREVIEWING,
    InvoiceDelivery,
    Membership,
    Organization,
    Role,
)
from lms.models.playback import PlaybackEnd
from lms.organizations.organization_lists import ids_below
from lms.playback.sessions import end_previews_of

LONGEST_SLUG: Final = 80
LONGEST_NAME: Final = 200
BAD_SLUG = N_("Use lowercase letters, digits, and single hyphens, such as elm-county.")
BAD_NAME = N_("Enter a name of up to 200 characters.")
SLUG_TAKEN = N_("An organization with that name already exists.")
PARENT_BELOW = N_("That organization belongs to this one, so it can't be its parent.")
NO_SUCH_ORGANIZATION = N_("No organization has that name.")

_asked, _parent, _above = (aliased(Organization) for _ in range(3))
_FOUND: Final = (
    select(
        Organization.id,
        Organization.public_id,
        Organization.slug,
        Organization.name,
        _above.slug,
        Organization.zone,
    )
    .select_from(_asked)
    .join(Organization, Organization.id == func.coalesce(_asked.merged_into, _asked.id))
    .outerjoin(_parent, _parent.id == Organization.parent_id)
    .outerjoin(_above, _above.id == func.coalesce(_parent.merged_into, _parent.id))
)


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """An organization to create; `parent` is the slug of its parent organization.

    `address` is the legal one.
    """

    slug: str
    name: str
    parent: str | None = None
    zone: str | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class OrganizationDetails:
    """The editable fields of an organization; `parent` is a slug, `zone` None means the installation's."""

    name: str
    zone: str | None
    parent: str | None


@dataclass(frozen=True, slots=True)
class OrganizationFacts:
    """An organization; `zone` is None if it uses the installation's."""

    id: int
    public_id: str
    slug: str
    name: str
    parent: str | None
    zone: str | None = None


def add_organization(
    session: Session, new: NewOrganization, *, actor: str | None, now: datetime
) -> OrganizationFacts:
    """Create an organization.

    Raises Invalid for an invalid slug, name or address (fields `legal_...`), NotFound for an unknown
    parent, Conflict if the slug is taken.
    """
    name = checked_name(new.name)
    if len(new.slug) > LONGEST_SLUG or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", new.slug):
        raise Invalid(BAD_SLUG, field="slug")
    _check_zone(new.zone)
    address = None if new.address is None else clean_address(new.address)
    if address is not None and (faults := address_faults(address, "legal_")):
        raise Invalid(N_("Check the address."), fields=faults)
    parent = None if new.parent is None else find_organization(session, new.parent)
    row = Organization(
        slug=new.slug,
        name=name,
        zone=new.zone,
        parent_id=parent.id if parent else None,
        legal_address=address,
        created_at=now,
    )
    if not add_once(session, row):
        raise Conflict(SLUG_TAKEN)
    audit.record(session, "organization.added", row.public_id, actor=actor, now=now)
    return OrganizationFacts(row.id, row.public_id, row.slug, row.name, new.parent, new.zone)


def add_many(
    session: Session, names: Iterable[str], *, actor: str | None, now: datetime
) -> dict[str, int]:
    """Create organizations with these names, normalized by `checked_name`; return their row ids by name."""
    slugs_of = slugs.choose_many(session, Organization.slug, dict.fromkeys(names))
    if not slugs_of:
        return {}
    names_of = dict(zip(new_public_ids(len(slugs_of)), slugs_of, strict=True))
    write_rows(
        session,
        Organization,
        [
            {
                "public_id": public_id,
                "slug": slugs_of[name],
                "name": name,
                "legal_name": "",
                "invoice_delivery": InvoiceDelivery.EMAIL,
                "vendor_number": "",
                "po_required": False,
                "notes": "",
                "created_at": now,
            }
            for public_id, name in names_of.items()
        ],
    )
    made = [(public_id, audit.NO_DETAIL) for public_id in names_of]
    audit.record_all(session, "organization.added", made, actor=actor, now=now)
    rows = session.execute(
        select(Organization.public_id, Organization.id).where(Organization.public_id.in_(names_of))
    )
    return {names_of[row.public_id]: row.id for row in rows}


def find_organization(session: Session, slug: str) -> OrganizationFacts:
    """Return the organization of a slug, or the one it was merged into."""
    row = session.execute(_FOUND.where(_asked.slug == slug)).one_or_none()
    return OrganizationFacts(*or_not_found(row, NO_SUCH_ORGANIZATION))


def edit_organization(
    session: Session,
    organization_id: int,
    details: OrganizationDetails,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Change an organization's name, zone and parent.

    Raises Invalid for an invalid name or zone, or a parent that is below it, and NotFound for an
    unknown organization or parent.
    """
    query = select(Organization).where(Organization.id == organization_id).with_for_update()
    row = or_not_found(session.scalar(query), NO_SUCH_ORGANIZATION)
    name = checked_name(details.name)
    _check_zone(details.zone)
    parent = None if details.parent is None else find_organization(session, details.parent)
    if parent is not None and parent.id in ids_below(session, organization_id):
        raise Invalid(PARENT_BELOW, field="parent")
    row.name, row.zone, row.parent_id = name, details.zone, parent.id if parent else None
    session.flush()
    audit.record(session, "organization.edited", row.public_id, actor=actor, now=now)


def slug_for(session: Session, name: str) -> str:
    """Return a free slug based on a name."""
    return slugs.choose(session, Organization.slug, wanted="", name=name)


@dataclass(frozen=True, slots=True)
class Manager:
    """A person whom an organization's members can ask."""

    login_id: int
    name: str
    email: str | None


def find_managers(session: Session, organization_id: int, *, most: int = 5) -> tuple[Manager, ...]:
    """Return the people whom members can ask: managers first, then owners, by time of joining.

    If the organization has none, those of its parent. A manager whose account was merged is the kept one.
    """
    kept, own = aliased(Login), family_of(organization_id)
    parent = select(Organization.parent_id).where(
        Organization.id == kept_organization(organization_id)
    )
    is_own = Membership.organization_id.in_(own)
    rows = session.execute(
        select(kept.id, kept.name, kept.email, is_own.label("is_own"))
        .join_from(Membership, Login)
        .join(kept, kept.id == func.coalesce(Login.merged_into, Login.id))
        .where(
            Membership.role.in_((Role.MANAGER, Role.OWNER)),
            kept.blocked_at.is_(None),
            or_(
                is_own,
                Membership.organization_id.in_(family_of(parent.scalar_subquery())),
            ),
        )
        .order_by(
            is_own.desc(),
            Membership.role != Role.MANAGER,
            Membership.id,
        )
    ).all()
    nearest = {row.is_own for row in rows[:1]}
    found = {row.id: Manager(row.id, row.name, row.email) for row in rows if row.is_own in nearest}
    return tuple(found.values())[:most]


def find_manager(
    session: Session, organization_id: int, *, other_than: int | None = None
) -> str | None:
    """Return the name of the first person whom members can ask, or None.

    A manager is not sent to themselves: `other_than` is the kept login of the person who asks.
    """
    found = find_managers(session, organization_id, most=2)
    return next((one.name for one in found if one.login_id != other_than), None)


def add_member(
    session: Session,
    organization: OrganizationFacts,
    login_id: int,
    *,
    role: Role,
    actor: str | None,
    now: datetime,
) -> None:
    """Give a login a role in an organization; an existing member gets the new role.

    Memberships in merged organizations are changed, too. Raises NotFound for an unknown login.
    """
    login = or_not_found(session.scalar(select(Login.public_id).where(Login.id == login_id)))
    mine = select(Membership).where(
        Membership.organization_id.in_(family_of(organization.id)),
        Membership.login_id == login_id,
    )
    places = session.scalars(mine.order_by(Membership.id).with_for_update()).all()
    if places and all(place.role is role for place in places):
        return
    for place in places:
        place.role = role
    if not places:
        session.add(
            Membership(
                organization_id=organization.id, login_id=login_id, role=role, created_at=now
            )
        )
        session.flush()
    if role in MANAGING:
        close_before_power(session, [login_id], actor=actor, now=now)
    if role not in PREVIEWING:
        end_previews_of(
            session, login_id, family_of(organization.id), ended_as=PlaybackEnd.REVOKED, now=now
        )
    audit.record(
        session,
        "membership.set",
        organization.public_id,
        actor=actor,
        now=now,
        detail={"login": login, "role": role.value},
    )


def checked_name(name: str) -> str:
    """Return a name as stored: one line, trimmed. Raises Invalid (field `name`)."""
    text = " ".join(name.split())
    if not 1 <= len(text) <= LONGEST_NAME:
        raise Invalid(BAD_NAME, field="name")
    return text


def _check_zone(zone: str | None) -> None:
    if zone is not None:
        read_zone(zone)
