"""The parser: turns a plain-text announcement into webinar fields for staff to review.

Nothing is decided that the text leaves open, and nothing is lost: what no field takes is `rest`.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from lms.announcement_parser.field_extractors import Draft, PriceRead, Unread, take_all
from lms.announcement_parser.sections import passages
from lms.announcement_parser.start_date_and_time import When, has_date, read_when

LONGEST_TEXT: Final = 100_000
_HOUR: Final = 60
_LASTS: Final = re.compile(
    r"\b(?P<count>half an|an?|one|two|three|\d{1,3}(?:\.5)?)[\s-]*"
    r"(?P<unit>min(?:ute)?s?|h(?:ou)?rs?|h)\b",
    re.IGNORECASE,
)
_LASTING_THING: Final = re.compile(
    r"\b(?P<count>one|two|three|half|\d{1,3}(?:\.5)?)[\s-]+(?P<unit>minute|hour)\s+"
    r"(?:[\w-]+\s+){0,3}?(?:webinar|session|training|workshop|programme?|course|class|talk)\b",
    re.IGNORECASE,
)
_COUNTS: Final = {"a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0}
_COUNTS_OF_HALVES: Final = {"half an": 0.5, "half": 0.5}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who presents, as the text names and describes them; the biography is Markdown."""

    name: str
    biography: str


@dataclass(frozen=True, slots=True)
class Understood:
    """What a text says of a webinar; a field that it says nothing of is empty.

    `when_words` are the words the beginning was read from. The overview is Markdown.
    """

    title: str
    series: tuple[str, ...]
    summary: str
    overview: str
    agenda: tuple[str, ...]
    when: When
    when_words: str
    minutes: int | None
    speakers: tuple[Speaker, ...]
    prices: tuple[PriceRead, ...]
    free: bool
    rest: tuple[Unread, ...]


def read_flyer(text: str, *, default_zone: str, today: date) -> Understood:
    """Read an announcement of at most 100,000 characters.

    `default_zone` is taken where the text names several zones for one moment; `today` is where the
    search for a year begins that the text leaves out.
    """
    draft = take_all(passages(text))
    title = _title(draft)
    words = "\n".join(draft.when) or next((one for one in draft.overview if has_date(one)), "")
    when = read_when(words, default_zone=default_zone, today=today)
    return Understood(
        title=title,
        series=tuple(dict.fromkeys(draft.series)),
        summary=" ".join(draft.summary),
        overview="\n\n".join(draft.overview).replace("\n\n- ", "\n- "),
        agenda=tuple(draft.agenda),
        when=when,
        when_words=words,
        minutes=_minutes(draft) or when.minutes,
        speakers=tuple(Speaker(name, "\n\n".join(said)) for name, said in draft.people.items()),
        prices=tuple(draft.prices),
        free=_is_free(draft.prices),
        rest=tuple(draft.rest),
    )


def _title(draft: Draft) -> str:
    """Return the title: labeled, else at the head, else a mail's subject; others are kept."""
    first, *others = [*draft.titles, *draft.subjects] or [""]
    for other in others:
        if other.casefold() not in first.casefold():
            draft.set_aside(other)
    return first


def _minutes(draft: Draft) -> int | None:
    labeled = [(said, _LASTS.search(said)) for said in draft.lasting]
    for said, found in labeled:
        if found is None or re.search(r"\w", said.replace(found[0], "", 1)):
            draft.set_aside(said)
    named = next((found for _said, found in labeled if found), None)
    if named:
        return _counted(named)
    for said in (*draft.when, *draft.titles, *draft.overview, *draft.summary):
        found = _LASTING_THING.search(said)
        if found:
            return _counted(found)
    lasting = (_LASTS.search(said) for said in draft.when)
    return next((_counted(found) for found in lasting if found), None)


def _counted(found: re.Match[str]) -> int:
    said = found["count"].lower()
    count = {**_COUNTS, **_COUNTS_OF_HALVES}.get(said)
    count = float(said) if count is None else count
    return round(count * (_HOUR if found["unit"].lower().startswith("h") else 1))


def _is_free(prices: list[PriceRead]) -> bool:
    """Tell whether everybody gets it free, and not only who holds a pass."""
    if any(price.amounts for price in prices):
        return False
    said = [price.words.casefold() for price in prices]
    return any(
        re.search(r"\bfree\b|\bno (?:charge|cost|fee)\b", one) and "pass" not in one for one in said
    )
