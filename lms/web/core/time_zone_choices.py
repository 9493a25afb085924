"""Time zone choices for forms: by city, common ones first, each with its current time."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lms.core.dates_and_time_zones import is_zone, places, say_time

USUAL: Final = (
    ("America/New_York", _l("Eastern (New York)")),
    ("America/Chicago", _l("Central (Chicago)")),
    ("America/Denver", _l("Mountain (Denver)")),
    ("America/Phoenix", _l("Mountain, no daylight saving (Phoenix)")),
    ("America/Los_Angeles", _l("Pacific (Los Angeles)")),
    ("America/Anchorage", _l("Alaska (Anchorage)")),
    ("Pacific/Honolulu", _l("Hawaii (Honolulu)")),
    ("America/Halifax", _l("Atlantic (Halifax)")),
    ("America/St_Johns", _l("Newfoundland (St. John's)")),
)
AREAS: Final = {
    "Africa": _l("Africa"),
    "America": _l("The Americas"),
    "Antarctica": _l("Antarctica"),
    "Arctic": _l("The Arctic"),
    "Asia": _l("Asia"),
    "Atlantic": _l("The Atlantic"),
    "Australia": _l("Australia"),
    "Europe": _l("Europe"),
    "Indian": _l("The Indian Ocean"),
    "Pacific": _l("The Pacific"),
}
_USUAL: Final = dict(USUAL)

Choices = dict[str, list[tuple[str, str]]]


def zone_choices(now: datetime, *, present: str | None = None) -> Choices:
    """Return the option groups of a select, each option with its current time.

    `present` is also offered, even if it is an outdated name of a zone; an invalid name is left out.
    """
    usual = [(name, _timed(str(label), name, now)) for name, label in USUAL]
    listed = set(_USUAL)
    groups: Choices = {_("Common"): usual}
    for area, cities in _areas().items():
        options = [
            (name, _timed(city, name, now)) for name, city in cities.items() if name not in _USUAL
        ]
        groups[str(AREAS[area])] = options
        listed |= set(cities)
    if present is not None and present not in listed and is_zone(present):
        usual.insert(0, (present, _timed(present.replace("_", " "), present, now)))
    return groups


def zone_name(zone: str) -> str:
    """Return the name that people use for a zone."""
    area, _slash, place = zone.partition("/")
    return str(_USUAL.get(zone) or (_city(place) if area in AREAS else zone.replace("_", " ")))


@cache
def _areas() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {area: {} for area in AREAS}
    for name in sorted(places()):
        area, _slash, place = name.partition("/")
        found[area][name] = _city(place)
    return {
        area: dict(sorted(cities.items(), key=lambda option: option[1].casefold()))
        for area, cities in found.items()
    }


def _city(place: str) -> str:
    *regions, city = (part.replace("_", " ") for part in place.split("/"))
    return f"{city}, {regions[-1]}" if regions else city


def _timed(label: str, name: str, now: datetime) -> str:
    return f"{label}, {say_time(now, ZoneInfo(name))}"
