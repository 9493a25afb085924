"""Organisations: the institutions that buy, and who belongs to them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms import audit
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.models.people import Login, Membership, Organisation, Role

LONGEST_SLUG: Final = 80
LONGEST_NAME: Final = 200
BAD_SLUG = N_("Use lower-case letters, digits and single hyphens, such as elm-county.")
BAD_NAME = N_("Give the organisation a name of at most 200 characters.")
SLUG_TAKEN = N_("There is an organisation of that name already.")
NO_SUCH_ORGANISATION = N_("There is no organisation of that name.")


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """An organisation to be made; `parent` is the slug of the consortium it belongs to."""

    slug: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """A customer institution."""

    id: int
    public_id: str
    slug: str
    name: str
    parent: str | None


def add_organisation(
    session: Session, new: NewOrganisation, *, actor: str | None, now: datetime
) -> OrganisationFacts:
    """Make an organisation.

    Raises Invalid for a slug or name that can't be, NotFound for a parent that is none, Conflict
    when the slug is taken.
    """
    name = " ".join(new.name.split())
    if len(new.slug) > LONGEST_SLUG or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", new.slug):
        raise Invalid(BAD_SLUG, fields={"slug": BAD_SLUG})
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(BAD_NAME, fields={"name": BAD_NAME})
    parent = None if new.parent is None else find_organisation(session, new.parent)
    row = Organisation(
        slug=new.slug, name=name, parent_id=parent.id if parent else None, created_at=now
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Conflict(SLUG_TAKEN) from error
    audit.record(session, "organisation.added", row.public_id, actor=actor, now=now)
    return OrganisationFacts(row.id, row.public_id, row.slug, row.name, new.parent)


def find_organisation(session: Session, slug: str) -> OrganisationFacts:
    """Return the organisation of a slug; raises NotFound."""
    row = session.execute(
        select(
            Organisation.id,
            Organisation.public_id,
            Organisation.name,
            Organisation.parent_id,
        ).where(Organisation.slug == slug)
    ).one_or_none()
    if row is None:
        raise NotFound(NO_SUCH_ORGANISATION)
    parent = session.scalar(select(Organisation.slug).where(Organisation.id == row.parent_id))
    return OrganisationFacts(row.id, row.public_id, slug, row.name, parent)


def find_manager(session: Session, organisation_id: int) -> str | None:
    """Return the name of whom its people can ask: a manager, else an owner; None without any.

    Where an organisation has nobody, its parent's are asked.
    """
    parent = select(Organisation.parent_id).where(Organisation.id == organisation_id)
    return session.scalar(
        select(Login.name)
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
        .limit(1)
    )


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
