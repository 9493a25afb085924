"""Group columns: the departments and branches of a staff list, whose people join groups of that name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from lms.core.database import insert_into
from lms.core.model_base import UTCDateTime
from lms.models.seat_imports import Answer, SeatImport, SeatImportRow
from lms.models.seats import Pool
from lms.models.training import TrainingGroupInvitee
from lms.training.listed_groups import admit_invited, find_or_make

MOST_GROUPS: Final = 200
_JOINING: Final = (Answer.OK, Answer.ALREADY)


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A department or branch of a list, and how many people join it."""

    name: str
    people: int


def read_listed_groups(session: Session, import_id: int) -> tuple[ListedGroup, ...]:
    """Return the groups that a list names, by name; at most one more than can be created.

    Only people who have or get a seat count.
    """
    columns = (SeatImportRow.department, SeatImportRow.branch)
    named = union_all(
        *(
            select(column.label("name")).where(
                SeatImportRow.import_id == import_id,
                SeatImportRow.answer.in_(_JOINING),
                column != "",
            )
            for column in columns
        )
    ).subquery()
    rows = session.execute(
        select(named.c.name, func.count())
        .group_by(named.c.name)
        .order_by(func.lower(named.c.name), named.c.name)
        .limit(MOST_GROUPS + 1)
    )
    return tuple(ListedGroup(*row) for row in rows)


def join_groups(session: Session, row: SeatImport, *, now: datetime) -> None:
    """Let the people of a list who have or get a seat join its groups, which are created if missing.

    A list that names more than 200 groups is taken to have another meaning, and none is joined.
    """
    listed = read_listed_groups(session, row.id)
    if not listed or len(listed) > MOST_GROUPS:
        return
    organization_id = session.scalars(
        select(Pool.organization_id).where(Pool.id == row.pool_id)
    ).one()
    groups = find_or_make(session, organization_id, [one.name for one in listed], now=now)
    for name, group_id in groups.items():
        _expect(session, row.id, name, group_id, now)
    admit_invited(session, now=now)


def _expect(session: Session, import_id: int, name: str, group_id: int, now: datetime) -> None:
    people = select(literal(group_id), SeatImportRow.email_key, literal(now, UTCDateTime)).where(
        SeatImportRow.import_id == import_id,
        SeatImportRow.answer.in_(_JOINING),
        or_(SeatImportRow.department == name, SeatImportRow.branch == name),
    )
    added: Any = insert_into(session, TrainingGroupInvitee).from_select(
        ["group_id", "email_key", "created_at"], people
    )
    session.execute(added.on_conflict_do_nothing())
