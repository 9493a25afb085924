"""Who belongs to an organisation and as what, and which organisations a person looks after."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms import accounts, audit, mail
from lms.accounts import NewLogin
from lms.addresses import Address
from lms.errors import N_, Conflict, Forbidden, NotFound
from lms.letters import Doors
from lms.models.people import Login, Membership, Organisation, Role
from lms.organisations import OrganisationFacts

PAGE_SIZE: Final = 50
OWNERS_ONLY = N_("Only an owner of this organisation may make or change owners.")
LAST_OWNER = N_("An organisation keeps at least one owner. Make somebody else an owner first.")
THEIR_SUBJECT = N_("You look after the seats of %(organisation)s now")
_RANKS: Final = {Role.OWNER: 0, Role.MANAGER: 1, Role.MEMBER: 2}


@dataclass(frozen=True, slots=True)
class Managed:
    """An organisation as somebody who may look after it sees it; staff have no role in it."""

    facts: OrganisationFacts
    zone: str | None
    role: Role | None
    has_children: bool
    parent_name: str | None

    @property
    def may_make_owners(self) -> bool:
        """Tell whether this person may make, change and remove owners."""
        return self.role is not Role.MANAGER


@dataclass(frozen=True, slots=True)
class Member:
    """A person's place in an organisation; `id` is the login's outside id."""

    id: str
    name: str
    email: str | None
    role: Role
    since: datetime
    is_oneself: bool


@dataclass(frozen=True, slots=True)
class Members:
    """One page of the people of an organisation, owners first, and how many there are."""

    items: tuple[Member, ...]
    total: int
    owners: int


@dataclass(frozen=True, slots=True)
class NewMember:
    """Whom to take in, under which address, and as what."""

    address: Address
    name: str
    role: Role


def managed_organisation(
    session: Session, organisation_id: str, *, login_id: int, is_staff: bool
) -> Managed:
    """Return an organisation that this person manages or owns, or any to staff.

    Raises NotFound for everybody else: what one doesn't look after reads like what never was.
    """
    rows = session.execute(_managed(login_id).where(Organisation.public_id == organisation_id))
    found = [_seen(row) for row in rows]
    if found:
        return min(found, key=lambda each: _RANKS[each.role or Role.MEMBER])
    if not is_staff:
        raise NotFound
    row = session.execute(
        _organisations(None).where(Organisation.public_id == organisation_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return _seen(row)


def managed_by(session: Session, login_id: int) -> tuple[OrganisationFacts, ...]:
    """Return the organisations that a person manages or owns, by name."""
    rows = session.execute(_managed(login_id).order_by(Organisation.name, Organisation.id))
    return tuple({row.public_id: _seen(row).facts for row in rows}.values())


def read_members(
    session: Session, organisation_id: int, *, viewer_id: int, query: str, offset: int
) -> Members:
    """Return one page of an organisation's people, by words of their name or address."""
    place = Membership.organisation_id == organisation_id
    wanted = [
        or_(Login.name.icontains(word, autoescape=True), Login.email.icontains(word, autoescape=True))
        for word in query.split()
    ]
    counted = select(func.count()).select_from(Membership).join(Login).where(place, *wanted)
    rows = session.execute(
        select(
            Login.public_id,
            Login.name,
            Login.email,
            Membership.role,
            Membership.created_at,
            Login.id == viewer_id,
        )
        .join_from(Membership, Login)
        .where(place, *wanted)
        .order_by(case(_RANKS, value=Membership.role), func.lower(Login.name), Login.id)
        .offset(offset)
        .limit(PAGE_SIZE)
    )
    return Members(
        tuple(Member(*row) for row in rows),
        session.scalar(counted) or 0,
        session.scalar(
            select(func.count()).select_from(Membership).where(place, Membership.role == Role.OWNER)
        )
        or 0,
    )


def take_in(
    session: Session,
    managed: Managed,
    new: NewMember,
    *,
    doors: Doors,
    actor: str | None,
    now: datetime,
) -> Member:
    """Make the person of an address a member, manager or owner, and write to them.

    Whoever has no account yet gets one that opens by a code sent to this address, so that nobody
    learns here which addresses have accounts. Raises Forbidden when a manager makes an owner,
    Conflict for whoever belongs already or can't be taken in.
    """
    if new.role is Role.OWNER and not managed.may_make_owners:
        raise Forbidden(OWNERS_ONLY)
    person = _person_of(session, new, actor=actor, now=now)
    place = session.scalar(
        select(Membership).where(
            Membership.organisation_id == managed.facts.id, Membership.login_id == person.id
        )
    )
    if place is not None:
        raise Conflict(N_("This person belongs to the organisation already. Change their role."))
    session.add(
        Membership(
            organisation_id=managed.facts.id, login_id=person.id, role=new.role, created_at=now
        )
    )
    session.flush()
    _note(session, "membership.set", managed, person.public_id, actor=actor, now=now, role=new.role)
    if person.email and new.role is not Role.MEMBER:
        mail.post(
            session,
            kind="role_given",
            to=person.email,
            login_id=person.id,
            subject=THEIR_SUBJECT % {"organisation": managed.facts.name},
            values={
                "organisation": managed.facts.name,
                "role": new.role.value,
                "action_url": doors.page(f"/organisation/{managed.facts.public_id}"),
            },
            now=now,
        )
    return Member(person.public_id, person.name, person.email, new.role, now, False)


def change_role(
    session: Session,
    managed: Managed,
    member_id: str,
    role: Role,
    *,
    actor: str | None,
    now: datetime,
) -> str:
    """Give a person of the organisation another role; returns their name.

    Raises NotFound for who doesn't belong, Forbidden when a manager touches an owner, Conflict
    when the last owner would go.
    """
    place, login = _place(session, managed, member_id)
    if Role.OWNER in (place.role, role) and not managed.may_make_owners:
        raise Forbidden(OWNERS_ONLY)
    if place.role is not role:
        if place.role is Role.OWNER:
            _keep_an_owner(session, managed)
        place.role = role
        session.flush()
        _note(session, "membership.set", managed, member_id, actor=actor, now=now, role=role)
    return login.name


def remove_member(
    session: Session, managed: Managed, member_id: str, *, actor: str | None, now: datetime
) -> str:
    """Take a person out of the organisation; returns their name. Their seats stay as they are.

    Raises as `change_role` does.
    """
    place, login = _place(session, managed, member_id)
    if place.role is Role.OWNER:
        if not managed.may_make_owners:
            raise Forbidden(OWNERS_ONLY)
        _keep_an_owner(session, managed)
    session.delete(place)
    session.flush()
    _note(session, "membership.removed", managed, member_id, actor=actor, now=now)
    return login.name


def _organisations(role: Any) -> Select[Any]:
    parent, child = aliased(Organisation), aliased(Organisation)
    has_children = select(child.id).where(child.parent_id == Organisation.id).exists()
    columns: list[Any] = [
        Organisation.id,
        Organisation.public_id,
        Organisation.slug,
        Organisation.name,
        Organisation.zone,
        parent.slug.label("parent"),
        parent.name.label("parent_name"),
        has_children.label("has_children"),
    ]
    if role is not None:
        columns.append(role.label("role"))
    return (
        select(*columns)
        .select_from(Organisation)
        .outerjoin(parent, parent.id == Organisation.parent_id)
    )


def _managed(login_id: int) -> Select[Any]:
    mine = or_(Login.id == login_id, Login.merged_into == login_id)
    return (
        _organisations(Membership.role)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .join(Login, Login.id == Membership.login_id)
        .where(mine, Membership.role != Role.MEMBER)
    )


def _seen(row: Any) -> Managed:
    return Managed(
        facts=OrganisationFacts(row.id, row.public_id, row.slug, row.name, row.parent),
        zone=row.zone,
        role=getattr(row, "role", None),
        has_children=row.has_children,
        parent_name=row.parent_name,
    )


def _person_of(session: Session, new: NewMember, *, actor: str | None, now: datetime) -> Login:
    by_key = select(Login).where(Login.email_key == new.address.key)
    known = session.scalar(by_key.where(Login.confirmed_at.is_not(None)))
    if known is None:
        name = new.name.strip() or new.address.shown.partition("@")[0]
        accounts.add_login(session, NewLogin(new.address, name), actor=actor, now=now)
        known = session.scalars(by_key.execution_options(populate_existing=True)).one()
    while known.merged_into is not None:
        known = session.scalars(select(Login).where(Login.id == known.merged_into)).one()
    if known.blocked_at is not None:
        raise Conflict(N_("This person can't be taken in. Ask us about them."))
    return known


def _place(session: Session, managed: Managed, member_id: str) -> tuple[Membership, Login]:
    row = session.execute(
        select(Membership, Login)
        .join(Login, Login.id == Membership.login_id)
        .where(Membership.organisation_id == managed.facts.id, Login.public_id == member_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _keep_an_owner(session: Session, managed: Managed) -> None:
    # Locked, so that two owners who remove each other at once leave one.
    owners = session.scalars(
        select(Membership.id)
        .where(Membership.organisation_id == managed.facts.id, Membership.role == Role.OWNER)
        .order_by(Membership.id)
        .with_for_update()
    ).all()
    if len(owners) < 2:
        raise Conflict(LAST_OWNER, code="last_owner")


def _note(
    session: Session,
    act: str,
    managed: Managed,
    member_id: str,
    *,
    actor: str | None,
    now: datetime,
    role: Role | None = None,
) -> None:
    detail: dict[str, str | int | float | bool | None] = {"login": member_id}
    if role is not None:
        detail["role"] = role.value
    audit.record(
        session, act, managed.facts.public_id, actor=actor, now=now, detail=detail
    )
