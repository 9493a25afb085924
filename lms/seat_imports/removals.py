"""Removals: which seats the people on a list have, before anything is released (PRODUCT.md, S3, S6)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import family_of
from lms.core.errors import N_, Invalid
from lms.models.accounts import Login, LoginAlias
from lms.models.organizations import Membership, Role
from lms.models.seats import Assignment, Pool, Seat
from lms.organizations.staff_list_parser import SENTENCES, Entry
from lms.seats.seat_table import SeatRow, read_chosen

MOST: Final = 2_000
TOO_MANY: Final = N_("This list has more than 2,000 people. Split it into several lists.")
NOT_HERE: Final = N_("This person has no seat or invitation.")
REPEATED: Final = N_("This address is on the list more than once. Only the first row counts.")
_PORTION: Final = 500


class Answer(StrEnum):
    """What happens to a row of the list."""

    FOUND = "found"
    NOT_HERE = "not_here"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class RemovalRow:
    """A row of the list, and the seats that its person would lose; `role` stays unless it is removed."""

    line: int
    text: str
    name: str
    answer: Answer
    sentence: str = ""
    seats: tuple[SeatRow, ...] = ()
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """A list of people to remove, in the file's order."""

    rows: tuple[RemovalRow, ...]

    @property
    def people(self) -> int:
        """Return how many people would lose a seat."""
        return sum(row.answer is Answer.FOUND for row in self.rows)

    @property
    def seats(self) -> tuple[str, ...]:
        """Return the public ids of the seats to release."""
        return tuple(dict.fromkeys(one.seat_id for row in self.rows for one in row.seats))


def preview(session: Session, organization_id: int, entries: Iterable[Entry]) -> Removal:
    """Return which seats of an organization the people on a list have; nothing is written.

    People are found by the address of their invitation, and by any address of their account. Raises
    Invalid for a list of more than 2,000 people.
    """
    found = tuple(islice(entries, MOST + 1))
    if len(found) > MOST:
        raise Invalid(TOO_MANY, field="file")
    keys = list(dict.fromkeys(one.email_key for one in found if one.fault is None))
    seats, roles = (
        _seats_of(session, organization_id, keys),
        _roles_of(session, organization_id, keys),
    )
    rows, seen = [], set[str]()
    for one in found:
        rows.append(_row(one, seats, roles, is_repeated=one.email_key in seen))
        seen |= {one.email_key} - {""}
    return Removal(tuple(rows))


def _row(
    one: Entry,
    seats: dict[str, list[SeatRow]],
    roles: dict[str, Role],
    *,
    is_repeated: bool,
) -> RemovalRow:
    if one.fault is not None:
        return RemovalRow(one.line, one.raw, one.name, Answer.INVALID, SENTENCES[one.fault])
    if is_repeated:
        return RemovalRow(one.line, one.email, one.name, Answer.DUPLICATE, REPEATED)
    theirs, role = tuple(seats.get(one.email_key, ())), roles.get(one.email_key)
    if not theirs:
        return RemovalRow(one.line, one.email, one.name, Answer.NOT_HERE, NOT_HERE, role=role)
    name = theirs[0].name or one.name
    return RemovalRow(one.line, one.email, name, Answer.FOUND, seats=theirs, role=role)


def _seats_of(
    session: Session, organization_id: int, keys: Sequence[str]
) -> dict[str, list[SeatRow]]:
    places = {key: place for place, key in enumerate(keys)}
    owners: dict[str, str] = {}  # of a person with several addresses on the list, the first
    for start in range(0, len(keys), _PORTION):
        some = keys[start : start + _PORTION]
        for key, seat_id in session.execute(_seats_by_address(organization_id, some)):
            owners[seat_id] = min(key, owners.get(seat_id, key), key=places.__getitem__)
    found = defaultdict[str, list[SeatRow]](list)
    ids = sorted(owners)
    for start in range(0, len(ids), _PORTION):
        for row in read_chosen(session, organization_id, ids[start : start + _PORTION]):
            found[owners[row.seat_id]].append(row)
    return found


def _seats_by_address(organization_id: int, keys: Sequence[str]) -> Any:  # noqa: ANN401  (a union)
    holder = aliased(Login)
    held = (
        select(Seat.public_id)
        .join_from(Assignment, Seat, Seat.id == Assignment.seat_id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(Pool.organization_id.in_(family_of(organization_id)), Assignment.ended_at.is_(None))
    )
    known = _people(keys).subquery()
    return union(
        held.with_only_columns(Assignment.email_key, Seat.public_id).where(
            Assignment.email_key.in_(keys)
        ),
        held.join(holder, holder.id == Assignment.login_id)
        .join(known, known.c.login_id == func.coalesce(holder.merged_into, holder.id))
        .with_only_columns(known.c.email_key, Seat.public_id),
    )


def _people(keys: Sequence[str]) -> Any:  # noqa: ANN401  (a union)
    """Return the query for the kept logins of addresses, also of those they had before."""
    kept = func.coalesce(Login.merged_into, Login.id).label("login_id")
    own = select(Login.email_key.label("email_key"), kept).where(Login.email_key.in_(keys))
    former = (
        select(LoginAlias.email_key.label("email_key"), kept)
        .join_from(LoginAlias, Login, Login.id == LoginAlias.login_id)
        .where(LoginAlias.email_key.in_(keys))
    )
    return union(own, former)


def _roles_of(session: Session, organization_id: int, keys: Sequence[str]) -> dict[str, Role]:
    found: dict[str, Role] = {}
    for start in range(0, len(keys), _PORTION):
        known = _people(keys[start : start + _PORTION]).subquery()
        rows = session.execute(
            select(known.c.email_key, Membership.role)
            .join(Membership, Membership.login_id == known.c.login_id)
            .where(Membership.organization_id.in_(family_of(organization_id)))
        )
        found.update((key, role) for key, role in rows)
    return found
