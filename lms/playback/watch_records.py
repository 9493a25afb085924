"""Watch records: buckets watched and the resume position, over all merged logins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.playback.progress_bitmap import merge, watched_seconds

# A place this near an edge is no place to go back to.
NEAR_START_S = 10.0
NEAR_END_S = 15.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is in one version: seconds into it, and which buckets they have seen."""

    seconds: float
    position_s: float
    buckets: bytes
    seen_at: datetime | None

    @property
    def watched_s(self) -> float:
        """Return how many seconds of the recording were seen."""
        return watched_seconds(self.buckets, self.seconds)

    @property
    def share(self) -> float:
        """Return the part that was seen, 0 to 1."""
        return min(1.0, self.watched_s / self.seconds)

    @property
    def resume_s(self) -> float:
        """Return where to go on: the kept place, or the start when that is near either edge."""
        is_inside = NEAR_START_S <= self.position_s <= self.seconds - NEAR_END_S
        return self.position_s if is_inside else 0.0

    @property
    def is_begun(self) -> bool:
        """Tell whether anything was watched at all."""
        return self.position_s > 0 or any(self.buckets)


# Two logins of one person may be merged; nothing moves, so both are read, whichever is asked about.
whose = logins_of(bindparam("login_id"))
_PLACES = (
    select(
        WatchRecord.recording_id,
        Recording.seconds,
        WatchRecord.position_s,
        WatchRecord.buckets,
        WatchRecord.updated_at,
    )
    .join_from(WatchRecord, Recording, Recording.id == WatchRecord.recording_id)
    .where(WatchRecord.login_id.in_(whose))
    .order_by(WatchRecord.updated_at)
)
_ONE: Final = _PLACES.where(WatchRecord.recording_id == bindparam("recording_id"))
_OF_WEBINAR: Final = _PLACES.where(
    Recording.webinar_id == bindparam("webinar_id", type_=Recording.webinar_id.type),
    Recording.seconds.is_not(None),
)
_SEVERAL: Final = _PLACES.where(
    WatchRecord.recording_id.in_(bindparam("recording_ids", expanding=True))
)


def nowhere(seconds: float) -> Place:
    """Return the place of somebody who has not begun."""
    return Place(seconds, 0.0, b"", None)


def read_places(
    session: Session, *, login_id: int, recording_ids: Sequence[int]
) -> Mapping[int, Place]:
    """Return the places of a person by recording; those never opened are absent.

    Where two logins were merged, what was seen by either counts, and the latest place is kept.
    """
    return _by_recording(_rows(session, login_id, recording_ids)) if recording_ids else {}


def read_places_in(session: Session, login_id: int, webinar_id: int) -> Mapping[int, Place]:
    """Return the same in all versions of a webinar's recording whose length is known."""
    asked = {"login_id": login_id, "webinar_id": webinar_id}
    return _by_recording(session.execute(_OF_WEBINAR, asked))


def _rows(session: Session, login_id: int, recording_ids: Sequence[int]) -> Iterable[Any]:
    if len(recording_ids) == 1:
        return session.execute(_ONE, {"login_id": login_id, "recording_id": recording_ids[0]})
    return session.execute(_SEVERAL, {"login_id": login_id, "recording_ids": list(recording_ids)})


def _by_recording(rows: Iterable[Any]) -> dict[int, Place]:
    places: dict[int, list[Place]] = {}
    for row in rows:
        place = Place(row.seconds, row.position_s, row.buckets, row.updated_at)
        places.setdefault(row.recording_id, []).append(place)
    return {recording_id: _together(found) for recording_id, found in places.items()}


def _together(places: Sequence[Place]) -> Place:
    latest = places[-1]
    buckets = _merged((place.buckets for place in places), latest.seconds)
    return Place(latest.seconds, latest.position_s, buckets, latest.seen_at)


def _merged(bitmaps: Iterable[bytes], seconds: float) -> bytes:
    return reduce(lambda one, other: merge(one, other, seconds=seconds), bitmaps, b"")
