"""Start evidence: whether nothing in a text speaks against the start that was read, and what else it may be."""

import re
from dataclasses import replace
from datetime import date, datetime, time
from typing import Final

from lms.announcement_parser.draft import Draft
from lms.announcement_parser.start_date_and_time import (
    Ask,
    Beginning,
    Day,
    When,
    days_in,
    has_date,
)
from lms.announcement_parser.times_of_day_and_time_zones import tell_times, zone_at

_MOST_CHOICES: Final = 6
_HOUR: Final = 60
_FARTHEST: Final = 500  # days between two dates of which one may be meant
_NEAR: Final = 40  # characters before a date
_NEXT: Final = 14  # and of it
_SHORT: Final = 90  # characters of a line that may state a fact
# Words by which a date is not when a webinar starts.
_OTHERWISE: Final = re.compile(
    r"\b(?:by|until|till|through|thru|before|since)\b(?=(?: \w+\.?,?){0,2} \w*\d)|\b(?:deadline|closes|closing|expires?|rsvp|posted|published"
    r"|updated|released?|releases|embargo\w*|due|copyright|recordings?|available|early|on[- ]demand|refunds?|cancel(?:lation)?s?|opens?|sent)\b|^\W*end(?:s|ing)?\b|\u00a9",
    re.IGNORECASE,
)
# Words by which a webinar is not, or no longer, at one of the dates in the text.
_CHANGED: Final = re.compile(
    r"\b(?:moved|reschedul\w+|postpone\w*|canceled|cancelled|(?:new|original|old|previous|revised|corrected) (?:date|time|day)|originally"
    r"|formerly|instead of|time change|changed|correct(?:ed|ion)|was (?:to|planned|scheduled)|encore|repeat\w*|first (?:shown|held|given))\b",
    re.IGNORECASE,
)
# A field for the date that isn't filled in: the date of another line is of something else.
_BLANK: Final = re.compile(r"^\W*(?:date|day|when)\b\W*_{2,}", re.IGNORECASE)
_TIMES: Final = re.compile(
    r"\b(?:all times:?(?: (?:are|listed|shown|given|in))*|times(?: (?:are|listed|shown|given|in))+)",
    re.IGNORECASE,
)
_ZONES_OF_A_COUNTRY: Final = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)


def with_doubts(
    when: When, draft: Draft, said: list[str], *, default_zone: str, today: date
) -> When:
    """Return the start, with what else it may be if other days or times in the text speak against it.

    `said` are the sentences and short lines of the text. A start without a zone gets the usual ones as
    choices. Another day with a time shows that the draft `is_of_several`.
    """
    is_changed = any(
        _CHANGED.search(one) for one in said if not any(name in one for name in draft.people)
    )
    begins = when.beginning or next(iter(when.choices), None)
    if begins is None:
        return when
    is_labeled = any(map(has_date, draft.labeled_when))
    timed, alone = _other_days(begins, said, today, is_changed=is_changed)
    offered = {one.shown.date() for one in when.choices} if Ask.SEVERAL not in when.asks else set()
    another = timed.keys() if is_labeled else {*timed, *alone}
    is_another = bool(another - offered) and not is_changed
    draft.is_of_several = draft.is_of_several or is_another
    if when.beginning is None:
        return when
    days = timed if is_labeled and not is_changed else {**alone, **timed}
    is_open = draft.is_of_several or bool(days)
    is_open = is_open or _has_other_time(begins, when.minutes, said, is_labeled=is_labeled)
    is_open = is_open or any(_names_other_zone(one, begins) or _BLANK.match(one) for one in said)
    is_past = begins.shown.date() < today
    others = (Beginning(datetime.combine(*one), begins.zone) for one in days.items())
    choices = (begins, *others) if is_open or is_past else when.choices
    if not begins.zone:
        zones = dict.fromkeys((default_zone, *_ZONES_OF_A_COUNTRY))
        choices = tuple(replace(one, zone=zone) for one in choices or (begins,) for zone in zones)
    doubts = [ask for ask, is_so in ((Ask.SEVERAL, is_open), (Ask.PAST, is_past)) if is_so]
    return replace(when, choices=choices[:_MOST_CHOICES], asks=(*when.asks, *doubts))


def _other_days(
    begins: Beginning, said: list[str], today: date, *, is_changed: bool
) -> tuple[dict[date, time], dict[date, time]]:
    """Return the other days on which it may be, those with a time of day and those without one."""
    begun = begins.shown.date()
    timed, alone = dict[date, time](), dict[date, time]()
    for one in said:
        days = [
            day for day in days_in(one, today) if begun not in day.dates and _is_near(day, begun)
        ]
        days = [day for day in days if is_changed or not _is_otherwise(one, day.start)]
        told = tell_times(_without(one, days), american=True)
        clocks = [clock for each in told for clock in each.clocks]
        for day in days:
            nearest = min(day.dates, key=lambda each: abs(each - begun))
            if nearest >= today or is_changed:
                (timed if clocks else alone)[nearest] = (clocks or [begins.shown.time()])[0]
    return timed, alone


def _is_otherwise(text: str, place: int) -> bool:
    """Return whether words right before a date or time say that it isn't the start."""
    return bool(_OTHERWISE.search(text[max(0, place - _NEAR) : place + _NEXT]))


def _is_near(day: Day, begun: date) -> bool:
    return any(abs((one - begun).days) <= _FARTHEST for one in day.dates)


def _without(text: str, days: list[Day]) -> str:
    for day in reversed(days):
        text = text[: day.start] + text[day.end :]
    return text


def _names_other_zone(sentence: str, begins: Beginning) -> bool:
    """Return whether a sentence says that all times are in another zone: `All times are Central`."""
    found = _TIMES.search(sentence)
    zones = zone_at(sentence[found.end() :], american=True) if found and begins.zone else ()
    return bool(zones) and all(one.zone != begins.zone for one in zones)


def _has_other_time(
    begins: Beginning, minutes: int | None, said: list[str], *, is_labeled: bool
) -> bool:
    """Return whether there is a time of day at which it neither starts nor ends, in no other zone.

    Beside a label, only one with a zone counts; without it, any in a short line.
    """
    start = begins.shown.hour * _HOUR + begins.shown.minute
    for one in said:
        is_fact = is_labeled or len(one) <= _SHORT
        for told in tell_times(one, american=True) if is_fact else ():
            if _is_otherwise(one, told.start):
                continue
            apart = [abs(clock.hour * _HOUR + clock.minute - start) for clock in told.clocks]
            zones = {zone.zone for zone in told.zones}
            is_elsewhere = bool(zones - {begins.zone}) and any(part % _HOUR == 0 for part in apart)
            is_said = bool(apart) and (not is_labeled or bool(zones))
            if is_said and not is_elsewhere and 0 not in apart and minutes not in apart:
                return True
    return False
