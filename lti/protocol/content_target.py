"""The content target of a link: a webinar, part of one, or a series.

A copied course gets new link IDs but keeps the custom parameters, so these decide what is shown
(LTI.md, Launch). The parameters: `webinar`, `series`, `start`, `end`, and `grade`, which is "none" if
the teacher wanted no grade column.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lms.core.errors import N_, Invalid

LONGEST_NAME: Final = 120
DAY_S: Final = 24 * 3600
NO_GRADE: Final = "none"
_CLOCK: Final = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,2}):)?(\d{1,5})(?:\.\d+)?")
BAD_PLACE: Final = N_(
    "Enter the start and end as seconds or h:mm:ss, with the end after the start."
)


@dataclass(frozen=True, slots=True)
class Target:
    """One webinar or one series, by its slug or public ID; start and end of a clip in seconds.

    `is_graded` is False if the link was added without a gradebook column.
    """

    webinar: str | None = None
    series: str | None = None
    starts_s: int | None = None
    ends_s: int | None = None
    is_graded: bool = True

    @property
    def is_clip(self) -> bool:
        """Return whether this is a part of a recording."""
        return self.starts_s is not None or self.ends_s is not None

    @property
    def custom(self) -> dict[str, str]:
        """Return the custom parameters for this target, which is also how it is stored."""
        return {**self._content, **({} if self.is_graded else {"grade": NO_GRADE})}

    @property
    def _content(self) -> dict[str, str]:
        named = {
            "webinar": self.webinar,
            "series": self.series,
            "start": self.starts_s,
            "end": self.ends_s,
        }
        return {name: str(value) for name, value in named.items() if value is not None}

    @property
    def resource_id(self) -> str:
        """Return the `resourceId` of its gradebook column, which is the same in a copied course."""
        return "&".join(f"{name}={value}" for name, value in self._content.items())


def read_target(custom: Mapping[str, object]) -> Target | None:
    """Return the target named by custom parameters, a query or a stored target; None for none.

    A parameter that the platform did not fill in (`$Variable`, empty, null) counts as absent. Raises
    Invalid for an invalid start or end.
    """
    given = {
        name: text
        for name in ("webinar", "series", "start", "end", "grade")
        if (text := _text(custom, name))
    }
    webinar, series = given.get("webinar"), given.get("series")
    if webinar is None and series is None:
        return None
    is_graded = given.get("grade") != NO_GRADE
    if webinar is None:
        return Target(series=series, is_graded=is_graded)
    starts_s, ends_s = _seconds(given.get("start")), _seconds(given.get("end"))
    if ends_s is not None and ends_s <= (starts_s or 0):
        raise Invalid(BAD_PLACE)
    return Target(webinar=webinar, starts_s=starts_s, ends_s=ends_s, is_graded=is_graded)


def _text(custom: Mapping[str, object], name: str) -> str | None:
    value = custom.get(name)
    if not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if text and len(text) <= LONGEST_NAME and not text.startswith("$") else None


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise Invalid(BAD_PLACE)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if total > DAY_S:
        raise Invalid(BAD_PLACE)
    return total
