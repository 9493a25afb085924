"""Invited people without an account: found by name and address, with their invitations.

They are known by an address that an organization invited or that is on a waitlist (PRODUCT.md, I7).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, or_, select, union
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_organization
from lms.accounts.login_lookup import find_known
from lms.core.email_addresses import read_address
from lms.core.errors import NotFound
from lms.models.accounts import Login, LoginAlias
from lms.models.organizations import Organization
from lms.models.seats import Assignment, Pool, WaitingEntry
from lms.people.grant_and_seat_history import HeldSeat, read_seats_for


@dataclass(frozen=True, slots=True)
class InvitedRow:
    """An invited person in a list; `is_open` means that an invitation can still be accepted."""

    email: str
    name: str
    organizations: tuple[str, ...]
    invited_at: datetime
    is_open: bool


@dataclass(frozen=True, slots=True)
class InvitedPage:
    """One page of invited people, and how many match in all."""

    items: tuple[InvitedRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waitlist that a person is on."""

    organization: str
    slug: str
    since: datetime


@dataclass(frozen=True, slots=True)
class InvitedPerson:
    """Everything known about an invited person; `key` finds the emails to them."""

    email: str
    key: str
    name: str
    invited_at: datetime
    seats: tuple[HeldSeat, ...]
    waiting: tuple[Waiting, ...]


def find_invited(session: Session, query: str, *, offset: int = 0, limit: int = 50) -> InvitedPage:
    """Return the invited people whose name or address has every word, the latest first."""
    people = _people(query)
    # Each row carries the total, so that the invitations are searched only once.
    rows = session.execute(
        select(people, func.count().over().label("total"))
        .order_by(people.c.invited_at.desc(), people.c.email_key)
        .offset(offset)
        .limit(limit)
    ).all()
    organizations = _organizations(session, [row.email_key for row in rows])
    items = tuple(
        InvitedRow(
            email=row.email,
            name=row.name or row.email,
            organizations=tuple(organizations.get(row.email_key, ())),
            invited_at=row.invited_at,
            is_open=bool(row.is_open),
        )
        for row in rows
    )
    if rows or not offset:
        return InvitedPage(items, rows[0].total if rows else 0)
    return InvitedPage(items, session.scalar(select(func.count()).select_from(people)) or 0)


def read_invited(session: Session, email: str) -> InvitedPerson:
    """Return an invited person by their address.

    Raises Invalid for an invalid address, NotFound for an address that was never invited or has an
    account.
    """
    address = read_address(email)
    try:
        find_known(session, address)
    except NotFound:
        pass
    else:
        raise NotFound
    seats = read_seats_for(session, address.key)
    names = session.execute(
        select(Assignment.name, Assignment.email, Assignment.created_at)
        .where(Assignment.email_key == address.key)
        .union_all(
            select(WaitingEntry.name, WaitingEntry.email, WaitingEntry.joined_at).where(
                WaitingEntry.email_key == address.key
            )
        )
    ).all()
    if not names:
        raise NotFound
    return InvitedPerson(
        email=names[-1].email or address.shown,
        key=address.key,
        name=next((row.name for row in names if row.name), ""),
        invited_at=min(row.created_at for row in names),
        seats=seats,
        waiting=read_waiting(session, address.key),
    )


def _people(query: str) -> Subquery:
    """Return each invited person once: email_key, email, name, invited_at and is_open."""
    seats = select(
        Assignment.email_key,
        Assignment.email,
        Assignment.name,
        Assignment.created_at.label("at"),
        case((Assignment.ended_at.is_(None), 1), else_=0).label("is_open"),
    ).where(Assignment.login_id.is_(None), *_matches(Assignment, query))
    waiting = select(
        WaitingEntry.email_key,
        WaitingEntry.email,
        WaitingEntry.name,
        WaitingEntry.joined_at,
        case((WaitingEntry.ended_at.is_(None), 1), else_=0),
    ).where(WaitingEntry.login_id.is_(None), *_matches(WaitingEntry, query))
    each = seats.union_all(waiting).subquery()
    return (
        select(
            each.c.email_key,
            func.max(each.c.email).label("email"),
            func.max(each.c.name).label("name"),
            func.max(each.c.at).label("invited_at"),
            func.max(each.c.is_open).label("is_open"),
        )
        .group_by(each.c.email_key)
        .subquery("people")
    )


def _matches(model: Any, query: str) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401  (a table)
    has_account = or_(
        exists().where(Login.email_key == model.email_key),
        exists().where(LoginAlias.email_key == model.email_key),
    )
    has_words = (
        or_(
            model.name.icontains(word, autoescape=True),
            model.email.icontains(word, autoescape=True),
        )
        for word in query.split()
    )
    return (model.email_key.is_not(None), ~has_account, *has_words)


def _organizations(session: Session, keys: Sequence[str]) -> dict[str, list[str]]:
    """Return the names of the organizations that invited each of these addresses, by its key."""
    both = union(
        *(
            select(model.email_key, Organization.name)
            .join_from(model, Pool, Pool.id == model.pool_id)
            .join(Organization, Organization.id == kept_organization(Pool.organization_id))
            .where(model.email_key.in_(keys))
            for model in (Assignment, WaitingEntry)
        )
    ).subquery()
    found: dict[str, list[str]] = {}
    for key, name in session.execute(select(both).order_by(both.c.name)):
        found.setdefault(key, []).append(name)
    return found


def read_waiting(session: Session, key: str) -> tuple[Waiting, ...]:
    """Return the waitlists that an address, given by its key, is on."""
    rows = session.execute(
        select(Organization.name, Organization.slug, WaitingEntry.joined_at)
        .join_from(WaitingEntry, Pool, Pool.id == WaitingEntry.pool_id)
        .join(Organization, Organization.id == kept_organization(Pool.organization_id))
        .where(and_(WaitingEntry.email_key == key, WaitingEntry.ended_at.is_(None)))
        .order_by(WaitingEntry.joined_at)
    )
    return tuple(Waiting(*row) for row in rows)
