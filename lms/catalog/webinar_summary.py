"""The summary of one webinar in a list: the columns it is read from and its fields."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    SQLColumnExpression,
    and_,
    func,
    null,
    select,
)
from sqlalchemy.orm import aliased

from lms.access.merged_logins import logins_of_kept
from lms.core.model_base import copied
from lms.models.catalog import Webinar, WebinarState, presenter_names
from lms.models.grants import Scope
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.pricing.price_list import Price, prices_column, prices_of


@dataclass(frozen=True, slots=True)
class Playable:
    """The recording that can be played: its public ID, its current run, and its length."""

    public_id: str
    run: str
    seconds: float
    has_video: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One webinar of a list; `watched_s` is the number of seconds the viewer has watched."""

    id: int
    slug: str
    title: str
    summary: str
    held_at: datetime
    zone: str
    minutes: int
    free: bool
    is_in_passes: bool
    state: WebinarState
    is_over: bool
    presenters: tuple[str, ...]
    prices: tuple[Price, ...]
    recording: Playable | None
    watched_s: int | None
    first: str | None = None  # the passages found first, for `passages.quote`


current_recording = aliased(Recording)
IS_PLAYED: Final = and_(
    current_recording.webinar_id == Webinar.id,
    current_recording.is_current,
    current_recording.run.is_not(None),
)
_prices = prices_column(Scope.WEBINAR).label("prices")


def entry_columns(
    login_id: int | BindParameter[int] | None,
) -> tuple[SQLColumnExpression[Any], ...]:
    """Return the columns of an entry, besides `current_recording`; `entry_of` reads them."""
    return (
        Webinar.id.label("webinar_id"),
        Webinar.slug,
        Webinar.title,
        Webinar.summary,
        Webinar.held_at,
        Webinar.zone,
        Webinar.minutes,
        Webinar.free,
        Webinar.is_in_passes,
        Webinar.state,
        presenter_names.label("presenters"),
        _prices,
        current_recording.public_id.label("recording_id"),
        current_recording.run,
        current_recording.seconds,
        current_recording.has_video,
        _watched(login_id).label("watched_s"),
    )


def _watched(login_id: int | BindParameter[int] | None) -> ColumnElement[Any]:
    if login_id is None:
        return null()
    whose = logins_of_kept(login_id)
    return (
        select(func.max(WatchRecord.watched_s))
        .where(WatchRecord.recording_id == current_recording.id, WatchRecord.login_id.in_(whose))
        .correlate(current_recording)
        .scalar_subquery()
    )


def entry_of(row: Row[*tuple[Any, ...]], now: datetime) -> Entry:
    """Return one webinar of a list from its row."""
    recording = None
    if row.run is not None:
        recording = Playable(row.recording_id, row.run, row.seconds, row.has_video)
    return copied(
        Entry,
        row,
        id=row.webinar_id,
        is_over=now >= row.held_at + timedelta(minutes=row.minutes),
        presenters=tuple(name for (name,) in row.presenters or ()),
        prices=prices_of(row.prices),
        recording=recording,
        first=getattr(row, "first", None),
    )
