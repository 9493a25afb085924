"""The README text of a delivery kit: recipient, term, and contents."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from lms.core.dates_and_time_zones import read_zone, say_date

FILM: Final = "recording.mp4"


@dataclass(frozen=True, slots=True)
class KitText:
    """The facts of a kit; `until` is None if the access has no end. Days end in `zone`."""

    kit: str
    title: str
    presenters: tuple[str, ...]
    held_at: datetime
    webinar_zone: str
    organization: str
    until: datetime | None
    zone: ZoneInfo
    captions: tuple[tuple[str, str], ...]  # file name, track label
    handouts: tuple[str, ...]
    seller: str
    contact: str
    made_at: datetime


def letter_of(text: KitText) -> str:
    """Return the kit's README, with CRLF line endings, which every program understands."""
    lines = [
        text.title,
        "=" * min(72, len(text.title)),
        "",
        *([f"Presented by {', '.join(text.presenters)}"] if text.presenters else []),
        f"Held on {say_date(text.held_at, read_zone(text.webinar_zone))}",
        "",
        "LICENSE",
        f"Only for the people of {text.organization}.",
        _until(text),
        "You may host it on a system that only your people can sign in to. Don't share or publish it,",
        "and don't remove your institution's name from the picture.",
        "",
        "IN THIS KIT",
        f"{FILM}: the recording, with your institution's name in the picture"
        + (" and its captions as subtitle tracks" if text.captions else ""),
        *_captions(text),
        *(f"handouts/{name}" for name in text.handouts),
        *([] if text.handouts else ["There are no slides or handouts for this recording."]),
        "poster.jpg: an image for the page where you show it",
        "",
        f"From {text.seller}" + (f", {text.contact}" if text.contact else ""),
        f"Kit {text.kit}, made on {say_date(text.made_at, text.zone)}",
    ]
    return "\r\n".join(lines) + "\r\n"


def _until(text: KitText) -> str:
    if text.until is None:
        return "The license doesn't expire."
    last_day = say_date(text.until - timedelta(microseconds=1), text.zone)
    return f"The license ends on {last_day}. Remove these files from your systems by then."


def _captions(text: KitText) -> list[str]:
    if not text.captions:
        return ["There are no captions for this recording yet. Contact us if you need them."]
    return [f"{name}: captions, {label}" for name, label in text.captions]
