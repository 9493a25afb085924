"""Staff read models: the webinar list, one webinar's status, form choices, and the dashboard."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, func, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.catalog.webinar_details_validation import WebinarWords
from lms.core.errors import or_not_found
from lms.core.list_queries import Page, count_rows, has_words
from lms.core.model_base import copied
from lms.models.accounts import Login
from lms.models.catalog import (
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)
from lms.models.grants import Grant, Scope
from lms.models.jobs import JobState
from lms.models.mail import Mail
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording, RecordingState
from lms.models.seats import Assignment, AssignmentState, Pool


class Order(StrEnum):
    """The sort order of the table of webinars."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Row:
    """One webinar in the table."""

    slug: str
    title: str
    state: WebinarState
    free: bool
    held_at: datetime
    zone: str
    minutes: int
    recording: RecordingState | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A webinar's texts and its status."""

    id: int
    public_id: str
    slug: str
    words: WebinarWords
    state: WebinarState
    pulled_reason: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Named:
    """A presenter or series that a form can choose; `used` is its number of webinars."""

    public_id: str
    slug: str
    name: str
    used: int


@dataclass(frozen=True, slots=True)
class Desk:
    """What needs the staff's attention."""

    upcoming: tuple[Row, ...]
    drafts: tuple[Row, ...]
    awaiting_recording: tuple[Row, ...]
    awaiting: int
    failed_recordings: tuple[Row, ...]
    failed_mails: int


_recording_state = (
    select(Recording.state)
    .where(Recording.webinar_id == Webinar.id)
    .order_by(Recording.number.desc())
    .limit(1)
    .scalar_subquery()
)
_ROWS = select(
    Webinar.slug,
    Webinar.title,
    Webinar.state,
    Webinar.free,
    Webinar.held_at,
    Webinar.zone,
    Webinar.minutes,
    _recording_state.label("recording"),
)
_ORDERS = {
    Order.NEWEST: (Webinar.held_at.desc(), Webinar.id),
    Order.OLDEST: (Webinar.held_at, Webinar.id),
    Order.TITLE: (func.lower(Webinar.title), Webinar.id),
}


def read_rows(
    session: Session,
    *,
    query: str,
    state: WebinarState | None,
    order: Order,
    offset: int,
    limit: int,
) -> Page[Row]:
    """Return one page of all webinars, by words of their title or slug and by state."""
    conditions = has_words(query, Webinar.title, Webinar.slug)
    if state is not None:
        conditions.append(Webinar.state == state)
    found = session.execute(
        _ROWS.where(*conditions).order_by(*_ORDERS[order]).offset(offset).limit(limit)
    )
    total = count_rows(session, select(Webinar.id).where(*conditions))
    return Page(tuple(Row(*row) for row in found), total)


def read_standing(session: Session, slug: str) -> Standing:
    """Return a webinar's texts and status; raises NotFound."""
    row = or_not_found(session.scalar(select(Webinar).where(Webinar.slug == slug)))
    presenters = session.scalars(
        select(Presenter.slug)
        .join(WebinarPresenter, WebinarPresenter.presenter_id == Presenter.id)
        .where(WebinarPresenter.webinar_id == row.id)
        .order_by(WebinarPresenter.position)
    )
    series = session.scalars(
        select(Series.slug)
        .join(WebinarSeries, WebinarSeries.series_id == Series.id)
        .where(WebinarSeries.webinar_id == row.id)
        .order_by(Series.title)
    )
    words = copied(
        WebinarWords,
        row,
        new_presenters=(),
        live_link=row.live_link or "",
        survey_link=row.survey_link or "",
        presenters=tuple(presenters),
        series=tuple(series),
    )
    return copied(Standing, row, words=words)


def count_holders(session: Session, webinar_id: int, *, now: datetime) -> int:
    """Return how many people have access to a webinar now, by an active grant or seat.

    It shows staff how many would lose it; `lms.access.policy.decide` alone says who can watch.
    """
    in_passes = exists().where(Webinar.id == webinar_id, Webinar.is_in_passes)
    covers = or_(Grant.webinar_id == webinar_id, and_(in_passes, _by_pass(webinar_id)))
    people = _people(covers, webinar_id, now).subquery()
    return session.scalar(select(func.count()).select_from(people)) or 0


def count_watching_by_pass(session: Session, webinar_id: int, *, now: datetime) -> int:
    """Return how many people watched a webinar and have it now only by a pass or contract.

    They lose it when it is taken out of passes.
    """
    watched = (
        select(func.coalesce(Login.merged_into, Login.id).label("person"))
        .join_from(WatchRecord, Recording, Recording.id == WatchRecord.recording_id)
        .join(Login, Login.id == WatchRecord.login_id)
        .where(Recording.webinar_id == webinar_id)
    ).subquery()
    by_pass = _people(_by_pass(webinar_id), webinar_id, now).subquery()
    by_itself = _people(Grant.webinar_id == webinar_id, webinar_id, now).subquery()
    found = select(func.count(watched.c.person.distinct())).where(
        watched.c.person.in_(select(by_pass.c.person)),
        watched.c.person.not_in(select(by_itself.c.person)),
    )
    return session.scalar(found) or 0


def _by_pass(webinar_id: int) -> ColumnElement[bool]:
    """Return the condition that a grant covers this webinar as one of several."""
    in_series = exists().where(
        WebinarSeries.webinar_id == webinar_id, WebinarSeries.series_id == Grant.series_id
    )
    by_presenter = exists().where(
        WebinarPresenter.webinar_id == webinar_id,
        WebinarPresenter.presenter_id == Grant.presenter_id,
    )
    return or_(Grant.scope == Scope.EVERYTHING, in_series, by_presenter)


def _people(covers: ColumnElement[bool], webinar_id: int, now: datetime) -> CompoundSelect[int]:
    """Return the logins with an active grant or seat among the grants that cover a webinar."""
    held_at = select(Webinar.held_at).where(Webinar.id == webinar_id).scalar_subquery()
    lasts_until = func.coalesce(Grant.grace_until, Grant.ends_at)
    in_force = and_(
        Grant.revoked_at.is_(None),
        Grant.starts_at <= now,
        or_(Grant.ends_at.is_(None), and_(lasts_until > now, Grant.ends_at > held_at)),
    )
    person = func.coalesce(Login.merged_into, Login.id).label("person")
    own = select(person).join_from(Grant, Login, Login.id == Grant.login_id)
    # two comparisons, so that SQLite finds pools by their index, not all seats for each grant
    is_of_grant = or_(Pool.id == Grant.pool_id, Pool.allotted_from_id == Grant.pool_id)
    seated = (
        select(person)
        .join_from(Grant, Pool, is_of_grant)
        .join(Assignment, Assignment.pool_id == Pool.id)
        .join(Login, Login.id == Assignment.login_id)
        .where(Assignment.state == AssignmentState.CLAIMED)
    )
    return union(own.where(covers, in_force), seated.where(covers, in_force))


def read_presenters(session: Session, query: str = "") -> tuple[Named, ...]:
    """Return the presenters with every word of a query in their names, by name."""
    return _named(session, Presenter, Presenter.name, WebinarPresenter.presenter_id, query)


def read_series_names(session: Session, query: str = "") -> tuple[Named, ...]:
    """Return the series with every word of a query in their titles, by title."""
    return _named(session, Series, Series.title, WebinarSeries.series_id, query)


def _named(
    session: Session,
    kind: type[Presenter | Series],
    name: InstrumentedAttribute[str],
    of_webinar: InstrumentedAttribute[int],
    query: str,
) -> tuple[Named, ...]:
    used = select(func.count()).where(of_webinar == kind.id).scalar_subquery()
    found = session.execute(
        select(kind.public_id, kind.slug, name, used).where(*has_words(query, name)).order_by(name)
    )
    return tuple(Named(*row) for row in found)


def read_desk(session: Session, *, now: datetime) -> Desk:
    """Return what needs the staff's attention: upcoming webinars, drafts, and failures."""
    announced = Webinar.state == WebinarState.ANNOUNCED
    has_recording = exists().where(Recording.webinar_id == Webinar.id)
    awaiting = and_(
        announced,
        Webinar.held_at <= now,
        ~has_recording,
    )
    waiting = session.scalar(select(func.count()).select_from(Webinar).where(awaiting))
    failed = session.scalar(
        select(func.count()).select_from(Mail).where(Mail.state == JobState.FAILED)
    )

    def few(*conditions: ColumnElement[bool], by: ColumnElement[datetime]) -> tuple[Row, ...]:
        found = session.execute(_ROWS.where(*conditions).order_by(by).limit(5))
        return tuple(Row(*row) for row in found)

    return Desk(
        upcoming=few(announced, Webinar.held_at > now, by=Webinar.held_at.asc()),
        drafts=few(Webinar.state == WebinarState.DRAFT, by=Webinar.updated_at.desc()),
        awaiting_recording=few(awaiting, by=Webinar.held_at.desc()),
        awaiting=waiting or 0,
        failed_recordings=few(_recording_state == RecordingState.FAILED, by=Webinar.held_at.desc()),
        failed_mails=failed or 0,
    )
