"""Viewing totals of a period: overall, over time, by webinar, and by organization.

Figures of fewer than five people in a period are withheld (periods_and_count_suppression.py), both
directly and as differences of totals. They look the same as zero, which would otherwise reveal the
days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    CTE,
    Row,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from lms.core.errors import or_not_found
from lms.core.list_queries import Page
from lms.models.catalog import Webinar, WebinarState
from lms.models.organizations import Organization
from lms.models.playback import PlaybackSession
from lms.models.recordings import Recording
from lms.models.seats import Pool
from lms.reports.periods_and_count_suppression import LEAST, Lap, Span, kept_back
from lms.reports.viewing_queries import Whose, has_finished, played, watching
from lms.seats.watch_progress import covers

PAGE_SIZE: Final = 50


class Sort(StrEnum):
    """The columns by which webinars or organizations can be sorted."""

    VIEWS = "views"
    PEOPLE = "people"
    FINISHED = "finished"
    SHARE = "share"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Order:
    """The sort column and direction."""

    by: Sort = Sort.VIEWS
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Totals:
    """Viewing totals. `begun` counts each person's started webinars, `finished` those completed.

    None means fewer than five people, or none: for a period, everything is withheld; for all time, only
    what is not known of each person anyway.
    """

    people: int | None
    views: int | None
    seconds: int | None
    begun: int | None
    finished: int | None

    @property
    def is_empty(self) -> bool:
        """Return whether no one has ever watched anything; always False for a period."""
        return self.people == 0


@dataclass(frozen=True, slots=True)
class LapViews:
    """The views that began in one interval; `views` is None for fewer than five people or none.

    `is_few` distinguishes the two, and is never shown.
    """

    lap: Lap
    views: int | None
    is_few: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: a webinar by slug, or an organization by public ID.

    `share` is the average share watched, 0 to 1. None as in `Totals`.
    """

    key: str
    title: str
    people: int | None
    views: int | None
    seconds: int | None
    begun: int | None
    finished: int | None
    share: float | None


@dataclass(frozen=True, slots=True)
class WebinarFacts:
    """A webinar for which a report can be shown."""

    id: int
    slug: str
    title: str


def read_totals(session: Session, whose: Whose, span: Span) -> Totals:
    """Return the totals of a period."""
    each = watching(whose, span)
    row = session.execute(
        select(
            func.count(each.c.person.distinct()),
            func.coalesce(func.sum(each.c.views), 0),
            func.coalesce(func.sum(each.c.gained_s), 0),
            func.count(),
            func.coalesce(func.sum(has_finished(each.c.share)), 0),
        ).select_from(each)
    ).one()
    people, views, seconds, begun, finished = (int(number) for number in row)
    if people >= LEAST or (span.is_all and not people):
        return Totals(people, views, seconds, begun, finished)
    if span.is_all:
        return Totals(people, None, None, begun, finished)
    return Totals(None, None, None, None, None)


def first_view(session: Session, whose: Whose, span: Span) -> datetime | None:
    """Return when the first view of a period began, or None."""
    each = played(whose, span)
    found: datetime | None = session.scalar(select(func.min(each.c.opened_at)))
    return found


def read_laps(
    session: Session,
    whose: Whose,
    span: Span,
    among: Sequence[Lap],
    *,
    webinar_id: int | None = None,
) -> tuple[LapViews, ...]:
    """Return the views of each interval, of one webinar if it is given.

    An interval of one webinar is also withheld if the difference to all webinars would reveal few
    people.
    """
    each = played(whose, span)
    within = [
        and_(each.c.opened_at >= lap.starts_at, each.c.opened_at < lap.ends_at) for lap in among
    ]
    is_its_own = true() if webinar_id is None else each.c.webinar_id == webinar_id
    columns: list[Any] = []
    for condition in within:
        own, others = and_(condition, is_its_own), and_(condition, not_(is_its_own))
        columns.append(func.count(case((own, each.c.id))))
        columns.append(func.count(case((own, each.c.person)).distinct()))
        columns.append(func.count(case((others, each.c.person)).distinct()))
    row = session.execute(select(*columns).select_from(each)).one()
    views, people, besides = row[0::3], row[1::3], row[2::3]
    few = [within[place] for place, count in enumerate(people) if 0 < count < LEAST]
    counted = select(func.count(each.c.person.distinct())).where(is_its_own, or_(false(), *few))
    of_them = session.scalar(counted) or 0 if few else 0
    hidden = kept_back(people, of_them=of_them)
    hidden |= {place for place, count in enumerate(besides) if 0 < count < LEAST}
    return tuple(
        LapViews(lap, None if place in hidden else views[place] or None, place in hidden)
        for place, lap in enumerate(among)
    )


def read_webinars(
    session: Session, whose: Whose, span: Span, order: Order, *, offset: int
) -> Page[Line]:
    """Return one page of the table of webinars.

    Webinars of fewer than five people are last for all time, and left out for a period.
    """
    return _Table(session, whose, span, order, by_organization=False).page(offset)


def every_webinar(session: Session, whose: Whose, span: Span, order: Order) -> Iterator[Line]:
    """Yield all rows of the table of webinars in its order, for its CSV file."""
    return _Table(session, whose, span, order, by_organization=False).every()


def find_webinar(session: Session, whose: Whose, slug: str) -> WebinarFacts:
    """Return a webinar, or, for an organization, one that its seats or frames include.

    Raises NotFound for any other, and for a draft in an organization's report.
    """
    asked = select(Webinar.id, Webinar.slug, Webinar.title).where(Webinar.slug == slug)
    if whose.organization_id is not None:
        in_seats = exists().where(
            Recording.webinar_id == Webinar.id,
            whose.is_of(Pool.organization_id),
            covers(Recording),
        )
        in_frames = exists().where(
            Recording.webinar_id == Webinar.id,
            PlaybackSession.recording_id == Recording.id,
            whose.is_of(PlaybackSession.organization_id),
        )
        asked = asked.where(Webinar.state != WebinarState.DRAFT, or_(in_seats, in_frames))
    row = or_not_found(session.execute(asked).one_or_none())
    return WebinarFacts(*row)


def read_webinar(session: Session, whose: Whose, span: Span, webinar: WebinarFacts) -> Line:
    """Return one webinar's row; None as in `Totals`."""
    return _Table(session, whose, span, Order(), by_organization=False).one(webinar)


def read_organizations(session: Session, span: Span, order: Order, *, offset: int) -> Page[Line]:
    """Return one page of the table of organizations, by viewing through their seats and frames."""
    return _Table(session, Whose(), span, order, by_organization=True).page(offset)


def every_organization(session: Session, span: Span, order: Order) -> Iterator[Line]:
    """Yield all rows of the table of organizations in its order, for its CSV file."""
    return _Table(session, Whose(), span, order, by_organization=True).every()


class _Table:
    """Rows of webinars or organizations, without withheld figures."""

    def __init__(
        self, session: Session, whose: Whose, span: Span, order: Order, *, by_organization: bool
    ) -> None:
        self._session = session
        self._span = span
        self._each = watching(whose, span, by_organization=by_organization)
        self._key = self._each.c.organization_id if by_organization else self._each.c.webinar_id
        self._groups = _groups(self._each, self._key)
        named = (
            (Organization.id, Organization.public_id, Organization.name)
            if by_organization
            else (Webinar.id, Webinar.slug, Webinar.title)
        )
        self._named: Any = named
        self._asked = self._ordered(order)

    def page(self, offset: int) -> Page[Line]:
        rows = self._session.execute(self._asked.offset(offset).limit(PAGE_SIZE)).all()
        if rows or not offset:
            return Page(tuple(self._line(row) for row in rows), rows[0].total if rows else 0)
        return Page((), self._session.scalar(self._counted()) or 0)

    def every(self) -> Iterator[Line]:
        for row in self._session.execute(self._asked):
            yield self._line(row)

    def one(self, webinar: WebinarFacts) -> Line:
        row = self._session.execute(self._asked.where(Webinar.id == webinar.id)).one_or_none()
        if row is not None:
            return self._line(row)
        if self._span.is_all:
            return Line(webinar.slug, webinar.title, 0, 0, 0, 0, 0, 0.0)
        return Line(webinar.slug, webinar.title, None, None, None, None, None, None)

    def _ordered(self, order: Order) -> Select[Any]:
        key, name, title = self._named
        groups = self._groups
        words = func.lower(title)
        # Withheld rows are sorted by title, so that their position reveals nothing.
        is_kept_back = case((self._is_kept_back(groups), 1), else_=0)
        by: dict[Sort, Any] = {
            Sort.VIEWS: groups.c.views,
            Sort.PEOPLE: groups.c.people,
            Sort.FINISHED: groups.c.finished * 1.0 / groups.c.begun,
            Sort.SHARE: groups.c.share,
            Sort.TITLE: words,
        }
        column = by[order.by]
        if order.by is not Sort.TITLE:
            column = case((is_kept_back == 0, column))
        ordered = column.desc() if order.descending else column.asc()
        first = () if order.by is Sort.TITLE else (is_kept_back,)
        return (
            select(
                name.label("key"),
                title.label("title"),
                *groups.c,
                self._counted().scalar_subquery().label("total"),
                is_kept_back.label("is_kept_back"),
            )
            .join(groups, groups.c.id == key)
            .where(*self._shown(groups))
            .order_by(*first, ordered, words, key)
        )

    def _counted(self) -> Select[Any]:
        rows = self._groups.alias("rows")
        return select(func.count()).select_from(rows).where(*self._shown(rows))

    def _shown(self, groups: Any) -> tuple[Any, ...]:  # noqa: ANN401  (the groups or an alias)
        return () if self._span.is_all else (not_(self._is_kept_back(groups)),)

    def _is_kept_back(self, groups: Any) -> Any:  # noqa: ANN401
        """Return the condition that a row is withheld: it is of few people, or the smallest other row.

        The latter is withheld if the rows of few people are of fewer than five people together, so that
        no total reveals them (lms/reports/periods_and_count_suppression.py).
        """
        others, each = self._groups.alias(), self._each
        few = select(others.c.id).where(others.c.people < LEAST)
        of_them = select(func.count(each.c.person.distinct())).where(self._key.in_(few))
        least = (
            select(others.c.id)
            .where(others.c.people >= LEAST)
            .order_by(others.c.people, others.c.id)
            .limit(1)
        )
        tells = of_them.scalar_subquery().between(1, LEAST - 1)
        return or_(groups.c.people < LEAST, and_(groups.c.id == least.scalar_subquery(), tells))

    def _line(self, row: Row[Any]) -> Line:
        counts = (row.people, int(row.views), int(row.gained_s), row.begun, int(row.finished))
        if not row.is_kept_back:
            return Line(row.key, row.title, *counts, float(row.share))
        people, _views, _seconds, begun, finished = counts
        return Line(row.key, row.title, people, None, None, begun, finished, float(row.share))


def _groups(each: CTE, key: Any) -> CTE:  # noqa: ANN401  (a column)
    return (
        select(
            key.label("id"),
            func.count(each.c.person.distinct()).label("people"),
            func.sum(each.c.views).label("views"),
            func.sum(each.c.gained_s).label("gained_s"),
            func.count().label("begun"),
            func.sum(has_finished(each.c.share)).label("finished"),
            func.avg(each.c.share).label("share"),
        )
        .where(key.is_not(None))
        .group_by(key)
        .cte("counted")
    )
