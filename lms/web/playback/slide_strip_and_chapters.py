"""The slide strip beside the player, and the chapters in its timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from flask_babel import gettext as _

from lms.playback.slides import SlideFacts
from lms.web.core.recording_time_texts import clock_of
from media.video.audio_posters_and_thumbnail_sheets import stamp


@dataclass(frozen=True, slots=True)
class Tile:
    """A slide in the strip; its picture is loaded once a playback session is open."""

    starts_s: float
    clock: str
    title: str
    picture: str


def tiles_of(slides: Sequence[SlideFacts]) -> tuple[Tile, ...]:
    """Return the strip of slides as shown."""
    return tuple(
        Tile(
            starts_s=slide.starts_s,
            clock=clock_of(slide.starts_s),
            title=title_of(slide),
            picture=slide.picture,
        )
        for slide in slides
    )


def chapters_of(tiles: Sequence[Tile], slides: Sequence[SlideFacts]) -> tuple[Tile, ...]:
    """Return the tiles that start a chapter with a title of its own; none if there are fewer than two."""
    found = tuple(
        tile for tile, slide in zip(tiles, slides, strict=True) if slide.is_chapter and slide.title
    )
    return found if len(found) > 1 else ()


def title_of(slide: SlideFacts) -> str:
    """Return the title of a slide, or its number."""
    return slide.title or _("Slide %(number)s", number=slide.number)


def chapter_track(slides: Sequence[SlideFacts]) -> str:
    """Return the chapters as WebVTT; each lasts until the next one starts."""
    begun = [slide for slide in slides if slide.is_chapter]
    ends = [slide.starts_s for slide in begun[1:]] + [slide.ends_s for slide in slides[-1:]]
    cues = ["WEBVTT", ""]
    for slide, end in zip(begun, ends, strict=False):
        cues += [
            f"{stamp(slide.starts_s)} --> {stamp(end)}",
            escape(title_of(slide)),
            "",
        ]
    return "\n".join(cues)
