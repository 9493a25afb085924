"""Groups of people in an organization, for assigning training to together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of
from lms.core.errors import N_, Invalid, NotFound, or_not_found
from lms.core.list_queries import count_rows, told_apart
from lms.models.accounts import Login
from lms.models.organizations import Organization
from lms.models.training import (
    Training,
    TrainingAudience,
    TrainingGroup,
    TrainingGroupInvitee,
    TrainingGroupMember,
)
from lms.organizations.organizations import OrganizationFacts
from lms.training.listed_groups import await_invited
from lms.training.trainees import (
    add_to_group,
    add_trainees,
    by_address_or_invitation,
    people_of,
)

LONGEST_NAME: Final = 100
PAGE_SIZE: Final = 50
NAME: Final = N_("Enter a name of up to 100 characters.")
TAKEN: Final = N_("A group with this name already exists.")
ADDRESSES: Final = N_("Enter at least one email address.")


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group, and the number of the organization's people in it."""

    public_id: str
    name: str
    people: int


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A person in a group."""

    login_id: str
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """A group and one page of its members.

    `invited` are the first addresses, by name, of all `awaited` people who join it once they accept.
    """

    public_id: str
    name: str
    items: tuple[GroupMember, ...]
    total: int
    invited: tuple[str, ...]
    awaited: int


def list_groups(
    session: Session, organization_id: int, *, seen: Sequence[int] | None = None
) -> tuple[GroupRow, ...]:
    """Return the groups of an organization by name; `seen` limits them to a supervisor's (row ids).

    Those of merged organizations that have one name say which organization's they are.
    """
    kept = func.coalesce(Login.merged_into, Login.id)
    members = (
        select(TrainingGroupMember.group_id, kept.label("id"))
        .join_from(TrainingGroupMember, Login, Login.id == TrainingGroupMember.login_id)
        .where(kept.in_(people_of(organization_id)))
        .subquery()
    )
    asked = (
        select(
            TrainingGroup.public_id,
            TrainingGroup.name,
            func.count(members.c.id.distinct()).label("people"),
            Organization.name.label("record"),
        )
        .join(Organization, Organization.id == TrainingGroup.organization_id)
        .outerjoin(members, members.c.group_id == TrainingGroup.id)
        .where(TrainingGroup.organization_id.in_(family_of(organization_id)))
        .group_by(TrainingGroup.id, TrainingGroup.public_id, TrainingGroup.name, Organization.name)
        .order_by(func.lower(TrainingGroup.name), TrainingGroup.id)
    )
    if seen is not None:
        asked = asked.where(TrainingGroup.id.in_(seen))
    rows = session.execute(asked).all()
    names = told_apart((row.name, row.record) for row in rows)
    return tuple(
        GroupRow(row.public_id, name, row.people) for row, name in zip(rows, names, strict=True)
    )


def read_group(
    session: Session,
    organization_id: int,
    group_id: str,
    *,
    offset: int,
    seen: Sequence[int] | None = None,
) -> Group:
    """Return a group with one page of its people, by name.

    Raises NotFound, also for a group outside of a supervisor's `seen` (row ids).
    """
    row = _row(session, organization_id, group_id)
    if seen is not None and row.id not in seen:
        raise NotFound
    within = Login.id.in_(people_of(organization_id, [row.id]))
    people = (
        select(Login.public_id, Login.name, Login.email)
        .where(within)
        .order_by(func.lower(Login.name), Login.id)
        .offset(offset)
        .limit(PAGE_SIZE)
    )
    total = session.scalar(select(func.count(Login.id)).where(within))
    items = tuple(GroupMember(*one) for one in session.execute(people))
    invited = select(TrainingGroupInvitee.email_key).where(TrainingGroupInvitee.group_id == row.id)
    keys = session.scalars(invited.order_by(TrainingGroupInvitee.email_key).limit(PAGE_SIZE)).all()
    awaited = count_rows(session, invited)
    return Group(row.public_id, row.name, items, total or 0, tuple(keys), awaited)


def make_group(
    session: Session,
    organization: OrganizationFacts,
    name: str,
    addresses: str,
    *,
    actor: str | None,
    now: datetime,
) -> str:
    """Create a group from pasted addresses; return its public ID.

    Invited people join it once they accept. Raises Invalid (fields `name`, `addresses`).
    """
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= LONGEST_NAME:
        raise Invalid(NAME, field="name")
    # Compared here, since SQLite's lower() only handles ASCII.
    names = select(TrainingGroup.name).where(
        TrainingGroup.organization_id.in_(family_of(organization.id))
    )
    if clean.casefold() in {taken.casefold() for taken in session.scalars(names)}:
        raise Invalid(TAKEN, field="name")
    people, invited = by_address_or_invitation(session, organization.id, addresses)
    row = TrainingGroup(organization_id=organization.id, name=clean, created_at=now)
    session.add(row)
    session.flush()
    add_to_group(session, row.id, people)
    await_invited(session, row.id, invited, now=now)
    _note(session, "training.group_made", organization, row.public_id, actor=actor, now=now)
    return row.public_id


def add_people(
    session: Session,
    organization: OrganizationFacts,
    group_id: str,
    addresses: str,
    *,
    actor: str | None,
    now: datetime,
) -> int:
    """Add people to a group, and assign them its open trainings; return how many are new.

    Trainings past their due date are not assigned. Invited people join once they accept. Raises
    NotFound, Invalid (field `addresses`).
    """
    row = _row(session, organization.id, group_id)
    people, invited = by_address_or_invitation(session, organization.id, addresses)
    if not (people or invited):
        raise Invalid(ADDRESSES, field="addresses")
    added = add_to_group(session, row.id, people)
    added += await_invited(session, row.id, invited, now=now)
    open_ones = session.scalars(
        select(Training.id)
        .join(TrainingAudience, TrainingAudience.training_id == Training.id)
        .where(
            TrainingAudience.group_id == row.id,
            Training.withdrawn_at.is_(None),
            Training.due_at > now,
        )
        .order_by(Training.id)
    ).all()
    for training_id in open_ones:
        add_trainees(session, training_id, people, now=now)
    _note(session, "training.group_changed", organization, group_id, actor=actor, now=now)
    return added


def remove_person(
    session: Session,
    organization: OrganizationFacts,
    group_id: str,
    login: str,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Remove a person (public ID) from a group; their assignments stay. Raises NotFound."""
    row = _row(session, organization.id, group_id)
    theirs = select(Login.id).where(Login.public_id == login).scalar_subquery()
    gone = session.scalars(
        delete(TrainingGroupMember)
        .where(
            TrainingGroupMember.group_id == row.id,
            TrainingGroupMember.login_id.in_(logins_of(theirs)),
        )
        .returning(TrainingGroupMember.login_id)
    ).all()
    if not gone:
        raise NotFound
    _note(session, "training.group_changed", organization, group_id, actor=actor, now=now)


def remove_invited(
    session: Session,
    organization: OrganizationFacts,
    group_id: str,
    email: str,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Remove an invited address from a group, so that its person doesn't join it. Raises NotFound."""
    row = _row(session, organization.id, group_id)
    gone = session.scalars(
        delete(TrainingGroupInvitee)
        .where(TrainingGroupInvitee.group_id == row.id, TrainingGroupInvitee.email_key == email)
        .returning(TrainingGroupInvitee.email_key)
    ).all()
    if not gone:
        raise NotFound
    _note(session, "training.group_changed", organization, group_id, actor=actor, now=now)


def drop_group(
    session: Session,
    organization: OrganizationFacts,
    group_id: str,
    *,
    actor: str | None,
    now: datetime,
) -> str:
    """Delete a group and return its name; assignments stay. Raises NotFound."""
    row = _row(session, organization.id, group_id)
    name = row.name
    session.delete(row)
    _note(session, "training.group_dropped", organization, group_id, actor=actor, now=now)
    return name


def _row(session: Session, organization_id: int, group_id: str) -> TrainingGroup:
    row = session.scalar(
        select(TrainingGroup)
        .where(
            TrainingGroup.organization_id.in_(family_of(organization_id)),
            TrainingGroup.public_id == group_id,
        )
        .with_for_update()
    )
    return or_not_found(row)


def _note(
    session: Session,
    act: str,
    organization: OrganizationFacts,
    group_id: str,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    detail = {"group": group_id}
    audit.record(session, act, organization.public_id, actor=actor, now=now, detail=detail)
    session.flush()
