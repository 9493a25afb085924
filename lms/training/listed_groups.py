"""Listed groups: departments and branches that a staff list names, and invited people who join later."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, exists, func, or_, select, union
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.core.database import insert_into
from lms.core.model_base import new_public_id
from lms.models.accounts import Login
from lms.models.organizations import Membership
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.models.training import TrainingGroup, TrainingGroupInvitee
from lms.training.trainees import PORTION, add_to_group

KEPT: Final = timedelta(days=180)  # the address of a person who never came


def find_or_make(
    session: Session, organization_id: int, names: Iterable[str], *, now: datetime
) -> dict[str, int]:
    """Return an organization's groups (row ids) by name, creating those it doesn't have.

    Names are compared without case.
    """
    wanted = sorted(set(names))
    known = _groups_of(session, organization_id)
    new = {name.casefold(): name for name in reversed(wanted) if name.casefold() not in known}
    if new:
        # Another list can name the same groups at the same time: in one order, each waits its turn.
        session.execute(
            insert_into(session, TrainingGroup).on_conflict_do_nothing(),
            [
                {
                    "public_id": new_public_id(),
                    "organization_id": organization_id,
                    "name": name,
                    "created_at": now,
                }
                for name in sorted(new.values())
            ],
        )
        known = _groups_of(session, organization_id)
    return {name: known[name.casefold()] for name in wanted}


def _groups_of(session: Session, organization_id: int) -> dict[str, int]:
    """Return the groups of an organization by folded name, of several the oldest."""
    rows = session.execute(
        select(TrainingGroup.name, TrainingGroup.id)
        .where(TrainingGroup.organization_id.in_(family_of(organization_id)))
        .order_by(TrainingGroup.id.desc())
    )
    return {name.casefold(): group_id for name, group_id in rows}


def await_invited(session: Session, group_id: int, keys: Iterable[str], *, now: datetime) -> int:
    """Let invited addresses join a group once their people accept; return how many are new."""
    rows = [{"group_id": group_id, "email_key": key, "created_at": now} for key in sorted(keys)]
    added = 0
    for start in range(0, len(rows), PORTION):
        put = insert_into(session, TrainingGroupInvitee).values(rows[start : start + PORTION])
        done = put.on_conflict_do_nothing().returning(TrainingGroupInvitee.email_key)
        added += len(session.execute(done).all())
    return added


def admit_invited(session: Session, *, now: datetime) -> None:
    """Add invited people to the groups that their list named, once they belong to the organization.

    Addresses of people who don't join within 180 days are deleted.
    """
    arrived = defaultdict[int, dict[str, int]](dict)
    for group_id, email_key, login_id in session.execute(union(_with_a_seat(), _by_address())):
        arrived[group_id][email_key] = login_id
    for group_id, people in sorted(arrived.items()):
        add_to_group(session, group_id, people.values())
        keys = sorted(people)
        for start in range(0, len(keys), PORTION):
            session.execute(
                delete(TrainingGroupInvitee).where(
                    TrainingGroupInvitee.group_id == group_id,
                    TrainingGroupInvitee.email_key.in_(keys[start : start + PORTION]),
                )
            )
    session.execute(
        delete(TrainingGroupInvitee).where(TrainingGroupInvitee.created_at < now - KEPT)
    )


def _with_a_seat() -> Select[int, str, int]:
    """Return the query for people who claimed the seat that the address was invited to."""
    return (
        _invitees()
        .join(Assignment, Assignment.email_key == TrainingGroupInvitee.email_key)
        .join(Pool, Pool.id == Assignment.pool_id)
        .join(Login, Login.id == Assignment.login_id)
        .where(
            Assignment.state == AssignmentState.CLAIMED,
            Pool.organization_id.in_(family_of(TrainingGroup.organization_id)),
        )
    )


def _by_address() -> Select[int, str, int]:
    """Return the query for the organization's people who have the address in their account."""
    family = family_of(TrainingGroup.organization_id)
    member = exists().where(Membership.login_id == Login.id, Membership.organization_id.in_(family))
    seated = exists().where(
        Assignment.login_id == Login.id,
        Assignment.state == AssignmentState.CLAIMED,
        Pool.id == Assignment.pool_id,
        Pool.organization_id.in_(family),
    )
    return (
        _invitees()
        .join(Login, Login.email_key == TrainingGroupInvitee.email_key)
        .where(or_(member, seated))
    )


def _invitees() -> Select[int, str, int]:
    return select(
        TrainingGroupInvitee.group_id,
        TrainingGroupInvitee.email_key,
        func.coalesce(Login.merged_into, Login.id),
    ).join_from(
        TrainingGroupInvitee, TrainingGroup, TrainingGroup.id == TrainingGroupInvitee.group_id
    )
