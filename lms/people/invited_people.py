"""Invited people without an account: found by name and address, with their invitations.

They are known by an address that an organization invited or that is on a waitlist (PRODUCT.md, I7).
A search reads the latest matching invitations only, since a word like "library" can be in every address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, collate, func, or_, select, union, union_all
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_organization
from lms.accounts.login_lookup import look_up
from lms.core.email_addresses import read_address
from lms.core.errors import NotFound
from lms.core.list_queries import Page
from lms.models.accounts import Login, LoginAlias
from lms.models.organizations import Organization
from lms.models.seats import Assignment, Pool, WaitingEntry
from lms.people.grant_and_seat_history import HeldSeat, read_seats_for

MOST: Final = 2_000  # invitations and waitlist entries that a search reads


@dataclass(frozen=True, slots=True)
class InvitedRow:
    """An invited person in a list; `is_open` means that an invitation can still be accepted."""

    email: str
    name: str
    organizations: tuple[str, ...]
    invited_at: datetime
    is_open: bool


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


def find_invited(
    session: Session, query: str, *, offset: int = 0, limit: int = 50
) -> Page[InvitedRow]:
    """Return the invited people whose name or address has every word, the latest first.

    Only the 2,000 latest invitations and waitlist entries that match are read.
    """
    matches = session.execute(_matches(query, session.get_bind().dialect.name)).all()
    people: dict[str, list[Row[Any]]] = {}
    for row in matches[:MOST]:
        people.setdefault(row.email_key, []).append(row)
    shown = list(people)[offset : offset + limit]
    organizations = _organizations(session, shown)
    items = tuple(
        InvitedRow(
            email=people[key][0].email,
            name=next((row.name for row in people[key] if row.name), people[key][0].email),
            organizations=tuple(organizations.get(key, ())),
            invited_at=people[key][0].at,
            is_open=any(row.ended_at is None for row in people[key]),
        )
        for key in shown
    )
    return Page(items, len(people), has_more=len(matches) > MOST)


def read_invited(session: Session, email: str) -> InvitedPerson:
    """Return an invited person by their address.

    Raises Invalid for an invalid address, NotFound for an address that was never invited or has an
    account.
    """
    address = read_address(email)
    if look_up(session, address) is not None:
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


def _matches(query: str, dialect: str) -> Select[Any]:
    """Return the selection of the latest invitations and waitlist entries that match, and one more."""
    both = union_all(
        _latest(Assignment, Assignment.created_at, query, dialect).subquery().select(),
        _latest(WaitingEntry, WaitingEntry.joined_at, query, dialect).subquery().select(),
    ).subquery()
    return select(both).order_by(both.c.at.desc(), both.c.email_key).limit(MOST + 1)


def _latest(model: Any, at: Any, query: str, dialect: str) -> Select[Any]:  # noqa: ANN401  (a table and its time)
    """Return the selection of the latest rows of a table that match and whose address has no account."""
    # Not EXISTS: PostgreSQL would join every account before it returns the first row. In one condition,
    # so that it looks for accounts last, after the words.
    account = func.coalesce(
        *(
            select(known.id).where(known.email_key == model.email_key).limit(1).scalar_subquery()
            for known in (Login, LoginAlias)
        )
    )
    return (
        select(model.email_key, model.email, model.name, at.label("at"), model.ended_at)
        .where(model.login_id.is_(None), model.email_key.is_not(None))
        .where(*(_has(model, word, dialect) for word in query.split()))
        .where(account.is_(None))
        .order_by(model.id.desc())
        .limit(MOST + 1)
    )


def _has(model: Any, word: str, dialect: str) -> ColumnElement[bool]:  # noqa: ANN401  (a table)
    in_address: ColumnElement[bool] = model.email_key.contains(word.casefold(), autoescape=True)
    if "@" in word:
        return in_address
    if dialect == "postgresql" and word.isascii():
        # To fold the case of all letters costs PostgreSQL four times what it costs to fold these.
        in_name = func.lower(collate(model.name, "C")).contains(word.lower(), autoescape=True)
    else:
        in_name = model.name.icontains(word, autoescape=True)
    return in_address | in_name


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


def read_waiting(session: Session, key: str, login_id: int = 0) -> tuple[Waiting, ...]:
    """Return the waitlists that an address, given by its key, or a login is on."""
    theirs = or_(WaitingEntry.email_key == key, WaitingEntry.login_id.in_(logins_of(login_id)))
    rows = session.execute(
        select(Organization.name, Organization.slug, WaitingEntry.joined_at)
        .join_from(WaitingEntry, Pool, Pool.id == WaitingEntry.pool_id)
        .join(Organization, Organization.id == kept_organization(Pool.organization_id))
        .where(theirs, WaitingEntry.ended_at.is_(None))
        .order_by(WaitingEntry.joined_at)
    )
    return tuple(Waiting(*row) for row in rows)
