"""The parser: turns a plain-text announcement into webinar fields for our team to review.

Ambiguities become questions, and nothing is lost: text that fits no field is in `rest`.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from lms.announcement_parser.credits import credits_in_sentence, series_in
from lms.announcement_parser.draft import Draft, PriceRead, Unread
from lms.announcement_parser.field_extractors import settle_hosts, take_all, take_biographies_below
from lms.announcement_parser.person_names import may_be_same, names_in_prose
from lms.announcement_parser.plain_lines import paragraphs, read_plain, sentences
from lms.announcement_parser.prices import amounts_in, is_left_out_of_passes
from lms.announcement_parser.start_date_and_time import SENTENCES, When, has_date, read_when
from lms.announcement_parser.times_of_day_and_time_zones import tell_times
from lms.core.errors import N_

LONGEST_TEXT: Final = 100_000
_LONGEST_LEAD: Final = 300  # characters of an overview's first sentence to serve as the summary
_HOUR: Final = 60
_NUMBERS: Final = r"one|two|three|thirty|forty-five|sixty|seventy-five|ninety|\d{1,3}(?:\.5)?"
_LASTS: Final = re.compile(
    rf"\b(?P<count>half an|an?|{_NUMBERS})[\s-]*(?P<unit>min(?:ute)?s?|h(?:ou)?rs?|h)\b"
    r"(?:,?\s+(?:and\s+)?(?:(?P<more>\d{1,2})[\s-]*min|(?P<half>a half\b)))?",
    re.IGNORECASE,
)
_LASTING_THING: Final = re.compile(
    rf"\b(?P<count>half|{_NUMBERS})[\s-]+(?P<unit>minute|hour)\s+"
    r"(?:[\w-]+\s+){0,3}?(?:webinar|session|training|workshop|programme?|course|class|talk|reading"
    r"|panel|discussion|conversation|presentation|lecture|event)\b"
    rf"|\blasts (?P<count2>an|{_NUMBERS})[\s-]+(?P<unit2>minute|hour)s?\b"
    r"|\b(?P<count3>an|one)\s+(?P<unit3>hour)\s+(?:on|about|with|of|without)\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"[\"\u201c][^\"\u201c\u201d]{1,160}[\"\u201d]")
_COUNTS: Final = {
    "a": 1.0,
    "an": 1.0,
    "one": 1.0,
    "two": 2.0,
    "three": 3.0,
    "thirty": 30.0,
    "forty-five": 45.0,
    "sixty": 60.0,
    "seventy-five": 75.0,
    "ninety": 90.0,
}
_COUNTS_OF_HALVES: Final = {"half an": 0.5, "half": 0.5}
NO_TITLE: Final = N_("We couldn't find a title.")
WHICH_TITLE: Final = N_("More than one line could be the title. Check the title and subtitle.")
NO_PRESENTER: Final = N_("We couldn't find a presenter. Choose one.")
WHICH_PRESENTER: Final = N_("No one is labeled as the presenter. Check who's presenting.")
NO_LENGTH: Final = N_("The announcement doesn't say how long it is. We filled in 60 minutes.")
WHICH_PASSES: Final = N_("The text may exclude this webinar from all-access passes. Check it.")


@dataclass(frozen=True, slots=True)
class Speaker:
    """A presenter as the text names and describes them; the biography is Markdown."""

    name: str
    biography: str


@dataclass(frozen=True, slots=True)
class Question:
    """An open question: a field of the webinar, and the sentence that asks for it."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Understood:
    """The parsed fields of a text; a field that it doesn't mention is empty.

    `when_words` are the words from which the beginning was read. The overview is Markdown.
    """

    title: str
    subtitle: str
    series: tuple[str, ...]
    summary: str
    overview: str
    agenda: tuple[str, ...]
    when: When
    when_words: str
    minutes: int | None
    speakers: tuple[Speaker, ...]
    hosted_by: str
    prices: tuple[PriceRead, ...]
    free: bool
    is_in_passes: bool
    questions: tuple[Question, ...]
    rest: tuple[Unread, ...]


def read_flyer(text: str, *, default_zone: str, today: date) -> Understood:
    """Parse an announcement of at most 100,000 characters.

    `default_zone` is used if the text gives one moment in several zones; the search for a missing year
    begins at `today`.
    """
    plain = read_plain(text)
    draft = take_all(plain)
    is_labeled = _people_of(draft)
    draft.drop_positions("\n".join(plain.lines))
    take_biographies_below(draft)
    said = [one for each in draft.overview for one in sentences(each)]
    words = _words_of_the_beginning(draft, said)
    when = read_when(words, default_zone=default_zone, today=today)
    if not any(price.amounts for price in draft.prices):
        for one in said:
            if any(amounts_in(one)):
                draft.add_price(one)
    left_out = [
        is_left_out_of_passes(one) for each in paragraphs(plain.lines) for one in sentences(each)
    ]
    minutes = _minutes(draft) or when.minutes
    asked = {
        NO_TITLE: not draft.titles and "title",
        WHICH_TITLE: not draft.is_title_clear and "title",
        NO_PRESENTER: not draft.people and "presenters",
        WHICH_PRESENTER: bool(draft.people) and not is_labeled and "presenters",
        NO_LENGTH: minutes is None and "minutes",
        WHICH_PASSES: None in left_out and True not in left_out and "is_in_passes",
    }
    questions = [Question("held_at", SENTENCES[ask]) for ask in when.asks]
    questions += [Question(field, sentence) for sentence, field in asked.items() if field]
    return Understood(
        title=_title(draft),
        subtitle=draft.subtitle,
        series=_series(draft, said),
        summary=" ".join(draft.summary) or _lead(said),
        overview="\n\n".join(draft.overview).replace("\n\n- ", "\n- "),
        agenda=tuple(draft.agenda),
        when=when,
        when_words=words,
        minutes=minutes,
        speakers=tuple(Speaker(name, "\n\n".join(about)) for name, about in draft.people.items()),
        hosted_by=", ".join(dict.fromkeys(one.name for one in draft.hosts)) or draft.presenting,
        prices=tuple(draft.prices),
        free=_is_free(draft.prices),
        is_in_passes=True not in left_out,
        questions=tuple(questions),
        rest=tuple(draft.rest),
    )


def _title(draft: Draft) -> str:
    """Return the title: labeled, else chosen at the head; other titles go to `rest`."""
    first, *others = draft.titles or [""]
    for other in (*others, draft.subject):
        if other.casefold() not in first.casefold():
            draft.set_aside(other)
    return first


def _series(draft: Draft, said: list[str]) -> tuple[str, ...]:
    named = [*draft.series, *(name for one in said for name in series_in(one)[0])]
    return tuple({name.casefold(): name for name in reversed(named)}.values())[::-1]


def _lead(said: list[str]) -> str:
    first = said[0] if said else ""
    return first if len(first) <= _LONGEST_LEAD and not first.startswith("- ") else ""


def _words_of_the_beginning(draft: Draft, said: list[str]) -> str:
    """Return the words about the beginning: lines with dates, else sentences with a date."""
    if any(has_date(line) for line in draft.when):
        for line in draft.dates_alone:
            draft.set_aside(line)
        return "\n".join(draft.when)
    if draft.dates_alone and draft.when:
        return "\n".join([*draft.dates_alone, *draft.when])
    dated = [one for one in said if has_date(one)]
    timed = [one for one in dated if tell_times(re.sub(r"\b\d{4}\b", "", one), american=True)]
    words = next(iter(timed or dated), "")
    for line in draft.dates_alone if words else ():
        draft.set_aside(line)
    return "\n".join([*draft.when, words] if words else [*draft.dates_alone, *draft.when])


def _people_of(draft: Draft) -> bool:
    """Settle presenters and hosts; return whether the text names presenters explicitly.

    A person who hosts a webinar without presenters presents it.
    """
    said = [one for each in draft.overview for one in sentences(each)]
    for one in said:
        draft.credit(each for each in credits_in_sentence(one) if _is_news(draft, each.name))
    if not draft.people:
        settle_hosts(draft)
    is_labeled = bool(draft.people)
    if not draft.people:
        names = [name for one in said for name in names_in_prose(_QUOTED.sub(" ", one))]
        for name in names:
            draft.name(max((one for one in names if may_be_same(one, name)), key=len))
    return is_labeled


def _is_news(draft: Draft, name: str) -> bool:
    known = [*draft.people, *(one.name for one in draft.hosts)]
    return not any(may_be_same(name, other) for other in known)


def _minutes(draft: Draft) -> int | None:
    labeled = [(said, _LASTS.search(said)) for said in draft.lasting]
    for said, found in labeled:
        if found is None or re.search(r"\w", said.replace(found[0], "", 1)):
            draft.set_aside(said)
    named = next((found for _said, found in labeled if found), None)
    if named:
        return _counted(named)
    aside = [one.text for one in draft.rest]
    for said in (
        *draft.when,
        *draft.titles,
        draft.subtitle,
        *draft.overview,
        *draft.summary,
        *aside,
    ):
        found = _LASTING_THING.search(said)
        if found:
            return _counted(found)
    lasting = (_LASTS.search(said) for said in draft.when)
    return next((_counted(found) for found in lasting if found), None)


def _counted(found: re.Match[str]) -> int:
    groups = {name.rstrip("23"): said.lower() for name, said in found.groupdict().items() if said}
    count = {**_COUNTS, **_COUNTS_OF_HALVES}.get(groups["count"])
    count = float(groups["count"]) if count is None else count
    count += 0.5 if groups.get("half") else 0
    minutes = round(count * (_HOUR if groups["unit"].startswith("h") else 1))
    return minutes + int(groups.get("more", 0))


def _is_free(prices: list[PriceRead]) -> bool:
    """Return whether it is free for everyone, not only for pass holders."""
    if any(price.amounts for price in prices):
        return False
    said = [price.words.casefold() for price in prices]
    return any(
        re.search(r"\bfree\b|\bno (?:charge|cost|fee)\b", one) and "pass" not in one for one in said
    )
