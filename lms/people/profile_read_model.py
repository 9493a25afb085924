"""The profile read model: a person as our team sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_organization
from lms.accounts import email_aliases
from lms.accounts.email_aliases import Alias
from lms.core.errors import NotFound, or_not_found
from lms.core.model_base import copied
from lms.models.accounts import Login, LoginAlias, SecondStep, SellerRole, SignIn
from lms.models.organizations import Membership, Organization, Role


@dataclass(frozen=True, slots=True)
class Named:
    """A login by its name and address."""

    public_id: str
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A person's role in an organization."""

    slug: str
    organization: str
    role: Role
    since: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Everything our team sees about a login except its access."""

    id: int
    public_id: str
    name: str
    email: str | None
    recovery_email: str | None
    zone: str | None
    seller_role: SellerRole | None
    is_confirmed: bool
    has_password: bool
    blocked_at: datetime | None
    blocked_reason: str | None
    created_at: datetime
    last_seen_at: datetime | None
    merged_into: Named | None
    merged: tuple[Named, ...]
    aliases: tuple[Alias, ...]
    places: tuple[Place, ...]


def read_person(session: Session, public_id: str) -> Person:
    """Return a login, found by its public ID; raises NotFound."""
    login = or_not_found(session.scalar(select(Login).where(Login.public_id == public_id)))
    recovery = login.recovery_email if login.recovery_confirmed_at else None
    return copied(
        Person,
        login,
        recovery_email=recovery,
        is_confirmed=login.confirmed_at is not None or login.email is None,
        has_password=login.password_hash is not None,
        last_seen_at=session.scalar(
            select(func.max(SignIn.last_seen_at)).where(
                SignIn.login_id == login.id, SignIn.second_step != SecondStep.DUE
            )
        ),
        merged_into=next(iter(_named(session, Login.id == login.merged_into)), None),
        merged=tuple(_named(session, Login.merged_into == login.id)),
        aliases=email_aliases.list_for(session, login.id),
        places=_places(session, login.id),
    )


def find_other(session: Session, typed: str) -> Named:
    """Return the login with a public ID or an address; raises NotFound.

    An address finds the login that has it, even if that login was merged.
    """
    text = typed.strip().casefold()
    has_alias = exists().where(LoginAlias.login_id == Login.id, LoginAlias.email_key == text)
    which = or_(Login.public_id == text, Login.email_key == text, has_alias)
    found = _named(session, which)
    if not found:
        raise NotFound
    return found[0]


def _named(session: Session, which: ColumnElement[bool]) -> Sequence[Named]:
    rows = session.execute(
        select(Login.public_id, Login.name, Login.email).where(which).order_by(Login.id)
    )
    return [Named(*row) for row in rows]


def _places(session: Session, login_id: int) -> tuple[Place, ...]:
    rows = session.execute(
        select(Organization.slug, Organization.name, Membership.role, Membership.created_at)
        .join_from(
            Membership,
            Organization,
            Organization.id == kept_organization(Membership.organization_id),
        )
        .where(Membership.login_id.in_(logins_of(login_id)))
        .order_by(Organization.name)
    )
    return tuple(Place(*row) for row in rows)
