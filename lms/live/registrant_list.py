"""The registrant list for staff: who registered for, canceled, and joined a live webinar."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.core.list_queries import count_rows, has_words
from lms.core.model_base import copied
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.live import Attendance, LiveJoin, Registration, RoomStay

PAGE_SIZE: Final = 50
# Of merged logins the longer time counts, because both can have attended the same hour. What staff
# entered for one of them counts instead.
MINUTES: Final = func.coalesce(
    func.max(case((Attendance.by_hand, Attendance.minutes))), func.max(Attendance.minutes)
)


class Show(StrEnum):
    """Which people a list shows."""

    ALL = "all"
    COMING = "coming"
    LEFT = "left"
    CAME = "came"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Row:
    """One person: when they joined, when the room's reports saw them, and `minutes`.

    Unknown values are None; `minutes` is what counts for the certificate.
    """

    public_id: str
    name: str
    email: str | None
    registered_at: datetime
    is_coming: bool
    went_to: str | None  # the title of the webinar they were moved to
    first_in: datetime | None
    last_in: datetime | None
    times_in: int
    minutes: int | None
    stayed_from: datetime | None
    stayed_to: datetime | None

    @property
    def came(self) -> bool:
        """Return whether they attended, according to their joins or the room's report."""
        return self.times_in > 0 or bool(self.minutes)


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of people by name, the number of matches, and how many registered and attended in all."""

    items: tuple[Row, ...]
    total: int
    coming: int
    came: int


def read_rows(
    session: Session,
    webinar_id: int,
    *,
    query: str = "",
    show: Show = Show.ALL,
    offset: int = 0,
    limit: int | None = PAGE_SIZE,
) -> Rows:
    """Return people of a webinar by words of their name and address; no limit returns all of them."""
    everybody = _people(webinar_id).subquery()
    columns = everybody.c
    came = or_(columns.times_in > 0, columns.minutes > 0)
    kept: dict[Show, ColumnElement[bool] | None] = {
        Show.ALL: None,
        Show.COMING: columns.coming > 0,
        Show.LEFT: columns.coming == 0,
        Show.CAME: came,
        Show.MISSED: (columns.coming > 0) & ~func.coalesce(came, False),
    }
    wanted = select(everybody).where(*has_words(query, columns.name, columns.email))
    condition = kept[show]
    if condition is not None:
        wanted = wanted.where(condition)
    counts = session.execute(
        select(
            func.coalesce(func.sum(case((columns.coming > 0, 1), else_=0)), 0).label("coming"),
            func.coalesce(func.sum(case((came, 1), else_=0)), 0).label("came"),
        )
    ).one()
    page = wanted.order_by(func.lower(columns.name), columns.id).offset(offset).limit(limit)
    return Rows(
        tuple(_row(row) for row in session.execute(page)),
        count_rows(session, wanted),
        counts.coming,
        counts.came,
    )


def _row(row: Any) -> Row:  # noqa: ANN401  (any kind of row)
    return copied(Row, row, is_coming=row.coming > 0, times_in=row.times_in or 0)


def _people(webinar_id: int) -> Select[*tuple[Any, ...]]:
    # People with merged logins are one person: all their rows count together.
    kept, other = aliased(Login), aliased(Webinar)
    person = func.coalesce(Login.merged_into, Login.id)
    joined = (
        select(
            person.label("person"),
            func.min(LiveJoin.joined_at).label("first_in"),
            func.max(LiveJoin.joined_at).label("last_in"),
            func.count(LiveJoin.id).label("times_in"),
        )
        .join_from(LiveJoin, Login, Login.id == LiveJoin.login_id)
        .where(LiveJoin.webinar_id == webinar_id)
        .group_by(person)
        .subquery()
    )
    stayed = (
        select(person.label("person"), MINUTES.label("minutes"))
        .join_from(Attendance, Login, Login.id == Attendance.login_id)
        .where(Attendance.webinar_id == webinar_id)
        .group_by(person)
        .subquery()
    )
    seen = (
        select(
            person.label("person"),
            func.min(RoomStay.began_at).label("stayed_from"),
            func.max(RoomStay.ended_at).label("stayed_to"),
        )
        .join_from(RoomStay, Login, Login.id == RoomStay.login_id)
        .where(RoomStay.webinar_id == webinar_id)
        .group_by(person)
        .subquery()
    )
    return (
        select(
            kept.id,
            kept.public_id,
            kept.name,
            kept.email,
            func.min(Registration.registered_at).label("registered_at"),
            func.sum(case((Registration.left_at.is_(None), 1), else_=0)).label("coming"),
            func.max(other.title).label("went_to"),
            func.max(joined.c.first_in).label("first_in"),
            func.max(joined.c.last_in).label("last_in"),
            func.coalesce(func.max(joined.c.times_in), 0).label("times_in"),
            func.max(stayed.c.minutes).label("minutes"),
            func.min(seen.c.stayed_from).label("stayed_from"),
            func.max(seen.c.stayed_to).label("stayed_to"),
        )
        .join_from(Registration, Login, Login.id == Registration.login_id)
        .join(kept, kept.id == person)
        .outerjoin(other, other.public_id == Registration.went_to)
        .outerjoin(joined, joined.c.person == kept.id)
        .outerjoin(stayed, stayed.c.person == kept.id)
        .outerjoin(seen, seen.c.person == kept.id)
        .where(Registration.webinar_id == webinar_id)
        .group_by(kept.id, kept.public_id, kept.name, kept.email)
    )
