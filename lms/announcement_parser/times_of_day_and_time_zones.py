"""Times of day and time zones: `2-3 pm ET`, `14:00 in Berlin`, `noon (UTC)`."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import available_timezones

from lms.core.dates_and_time_zones import AREAS, is_zone, read_zone

NOON: Final = 12
HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class ZoneWord:
    """A possible meaning of a zone name: `zone`, when its UTC offset is `hours`.

    `PST` is winter time. For a summer day, people may mean Los Angeles anyway, or `strictly` what the
    letters say; without `hours` there is no ambiguity.
    """

    zone: str
    hours: int | None = None
    strictly: str = ""

    def on(self, shown: datetime) -> tuple[str, ...]:
        """Return the possible zones on a day."""
        if self.hours is None:
            return (self.zone,)
        offset = shown.replace(tzinfo=read_zone(self.zone)).utcoffset()
        if offset == timedelta(hours=self.hours):
            return (self.zone,)
        return (self.zone, self.strictly or _fixed(self.hours))


@dataclass(frozen=True, slots=True)
class Told:
    """A time as written: its possible local times, its possible zones, and its length."""

    start: int
    clocks: tuple[time, ...]
    zones: tuple[ZoneWord, ...]
    minutes: int | None

    @property
    def is_vague(self) -> bool:
        """Return whether it may be in the morning or in the afternoon."""
        return len(self.clocks) > 1


def _fixed(hours: int) -> str:
    # POSIX signs are inverted: Etc/GMT+5 is five hours behind UTC.
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


_NEW_YORK, _CHICAGO = "America/New_York", "America/Chicago"
_DENVER, _LOS_ANGELES = "America/Denver", "America/Los_Angeles"
_WORDS: Final[dict[str, tuple[ZoneWord, ...]]] = {
    "ET": (ZoneWord(_NEW_YORK),),
    "EST": (ZoneWord(_NEW_YORK, -5),),
    "EDT": (ZoneWord(_NEW_YORK, -4),),
    "CT": (ZoneWord(_CHICAGO),),
    "CST": (ZoneWord(_CHICAGO, -6),),
    "CDT": (ZoneWord(_CHICAGO, -5),),
    "MT": (ZoneWord(_DENVER),),
    "MST": (ZoneWord(_DENVER, -7, "America/Phoenix"),),
    "MDT": (ZoneWord(_DENVER, -6),),
    "AZ": (ZoneWord("America/Phoenix"),),
    "PT": (ZoneWord(_LOS_ANGELES),),
    "PST": (ZoneWord(_LOS_ANGELES, -8),),
    "PDT": (ZoneWord(_LOS_ANGELES, -7),),
    "AKST": (ZoneWord("America/Anchorage", -9),),
    "AKDT": (ZoneWord("America/Anchorage", -8),),
    "HST": (ZoneWord("Pacific/Honolulu"),),
    "AST": (ZoneWord("America/Halifax", -4, "America/Puerto_Rico"), ZoneWord("Asia/Riyadh")),
    "ADT": (ZoneWord("America/Halifax", -3),),
    "UTC": (ZoneWord("UTC"),),
    "GMT": (ZoneWord("Europe/London", 0, "UTC"),),
    "BST": (ZoneWord("Europe/London", 1),),
    "IST": (ZoneWord("Asia/Kolkata"), ZoneWord("Europe/Dublin"), ZoneWord("Asia/Jerusalem")),
    "WET": (ZoneWord("Europe/Lisbon", 0),),
    "WEST": (ZoneWord("Europe/Lisbon", 1),),
    "CET": (ZoneWord("Europe/Berlin", 1),),
    "CEST": (ZoneWord("Europe/Berlin", 2),),
    "EET": (ZoneWord("Europe/Athens", 2),),
    "EEST": (ZoneWord("Europe/Athens", 3),),
    "SAST": (ZoneWord("Africa/Johannesburg"),),
    "JST": (ZoneWord("Asia/Tokyo"),),
    "AWST": (ZoneWord("Australia/Perth"),),
    "AEST": (ZoneWord("Australia/Sydney", 10, "Australia/Brisbane"),),
    "AEDT": (ZoneWord("Australia/Sydney", 11),),
    "NZST": (ZoneWord("Pacific/Auckland", 12),),
    "NZDT": (ZoneWord("Pacific/Auckland", 13),),
}
_NAMES: Final = {
    "central european": ("CET", "CEST"),
    "eastern european": ("EET", "EEST"),
    "western european": ("WET", "WEST"),
    "eastern": ("EST", "EDT"),
    "central": ("CST", "CDT"),
    "mountain": ("MST", "MDT"),
    "pacific": ("PST", "PDT"),
    "alaska": ("AKST", "AKDT"),
    "arizona": ("AZ", "AZ"),
    "hawaii": ("HST", "HST"),
    "atlantic": ("AST", "ADT"),
    "greenwich mean": ("GMT", "GMT"),
    "british": ("GMT", "BST"),
}
_OF_THE_US: Final = {
    "US/Eastern": _NEW_YORK,
    "US/Central": _CHICAGO,
    "US/Mountain": _DENVER,
    "US/Pacific": _LOS_ANGELES,
}
_FAR: Final = {"CST": ZoneWord("Asia/Shanghai")}  # another meaning of the letters, outside America

_TIME: Final = re.compile(
    r"(?<![\w$€£.:/+-])(?:(?P<word>(?:12 ?)?(?:noon|midnight|midday))"
    r"|(?P<hour>\d{1,2})(?:(?P<mark>[:.h])(?P<minute>\d{2}))?(?:\s*(?P<half>[ap])\.?\s?m\b\.?)?)"
    r"(?:\s*(?:-|\u2013|\u2014|to|until|till)\s*"
    r"(?:(?P<end_word>(?:12 ?)?(?:noon|midnight|midday))"
    r"|(?P<end_hour>\d{1,2})(?:[:.h](?P<end_minute>\d{2}))?(?:\s*(?P<end_half>[ap])\.?\s?m\b\.?)?))?"
    r"(?!\w|[.:/]\d|\s*%)",
    re.IGNORECASE,
)
_O_CLOCK: Final = re.compile(r"(?<=\d) o['\u2019]clock\b", re.IGNORECASE)
_IN_THE_DAY: Final = re.compile(
    r"(?<=\d)\s{1,12}in the (?P<day>morning|afternoon|evening)\b", re.IGNORECASE
)
# `1:00 p.m. / 2:30 p.m. Eastern`; the beginning in two zones has a zone after each
_RANGE: Final = re.compile(
    r"(\d\s?[ap]\.?m\.?\s)/(?=\s\d{1,2}(?::\d\d)?\s?[ap]\.?m\b)", re.IGNORECASE
)
# `9 AM PT/10 AM MT`
_NEXT_ZONE: Final = re.compile(r"(?<=[A-Za-z])/(?=\d{1,2}(?::\d\d)?\s?[ap]\.?m\b)", re.IGNORECASE)
_ARIZONA: Final = re.compile(
    r"\bMountain\b[^\n]{0,12}?\bArizona\b", re.IGNORECASE
)  # no summer time
_BETWEEN: Final = r"[\s,(/\u2013\u2014-]*(?:in\s+)?"
_LETTERS: Final = "|".join(sorted(_WORDS, key=len, reverse=True))
_LONG: Final = "|".join(name.replace(" ", r"\s+") for name in _NAMES)
# A dash between spaces, or before an hour with am or pm, leads to the end time.
_AWAY: Final = (
    r"(?:UTC|GMT)\s?(?:\+\s?|[\u2212\u2013-])(?:\d{2}:?[0-5]\d|\d{1,2}(?::[0-5]\d)?)"
    r"(?![:.]?\d|\s*[ap]\.?\s?m\b)"
)
_ZONE: Final = re.compile(
    r"(?<![A-Za-z])(?:U\.?S\.?A?\.?[\s\u2013\u2014-]+)?(?:"
    rf"(?P<away>{_AWAY})"
    r"|(?P<iana>[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?)"
    rf"|(?P<letters>{_LETTERS})\b(?!\s?\+\s?\d)"
    rf"|(?P<name>(?i:{_LONG}))(?:\s+(?P<kind>(?i:standard|daylight|summer)))?(?:\s+(?i:time))?\b"
    r"|(?:in\s+)?(?P<city>(?:[A-Z][a-z]+)(?:\s[A-Z][a-z]+){0,2})\b)"
)


@lru_cache(maxsize=128)
def tell_times(text: str, *, american: bool) -> tuple[Told, ...]:
    """Return every time of day in a text whose dates were removed.

    `american` means that letters used on two continents are the American zone.
    """
    text = _NEXT_ZONE.sub(",", _O_CLOCK.sub(lambda found: " " * len(found[0]), text))
    text = _ARIZONA.sub(lambda found: "America/Phoenix".ljust(len(found[0])), text)
    text = _RANGE.sub(r"\1-", _IN_THE_DAY.sub(_with_half, text))
    found = [one for one in _TIME.finditer(text) if _clocks(one, text)]
    behind = [zone_at(text[one.end() :], american=american) for one in found]
    before = [_zone_before(text[: one.start()], american=american) for one in found]
    if found and before[0] and not behind[-1]:
        behind = before
    if not any(behind):
        lone = _zone_anywhere(text, american=american)
        behind = [lone for _one in found]
    return tuple(
        Told(one.start(), _clocks(one, text), zones, _lasting(one, text))
        for one, zones in zip(found, behind, strict=True)
    )


def _with_half(found: re.Match[str]) -> str:
    """Return ` in the afternoon` as ` pm`, in as many characters."""
    half = "am" if found["day"].casefold() == "morning" else "pm"
    return f" {half}".ljust(len(found[0]))


def is_zone_alone(line: str) -> bool:
    """Return whether a line is only the name of a time zone: `(Central Time)`."""
    found = _ZONE.match(line.strip(" ()"))
    return found is not None and found.end() == len(line.strip(" ().")) and not found["city"]


def zone_at(text: str, *, american: bool) -> tuple[ZoneWord, ...]:
    """Return the possible zones at the start of a text, or none."""
    between = re.match(_BETWEEN, text)
    found = _ZONE.match(text, between.end() if between else 0)
    return _meant(found, american=american) if found else ()


def _zone_before(text: str, *, american: bool) -> tuple[ZoneWord, ...]:
    last = next(reversed(list(_ZONE.finditer(text))), None)
    if last is None or text[last.end() :].strip(" :\t-\u2013(,") not in ("", "at", "time", "time:"):
        return ()
    return _meant(last, american=american)


def _zone_anywhere(text: str, *, american: bool) -> tuple[ZoneWord, ...]:
    meant = (_meant(found, american=american) for found in _ZONE.finditer(text))
    return next((zones for zones in meant if zones), ())


def _meant(found: re.Match[str], *, american: bool) -> tuple[ZoneWord, ...]:
    if found["away"]:
        return _away(found["away"])
    if found["iana"]:
        return _named(found["iana"])
    if found["city"]:
        return _of_city(found["city"].casefold().split())
    if found["letters"]:
        return _of_letters(found["letters"], american=american)
    return _of_name(found["name"], (found["kind"] or "").lower(), american=american)


def _away(text: str) -> tuple[ZoneWord, ...]:
    """Return the zone with this UTC offset; an offset with parts of an hour has no named zone."""
    digits = re.sub(r"\D", "", text)
    hours, minutes = (digits, "00") if len(digits) < 3 else (digits[:-2], digits[-2:])
    return _named(_fixed(int(hours) if "+" in text else -int(hours))) if minutes == "00" else ()


def _named(zone: str) -> tuple[ZoneWord, ...]:
    zone = _OF_THE_US.get(zone, zone)
    return (ZoneWord(zone),) if is_zone(zone) else ()


def _of_city(words: list[str]) -> tuple[ZoneWord, ...]:
    names = (" ".join(words[:count]) for count in range(len(words), 0, -1))
    return next(((ZoneWord(_cities()[name]),) for name in names if name in _cities()), ())


def _of_name(name: str, kind: str, *, american: bool) -> tuple[ZoneWord, ...]:
    winter, summer = _NAMES[" ".join(name.lower().split())]
    if kind:
        return _of_letters(winter if kind == "standard" else summer, american=american)
    return (ZoneWord(_WORDS[winter][0].zone),)


def _of_letters(letters: str, *, american: bool) -> tuple[ZoneWord, ...]:
    if american or letters not in _FAR:
        return _WORDS[letters]
    return (*_WORDS[letters], _FAR[letters])


@cache
def _cities() -> dict[str, str]:
    return {
        name.rsplit("/", 1)[1].replace("_", " ").casefold(): name
        for name in sorted(available_timezones())
        if name.split("/")[0] in AREAS and "/" in name
    }


def _clocks(found: re.Match[str], text: str) -> tuple[time, ...]:
    """Return the possible local times; none if the figures aren't a time of day."""
    if found["word"]:
        return (time(0 if "midnight" in found["word"].lower() else NOON),)
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = found["half"]
    if not half and found["end_half"] and found["end_hour"]:
        half = _half_of_start(hour, int(found["end_hour"]), found["end_half"])
    if not half and not found["minute"]:
        return ()
    if hour >= HOURS or minute >= 60 or (half and not 1 <= hour <= NOON):
        return ()
    if half:
        return (time(hour % NOON + (NOON if half.lower() == "p" else 0), minute),)
    if hour == 0 or hour > NOON or found["hour"].startswith("0") or _counts_to_24(found, text):
        return (time(hour, minute),)
    return (time(hour % NOON, minute), time(hour % NOON + NOON, minute))


def _half_of_start(hour: int, end_hour: int, end_half: str) -> str:
    is_past_noon = hour % NOON > end_hour % NOON
    if not is_past_noon:
        return end_half
    return "a" if end_half.lower() == "p" else "p"


def _counts_to_24(found: re.Match[str], text: str) -> bool:
    """Return whether the text uses the 24-hour clock."""
    if found["mark"] in ("h", "H"):
        return True
    return bool(re.search(r"(?<!\d)(?:1[3-9]|2[0-3])[:.h][0-5]\d(?!\d)", text))


def _lasting(found: re.Match[str], text: str) -> int | None:
    clocks = _clocks(found, text)
    if not clocks or not (found["end_hour"] or found["end_word"]):
        return None
    begins = clocks[0].hour * 60 + clocks[0].minute
    if found["end_word"]:
        ends = NOON * 60 if "midnight" not in found["end_word"].lower() else HOURS * 60
    else:
        ends = int(found["end_hour"]) * 60 + int(found["end_minute"] or 0)
        if found["end_half"]:
            ends = ends % (NOON * 60) + (NOON * 60 if found["end_half"].lower() == "p" else 0)
    is_half_open = len(clocks) > 1 or not (found["end_half"] or found["end_word"])  # `1 pm - 2:15`
    span = (ends - begins) % (NOON * 60 if is_half_open else HOURS * 60)
    return span or None
