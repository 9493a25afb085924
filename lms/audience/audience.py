"""The audience of a webinar: each person once, with all their roles and the reasons."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, func, select, union, union_all
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import kept_login
from lms.access.merged_organizations import kept_organization
from lms.audience.events import PAYING, Event, Role, strongest
from lms.audience.roles import covering_pools, everyone, standing_lines
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.live import Attendance, LiveJoin, Registration
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization
from lms.models.seats import Pool


def key_of_address(email: str) -> str:
    """Return a key of an email address for the keys of emails, which doesn't show the address."""
    return hashlib.sha256(email.casefold().encode()).hexdigest()[:26]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a webinar concerns a person: role, since when, and through which organization.

    `payer_id` is the login that an order is charged to, if that isn't an organization.
    """

    role: Role
    since: datetime
    organization_id: int | None
    organization: str
    payer_id: int | None

    @property
    def payer(self) -> tuple[int | None, int | None]:
        """Return the payer of the order: a login, or an organization."""
        return self.payer_id, None if self.payer_id is not None else self.organization_id


@dataclass(frozen=True, slots=True)
class Person:
    """A person whom a webinar concerns, by whichever login or address is known.

    `turns` counts how often they canceled and registered again; `registered_at` is None if they aren't
    registered. `came` says whether they attended the live webinar.
    """

    login_id: int | None
    email: str
    name: str
    zone: str | None
    turns: int
    registered_at: datetime | None
    has_left: bool
    came: bool
    reasons: tuple[Reason, ...]

    @property
    def roles(self) -> frozenset[Role]:
        """Return all roles of the person."""
        return frozenset(each.role for each in self.reasons)

    @property
    def key(self) -> str:
        """Return a key of this person for the keys of emails, without the address."""
        return key_of_address(self.email)

    def reason(self, role: Role) -> Reason:
        """Return the first reason for a role of the person."""
        return next(each for each in self.reasons if each.role is role)


@dataclass(frozen=True, slots=True)
class Told:
    """A person to notify of an event, in one role."""

    person: Person
    role: Role

    @property
    def reason(self) -> Reason:
        """Return the reason for this role."""
        return self.person.reason(self.role)


def audience(
    session: Session, webinar: Webinar, *, now: datetime, is_registered: bool = True
) -> tuple[Person, ...]:
    """Return everyone whom a webinar concerns and who can be emailed, each once, by address.

    People with a pass or contract belong to it once they registered; without `is_registered`, everyone
    whose pass or contract includes the webinar does. One statement for any number of people. Blocked
    people are left out.
    """
    rows = session.execute(_rows(webinar, now, is_registered=is_registered))
    people: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        people[row.address.casefold()].append(row)
    return tuple(_person(people[address]) for address in sorted(people))


def counted_audience(webinar: Webinar, *, now: datetime) -> Subquery:
    """Return the subquery of the people that `audience` returns without `is_registered`, for counting.

    Each has `registered_at`, `came`, and a column for each role, which is 1 if they have it.
    """
    rows = _rows(webinar, now, is_registered=False).subquery()
    return (
        select(
            func.max(rows.c.registered_at).label("registered_at"),
            func.max(case((rows.c.came, 1), else_=0)).label("came"),
            *(
                func.max(case((rows.c.role == role.value, 1), else_=0)).label(role.value)
                for role in Role
            ),
        )
        .group_by(func.lower(rows.c.address))
        .subquery()
    )


def _rows(webinar: Webinar, now: datetime, *, is_registered: bool) -> Select[Any]:
    """Return the selection of an audience: a row for each role of each person, with their address."""
    found = union_all(*everyone(webinar, now, is_registered=is_registered)).subquery()
    first, kept = aliased(Login), aliased(Login)
    person = func.coalesce(Login.merged_into, Login.id)
    registered = (
        select(
            person.label("person"),
            func.max(Registration.turns).label("turns"),
            func.min(case((Registration.left_at.is_(None), Registration.registered_at))).label(
                "registered_at"
            ),
        )
        .join_from(Registration, Login, Login.id == Registration.login_id)
        .where(Registration.webinar_id == webinar.id)
        .group_by(person)
        .subquery()
    )
    came = union(
        select(person.label("person"))
        .join_from(LiveJoin, Login, Login.id == LiveJoin.login_id)
        .where(LiveJoin.webinar_id == webinar.id),
        select(person)
        .join_from(Attendance, Login, Login.id == Attendance.login_id)
        .where(Attendance.webinar_id == webinar.id, Attendance.minutes > 0),
    ).subquery()
    return (
        select(
            found,
            kept.id.label("kept_id"),
            kept.email.is_not(None).label("has_address"),
            func.coalesce(kept.email, found.c.email).label("address"),
            func.coalesce(kept.name, found.c.name).label("called"),
            kept.zone,
            registered.c.turns,
            registered.c.registered_at,
            came.c.person.is_not(None).label("came"),
            Organization.name.label("organization"),
        )
        .outerjoin(first, first.id == found.c.login_id)
        .outerjoin(kept, kept.id == func.coalesce(first.merged_into, first.id))
        .outerjoin(registered, registered.c.person == kept.id)
        .outerjoin(came, came.c.person == kept.id)
        .outerjoin(Organization, Organization.id == found.c.organization_id)
        .where(func.coalesce(kept.email, found.c.email).is_not(None), kept.blocked_at.is_(None))
    )


def told_of(people: Iterable[Person], event: Event) -> tuple[Told, ...]:
    """Return the people of an audience to notify of an event, each in their strongest role.

    If the event concerns only our team, no one is notified.
    """
    chosen = ((person, strongest(event, person.roles)) for person in people)
    told = tuple(Told(person, role) for person, role in chosen if role is not None)
    return told if any(one.role is not Role.TEAM for one in told) else ()


def payers_of(
    session: Session, webinar: Webinar, people: Sequence[Person], *, before: datetime | None
) -> Mapping[tuple[int | None, int | None], tuple[Person, ...]]:
    """Return the payers of a webinar, each with the people of its audience who decide about the order.

    A payer is a login, or an organization; its people are the buyer, its billing contacts and its
    managers. It may have none who can be emailed. With `before`, only earlier orders count.
    """
    login_id, organization_id = kept_login(Order.login_id), kept_organization(Order.organization_id)
    bought = (
        select(login_id.label("login_id"), organization_id.label("organization_id"))
        .join_from(Order, OrderLine, OrderLine.order_id == Order.id)
        .where(*standing_lines(webinar.id))
        .distinct()
        .order_by("login_id", "organization_id")
    )
    if before is not None:
        bought = bought.where(Order.placed_at < before)
    return {
        (row.login_id, row.organization_id): tuple(
            one for one in people if _decides(one, (row.login_id, row.organization_id))
        )
        for row in session.execute(bought)
    }


def unused_seats(
    session: Session, webinar: Webinar, *only: ColumnElement[bool], now: datetime
) -> Mapping[int, int | None]:
    """Return the number of unused seats for a webinar by organization; None is unlimited.

    `only` are conditions on the pools that count.
    """
    kept = kept_organization(Pool.organization_id).label("organization_id")
    rows = session.execute(
        select(kept, Pool.capacity, Pool.used).where(covering_pools(webinar, now), *only)
    )
    found: dict[int, int | None] = {}
    for organization_id, capacity, used in rows:
        before = found.get(organization_id, 0)
        if capacity is None or before is None:
            found[organization_id] = None
        else:
            found[organization_id] = before + capacity - used
    return found


def _decides(person: Person, payer: tuple[int | None, int | None]) -> bool:
    deciding = PAYING | {Role.MANAGER}
    return any(each.role in deciding and each.payer == payer for each in person.reasons)


def _person(rows: Sequence[Any]) -> Person:
    """Join the rows of one address; a login's data takes precedence over an invitation's."""
    best = max(rows, key=lambda row: row.has_address)
    order = {role.value: place for place, role in enumerate(Role)}
    reasons = dict.fromkeys(
        Reason(
            Role(row.role),
            row.since,
            row.organization_id,
            row.organization or "",
            row.payer_id,
        )
        for row in sorted(rows, key=lambda row: (order[row.role], row.organization or ""))
    )
    return Person(
        login_id=best.kept_id if best.has_address else None,
        email=best.address,
        name=best.called,
        zone=best.zone,
        turns=best.turns or 0,
        registered_at=best.registered_at,
        has_left=best.turns is not None and best.registered_at is None,
        came=best.came,
        reasons=tuple(reasons),
    )
