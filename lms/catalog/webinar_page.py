"""The webinar page's read model: its public facts, read with one statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, select
from sqlalchemy.orm import Session, aliased

from lms.catalog.public_listing import PresenterPage, SeriesName
from lms.catalog.webinar_summary import Playable
from lms.core.errors import or_not_found
from lms.core.list_queries import gathered, read_columns
from lms.core.model_base import copied
from lms.models.catalog import (
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)
from lms.models.certificates import CertificateRule
from lms.models.grants import Scope
from lms.models.handouts import Handout
from lms.models.recordings import Recording
from lms.pricing.price_list import Price, prices_column, prices_of


@dataclass(frozen=True, slots=True)
class HandoutName:
    """A handout as listed on the page, without its address."""

    public_id: str
    title: str
    pages: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Announcement:
    """The content of a webinar's page; overview and biographies are Markdown.

    It never contains the live link: `has_live_link` says whether there is one.
    """

    id: int
    slug: str
    title: str
    subtitle: str
    hosted_by: str
    summary: str
    overview: str
    agenda: tuple[str, ...]
    held_at: datetime
    zone: str
    minutes: int
    free: bool
    is_in_passes: bool
    state: WebinarState
    moved_from: datetime | None
    notice_said: str
    has_live_link: bool
    earns_certificate: bool
    presenters: tuple[PresenterPage, ...]
    series: tuple[SeriesName, ...]
    handouts: tuple[HandoutName, ...]
    prices: tuple[Price, ...]
    recording: Playable | None

    @property
    def ends_at(self) -> datetime:
        """Return when it ends according to its announcement."""
        return self.held_at + timedelta(minutes=self.minutes)


_current: Final = aliased(Recording)
_presenters = gathered(
    select(Presenter.slug, Presenter.name, Presenter.biography, Presenter.picture_key)
    .join_from(WebinarPresenter, Presenter)
    .where(WebinarPresenter.webinar_id == Webinar.id)
    .order_by(WebinarPresenter.position)
    .correlate(Webinar)
)
_series = gathered(
    select(Series.slug, Series.title)
    .join_from(WebinarSeries, Series)
    .where(WebinarSeries.webinar_id == Webinar.id)
    .order_by(Series.title)
    .correlate(Webinar)
)
_handouts = gathered(
    select(Handout.public_id, Handout.title, Handout.pages, Handout.size_bytes)
    .where(Handout.webinar_id == Webinar.id, Handout.removed_at.is_(None))
    .order_by(Handout.position, Handout.id)
    .correlate(Webinar)
)
_PAGE: Final = (
    select(
        Webinar.id,
        Webinar.slug,
        Webinar.title,
        Webinar.subtitle,
        Webinar.hosted_by,
        Webinar.summary,
        Webinar.overview,
        Webinar.agenda,
        Webinar.held_at,
        Webinar.zone,
        Webinar.minutes,
        Webinar.free,
        Webinar.is_in_passes,
        Webinar.state,
        Webinar.moved_from,
        Webinar.notice_said,
        Webinar.live_link.is_not(None).label("has_live_link"),
        CertificateRule.is_offered,
        _presenters.label("presenters"),
        _series.label("series"),
        _handouts.label("handouts"),
        prices_column(Scope.WEBINAR).label("prices"),
        _current.public_id.label("recording_id"),
        _current.run,
        _current.seconds,
        _current.has_video,
    )
    .outerjoin(CertificateRule, CertificateRule.webinar_id == Webinar.id)
    .outerjoin(_current, and_(_current.webinar_id == Webinar.id, _current.is_current))
    .where(Webinar.slug == bindparam("slug"))
)
_LINK: Final = select(Webinar.id, Webinar.title, Webinar.state, Webinar.live_link).where(
    Webinar.slug == bindparam("slug")
)


@dataclass(frozen=True, slots=True)
class LiveRoom:
    """The live link, only for people whom the policy admits."""

    webinar_id: int
    title: str
    state: WebinarState
    link: str | None


def read_announcement(session: Session, slug: str) -> Announcement:
    """Return the content of a webinar's page, whatever its state; raises NotFound."""
    row = or_not_found(read_columns(session, _PAGE, {"slug": slug}).one_or_none())
    return _announcement(row)


def read_live_room(session: Session, slug: str) -> LiveRoom:
    """Return the live link, which callers reveal only after a decision; raises NotFound."""
    row = or_not_found(session.execute(_LINK, {"slug": slug}).one_or_none())
    return LiveRoom(row.id, row.title, row.state, row.live_link)


def _announcement(row: Row[*tuple[Any, ...]]) -> Announcement:
    recording = None
    if row.run is not None:
        recording = Playable(row.recording_id, row.run, row.seconds, row.has_video)
    return copied(
        Announcement,
        row,
        agenda=tuple(row.agenda.splitlines()),
        has_live_link=bool(row.has_live_link),
        earns_certificate=row.is_offered is not False,
        presenters=tuple(PresenterPage(*one) for one in row.presenters or ()),
        series=tuple(SeriesName(*one) for one in row.series or ()),
        handouts=tuple(HandoutName(*one) for one in row.handouts or ()),
        prices=prices_of(row.prices),
        recording=recording,
    )
