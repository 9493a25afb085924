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
        f"For the people of {text.organization}, and for nobody else.",
        _until(text),
        "You may host it on a system that only your own people sign in to. You may not pass it on,",
        "publish it, or cut the name of your institution out of its picture.",
        "",
        "IN THIS KIT",
        f"{FILM}: the recording, with the name of your institution in its picture"
        + (" and its captions as subtitle tracks" if text.captions else ""),
        *_captions(text),
        *(f"handouts/{name}" for name in text.handouts),
        *([] if text.handouts else ["There are no slides or handouts for this recording."]),
        "poster.jpg: a picture for the page on which you show it",
        "",
        f"From {text.seller}" + (f", {text.contact}" if text.contact else ""),
        f"Kit {text.kit}, made on {say_date(text.made_at, text.zone)}",
    ]
    return "\r\n".join(lines) + "\r\n"


def _until(text: KitText) -> str:
    if text.until is None:
        return "The license has no end."
    last_day = say_date(text.until - timedelta(microseconds=1), text.zone)
    return f"The license ends on {last_day}. Remove it from your systems then."


def _captions(text: KitText) -> list[str]:
    if not text.captions:
        return ["There are no captions for this recording yet. Ask us for them if you need them."]
    return [f"{name}: captions, {label}" for name, label in text.captions]
