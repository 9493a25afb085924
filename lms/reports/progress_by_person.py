"""Progress by person: webinars assigned, started, share watched, completed, and certificates.

Always the current state, never of a period: when a person watches is private.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_organization
from lms.core.errors import or_not_found
from lms.core.list_queries import Page, has_words
from lms.core.model_base import copied
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.certificates import Certificate
from lms.models.organizations import Membership, Organization
from lms.models.playback import WatchRecord
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.models.training import Trainee, Training, TrainingItem
from lms.reports.viewing_queries import Whose, has_finished, is_known, person, seen, seen_anywhere
from lms.seats.watch_progress import COMPLETED_FROM, covers
from lms.training.trainees import people_of

PAGE_SIZE: Final = 50
PORTION: Final = 500


class Sort(StrEnum):
    """The columns by which the table can be sorted."""

    NAME = "name"
    BEGUN = "begun"
    SHARE = "share"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Order:
    """The sort column and direction."""

    by: Sort = Sort.NAME
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person's numbers of webinars; `share` is the average of those started, 0 to 1."""

    public_id: str
    name: str
    email: str | None
    assigned: int
    begun: int
    completed: int
    certificates: int
    share: float


@dataclass(frozen=True, slots=True)
class WebinarLine:
    """One person's progress in one webinar; `share` watched, 0 to 1."""

    slug: str
    title: str
    is_assigned: bool
    share: float
    has_certificate: bool

    @property
    def is_begun(self) -> bool:
        """Return whether anything was watched."""
        return self.share > 0

    @property
    def is_completed(self) -> bool:
        """Return whether enough was watched to complete it."""
        return self.share >= COMPLETED_FROM


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person with every webinar assigned to them, started or certified."""

    public_id: str
    name: str
    email: str | None
    webinars: tuple[WebinarLine, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the managers of one organization see of a person."""

    organization: str
    webinars: tuple[WebinarLine, ...]


def read_people(
    session: Session, whose: Whose, query: str, order: Order, *, offset: int
) -> Page[PersonLine]:
    """Return one page of the people of an organization, or of everyone who has watched."""
    asked = _asked(whose, query, order)
    counted = _asked(whose, query, None).with_only_columns(func.count())
    ids = session.scalars(asked.offset(offset).limit(PAGE_SIZE)).all()
    return Page(_lines(session, whose, ids), session.scalar(counted) or 0)


def every_person(session: Session, whose: Whose, query: str, order: Order) -> Iterator[PersonLine]:
    """Yield all people in the table's order, reading them in batches, for its CSV file."""
    ids = session.scalars(_asked(whose, query, order)).all()
    for start in range(0, len(ids), PORTION):
        yield from _lines(session, whose, ids[start : start + PORTION])


def read_person(session: Session, whose: Whose, public_id: str) -> PersonFacts:
    """Return one person of an organization, or of the installation; raises NotFound for anyone else."""
    query = select(Login.id, Login.public_id, Login.name, Login.email).where(
        Login.public_id == public_id, _is_of(whose)
    )
    row = or_not_found(session.execute(query).one_or_none())
    webinars = _webinars(session, whose, row.id)
    return PersonFacts(row.public_id, row.name, row.email, webinars)


def shown_of(session: Session, login_id: int) -> tuple[Shown, ...]:
    """Return what the managers of each of a person's organizations see of them."""
    theirs = logins_of(login_id)
    member = (
        select(kept_organization(Membership.organization_id))
        .select_from(Membership)
        .where(Membership.login_id.in_(theirs))
    )
    seated = (
        select(kept_organization(Pool.organization_id))
        .join_from(Pool, Assignment, Assignment.pool_id == Pool.id)
        .where(Assignment.login_id.in_(theirs), Assignment.state == AssignmentState.CLAIMED)
    )
    organizations = session.execute(
        select(Organization.id, Organization.name)
        .where(Organization.id.in_(union(member, seated)))
        .order_by(func.lower(Organization.name), Organization.id)
    ).all()
    return tuple(
        Shown(row.name, _webinars(session, Whose(row.id), login_id)) for row in organizations
    )


def _is_of(whose: Whose) -> ColumnElement[bool]:
    known = and_(Login.merged_into.is_(None), is_known())
    if whose.organization_id is not None:
        return and_(known, Login.id.in_(people_of(whose.organization_id, whose.groups)))
    other = aliased(Login)
    own = exists().where(WatchRecord.login_id == Login.id)
    merged = exists().where(
        other.merged_into == Login.id, other.merged_into > 0, WatchRecord.login_id == other.id
    )
    return and_(known, or_(own, merged))


def _asked(whose: Whose, query: str, order: Order | None) -> Select[Any]:
    """Return the query for the ids of matching people, in order."""
    asked = select(Login.id).where(_is_of(whose), *has_words(query, Login.name, Login.email))
    if order is None:
        return asked
    name = func.lower(Login.name)
    by: Any = name
    if order.by is not Sort.NAME:
        figures = _figures(whose, None)
        asked = asked.outerjoin(figures, figures.c.person == Login.id)
        by = func.coalesce(figures.c[order.by.value], 0)
    return asked.order_by(by.desc() if order.descending else by.asc(), name, Login.id)


def _seen(whose: Whose, logins: Select[int] | None) -> Any:  # noqa: ANN401  (a subquery)
    if whose.organization_id is None:
        return seen_anywhere(logins)
    return seen(whose, logins)


def _figures(whose: Whose, logins: Select[int] | None) -> Any:  # noqa: ANN401  (a subquery)
    each = _seen(whose, logins)
    return (
        select(
            each.c.person,
            func.count().label("begun"),
            func.sum(has_finished(each.c.share)).label("completed"),
            func.avg(each.c.share).label("share"),
        )
        .where(each.c.share > 0)
        .group_by(each.c.person)
        .subquery("figures")
    )


def _logins(ids: Collection[int]) -> Select[int]:
    return select(Login.id).where(or_(Login.id.in_(ids), Login.merged_into.in_(ids)))


def _lines(session: Session, whose: Whose, ids: Sequence[int]) -> tuple[PersonLine, ...]:
    if not ids:
        return ()
    figures = _figures(whose, _logins(ids))
    rows = session.execute(
        select(
            Login.id,
            Login.public_id,
            Login.name,
            Login.email,
            func.coalesce(figures.c.begun, 0).label("begun"),
            func.coalesce(figures.c.completed, 0).label("completed"),
            func.coalesce(figures.c.share, 0.0).label("share"),
        )
        .outerjoin(figures, figures.c.person == Login.id)
        .where(Login.id.in_(ids))
    )
    found = {row.id: row for row in rows}
    assigned = Counter(who for who, _webinar in _assigned(session, whose, ids))
    certified = Counter(who for who, _webinar in _certified(session, whose, ids))
    return tuple(
        copied(
            PersonLine,
            found[each],
            assigned=assigned[each],
            completed=int(found[each].completed),
            certificates=certified[each],
            share=float(found[each].share),
        )
        for each in ids
        if each in found
    )


def _webinars(session: Session, whose: Whose, login_id: int) -> tuple[WebinarLine, ...]:
    each = _seen(whose, _logins((login_id,)))
    shares: Mapping[int, float] = {
        row.webinar_id: float(row.share)
        for row in session.execute(select(each.c.webinar_id, each.c.share).where(each.c.share > 0))
    }
    found: dict[int, set[str]] = defaultdict(set)
    for _who, webinar in _assigned(session, whose, (login_id,)):
        found[webinar].add("assigned")
    for _who, webinar in _certified(session, whose, (login_id,)):
        found[webinar].add("certified")
    ids = sorted({*shares, *found})
    named: list[Any] = []
    for start in range(0, len(ids), PORTION):
        some = ids[start : start + PORTION]
        asked = select(Webinar.id, Webinar.slug, Webinar.title).where(Webinar.id.in_(some))
        named.extend(session.execute(asked))
    named.sort(key=lambda row: (row.title.casefold(), row.id))
    return tuple(
        WebinarLine(
            row.slug,
            row.title,
            "assigned" in found[row.id],
            shares.get(row.id, 0.0),
            "certified" in found[row.id],
        )
        for row in named
    )


def _assigned(session: Session, whose: Whose, ids: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield (person, webinar) for assigned webinars: by active training, or a seat for one webinar."""
    by_training = (
        select(person.label("person"), TrainingItem.webinar_id)
        .select_from(Trainee)
        .join(Login, Login.id == Trainee.login_id)
        .join(Training, Training.id == Trainee.training_id)
        .join(TrainingItem, TrainingItem.training_id == Training.id)
        .where(
            Trainee.login_id.in_(_logins(ids)),
            Training.withdrawn_at.is_(None),
            whose.is_of(Training.organization_id),
        )
    )
    by_seat = (
        select(person.label("person"), Pool.webinar_id)
        .select_from(Assignment)
        .join(Login, Login.id == Assignment.login_id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(
            Assignment.login_id.in_(_logins(ids)),
            Assignment.state == AssignmentState.CLAIMED,
            Pool.webinar_id.is_not(None),
            whose.is_of(Pool.organization_id),
        )
    )
    found: Any = session.execute(union(by_training, by_seat))
    for row in found:
        yield row[0], row[1]


def _certified(session: Session, whose: Whose, ids: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield (person, webinar) for valid certificates; of an organization, only those earned in its seats."""
    asked = (
        select(person.label("person"), Certificate.webinar_id)
        .select_from(Certificate)
        .join(Login, Login.id == Certificate.login_id)
        .where(
            Certificate.login_id.in_(_logins(ids)),
            Certificate.revoked_at.is_(None),
            Certificate.replaced_at.is_(None),
        )
        .distinct()
    )
    if whose.organization_id is not None:
        theirs = aliased(Login)
        asked = asked.where(
            exists().where(
                whose.is_of(Pool.organization_id),
                Assignment.pool_id == Pool.id,
                Assignment.claimed_at.is_not(None),
                theirs.id == Assignment.login_id,
                case((theirs.merged_into.is_(None), theirs.id), else_=theirs.merged_into) == person,
                Assignment.login_id.in_(_logins(ids)),
                or_(Assignment.ended_at.is_(None), Certificate.earned_at <= Assignment.ended_at),
                covers(Certificate),
            )
        )
    for row in session.execute(asked):
        yield row[0], row[1]
