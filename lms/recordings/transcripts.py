"""Transcripts: the text of a recording's caption tracks and their cues."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms.core.errors import NotFound, or_not_found
from lms.models.recordings import Caption, Recording
from media.captions.caption_file_parser import BadCaptions, read_cues
from media.captions.cues_and_writers import Cue, plain, read_written, seconds_of, spoken, stamp
from media.storage.storage_protocol import Missing, Storage


@dataclass(frozen=True, slots=True)
class Track:
    """A track that viewers see; `text` is None if its file has to be read."""

    webinar_id: int
    language: str
    key: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One caption for reading: its times in seconds, and its text."""

    starts: float
    ends: float
    said: str


LOOKED_THROUGH: Final = 4_000  # characters, more than a passage has

_TRACK: Final = (
    select(Recording.webinar_id, Caption.language, Caption.key, Caption.shown)
    .join(Recording, Recording.id == Caption.recording_id)
    .where(
        Recording.is_current, Caption.key.is_not(None), Caption.public_id == bindparam("caption_id")
    )
)


def find_track(session: Session, caption_id: str) -> Track:
    """Return a track of its webinar's current recording; raises NotFound. Check the policy before use."""
    row = or_not_found(session.execute(_TRACK, {"caption_id": caption_id}).one_or_none())
    return Track(row.webinar_id, row.language, row.key or "", row.shown)


def read_shown(session: Session, caption_ids: Collection[str]) -> Mapping[str, str]:
    """Return the texts of tracks that viewers see, by their public IDs."""
    if not caption_ids:
        return {}
    asked = select(Caption.public_id, Caption.shown).where(
        Caption.public_id.in_(caption_ids), Caption.shown.is_not(None)
    )
    return {row.public_id: row.shown or "" for row in session.execute(asked)}


def moment_in(text: str, starts_s: float, has: Callable[[str], bool]) -> float:
    """Return the time of the first caption from a passage's start on that has the searched text."""
    begins = text.find(f"\n{stamp(starts_s)} --> ") + 1
    if not begins:
        return starts_s
    for block in text[begins : begins + LOOKED_THROUGH].split("\n\n"):
        times, _, words = block.partition("\n")
        if has(plain(words)):
            return seconds_of(times[: times.find(" ")])
    return starts_s


def cues_of(storage: Storage, track: Track) -> tuple[Cue, ...]:
    """Return the cues of a track; call it outside any transaction, as it may read the file.

    Raises NotFound if the file is missing.
    """
    if track.text is not None:
        return read_written(track.text)
    try:
        with storage.open(track.key) as file:
            return read_cues(file.read())
    except (Missing, BadCaptions):
        raise NotFound from None


def lines_of(cues: Sequence[Cue]) -> tuple[Line, ...]:
    """Return cues for reading, with the speaker's name at each change."""
    said = spoken(cues)
    return tuple(Line(cue.starts, cue.ends, line) for cue, line in zip(cues, said, strict=True))
