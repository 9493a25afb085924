"""The series page's read model: its parts in order, their length, and their presenters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session, aliased

from lms.catalog.public_listing import SeriesPage
from lms.catalog.series_order import IN_ORDER
from lms.catalog.webinar_summary import IS_PLAYED, Entry, current_recording, entry_columns, entry_of
from lms.core.errors import NotFound, or_not_found
from lms.core.list_queries import gathered
from lms.models.catalog import (
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)
from lms.models.recordings import Recording

PAGE_SIZE: Final = 60
MOST_PEOPLE: Final = 12


@dataclass(frozen=True, slots=True)
class PersonName:
    """The slug and name of a presenter."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Parts:
    """One page of a series: `entries` in order, starting with number `first` of `total`.

    `seconds` is the length of the whole series: recordings as they are, the others as announced.
    `begins_at` and `ends_at` are the dates of its earliest and latest part; both are None for an
    empty series. `people` are its presenters, the most frequent first.
    """

    series: SeriesPage
    entries: tuple[Entry, ...]
    first: int
    total: int
    seconds: float
    begins_at: datetime | None
    ends_at: datetime | None
    people: tuple[PersonName, ...]
    page: int


_playing = aliased(Recording)
_is_shown: Final = Webinar.state == WebinarState.ANNOUNCED
_people = gathered(
    select(Presenter.slug, Presenter.name)
    .join_from(WebinarSeries, Webinar, and_(Webinar.id == WebinarSeries.webinar_id, _is_shown))
    .join(WebinarPresenter, WebinarPresenter.webinar_id == Webinar.id)
    .join(Presenter, Presenter.id == WebinarPresenter.presenter_id)
    .where(WebinarSeries.series_id == Series.id)
    .group_by(Presenter.id, Presenter.slug, Presenter.name)
    .order_by(func.count().desc(), Presenter.name)
    .limit(MOST_PEOPLE)
    .correlate(Series)
)
_length: Final = case(
    (_playing.seconds.is_not(None), _playing.seconds), else_=Webinar.minutes * 60.0
)
_ABOUT: Final = (
    select(
        Series.id,
        Series.slug,
        Series.title,
        Series.description,
        func.count(Webinar.id).label("total"),
        func.coalesce(func.sum(_length), 0.0).label("seconds"),
        func.min(Webinar.held_at).label("begins_at"),
        func.max(Webinar.held_at).label("ends_at"),
        _people.label("people"),
    )
    .outerjoin_from(Series, WebinarSeries, WebinarSeries.series_id == Series.id)
    .outerjoin(Webinar, and_(Webinar.id == WebinarSeries.webinar_id, _is_shown))
    .outerjoin(
        _playing,
        and_(_playing.webinar_id == Webinar.id, _playing.is_current, _playing.run.is_not(None)),
    )
    .group_by(Series.id)
)


def read_parts(
    session: Session, slug: str, *, page: int, login_id: int | None, now: datetime
) -> Parts:
    """Return a page of a series as `login_id` (or a visitor) sees it; `page` counts from 1.

    Raises NotFound if the series doesn't exist, and for a page beyond the end.
    """
    about = or_not_found(session.execute(_ABOUT.where(Series.slug == slug)).one_or_none())
    skipped = (page - 1) * PAGE_SIZE
    if page > 1 and skipped >= about.total:
        raise NotFound
    rows = session.execute(
        select(*entry_columns(login_id))
        .join_from(WebinarSeries, Webinar, Webinar.id == WebinarSeries.webinar_id)
        .outerjoin(current_recording, IS_PLAYED)
        .where(WebinarSeries.series_id == about.id, _is_shown)
        .order_by(*IN_ORDER)
        .limit(PAGE_SIZE)
        .offset(skipped)
    )
    return Parts(
        series=SeriesPage(about.slug, about.title, about.description),
        entries=tuple(entry_of(row, now) for row in rows),
        first=skipped + 1,
        total=about.total,
        seconds=about.seconds,
        begins_at=about.begins_at,
        ends_at=about.ends_at,
        people=tuple(PersonName(*row) for row in about.people or ()),
        page=page,
    )
