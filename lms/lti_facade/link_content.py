"""Link content: the webinar or series that a course link names, and a person's progress in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from lms.catalog.series_order import IN_ORDER
from lms.core.errors import N_, NotFound, or_not_found
from lms.core.model_base import copied
from lms.handouts.pages import Leaves as Leaves
from lms.handouts.pages import large_key as large_key
from lms.handouts.pages import read_leaves as read_leaves
from lms.handouts.pages import small_key as small_key
from lms.handouts.stamp_text import stamped_for as stamped_for
from lms.lti_facade.content_names import shown_in_series
from lms.models.catalog import Series, Webinar, WebinarSeries, WebinarState
from lms.models.recordings import Recording
from lms.playback.progress_bitmap import Span as Span
from lms.playback.watch_page import HandoutFile as HandoutFile
from lms.playback.watch_page import PlayableWebinar as PlayableWebinar
from lms.playback.watch_page import Version as Version
from lms.playback.watch_page import find_handout as find_handout
from lms.playback.watch_page import read_playable
from lms.playback.watch_records import Place as Place
from lms.playback.watch_records import nowhere as nowhere
from lms.playback.watch_records import read_places
from lms.recordings.transcripts import Track as Track
from lms.recordings.transcripts import find_track as find_track

NOT_HERE: Final = N_("Your organization doesn't have this recording.")
NO_SERIES: Final = N_("Your organization doesn't have this series.")


@dataclass(frozen=True, slots=True)
class Part:
    """One webinar of a link's series; `share` is the part that the person has watched, 0 to 1."""

    slug: str
    title: str
    held_at: datetime
    zone: str
    seconds: float
    has_video: bool
    recording_id: str
    run: str
    share: float


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """A series as a link shows it: the parts that the organization can show, in its order."""

    title: str
    slug: str
    parts: tuple[Part, ...]


_SLUG: Final = (
    select(Webinar.slug)
    .where(
        or_(Webinar.slug == bindparam("name"), Webinar.public_id == bindparam("name")),
        Webinar.state != WebinarState.DRAFT,
    )
    .limit(1)
)
_SERIES: Final = (
    select(Series.id, Series.title, Series.slug)
    .where(or_(Series.slug == bindparam("name"), Series.public_id == bindparam("name")))
    .limit(1)
)


def find_playable(session: Session, name: str) -> PlayableWebinar:
    """Return a webinar by slug or public ID; raises NotFound if there is none or it is a draft."""
    slug = or_not_found(session.scalar(_SLUG, {"name": name}), NOT_HERE)
    return read_playable(session, slug)


def read_place(session: Session, login_id: int | None, version: Version) -> Place:
    """Return a person's place in a recording; the beginning for anonymous viewers."""
    if login_id is None:
        return nowhere(version.seconds)
    places = read_places(session, login_id=login_id, recording_ids=(version.id,))
    return places.get(version.id) or nowhere(version.seconds)


def find_series_facts(
    session: Session, organization_id: int, name: str, *, login_id: int | None, now: datetime
) -> SeriesFacts:
    """Return a series by slug or public ID, with a person's progress in each part.

    It has no parts if the organization can show none of it. Raises NotFound for an unknown series.
    """
    row = session.execute(_SERIES, {"name": name}).one_or_none()
    shown = shown_in_series(session, organization_id, name, now=now)
    if row is None:
        raise NotFound(NO_SERIES)
    return SeriesFacts(row.title, row.slug, _parts(session, row.id, shown, login_id))


def announced_slugs(session: Session, series: str) -> Sequence[str]:
    """Return the slugs of a series' webinars that are in the public catalog, in its order."""
    query = (
        select(Webinar.slug)
        .join(WebinarSeries, WebinarSeries.webinar_id == Webinar.id)
        .join(Series, Series.id == WebinarSeries.series_id)
        .where(Series.slug == series, Webinar.state == WebinarState.ANNOUNCED)
        .order_by(*IN_ORDER)
    )
    return session.scalars(query).all()


def _parts(
    session: Session, series_id: int, shown: Sequence[int], login_id: int | None
) -> tuple[Part, ...]:
    rows = session.execute(
        select(
            Recording.id,
            Webinar.slug,
            Webinar.title,
            Webinar.held_at,
            Webinar.zone,
            Recording.seconds,
            Recording.has_video,
            Recording.public_id,
            Recording.run,
        )
        .join(Recording, Recording.webinar_id == Webinar.id)
        .join(WebinarSeries, WebinarSeries.webinar_id == Webinar.id)
        .where(
            WebinarSeries.series_id == series_id,
            Webinar.id.in_(list(shown)),
            Recording.is_current,
            Recording.run.is_not(None),
        )
        .order_by(*IN_ORDER)
    ).all()
    ids = tuple(row.id for row in rows)
    places = {} if login_id is None else read_places(session, login_id=login_id, recording_ids=ids)
    return tuple(
        copied(
            Part,
            row,
            recording_id=row.public_id,
            share=places[row.id].share if row.id in places else 0.0,
        )
        for row in rows
    )
