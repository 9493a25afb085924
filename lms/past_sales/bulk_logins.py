"""Bulk logins: adds the logins of many past buyers in a few statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import family_of, kept_organization
from lms.accounts import accounts
from lms.accounts.power_over_others import close_before_power
from lms.core.bulk_insert import write_rows
from lms.core.database import AT_ONCE
from lms.core.email_addresses import Address
from lms.core.errors import Conflict
from lms.core.model_base import new_public_ids
from lms.models.accounts import Login, LoginAlias
from lms.models.organizations import MANAGING, Membership, Organization, Role
from lms.organizations.memberships import RANKS


@dataclass(frozen=True, slots=True)
class Wanted:
    """A buyer: the address, and the name for a new login."""

    address: Address
    name: str


@dataclass(frozen=True, slots=True)
class Buyer:
    """The login of an address."""

    id: int
    public_id: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A buyer for an organization, who may manage it."""

    organization_id: int
    buyer: Buyer


def people_of(
    session: Session, wanted: Sequence[Wanted], *, actor: str | None, now: datetime
) -> Mapping[str, Buyer]:
    """Return the login of each address by its key, creating missing ones.

    As `lms.accounts.accounts.add_login` does for one, a sign-up that wasn't completed is taken over. An
    address of an unconfirmed login that has a password, or a further address of any, is left out.
    Raises Conflict if another transaction interfered, after which the caller should retry.
    """
    first: dict[str, Wanted] = {}
    for one in wanted:
        first.setdefault(one.address.key, one)
    found, begun, elsewhere = _known(session, first)
    missing = [one for key, one in first.items() if key not in found and key not in elsewhere]
    if missing:
        found |= _add(session, missing, begun, now)
        added = [(found[one.address.key].public_id, audit.NO_DETAIL) for one in missing]
        audit.record_all(session, "login.added", added, actor=actor, now=now)
    return found


def let_manage(
    session: Session, contacts: Iterable[Contact], *, actor: str | None, now: datetime
) -> None:
    """Make each contact a manager of their organization; the first one its owner, if it has none."""
    asked = tuple(dict.fromkeys(contacts))
    organizations = {one.organization_id for one in asked}
    kept = kept_organization(Membership.organization_id)
    rows = session.execute(
        select(kept.label("organization_id"), Membership.login_id, Membership.role)
        .select_from(Membership)
        .where(kept.in_(organizations))
    )
    roles = {
        (row.organization_id, row.login_id): row.role
        # of two memberships, the higher role
        for row in sorted(rows, key=lambda one: RANKS[one.role])
    }
    owned = {organization for (organization, _), role in roles.items() if role is Role.OWNER}
    before = set(roles)
    given: dict[tuple[int, int], tuple[Role, str]] = {}
    for one in asked:
        place = (one.organization_id, one.buyer.id)
        held, is_owned = roles.get(place, Role.MEMBER), one.organization_id in owned
        # a billing contact stays one
        if held in MANAGING or (is_owned and held is not Role.MEMBER):
            continue
        role = Role.MANAGER if is_owned else Role.OWNER
        owned.add(one.organization_id)
        roles[place] = role
        given[place] = (role, one.buyer.public_id)
    _write(session, given, before, now)
    people = {login_id for _, login_id in given}
    close_before_power(session, people, actor=actor, now=now)
    named = _public_ids(session, {organization for organization, _ in given})
    audit.record_all(
        session,
        "membership.set",
        [
            (named[organization], {"login": login, "role": role.value})
            for (organization, _), (role, login) in given.items()
        ],
        actor=actor,
        now=now,
    )


def _known(
    session: Session, wanted: Collection[str]
) -> tuple[dict[str, Buyer], set[str], set[str]]:
    """Return the confirmed logins, and two sets of addresses of unconfirmed logins.

    The logins of the first set can be taken over. The second has further addresses, and those of logins
    that a person claimed by a copied link (PRODUCT.md, S13).
    """
    kept = func.coalesce(Login.merged_into, Login.id).label("login_id")
    is_claimed = Login.password_hash.is_not(None).label("is_claimed")
    own = select(
        Login.email_key.label("key"), kept, Login.confirmed_at, is_claimed, literal(0).label("rank")
    ).where(Login.email_key.in_(wanted))
    further = (
        select(LoginAlias.email_key, kept, Login.confirmed_at, is_claimed, literal(1))
        .join_from(LoginAlias, Login)
        .where(LoginAlias.email_key.in_(wanted))
    )
    rows = session.execute(own.union_all(further)).all()
    leads: dict[str, int] = {}
    for row in sorted(rows, key=lambda one: (one.confirmed_at is None, one.rank)):
        leads.setdefault(row.key, row.login_id)
    usable = {
        row.id: Buyer(*row)
        for row in session.execute(
            select(Login.id, Login.public_id).where(
                Login.id.in_(set(leads.values())), Login.confirmed_at.is_not(None)
            )
        )
    }
    found = {key: usable[login] for key, login in leads.items() if login in usable}
    is_anothers = {row.key for row in rows if row.rank or row.is_claimed}
    left = set(leads) - set(found)
    return found, left - is_anothers, left & is_anothers


def _add(
    session: Session, missing: Sequence[Wanted], begun: Collection[str], now: datetime
) -> dict[str, Buyer]:
    """Create the missing logins, and confirm the unconfirmed ones."""
    new = [one for one in missing if one.address.key not in begun]
    write_rows(
        session,
        Login,
        [
            {
                "public_id": public_id,
                "email": one.address.shown,
                "email_key": one.address.key,
                "name": one.name,
                "confirmed_at": now,
                "created_at": now,
            }
            for one, public_id in zip(new, new_public_ids(len(new)), strict=True)
        ],
    )
    for one in missing:
        if one.address.key in begun:
            _take_over(session, one, now)
    keys = [one.address.key for one in missing]
    rows = session.execute(
        select(Login.email_key, Login.id, Login.public_id).where(Login.email_key.in_(keys))
    )
    return {row.email_key: Buyer(row.id, row.public_id) for row in rows}


def _take_over(session: Session, one: Wanted, now: datetime) -> None:
    taken = session.scalar(
        update(Login)
        .where(
            Login.email_key == one.address.key,
            Login.confirmed_at.is_(None),
            Login.password_hash.is_(None),
        )
        .values(email=one.address.shown, name=one.name, zone=None, confirmed_at=now)
        .returning(Login.id)
    )
    if taken is None:  # its owner confirmed or claimed it, or it was deleted, at this moment
        raise Conflict(AT_ONCE, code="at_once")
    accounts.shut_out_claimer(session, taken, now=now)


def _write(
    session: Session,
    given: Mapping[tuple[int, int], tuple[Role, str]],
    before: Collection[tuple[int, int]],
    now: datetime,
) -> None:
    made = [
        {"organization_id": place[0], "login_id": place[1], "role": role, "created_at": now}
        for place, (role, _) in given.items()
        if place not in before
    ]
    write_rows(session, Membership, made)
    for place, (role, _) in given.items():
        if place in before:
            session.execute(
                update(Membership)
                .where(
                    Membership.organization_id.in_(family_of(place[0])),
                    Membership.login_id == place[1],
                )
                .values(role=role)
            )


def _public_ids(session: Session, organizations: Collection[int]) -> dict[int, str]:
    rows = session.execute(
        select(Organization.id, Organization.public_id).where(Organization.id.in_(organizations))
    )
    return {row.id: row.public_id for row in rows}
