"""Manager read models of training: how many have done, started, or missed it, and by person.

PRODUCT.md, Privacy: managers see only what they assigned, and no viewing times; they see when the
policy was confirmed, since people are told so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, case, distinct, func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.core.errors import or_not_found
from lms.core.list_queries import Page, count_rows, has_words
from lms.core.model_base import copied
from lms.models.accounts import Login
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.models.training import Trainee, Training, TrainingAudience
from lms.training.assignments import COUNTED, is_overdue, webinars_of
from lms.training.trainees import is_counted, members_of

PAGE_SIZE: Final = 50
TRAININGS: Final = 20


class State(StrEnum):
    """A person's state in a training."""

    DONE = "done"
    BEGUN = "begun"
    NOT_BEGUN = "not_begun"
    OVERDUE = "overdue"


class Sort(StrEnum):
    """The columns by which people can be sorted."""

    NAME = "name"
    STATE = "state"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter for people: words of names and addresses, a state, and groups (row ids)."""

    query: str = ""
    state: State | None = None
    groups: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The sort column and direction."""

    by: Sort = Sort.NAME
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of people in each state."""

    done: int
    begun: int
    not_begun: int
    overdue: int

    @property
    def people(self) -> int:
        """Return the total number of people."""
        return self.done + self.begun + self.not_begun + self.overdue


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A training in an organization's list."""

    public_id: str
    title: str
    due_at: datetime
    withdrawn_at: datetime | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class HeldLater:
    """A webinar that was moved to a date after a training's due date."""

    title: str
    held_at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """A training with its webinars (slug and title).

    `awaited` is how many invited people get it once they claim their seats; supervisors aren't told. It
    can't be completed if it `is_off`, since no webinar is left to watch, or until a webinar is `held_later`.
    """

    id: int
    public_id: str
    title: str
    policy: str
    everyone: bool
    every_months: int | None
    awaited: int
    due_at: datetime
    withdrawn_at: datetime | None
    webinars: tuple[tuple[str, str], ...]
    is_off: bool
    held_later: HeldLater | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of a training; an overdue one may have started."""

    name: str
    email: str | None
    state: State
    is_begun: bool
    acknowledged_at: datetime | None


def list_trainings(
    session: Session,
    organization_id: int,
    *,
    offset: int,
    now: datetime,
    groups: Sequence[int] | None = None,
) -> Page[TrainingRow]:
    """Return a page of an organization's trainings, latest due date first, withdrawn ones last.

    `groups` limits trainings and counts to people in these groups.
    """
    theirs = _is_of(organization_id, groups)
    rows = session.execute(
        select(
            Training.id,
            Training.public_id,
            Training.title,
            Training.due_at,
            Training.withdrawn_at,
        )
        .where(theirs)
        .order_by(Training.withdrawn_at.is_not(None), Training.due_at.desc(), Training.id.desc())
        .offset(offset)
        .limit(TRAININGS)
    ).all()
    counts = _counts(session, [row.id for row in rows], now, groups)
    return Page(
        tuple(TrainingRow(*row[1:], counts.get(row.id, Counts(0, 0, 0, 0))) for row in rows),
        count_rows(session, select(Training.id).where(theirs)),
    )


def read_training(
    session: Session,
    organization_id: int,
    training_id: str,
    *,
    now: datetime,
    groups: Sequence[int] | None = None,
) -> TrainingFacts:
    """Return a training of an organization, or one for these groups; raises NotFound."""
    query = select(Training).where(
        _is_of(organization_id, groups), Training.public_id == training_id
    )
    row = or_not_found(session.scalar(query))
    webinars = session.execute(webinars_of((row.id,))).all()
    left = [one for one in webinars if one.state in COUNTED]
    last = max(left, key=lambda one: one.held_at, default=None)
    return copied(
        TrainingFacts,
        row,
        awaited=_awaited(session, row, now) if groups is None else 0,
        webinars=tuple((one.slug, one.title) for one in webinars),
        is_off=last is None,
        held_later=HeldLater(last.title, last.held_at, last.zone)
        if last is not None and last.held_at >= row.due_at
        else None,
        counts=_counts(session, [row.id], now, groups).get(row.id, Counts(0, 0, 0, 0)),
    )


def read_people(
    session: Session, training_id: int, wanted: Wanted, order: Order, *, offset: int, now: datetime
) -> Page[PersonRow]:
    """Return one page of a training's people."""
    asked = _asked(training_id, wanted, order, now)
    rows = session.execute(asked.offset(offset).limit(PAGE_SIZE))
    return Page(tuple(_person(row) for row in rows), count_rows(session, asked))


def every_person(
    session: Session, training_id: int, wanted: Wanted, order: Order, *, now: datetime
) -> Iterator[PersonRow]:
    """Yield all matching people of a training in table order, for its CSV file."""
    for row in session.execute(_asked(training_id, wanted, order, now)):
        yield _person(row)


def state_at(now: datetime) -> ColumnElement[str]:
    """Return the SQL expression for a trainee's state."""
    return case(
        (Trainee.done_at.is_not(None), State.DONE.value),
        (is_overdue(now), State.OVERDUE.value),
        (or_(Trainee.is_begun, Trainee.completed_at.is_not(None)), State.BEGUN.value),
        else_=State.NOT_BEGUN.value,
    )


def _asked(training_id: int, wanted: Wanted, order: Order, now: datetime) -> Select[Any]:
    state = state_at(now)
    name = func.lower(Login.name)
    asked = _seen(
        select(Login.name, Login.email, state.label("state"), _begun(), Trainee.acknowledged_at),
        wanted.groups,
    ).where(Trainee.training_id == training_id)
    asked = asked.where(*has_words(wanted.query, Login.name, Login.email))
    if wanted.state is not None:
        asked = asked.where(state == wanted.state.value)
    columns: Mapping[Sort, Any] = {
        Sort.NAME: name,
        Sort.STATE: state,
        Sort.CONFIRMED: func.coalesce(Trainee.acknowledged_at, Trainee.created_at),
    }
    by = columns[order.by]
    if order.by is Sort.CONFIRMED:
        asked = asked.order_by(Trainee.acknowledged_at.is_(None))
    return asked.order_by(by.desc() if order.descending else by.asc(), name, Trainee.id)


def _is_of(organization_id: int, groups: Sequence[int] | None) -> ColumnElement[bool]:
    """Return the condition that a training is an organization's, and concerns one of the groups."""
    theirs = Training.organization_id.in_(family_of(organization_id))
    if groups is None:
        return theirs
    assigned = select(TrainingAudience.training_id).where(TrainingAudience.group_id.in_(groups))
    people = (
        select(Trainee.training_id).join(Login, Login.id == Trainee.login_id).where(_is_in(groups))
    )
    return and_(theirs, or_(Training.id.in_(assigned), Training.id.in_(people)))


def _is_in(groups: Sequence[int]) -> ColumnElement[bool]:
    return func.coalesce(Login.merged_into, Login.id).in_(members_of(groups))


def _seen(asked: Any, groups: Sequence[int] | None) -> Select[Any]:  # noqa: ANN401  (with any columns)
    found: Select[Any] = (
        asked.select_from(Trainee)
        .join(Training, Training.id == Trainee.training_id)
        .join(Login, Login.id == Trainee.login_id)
        .where(is_counted())
    )
    return found if groups is None else found.where(_is_in(groups))


def _awaited(session: Session, row: Training, now: datetime) -> int:
    if not row.everyone or row.withdrawn_at is not None or row.due_at <= now:
        return 0
    invited = (
        select(func.count(distinct(Assignment.email_key)))
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(
            Pool.organization_id.in_(family_of(row.organization_id)),
            Assignment.state == AssignmentState.INVITED,
        )
    )
    return session.scalar(invited) or 0


def _begun() -> ColumnElement[bool]:
    return or_(Trainee.is_begun, Trainee.completed_at.is_not(None)).label("is_begun")


def _person(row: Row[Any]) -> PersonRow:
    return PersonRow(row.name, row.email, State(row.state), bool(row.is_begun), row.acknowledged_at)


def _counts(
    session: Session, training_ids: list[int], now: datetime, groups: Sequence[int] | None
) -> dict[int, Counts]:
    if not training_ids:
        return {}
    is_done = Trainee.done_at.is_not(None)
    is_over = is_overdue(now)
    is_begun = or_(Trainee.is_begun, Trainee.completed_at.is_not(None))
    rows = session.execute(
        _seen(
            select(
                Trainee.training_id,
                func.count().filter(is_done),
                func.count().filter(and_(~is_done, ~is_over, is_begun)),
                func.count().filter(and_(~is_done, ~is_over, ~is_begun)),
                func.count().filter(and_(~is_done, is_over)),
            ),
            groups,
        )
        .where(Trainee.training_id.in_(training_ids))
        .group_by(Trainee.training_id)
    )
    return {row[0]: Counts(*row[1:]) for row in rows}
