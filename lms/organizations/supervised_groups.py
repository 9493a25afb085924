"""Supervised groups: which groups of an organization a supervisor sees."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of
from lms.core.errors import N_, Invalid
from lms.models.accounts import Login
from lms.models.organizations import Membership, Role
from lms.models.training import GroupSupervisor, TrainingGroup
from lms.organizations.organizations import OrganizationFacts

NO_GROUP = N_("Choose at least one group for a supervisor.")


@dataclass(frozen=True, slots=True)
class GroupName:
    """A group that a supervisor can be given."""

    public_id: str
    name: str


def supervised(session: Session, organization_id: int, login_id: int) -> tuple[int, ...]:
    """Return the row ids of the groups of an organization that a supervisor sees."""
    rows = session.scalars(
        select(TrainingGroup.id)
        .join(GroupSupervisor, GroupSupervisor.group_id == TrainingGroup.id)
        .where(
            TrainingGroup.organization_id.in_(family_of(organization_id)),
            GroupSupervisor.login_id.in_(logins_of(login_id)),
        )
        .distinct()
        .order_by(TrainingGroup.id)
    )
    return tuple(rows)


def by_supervisor(session: Session, organization_id: int) -> dict[str, list[GroupName]]:
    """Return the groups of each supervisor of an organization, by the login's public ID."""
    family = family_of(organization_id)
    rows = session.execute(
        select(Login.public_id, TrainingGroup.public_id, TrainingGroup.name)
        .join(GroupSupervisor, GroupSupervisor.login_id == Login.id)
        .join(TrainingGroup, TrainingGroup.id == GroupSupervisor.group_id)
        .where(
            TrainingGroup.organization_id.in_(family),
            Login.id.in_(
                select(Membership.login_id).where(
                    Membership.organization_id.in_(family), Membership.role == Role.SUPERVISOR
                )
            ),
        )
        .order_by(func.lower(TrainingGroup.name), TrainingGroup.id)
    )
    found = defaultdict[str, list[GroupName]](list)
    for login, *group in rows:
        found[login].append(GroupName(*group))
    return found


def set_groups(
    session: Session,
    organization: OrganizationFacts,
    login: Login,
    groups: Collection[str],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Set the groups (public IDs) of an organization that a supervisor sees.

    Raises Invalid (field `groups`) if there are none.
    """
    wanted = session.execute(
        select(TrainingGroup.id, TrainingGroup.public_id)
        .where(
            TrainingGroup.organization_id.in_(family_of(organization.id)),
            TrainingGroup.public_id.in_(groups),
        )
        .order_by(TrainingGroup.id)
    ).all()
    if not wanted:
        raise Invalid(NO_GROUP, field="groups")
    clear(session, organization.id, login.id)
    session.add_all(GroupSupervisor(group_id=row.id, login_id=login.id) for row in wanted)
    session.flush()
    detail = {"login": login.public_id, "groups": " ".join(row.public_id for row in wanted)}
    audit.record(
        session,
        "membership.groups_set",
        organization.public_id,
        actor=actor,
        now=now,
        detail=detail,
    )


def clear(session: Session, organization_id: int, login_id: int) -> None:
    """Remove all of a login's supervised groups in an organization."""
    theirs = select(TrainingGroup.id).where(
        TrainingGroup.organization_id.in_(family_of(organization_id))
    )
    session.execute(
        delete(GroupSupervisor).where(
            GroupSupervisor.group_id.in_(theirs), GroupSupervisor.login_id == login_id
        )
    )
