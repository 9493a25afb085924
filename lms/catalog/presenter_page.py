"""The presenter page's read model: what it shows besides the list of webinars."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.list_queries import gathered
from lms.models.catalog import (
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)


@dataclass(frozen=True, slots=True)
class PresentedSeries:
    """A series with the presenter, and how many of its webinars they present."""

    slug: str
    title: str
    webinars: int


@dataclass(frozen=True, slots=True)
class Beside:
    """What is shown besides the webinars: their number, and the presenter's series."""

    webinars: int
    all_series: tuple[PresentedSeries, ...]


_THEIRS: Final = (
    WebinarPresenter.presenter_id == Presenter.id,
    Webinar.id == WebinarPresenter.webinar_id,
    Webinar.state == WebinarState.ANNOUNCED,
)
_count = select(func.count()).select_from(WebinarPresenter, Webinar).where(*_THEIRS)
_series = gathered(
    select(Series.slug, Series.title, func.count())
    .join_from(Series, WebinarSeries, WebinarSeries.series_id == Series.id)
    .join(Webinar, Webinar.id == WebinarSeries.webinar_id)
    .join(WebinarPresenter, WebinarPresenter.webinar_id == Webinar.id)
    .where(*_THEIRS)
    .group_by(Series.id, Series.slug, Series.title)
    .order_by(func.count().desc(), Series.title)
    .correlate(Presenter)
)
_BESIDE: Final = select(
    _count.correlate(Presenter).scalar_subquery().label("webinars"),
    _series.label("all_series"),
)


def read_beside(session: Session, slug: str) -> Beside:
    """Return what is shown besides the list of webinars; the presenter must exist."""
    row = session.execute(_BESIDE.where(Presenter.slug == slug)).one()
    return Beside(
        webinars=row.webinars,
        all_series=tuple(PresentedSeries(*each) for each in row.all_series or ()),
    )
