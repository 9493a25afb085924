"""Trainees: who can be assigned a training, who is in it, and adding people.

An organization's people are its members and those with one of its seats. People who left, and members who
lost their seat for what they were assigned, are no longer trainees: what they watch afterward is private (PRODUCT.md, Privacy). Training they had completed by
then stays on record.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from lms.access.lost_seats import lost_seat
from lms.access.merged_logins import logins_of_kept
from lms.access.merged_organizations import family_of
from lms.access.organization_people import belongs_to
from lms.core.database import insert_into
from lms.core.errors import N_, Invalid
from lms.core.model_base import new_public_id
from lms.models.accounts import Login
from lms.models.organizations import MemberInvitation, Membership
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.models.training import (
    Trainee,
    Training,
    TrainingGroup,
    TrainingGroupMember,
    TrainingItem,
)
from lms.organizations.staff_list_parser import Entry, read_pasted

PORTION: Final = 500
MOST_NAMED: Final = 5


def people_of(organization_id: int, groups: Sequence[int] | None = None) -> Select[Any]:
    """Return a query for the kept login ids of an organization's people.

    `groups` limits them to members of these groups.
    """
    kept = func.coalesce(Login.merged_into, Login.id)
    members = (
        select(kept.label("id"))
        .join_from(Membership, Login, Login.id == Membership.login_id)
        .where(Membership.organization_id.in_(family_of(organization_id)))
    )
    seated = (
        select(kept.label("id"))
        .join_from(Assignment, Login, Login.id == Assignment.login_id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(
            Pool.organization_id.in_(family_of(organization_id)),
            Assignment.state == AssignmentState.CLAIMED,
        )
    )
    found = union(members, seated).subquery()
    people = select(found.c.id)
    return people if groups is None else people.where(found.c.id.in_(members_of(groups)))


def members_of(groups: Sequence[int]) -> Select[Any]:
    """Return a query for the kept login ids of the members of these groups."""
    return (
        select(func.coalesce(Login.merged_into, Login.id))
        .join_from(TrainingGroupMember, Login, Login.id == TrainingGroupMember.login_id)
        .where(TrainingGroupMember.group_id.in_(groups))
    )


def concerns() -> ColumnElement[bool]:
    """Return the condition that a training applies to its trainee; `Login` is theirs.

    They belong to the organization with any of their logins, and didn't lose their seat for one of its
    webinars; if several merged logins were assigned the training, one counts.
    """
    belongs = or_(
        belongs_to((Trainee.login_id, Login.merged_into), Training.organization_id),
        _belongs_merged(),
    )
    return and_(~_is_another_s(), belongs, ~_lost_seat())


def is_counted() -> ColumnElement[bool]:
    """Return the condition that managers see a trainee: they have completed it, or it applies to them."""
    return or_(and_(Trainee.done_at.is_not(None), ~_is_another_s()), concerns())


def _is_another_s() -> ColumnElement[bool]:
    """Return the condition that another trainee row of the same person counts instead.

    The kept login's row counts, or else the first.
    """
    kept, first, merged = aliased(Trainee), aliased(Trainee), aliased(Login)
    of_kept = exists().where(
        kept.training_id == Trainee.training_id, kept.login_id == Login.merged_into
    )
    earlier = exists().where(
        merged.merged_into == Login.merged_into,
        merged.merged_into > 0,
        first.training_id == Trainee.training_id,
        first.login_id == merged.id,
        first.id < Trainee.id,
    )
    return or_(of_kept, earlier)


def _belongs_merged() -> ColumnElement[bool]:
    merged = aliased(Login)
    # "> 0" makes the database use the partial index of the few merged logins.
    theirs = (
        select(merged.id)
        .where(
            merged.merged_into == func.coalesce(Login.merged_into, Login.id),
            merged.merged_into > 0,
        )
        .correlate(Login)
    )
    return and_(exists(theirs), belongs_to(theirs, Training.organization_id))


def _lost_seat() -> ColumnElement[bool]:
    item = aliased(TrainingItem)
    logins = logins_of_kept(func.coalesce(Login.merged_into, Login.id))
    its_family = family_of(Training.organization_id)
    return exists().where(
        item.training_id == Training.id,
        lost_seat(logins, its_family, item.webinar_id, Training.due_at),
    )


def everybody(session: Session, organization_id: int) -> set[int]:
    """Return the ids of an organization's people."""
    return set(session.scalars(people_of(organization_id)))


def by_address(session: Session, organization_id: int, text: str) -> set[int]:
    """Return the people with the pasted addresses.

    Raises Invalid (field `addresses`), naming the addresses of no one here; whether they have an
    account elsewhere is not revealed.
    """
    entries = _pasted(text)
    known = _addresses(session, organization_id, [one.email_key for one in entries])
    _check_known(entries, known)
    return {known[one.email_key] for one in entries}


def by_address_or_invitation(
    session: Session, organization_id: int, text: str
) -> tuple[set[int], set[str]]:
    """Return the people with the pasted addresses, and the keys of invited addresses of the others.

    Raises Invalid as `by_address` does.
    """
    entries = _pasted(text)
    keys = [one.email_key for one in entries]
    known = _addresses(session, organization_id, keys)
    invited = _invited(session, organization_id, [key for key in keys if key not in known])
    _check_known(entries, {*known, *invited})
    return {known[key] for key in keys if key in known}, invited


def _pasted(text: str) -> list[Entry]:
    try:
        return list(read_pasted(text)) if text.strip() else []
    except Invalid as error:
        raise Invalid(error.message, field="addresses") from error


def _check_known(entries: Sequence[Entry], known: Collection[str]) -> None:
    strange = [one.raw or one.email for one in entries if one.fault or one.email_key not in known]
    if strange:
        shown = ", ".join(strange[:MOST_NAMED])
        more = f" (+{len(strange) - MOST_NAMED})" if len(strange) > MOST_NAMED else ""
        raise Invalid(NOBODY, fields={"addresses": f"{NOBODY} {shown}{more}"})


def _invited(session: Session, organization_id: int, keys: Sequence[str]) -> set[str]:
    """Return which addresses have an open invitation to a seat or a role of an organization."""
    family = family_of(organization_id)
    found: set[str] = set()
    for start in range(0, len(keys), PORTION):
        some = keys[start : start + PORTION]
        seats = (
            select(Assignment.email_key)
            .join(Pool, Pool.id == Assignment.pool_id)
            .where(
                Pool.organization_id.in_(family),
                Assignment.state.in_((AssignmentState.INVITED, AssignmentState.OFFERED)),
                Assignment.email_key.in_(some),
            )
        )
        roles = select(MemberInvitation.email_key).where(
            MemberInvitation.organization_id.in_(family), MemberInvitation.email_key.in_(some)
        )
        found.update(key for key in session.scalars(union(seats, roles)) if key)
    return found


NOBODY: Final = N_(
    "These people aren't in your organization. Invite them or assign them a seat first:"
)


def _addresses(session: Session, organization_id: int, keys: list[str]) -> Mapping[str, int]:
    kept = func.coalesce(Login.merged_into, Login.id)
    theirs = kept.in_(people_of(organization_id))
    found: dict[str, int] = {}
    for start in range(0, len(keys), PORTION):
        some = keys[start : start + PORTION]
        invited = (
            select(Assignment.email_key, kept)
            .join_from(Assignment, Login, Login.id == Assignment.login_id)
            .join(Pool, Pool.id == Assignment.pool_id)
            .where(
                Pool.organization_id.in_(family_of(organization_id)),
                Assignment.state == AssignmentState.CLAIMED,
                Assignment.email_key.in_(some),
            )
        )
        own = select(Login.email_key, kept).where(theirs, Login.email_key.in_(some))
        for asked in (invited, own):
            found.update({key: login_id for key, login_id in session.execute(asked) if key})
    return found


def add_trainees(
    session: Session, training_id: int, login_ids: Iterable[int], *, now: datetime
) -> int:
    """Assign a training to people, once each; return the number of new trainees."""
    return _add_once(
        session,
        Trainee,
        [
            {
                "public_id": new_public_id(),
                "training_id": training_id,
                "login_id": login_id,
                "is_begun": False,
                "created_at": now,
            }
            for login_id in sorted(set(login_ids))
        ],
    )


def add_to_group(session: Session, group_id: int, login_ids: Iterable[int]) -> int:
    """Add people to a group, once each; return how many were new."""
    rows = [{"group_id": group_id, "login_id": one} for one in sorted(set(login_ids))]
    return _add_once(session, TrainingGroupMember, rows)


def in_groups(session: Session, organization_id: int, groups: Iterable[str]) -> set[int]:
    """Return an organization's people in groups, given by public IDs."""
    chosen = session.scalars(
        select(TrainingGroup.id).where(
            TrainingGroup.organization_id.in_(family_of(organization_id)),
            TrainingGroup.public_id.in_(list(groups)),
        )
    ).all()
    return set(session.scalars(people_of(organization_id, chosen)))


def _add_once(
    session: Session, model: type[Trainee] | type[TrainingGroupMember], rows: list[dict[str, Any]]
) -> int:
    added = 0
    for start in range(0, len(rows), PORTION):
        some = rows[start : start + PORTION]
        key = model.__table__.primary_key.columns.values()[-1]  # type: ignore[attr-defined]  # a table
        put: Any = insert_into(session, model).values(some)
        added += len(session.execute(put.on_conflict_do_nothing().returning(key)).all())
    return added
