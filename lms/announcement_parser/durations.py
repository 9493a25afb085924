"""Durations: the length of a webinar, labeled, as a phrase, or until its end."""

import re
from typing import Final

from lms.announcement_parser.draft import Draft

_HOUR: Final = 60
_NUMBERS: Final = r"one|two|three|thirty|forty-five|sixty|seventy-five|ninety|\d{1,3}(?:\.5)?"
# `and fifteen minutes`, `and a half`; _ stands for the number of its group
_AND_MORE: Final = r"(?:,?\s+(?:and\s+)?(?:(?P<more_>\d{1,2}|fifteen|thirty|forty-five)[\s-]*min|(?P<half_>a half\b)|(?P<quarter_>a quarter\b)))?"
_LASTS: Final = re.compile(
    rf"\b(?P<count>half an|an?|{_NUMBERS})[\s-]*(?P<unit>min(?:ute)?s?|h(?:ou)?rs?|h)\b"
    rf"{_AND_MORE.replace('_', '')}",
    re.IGNORECASE,
)
_LASTING_THING: Final = re.compile(
    rf"\b(?P<count>half|{_NUMBERS})[\s-]+(?P<unit>minute|hour)\s+"
    r"(?:[\w-]+\s+){0,3}?(?:webinar|session|training|workshop|programme?|course|class|talk|reading"
    r"|panel|discussion|conversation|presentation|lecture|event)\b"
    rf"|\b(?:lasts?|takes?|runs?|over)(?: for)? (?P<count2>an|{_NUMBERS})[\s-]+(?P<unit2>minute|hour)s?\b"
    rf"{_AND_MORE.replace('_', '2')}"
    rf"|\b(?P<count4>an?|half an|{_NUMBERS})[\s-]+(?P<unit4>minute|hour)s?[\s-]long\b"
    r"|\b(?P<count3>an|one)\s+(?P<unit3>hour)\s+(?:on|about|with|of|without)\b",
    re.IGNORECASE,
)
_COUNTS: Final = {
    "a": 1.0,
    "an": 1.0,
    "one": 1.0,
    "fifteen": 15.0,
    "two": 2.0,
    "three": 3.0,
    "thirty": 30.0,
    "forty-five": 45.0,
    "sixty": 60.0,
    "seventy-five": 75.0,
    "ninety": 90.0,
}
_COUNTS_OF_HALVES: Final = {"half an": 0.5, "half": 0.5}


def read_minutes(draft: Draft, end: int | None) -> tuple[int | None, bool]:
    """Return the length, and whether what the text says about it and `end` differ.

    `end` is the length by the end time.
    """
    labeled = [(said, _LASTS.search(said)) for said in draft.lasting]
    for said, found in labeled:
        if found is None or re.search(r"\w", said.replace(found[0], "", 1)):
            draft.set_aside(said)
    named = next((_counted(found) for _said, found in labeled if found), None)
    if named or end:
        return named or end, bool(named and end and named != end)
    aside = [one.text for one in draft.rest]
    texts = (
        *draft.labeled_when,
        *draft.when,
        *draft.titles,
        draft.subtitle,
        *draft.described,
        *draft.overview,
    )
    priced = [price.words for price in draft.prices]
    things = (_LASTING_THING.search(said) for said in (*texts, *draft.summary, *priced, *aside))
    parts = (part for said in priced for part in re.split(r"\s[|\u2022\u00b7]\s", said))
    lasting = [_LASTS.search(said) for said in (*draft.labeled_when, *draft.when)]
    lasting += [_LASTS.fullmatch(part.strip()) for part in parts]
    found = next((one for one in (*things, *lasting) if one), None)
    return (_counted(found) if found else None), False


def lengths_in(text: str) -> list[int]:
    """Return the lengths of events in a text: `a 90-minute webinar`, `runs for two hours`."""
    return [_counted(found) for found in _LASTING_THING.finditer(text)]


def any_lengths_in(text: str) -> list[int]:
    """Return all lengths in a text, of anything: `ninety minutes`."""
    return [_counted(found) for found in _LASTS.finditer(text)]


def _counted(found: re.Match[str]) -> int:
    groups = {name.rstrip("234"): said.lower() for name, said in found.groupdict().items() if said}
    count = {**_COUNTS, **_COUNTS_OF_HALVES}.get(groups["count"])
    count = float(groups["count"]) if count is None else count
    count += 0.5 if groups.get("half") else 0.25 if groups.get("quarter") else 0
    minutes = round(count * (_HOUR if groups["unit"].startswith("h") else 1))
    more = groups.get("more", "0")
    return minutes + int(_COUNTS.get(more) or more)
