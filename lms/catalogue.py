"""What the catalogue shows: each page is read with one statement into plain facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    Subquery,
    Text,
    and_,
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
from sqlalchemy.orm import Session, aliased

from lms import passages, search, welcome
from lms.endings import ends_at
from lms.errors import NotFound
from lms.gather import gathered
from lms.models.catalogue import (
    Presenter,
    Recording,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)
from lms.models.people import Login
from lms.models.viewing import WatchRecord

PAGE_SIZE: Final = 24
MOST_UPCOMING: Final = 24
A_DAY: Final = timedelta(days=1)  # no webinar is longer
UPCOMING, HELD, FOUND = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; empty texts leave a filter out, `page` counts from 1.

    `welcomes` asks for what whoever asks has begun, and for what is new since `came_before_at`."""

    query: str = ""
    series: str = ""
    presenter: str = ""
    page: int = 1
    welcomes: bool = False
    came_before_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Playable:
    """The recording that can be played: its outside id, the run that is played, its length."""

    public_id: str
    run: str
    seconds: float
    has_video: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One webinar of a list; `watched_s` is how much of it whoever asks has seen."""

    id: int
    slug: str
    title: str
    summary: str
    held_at: datetime
    zone: str
    minutes: int
    free: bool
    state: WebinarState
    is_over: bool
    presenters: tuple[str, ...]
    recording: Playable | None
    watched_s: int | None
    first: str | None = None  # the passages that were found first, for `passages.quote`


@dataclass(frozen=True, slots=True)
class SeriesName:
    """A series by its name."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """A series by its name and what it says; the description is Markdown."""

    slug: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class PresenterPage:
    """Who presents; the biography is Markdown."""

    slug: str
    name: str
    biography: str
    picture_key: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the catalogue.

    `upcoming` stands on the first page only. `found` is the answer to a query, best first; without
    one it is empty, and `held` is what was held, newest first. `total` counts what is paged.
    `begun` and `new` are for the person that was welcomed.
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
        """Return every webinar of the page, each once."""
        shown = (*self.upcoming, *self.held, *self.found, *self.begun, *self.new)
        return tuple({entry.id: entry for entry in shown}.values())


current_recording = aliased(Recording)
_presenters = gathered(
    select(Presenter.name)
    .join_from(WebinarPresenter, Presenter)
    .where(WebinarPresenter.webinar_id == Webinar.id)
    .order_by(WebinarPresenter.position)
    .correlate(Webinar)
)
_NOWHERE: Final = cast(null(), Text).label("first")
_ANNOUNCED: Final = Webinar.state == WebinarState.ANNOUNCED


def read_listing(
    session: Session, wanted: Wanted, *, login_id: int | None, now: datetime
) -> Listing:
    """Return one page of the catalogue as `login_id` (or nobody) sees it.

    Raises NotFound when the series or the presenter does not exist, or for a page that is beyond
    the end.
    """
    words = search.words_in(wanted.query)
    within = _within(wanted)
    if wanted.query:
        chosen, total = _matching(words, within, wanted.page, session.get_bind().dialect.name)
    else:
        chosen, total = _by_date(
            within,
            wanted.page,
            now,
            welcome.choose(login_id, wanted.came_before_at) if wanted.welcomes else (),
        )
    facts = select(
        total.label("total"),
        gathered(_named_series()).label("all_series"),
        _about_series(wanted.series).label("about_series"),
        _about_presenter(wanted.presenter).label("about_presenter"),
    ).subquery("facts")
    statement = (
        select(facts, chosen.c.part, chosen.c.rank, chosen.c.first, *entry_columns(login_id))
        .select_from(facts)
        .outerjoin(chosen, true())
        .outerjoin(Webinar, Webinar.id == chosen.c.id)
        .outerjoin(
            current_recording,
            and_(
                current_recording.webinar_id == Webinar.id,
                current_recording.is_current,
                current_recording.run.is_not(None),
            ),
        )
    )
    return _listing(session.execute(statement).all(), wanted, now)


def entry_columns(login_id: int | None) -> tuple[SQLColumnExpression[Any], ...]:
    """Return what an entry is read from, beside `current_recording`; `entry_of` reads it."""
    return (
        Webinar.id.label("webinar_id"),
        Webinar.slug,
        Webinar.title,
        Webinar.summary,
        Webinar.held_at,
        Webinar.zone,
        Webinar.minutes,
        Webinar.free,
        Webinar.state,
        _presenters.label("presenters"),
        current_recording.public_id.label("recording_id"),
        current_recording.run,
        current_recording.seconds,
        current_recording.has_video,
        _watched(login_id).label("watched_s"),
    )


def _watched(login_id: int | None) -> ColumnElement[Any]:
    if login_id is None:
        return null()
    whose = select(Login.id).where(or_(Login.id == login_id, Login.merged_into == login_id))
    return (
        select(func.max(WatchRecord.watched_s))
        .where(WatchRecord.recording_id == current_recording.id, WatchRecord.login_id.in_(whose))
        .correlate(current_recording)
        .scalar_subquery()
    )


def _within(wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on a webinar that the catalogue may show under these filters."""
    conditions: list[ColumnElement[bool]] = [_ANNOUNCED]
    if wanted.series:
        inside = select(WebinarSeries.webinar_id).join(Series).where(Series.slug == wanted.series)
        conditions.append(Webinar.id.in_(inside))
    if wanted.presenter:
        theirs = (
            select(WebinarPresenter.webinar_id)
            .join(Presenter)
            .where(Presenter.slug == wanted.presenter)
        )
        conditions.append(Webinar.id.in_(theirs))
    return tuple(conditions)


def _by_date(
    within: Sequence[ColumnElement[bool]],
    page: int,
    now: datetime,
    besides: Sequence[Select[Any, Any, Any]],
) -> tuple[Subquery, ColumnElement[int]]:
    recent = and_(Webinar.held_at > now - A_DAY, Webinar.held_at <= now)
    is_over = or_(Webinar.held_at <= now - A_DAY, ends_at <= now)
    held = (
        _chosen(HELD, literal(0.0))
        .where(*within, Webinar.held_at <= now, is_over)
        .order_by(Webinar.held_at.desc(), Webinar.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    upcoming = (
        _chosen(UPCOMING, literal(0.0))
        .where(*within, Webinar.held_at > now - A_DAY, ends_at > now)
        .order_by(Webinar.held_at, Webinar.id)
        .limit(MOST_UPCOMING if page == 1 else 0)
    )
    parts = (upcoming, held, *(part.add_columns(_NOWHERE) for part in besides))
    every = union_all(*(select(part.subquery()) for part in parts))
    # Two counts that an index alone answers, but for the webinars of the last day.
    total = _count(*within, Webinar.held_at <= now - A_DAY) + _count(
        *within, recent, ends_at <= now
    )
    return every.subquery("chosen"), total


def _matching(
    words: Sequence[str], within: Sequence[ColumnElement[bool]], page: int, dialect: str
) -> tuple[Subquery, ColumnElement[int]]:
    if not words:
        nothing = _chosen(FOUND, literal(0.0)).where(literal(0) == 1)
        return nothing.subquery("chosen"), literal(0)
    hits = passages.hits_anywhere(words, dialect)
    # Kept aside, so that the index is asked once for the page and the count together.
    matched = (
        select(Webinar.id, Webinar.held_at, hits.c.rank, hits.c.first)
        .join(hits, hits.c.webinar_id == Webinar.id)
        .where(*within)
        .cte("matched")
        .prefix_with("MATERIALIZED")
    )
    found = (
        select(matched.c.id, literal(FOUND).label("part"), matched.c.rank, matched.c.first)
        .order_by(matched.c.rank, matched.c.held_at.desc(), matched.c.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    total = select(func.count()).select_from(matched).scalar_subquery()
    return found.subquery("chosen"), total


def _chosen(part: int, rank: ColumnElement[float]) -> Select[int, int, float, str]:
    return select(Webinar.id, literal(part).label("part"), rank.label("rank"), _NOWHERE)


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).select_from(Webinar).where(*conditions).scalar_subquery()


def _named_series() -> Select[str, str]:
    # Asked series by series, which stops at the first webinar of each.
    state = select(Webinar.state).where(Webinar.id == WebinarSeries.webinar_id).scalar_subquery()
    shown = exists().where(WebinarSeries.series_id == Series.id, state == WebinarState.ANNOUNCED)
    return select(Series.slug, Series.title).where(shown).order_by(Series.title)


def _about_series(slug: str) -> ColumnElement[Any]:
    if not slug:
        return null()
    return gathered(
        select(Series.slug, Series.title, Series.description).where(Series.slug == slug)
    )


def _about_presenter(slug: str) -> ColumnElement[Any]:
    if not slug:
        return null()
    columns = (Presenter.slug, Presenter.name, Presenter.biography, Presenter.picture_key)
    return gathered(select(*columns).where(Presenter.slug == slug))


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
            entry_of(row, now) for row in sorted(_of(welcome.BEGUN, shown), key=attrgetter("rank"))
        ),
        new=tuple(dict.fromkeys(reversed(_entries(_of(welcome.NEW, shown), now)))),
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


def entry_of(row: Row[*tuple[Any, ...]], now: datetime) -> Entry:
    """Return one webinar of a list from its row."""
    recording = None
    if row.run is not None:
        recording = Playable(row.recording_id, row.run, row.seconds, row.has_video)
    return Entry(
        id=row.webinar_id,
        slug=row.slug,
        title=row.title,
        summary=row.summary,
        held_at=row.held_at,
        zone=row.zone,
        minutes=row.minutes,
        free=row.free,
        state=row.state,
        is_over=now >= row.held_at + timedelta(minutes=row.minutes),
        presenters=tuple(name for (name,) in row.presenters or ()),
        recording=recording,
        watched_s=row.watched_s,
        first=getattr(row, "first", None),
    )
