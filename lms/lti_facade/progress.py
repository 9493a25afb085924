"""Progress of people in an LMS: what they watched of a link's content, and in frames."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import case, func, or_, select, union
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.recordings import Recording
from lms.playback.progress_bitmap import Span, share_within
from lms.playback.watch_records import Place, read_places
from lms.seats.watch_progress import COMPLETED_FROM as COMPLETED_FROM

AS_LONG_AS_ANY = float("inf")


@dataclass(frozen=True, slots=True)
class Extent:
    """What a link requires to watch: whole webinars (row ids), or a part of a single one."""

    webinar_ids: tuple[int, ...]
    starts_s: int | None = None
    ends_s: int | None = None


@dataclass(frozen=True, slots=True)
class Film:
    """One version of a webinar's recording."""

    id: int
    webinar_id: int
    seconds: float
    is_current: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """The share of a webinar that a person watched, 0 to 1, and when it was first enough to complete it."""

    share: float
    completed_at: datetime | None


_reached: Final = PlaybackSession.reached_s
_person: Final = func.coalesce(Login.merged_into, Login.id)


def find_webinar_extent(
    session: Session, name: str, *, starts_s: int | None, ends_s: int | None
) -> Extent:
    """Return the extent of a link to a webinar, by slug or public ID; empty if there is none."""
    query = select(Webinar.id).where(or_(Webinar.slug == name, Webinar.public_id == name)).limit(1)
    return Extent(tuple(session.scalars(query)), starts_s, ends_s)


def changed_since(session: Session, since: datetime) -> Mapping[int, frozenset[int]]:
    """Return the people whose progress changed since a time, with the webinars; row ids.

    Logins are kept ones. Found through open playback sessions and those ended since, which both have an
    index.
    """
    seen = (
        select(_person, Recording.webinar_id)
        .select_from(PlaybackSession)
        .join(
            WatchRecord,
            (WatchRecord.login_id == PlaybackSession.login_id)
            & (WatchRecord.recording_id == PlaybackSession.recording_id),
        )
        .join(Recording, Recording.id == WatchRecord.recording_id)
        .join(Login, Login.id == WatchRecord.login_id)
        .where(WatchRecord.updated_at > since, WatchRecord.watched_s > 0)
    )
    playing = seen.where(PlaybackSession.ended_at.is_(None))
    stopped = seen.where(PlaybackSession.ended_at > since)
    found: dict[int, set[int]] = {}
    for login_id, webinar_id in session.execute(union(playing, stopped)):
        found.setdefault(login_id, set()).add(webinar_id)
    return {login_id: frozenset(webinars) for login_id, webinars in found.items()}


def logins_of(session: Session, kept: Collection[int]) -> Mapping[int, int]:
    """Return all logins of these people, each with the kept login of its person."""
    ids = sorted(kept)
    query = select(Login.id, _person).where(or_(Login.id.in_(ids), Login.merged_into.in_(ids)))
    return dict(session.execute(query).all())


def watched_share(session: Session, login_id: int, extent: Extent) -> float | None:
    """Return the share that a person has watched, 0 to 1; None if there is nothing to watch.

    Of each webinar, the version with the largest share counts. `login_id` is the person's kept login.
    """
    films = _films(session, extent.webinar_ids)
    places = read_places(session, login_id=login_id, recording_ids=[film.id for film in films])
    if extent.starts_s is not None or extent.ends_s is not None:
        span = Span(
            extent.starts_s or 0, AS_LONG_AS_ANY if extent.ends_s is None else extent.ends_s
        )
        shares = [_share_within(places.get(film.id), span, film) for film in films]
        return max(shares, default=None)
    lengths = {film.webinar_id: film.seconds for film in films if film.is_current}
    best = _best_shares(films, places)
    total = sum(lengths.values())
    if not total:
        return None
    watched = sum(seconds * best.get(webinar, 0.0) for webinar, seconds in lengths.items())
    return min(1.0, watched / total)


def seen_in_frames(
    session: Session,
    organization_id: int,
    login_ids: Collection[int],
    webinar_ids: Collection[int],
) -> Mapping[tuple[int, int], Seen]:
    """Return what these people had watched when they last played in a frame, by login and webinar.

    Only playback in this organization's frames counts; anything else is private. Logins are kept ones.
    Accurate to the minute.
    """
    if not login_ids or not webinar_ids:
        return {}
    enough = COMPLETED_FROM * Recording.seconds
    rows = session.execute(
        select(
            _person.label("person"),
            Recording.webinar_id,
            func.max(_reached / Recording.seconds).label("share"),
            func.min(case((_reached >= enough, PlaybackSession.beat_at))).label("completed_at"),
        )
        .select_from(PlaybackSession)
        .join(Login, Login.id == PlaybackSession.login_id)
        .join(Recording, Recording.id == PlaybackSession.recording_id)
        .where(
            _person.in_(sorted(login_ids)),
            Recording.webinar_id.in_(sorted(webinar_ids)),
            Recording.seconds > 0,
            _reached > 0,
            PlaybackSession.is_preview.is_(False),
            PlaybackSession.organization_id.in_(family_of(organization_id)),
        )
        .group_by(_person, Recording.webinar_id)
    )
    return {
        (row.person, row.webinar_id): Seen(min(1.0, float(row.share)), row.completed_at)
        for row in rows
    }


def _films(session: Session, webinar_ids: Iterable[int]) -> list[Film]:
    rows = session.execute(
        select(Recording.id, Recording.webinar_id, Recording.seconds, Recording.is_current).where(
            Recording.webinar_id.in_(list(webinar_ids)), Recording.seconds > 0
        )
    )
    return [Film(row.id, row.webinar_id, row.seconds or 0.0, row.is_current) for row in rows]


def _best_shares(films: Iterable[Film], places: Mapping[int, Place]) -> Mapping[int, float]:
    best: dict[int, float] = {}
    for film in films:
        if film.id in places:
            best[film.webinar_id] = max(best.get(film.webinar_id, 0.0), places[film.id].share)
    return best


def _share_within(place: Place | None, span: Span, film: Film) -> float:
    if place is None:
        return 0.0
    inside = Span(span.starts_s, min(span.ends_s, film.seconds))
    return share_within(place.buckets, inside, seconds=film.seconds)
