"""Slides of a recording for display, without those that our team removed or joined."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import select

from lms.core.list_queries import gathered
from lms.models.recordings import Recording, Slide, SlideFate
from media.video.renditions_and_commands import slide_picture

FEWEST_SHOWN: Final = 2  # a single slide is a film or a face, not a slide deck


@dataclass(frozen=True, slots=True)
class SlideFacts:
    """A slide for display: its number from 1, its start and end, and its picture's file.

    A slide without a `title` is called by its number.
    """

    id: str
    number: int
    starts_s: float
    ends_s: float
    picture: str
    title: str
    is_chapter: bool


@dataclass(frozen=True, slots=True)
class StoredSlide:
    """A slide as stored; `picture_s` is the time of its picture, in seconds."""

    public_id: str
    starts_s: float
    picture_s: float
    is_chapter: bool
    title: str
    fate: SlideFate


# The stored slides of a recording in a column, in order; their times have at most 15 digits.
slide_rows: Final = gathered(
    select(
        Slide.public_id,
        Slide.starts_s,
        Slide.picture_s,
        Slide.is_chapter,
        Slide.title,
        Slide.fate,
    )
    .where(Slide.recording_id == Recording.id)
    .order_by(Slide.starts_s)
    .correlate(Recording)
)


def stored_slides(rows: Iterable[Sequence[Any]] | None) -> list[StoredSlide]:
    """Return what is in the column `slide_rows`."""
    return [
        StoredSlide(public_id, starts_s, picture_s, bool(is_chapter), title, SlideFate(fate))
        for public_id, starts_s, picture_s, is_chapter, title, fate in rows or ()
    ]


def read_slides(rows: Iterable[Sequence[Any]] | None, seconds: float) -> tuple[SlideFacts, ...]:
    """Return the slides for display that are in the column `slide_rows`."""
    return shown_slides(stored_slides(rows), seconds)


def shown_slides(stored: Sequence[StoredSlide], seconds: float) -> tuple[SlideFacts, ...]:
    """Return the slides of a recording of this length in order; empty if there is only one."""
    kept = [each for each in stored if each.fate is not SlideFate.REMOVED]
    while kept and kept[0].fate is SlideFate.JOINED:  # joined to a slide that was removed later
        kept.pop(0)
    shown = [place for place, each in enumerate(kept) if each.fate is SlideFate.SHOWN]
    if len(shown) < FEWEST_SHOWN:
        return ()
    edges = [*shown, len(kept)]
    return tuple(
        SlideFacts(
            id=kept[place].public_id,
            number=number,
            # JSON of PostgreSQL has 10 for 10.0
            starts_s=float(kept[place].starts_s),
            ends_s=kept[after].starts_s if after < len(kept) else seconds,
            picture=slide_picture(kept[after - 1].picture_s),
            title=kept[place].title,
            is_chapter=kept[place].is_chapter,
        )
        for number, (place, after) in enumerate(pairwise(edges), start=1)
    )
