"""The public catalog listing: series, presenters, and webinars, one statement a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from lms.catalog import home_page
from lms.catalog.webinar_summary import IS_PLAYED, Entry, current_recording, entry_columns, entry_of
from lms.core.errors import NotFound
from lms.core.list_queries import gathered
from lms.models.accounts import Login
from lms.models.catalog import (
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)
from lms.models.webinar_end_time import ends_at
from lms.search import passages, spelling, webinar_search

PAGE_SIZE: Final = 24
MOST_UPCOMING: Final = 24
A_DAY: Final = timedelta(days=1)  # no webinar is longer
UPCOMING, HELD, FOUND = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor asks for; empty texts leave a filter out, `page` counts from 1.

    `welcomes` includes the webinars the viewer has started, and those new since `came_before_at`.
    """

    query: str = ""
    series: str = ""
    presenter: str = ""
    page: int = 1
    welcomes: bool = False
    came_before_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeriesName:
    """The slug and title of a series."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """A series; the description is Markdown."""

    slug: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class PresenterPage:
    """A presenter; the biography is Markdown."""

    slug: str
    name: str
    biography: str
    picture_key: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the catalog.

    `upcoming` is filled only on the first page. `found` are the results of a search, best first;
    without a search it is empty, and `held` are past webinars, newest first. `total` counts all
    results. `begun` and `new` are for a welcomed viewer.
    """

    upcoming: tuple[Entry, ...]
    held: tuple[Entry, ...]
    found: tuple[Entry, ...]
    begun: tuple[Entry, ...]
    new: tuple[Entry, ...]
    total: int
    page: int
    all_series: tuple[SeriesName, ...]
    series: SeriesPage | None
    presenter: PresenterPage | None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return every webinar of the page once."""
        shown = (*self.upcoming, *self.held, *self.found, *self.begun, *self.new)
        return tuple({entry.id: entry for entry in shown}.values())


_NOWHERE: Final = cast(null(), Text).label("first")
_ANNOUNCED: Final = Webinar.state == WebinarState.ANNOUNCED
_SERIES: Final = bindparam("series_slug", type_=Series.slug.type)
_PRESENTER: Final = bindparam("presenter_slug", type_=Presenter.slug.type)
_VIEWER: Final = bindparam("viewer", type_=Login.id.type)
_NOW: Final = bindparam("now", type_=Webinar.held_at.type)
_A_DAY_AGO: Final = bindparam("a_day_ago", type_=Webinar.held_at.type)
_CAME_BEFORE: Final = bindparam("came_before_at", type_=Webinar.held_at.type)
_SKIPPED: Final = bindparam("skipped", type_=Integer())
# Checked series by series, which stops at the first webinar of each.
_state = select(Webinar.state).where(Webinar.id == WebinarSeries.webinar_id).scalar_subquery()
_ALL_SERIES: Final = gathered(
    select(Series.slug, Series.title)
    .where(exists().where(WebinarSeries.series_id == Series.id, _state == WebinarState.ANNOUNCED))
    .order_by(Series.title)
)
_ABOUT_SERIES: Final = gathered(
    select(Series.slug, Series.title, Series.description).where(Series.slug == _SERIES)
)
_ABOUT_PRESENTER: Final = gathered(
    select(Presenter.slug, Presenter.name, Presenter.biography, Presenter.picture_key).where(
        Presenter.slug == _PRESENTER
    )
)


@dataclass(frozen=True, slots=True)
class _Within:
    """Which filters apply."""

    series: bool
    presenter: bool


def read_listing(
    session: Session, wanted: Wanted, *, login_id: int | None, now: datetime
) -> Listing:
    """Return one page of the catalog as `login_id` (or a visitor) sees it.

    Raises NotFound if the series or the presenter doesn't exist, or for a page beyond the end.
    """
    is_signed_in = login_id is not None
    within = _Within(series=bool(wanted.series), presenter=bool(wanted.presenter))
    if wanted.query:
        words, dialect = webinar_search.words_in(wanted.query), session.get_bind().dialect.name
        statement = _statement(
            *_matching(words, within, dialect), within, is_signed_in=is_signed_in
        )
    else:
        is_welcomed = wanted.welcomes and is_signed_in
        statement = _by_date_for(
            within,
            is_first=wanted.page == 1,
            is_signed_in=is_signed_in,
            has_begun=is_welcomed,
            has_new=is_welcomed and wanted.came_before_at is not None,
        )
    asked = {
        "series_slug": wanted.series,
        "presenter_slug": wanted.presenter,
        "viewer": login_id,
        "now": now,
        "a_day_ago": now - A_DAY,
        "came_before_at": wanted.came_before_at,
        "skipped": (wanted.page - 1) * PAGE_SIZE,
    }
    return _listing(session.execute(statement, asked).all(), wanted, now)


def read_forgiving_listing(
    session: Session, wanted: Wanted, *, login_id: int | None, now: datetime
) -> tuple[Listing, str]:
    """Return one page of the catalog, and the query that it answers.

    That is another spelling of the query if nothing is found for it as it was typed. Raises as
    `read_listing` does.
    """
    listing = read_listing(session, wanted, login_id=login_id, now=now)
    if wanted.query and not listing.total:
        for words in spelling.corrections(session, webinar_search.words_in(wanted.query)):
            query = " ".join(words)
            other = read_listing(session, replace(wanted, query=query), login_id=login_id, now=now)
            if other.total:
                return other, query
    return listing, wanted.query


@lru_cache
def _by_date_for(
    within: _Within, *, is_first: bool, is_signed_in: bool, has_begun: bool, has_new: bool
) -> Select[*tuple[Any, ...]]:
    """Return the statement without a search; cached, because building it takes as long as running it."""
    begun = (home_page.begun_by(_VIEWER),) if has_begun else ()
    new = home_page.new_since(_CAME_BEFORE) if has_new else ()
    chosen, total = _by_date(within, (*begun, *new), is_first=is_first)
    return _statement(chosen, total, within, is_signed_in=is_signed_in)


def _statement(
    chosen: Subquery, total: ColumnElement[int], within: _Within, *, is_signed_in: bool
) -> Select[*tuple[Any, ...]]:
    facts = select(
        total.label("total"),
        _ALL_SERIES.label("all_series"),
        (_ABOUT_SERIES if within.series else null()).label("about_series"),
        (_ABOUT_PRESENTER if within.presenter else null()).label("about_presenter"),
    ).subquery("facts")
    columns = entry_columns(_VIEWER if is_signed_in else None)
    return (
        select(facts, chosen.c.part, chosen.c.rank, chosen.c.first, *columns)
        .select_from(facts)
        .outerjoin(chosen, true())
        .outerjoin(Webinar, Webinar.id == chosen.c.id)
        .outerjoin(current_recording, IS_PLAYED)
    )


def _conditions(within: _Within) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for a webinar to be listed with these filters."""
    conditions: list[ColumnElement[bool]] = [_ANNOUNCED]
    if within.series:
        inside = select(WebinarSeries.webinar_id).join(Series).where(Series.slug == _SERIES)
        conditions.append(Webinar.id.in_(inside))
    if within.presenter:
        theirs = (
            select(WebinarPresenter.webinar_id).join(Presenter).where(Presenter.slug == _PRESENTER)
        )
        conditions.append(Webinar.id.in_(theirs))
    return tuple(conditions)


def _by_date(
    within: _Within, besides: Sequence[Select[Any, Any, Any]], *, is_first: bool
) -> tuple[Subquery, ColumnElement[int]]:
    shown = _conditions(within)
    recent = and_(Webinar.held_at > _A_DAY_AGO, Webinar.held_at <= _NOW)
    is_over = or_(Webinar.held_at <= _A_DAY_AGO, ends_at <= _NOW)
    held = (
        _chosen(HELD, literal(0.0))
        .where(*shown, Webinar.held_at <= _NOW, is_over)
        .order_by(Webinar.held_at.desc(), Webinar.id.desc())
        .limit(PAGE_SIZE)
        .offset(_SKIPPED)
    )
    upcoming = (
        _chosen(UPCOMING, literal(0.0))
        .where(*shown, Webinar.held_at > _A_DAY_AGO, ends_at > _NOW)
        .order_by(Webinar.held_at, Webinar.id)
        .limit(MOST_UPCOMING if is_first else 0)
    )
    parts = (upcoming, held, *(part.add_columns(_NOWHERE) for part in besides))
    every = union_all(*(select(part.subquery()) for part in parts))
    # Two counts that an index can answer, except for the webinars of the last day.
    total = _count(*shown, Webinar.held_at <= _A_DAY_AGO) + _count(*shown, recent, ends_at <= _NOW)
    return every.subquery("chosen"), total


def _matching(
    words: Sequence[str], within: _Within, dialect: str
) -> tuple[Subquery, ColumnElement[int]]:
    if not words:
        nothing = _chosen(FOUND, literal(0.0)).where(literal(0) == 1)
        return nothing.subquery("chosen"), literal(0)
    hits = passages.hits_anywhere(words, dialect)
    # Materialized, so that the search index is used once for both page and count.
    matched = (
        select(Webinar.id, Webinar.held_at, hits.c.rank, hits.c.first)
        .join(hits, hits.c.webinar_id == Webinar.id)
        .where(*_conditions(within))
        .cte("matched")
        .prefix_with("MATERIALIZED")
    )
    found = (
        select(matched.c.id, literal(FOUND).label("part"), matched.c.rank, matched.c.first)
        .order_by(matched.c.rank, matched.c.held_at.desc(), matched.c.id.desc())
        .limit(PAGE_SIZE)
        .offset(_SKIPPED)
    )
    total = select(func.count()).select_from(matched).scalar_subquery()
    return found.subquery("chosen"), total


def _chosen(part: int, rank: ColumnElement[float]) -> Select[int, int, float, str]:
    return select(Webinar.id, literal(part).label("part"), rank.label("rank"), _NOWHERE)


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).select_from(Webinar).where(*conditions).scalar_subquery()


def _listing(rows: Sequence[Row[*tuple[Any, ...]]], wanted: Wanted, now: datetime) -> Listing:
    facts = rows[0]
    series = [SeriesPage(*row) for row in facts.about_series or ()]
    presenters = [PresenterPage(*row) for row in facts.about_presenter or ()]
    if (wanted.series and not series) or (wanted.presenter and not presenters):
        raise NotFound
    shown = [row for row in rows if row.webinar_id is not None]
    if wanted.page > 1 and not shown:
        raise NotFound
    found = sorted(_of(FOUND, shown), key=_best)
    return Listing(
        upcoming=_entries(_of(UPCOMING, shown), now),
        held=tuple(reversed(_entries(_of(HELD, shown), now))),
        found=tuple(entry_of(row, now) for row in found),
        begun=tuple(
            entry_of(row, now)
            for row in sorted(_of(home_page.BEGUN, shown), key=attrgetter("rank"))
        ),
        new=tuple(dict.fromkeys(reversed(_entries(_of(home_page.NEW, shown), now)))),
        total=facts.total,
        page=wanted.page,
        all_series=tuple(SeriesName(*row) for row in facts.all_series or ()),
        series=series[0] if series else None,
        presenter=presenters[0] if presenters else None,
    )


def _of(part: int, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Row[*tuple[Any, ...]]]:
    return [row for row in rows if row.part == part]


def _entries(rows: Iterable[Row[*tuple[Any, ...]]], now: datetime) -> tuple[Entry, ...]:
    in_order = sorted(rows, key=lambda row: (row.held_at, row.webinar_id))
    return tuple(entry_of(row, now) for row in in_order)


def _best(row: Row[*tuple[Any, ...]]) -> tuple[float, float, int]:
    return (row.rank, -row.held_at.timestamp(), -row.webinar_id)
