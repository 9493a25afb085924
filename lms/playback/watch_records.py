"""Watch records: buckets watched and the resume position, over all merged logins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.core.list_queries import read_columns
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.playback.progress_bitmap import merge, watched_seconds

# Positions this close to the start or end restart from the beginning.
NEAR_START_S = 10.0
NEAR_END_S = 15.0


@dataclass(frozen=True, slots=True)
class Place:
    """A person's place in one version: position in seconds, and the buckets they have watched."""

    seconds: float
    position_s: float
    buckets: bytes
    seen_at: datetime | None

    @property
    def watched_s(self) -> float:
        """Return the number of seconds of the recording that were watched."""
        return watched_seconds(self.buckets, self.seconds)

    @property
    def share(self) -> float:
        """Return the share that was watched, 0 to 1."""
        return min(1.0, self.watched_s / self.seconds)

    @property
    def resume_s(self) -> float:
        """Return where to resume: the stored position, or 0 if it is near the start or end."""
        is_inside = NEAR_START_S <= self.position_s <= self.seconds - NEAR_END_S
        return self.position_s if is_inside else 0.0

    @property
    def is_begun(self) -> bool:
        """Return whether anything was watched."""
        return self.position_s > 0 or any(self.buckets)


# Merging moves no rows, so the records of all logins of a person are read.
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
    """Return the place of a person who has not started."""
    return Place(seconds, 0.0, b"", None)


def read_places(
    session: Session, *, login_id: int, recording_ids: Sequence[int]
) -> Mapping[int, Place]:
    """Return a person's places by recording; recordings never opened are absent.

    For merged logins, what either watched counts, and the latest position is used.
    """
    return _by_recording(_rows(session, login_id, recording_ids)) if recording_ids else {}


def read_places_in(session: Session, login_id: int, webinar_id: int) -> Mapping[int, Place]:
    """Return a person's places in all versions of a webinar's recording with a known length."""
    asked = {"login_id": login_id, "webinar_id": webinar_id}
    return _by_recording(read_columns(session, _OF_WEBINAR, asked))


def _rows(session: Session, login_id: int, recording_ids: Sequence[int]) -> Iterable[Any]:
    if len(recording_ids) == 1:
        return read_columns(session, _ONE, {"login_id": login_id, "recording_id": recording_ids[0]})
    return read_columns(
        session, _SEVERAL, {"login_id": login_id, "recording_ids": list(recording_ids)}
    )


def place_of(rows: Sequence[Any]) -> Place:
    """Return a person's place from the records of all their logins in one recording, the latest last."""
    latest = rows[-1]
    if latest.buckets is None:
        return nowhere(latest.seconds)
    buckets = _merged((row.buckets for row in rows), latest.seconds)
    return Place(latest.seconds, latest.position_s, buckets, latest.updated_at)


def _by_recording(rows: Iterable[Any]) -> dict[int, Place]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.recording_id, []).append(row)
    return {recording_id: place_of(records) for recording_id, records in found.items()}


def _merged(bitmaps: Iterable[bytes], seconds: float) -> bytes:
    return reduce(lambda one, other: merge(one, other, seconds=seconds), bitmaps, b"")
