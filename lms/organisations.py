"""Organisations: the institutions that buy, and who belongs to them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from lms import audit, slugs
from lms.bulk import write_rows
from lms.db import new_public_ids
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.models.accounts import Login
from lms.models.organisations import Membership, Organisation, Role
from lms.models.seats import Pool
from lms.zones import read_zone

LONGEST_SLUG: Final = 80
LONGEST_NAME: Final = 200
BAD_SLUG = N_("Use lower-case letters, digits and single hyphens, such as elm-county.")
BAD_NAME = N_("Give the organisation a name of at most 200 characters.")
SLUG_TAKEN = N_("There is an organisation of that name already.")
PARENT_BELOW = N_("This one stands below it, so it can't be its parent.")
NO_SUCH_ORGANISATION = N_("There is no organisation of that name.")


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """An organisation to be made; `parent` is the slug of the consortium it belongs to."""

    slug: str
    name: str
    parent: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class OrganisationDetails:
    """What can be changed of an organisation; `parent` is a slug, `zone` None is the house's."""

    name: str
    zone: str | None
    parent: str | None


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """A customer institution; `zone` is None where its days end in the house's."""

    id: int
    public_id: str
    slug: str
    name: str
    parent: str | None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """An organisation of a list, with how many people and pools it has."""

    slug: str
    name: str
    parent: str | None
    members: int
    pools: int


@dataclass(frozen=True, slots=True)
class OrganisationsPage:
    """One page of organisations and how many match in all."""

    items: tuple[OrganisationRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class OrganisationName:
    """An organisation by its name."""

    slug: str
    name: str


def add_organisation(
    session: Session, new: NewOrganisation, *, actor: str | None, now: datetime
) -> OrganisationFacts:
    """Make an organisation.

    Raises Invalid for a slug or name that can't be, NotFound for a parent that is none, Conflict
    when the slug is taken.
    """
    name = checked_name(new.name)
    if len(new.slug) > LONGEST_SLUG or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", new.slug):
        raise Invalid(BAD_SLUG, fields={"slug": BAD_SLUG})
    _check_zone(new.zone)
    parent = None if new.parent is None else find_organisation(session, new.parent)
    row = Organisation(
        slug=new.slug,
        name=name,
        zone=new.zone,
        parent_id=parent.id if parent else None,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Conflict(SLUG_TAKEN) from error
    audit.record(session, "organisation.added", row.public_id, actor=actor, now=now)
    return OrganisationFacts(row.id, row.public_id, row.slug, row.name, new.parent, new.zone)


def add_many(
    session: Session, names: Iterable[str], *, actor: str | None, now: datetime
) -> dict[str, int]:
    """Make organisations of these names, which are as `checked_name` returns them; returns their rows."""
    slugs_of = slugs.choose_many(session, Organisation.slug, dict.fromkeys(names))
    if not slugs_of:
        return {}
    names_of = dict(zip(new_public_ids(len(slugs_of)), slugs_of, strict=True))
    write_rows(
        session,
        Organisation,
        [
            {"public_id": public_id, "slug": slugs_of[name], "name": name, "created_at": now}
            for public_id, name in names_of.items()
        ],
    )
    made = [(public_id, audit.NO_DETAIL) for public_id in names_of]
    audit.record_all(session, "organisation.added", made, actor=actor, now=now)
    rows = session.execute(
        select(Organisation.public_id, Organisation.id).where(Organisation.public_id.in_(names_of))
    )
    return {names_of[row.public_id]: row.id for row in rows}


def find_organisation(session: Session, slug: str) -> OrganisationFacts:
    """Return the organisation of a slug; raises NotFound."""
    row = session.execute(
        select(
            Organisation.id,
            Organisation.public_id,
            Organisation.name,
            Organisation.parent_id,
            Organisation.zone,
        ).where(Organisation.slug == slug)
    ).one_or_none()
    if row is None:
        raise NotFound(NO_SUCH_ORGANISATION)
    parent = session.scalar(select(Organisation.slug).where(Organisation.id == row.parent_id))
    return OrganisationFacts(row.id, row.public_id, slug, row.name, parent, row.zone)


def edit_organisation(
    session: Session,
    organisation_id: int,
    details: OrganisationDetails,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Change name, zone and parent.

    Raises Invalid for a name or zone that can't be, or a parent that would stand below it, and
    NotFound for an organisation or parent that is none.
    """
    row = session.scalar(
        select(Organisation).where(Organisation.id == organisation_id).with_for_update()
    )
    if row is None:
        raise NotFound(NO_SUCH_ORGANISATION)
    name = checked_name(details.name)
    _check_zone(details.zone)
    parent = None if details.parent is None else find_organisation(session, details.parent)
    if parent is not None and parent.id in _below(session, organisation_id):
        raise Invalid(PARENT_BELOW, fields={"parent": PARENT_BELOW})
    row.name, row.zone, row.parent_id = name, details.zone, parent.id if parent else None
    session.flush()
    audit.record(session, "organisation.edited", row.public_id, actor=actor, now=now)


def list_organisations(
    session: Session, query: str, *, offset: int, limit: int
) -> OrganisationsPage:
    """Return the organisations whose name or slug has every word, by name."""
    parent = aliased(Organisation)
    conditions = [
        or_(
            Organisation.name.icontains(word, autoescape=True),
            Organisation.slug.icontains(word, autoescape=True),
        )
        for word in query.split()
    ]
    members = select(func.count(Membership.id)).where(Membership.organisation_id == Organisation.id)
    pools = select(func.count(Pool.id)).where(Pool.organisation_id == Organisation.id)
    rows = session.execute(
        select(
            Organisation.slug,
            Organisation.name,
            parent.name,
            members.scalar_subquery(),
            pools.scalar_subquery(),
        )
        .outerjoin(parent, parent.id == Organisation.parent_id)
        .where(*conditions)
        .order_by(func.lower(Organisation.name), Organisation.id)
        .offset(offset)
        .limit(limit)
    )
    total = session.scalar(select(func.count(Organisation.id)).where(*conditions)) or 0
    return OrganisationsPage(tuple(OrganisationRow(*row) for row in rows), total)


def slug_for(session: Session, name: str) -> str:
    """Return a free slug that follows a name."""
    return slugs.choose(session, Organisation.slug, wanted="", name=name)


def children_of(session: Session, organisation_id: int) -> tuple[OrganisationName, ...]:
    """Return the organisations that belong to a consortium, by name."""
    return _names(session, Organisation.parent_id == organisation_id)


def possible_parents(session: Session, organisation_id: int | None) -> tuple[OrganisationName, ...]:
    """Return what an organisation may belong to: any but itself and what stands below it."""
    if organisation_id is None:
        return _names(session, true())
    return _names(session, Organisation.id.not_in(_below(session, organisation_id)))


@dataclass(frozen=True, slots=True)
class Manager:
    """Somebody whom an organisation's people can ask."""

    login_id: int
    name: str
    email: str | None


def find_managers(session: Session, organisation_id: int, *, most: int = 5) -> tuple[Manager, ...]:
    """Return whom an organisation's people can ask, managers before owners, by how long they are.

    Where it has nobody, its parent's stand in.
    """
    parent = select(Organisation.parent_id).where(Organisation.id == organisation_id)
    rows = session.execute(
        select(Login.id, Login.name, Login.email, Membership.organisation_id)
        .join_from(Membership, Login)
        .where(
            Membership.role.in_((Role.MANAGER, Role.OWNER)),
            Login.blocked_at.is_(None),
            or_(
                Membership.organisation_id == organisation_id,
                Membership.organisation_id == parent.scalar_subquery(),
            ),
        )
        .order_by(
            Membership.organisation_id != organisation_id,
            Membership.role != Role.MANAGER,
            Membership.id,
        )
        .limit(most)
    ).all()
    nearest = rows[0].organisation_id if rows else None
    return tuple(
        Manager(row.id, row.name, row.email) for row in rows if row.organisation_id == nearest
    )


def find_manager(session: Session, organisation_id: int) -> str | None:
    """Return the name of whom an organisation's people can ask first; None without any."""
    return next((one.name for one in find_managers(session, organisation_id, most=1)), None)


def add_member(
    session: Session,
    organisation: OrganisationFacts,
    login_id: int,
    *,
    role: Role,
    actor: str | None,
    now: datetime,
) -> None:
    """Make a login a member, manager or owner; one who belongs already gets the new role.

    Raises NotFound for a login that is none.
    """
    login = session.scalar(select(Login.public_id).where(Login.id == login_id))
    if login is None:
        raise NotFound
    mine = select(Membership).where(
        Membership.organisation_id == organisation.id, Membership.login_id == login_id
    )
    place = session.scalar(mine.with_for_update())
    if place is None:
        session.add(
            Membership(
                organisation_id=organisation.id, login_id=login_id, role=role, created_at=now
            )
        )
        session.flush()
    elif place.role is role:
        return
    else:
        place.role = role
    audit.record(
        session,
        "membership.set",
        organisation.public_id,
        actor=actor,
        now=now,
        detail={"login": login, "role": role.value},
    )


def _names(session: Session, which: ColumnElement[bool]) -> tuple[OrganisationName, ...]:
    rows = session.execute(
        select(Organisation.slug, Organisation.name)
        .where(which)
        .order_by(func.lower(Organisation.name), Organisation.id)
    )
    return tuple(OrganisationName(*row) for row in rows)


def _below(session: Session, organisation_id: int) -> set[int]:
    """Return an organisation's own id and those of all that stand below it."""
    below = select(Organisation.id).where(Organisation.id == organisation_id).cte(recursive=True)
    below = below.union(select(Organisation.id).join(below, Organisation.parent_id == below.c.id))
    return set(session.scalars(select(below.c.id)))


def checked_name(name: str) -> str:
    """Return a name as it is kept: one line, no space around. Raises Invalid, field `name`."""
    text = " ".join(name.split())
    if not 1 <= len(text) <= LONGEST_NAME:
        raise Invalid(BAD_NAME, fields={"name": BAD_NAME})
    return text


def _check_zone(zone: str | None) -> None:
    if zone is not None:
        read_zone(zone)
