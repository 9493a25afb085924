"""The parser: turns a plain-text announcement into webinar fields for our team to review.

Ambiguities become questions, and nothing is lost: text that fits no field is in `rest`.
"""

import re
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import Final

from lms.announcement_parser.credits import (
    Credit,
    credits_in_sentence,
    listed_people,
    series_in,
    teaches,
)
from lms.announcement_parser.draft import Draft, PriceRead, Reading, Unread
from lms.announcement_parser.durations import read_minutes
from lms.announcement_parser.evidence import (
    Question,
    name_only_person,
    only_length,
    questions_of,
    said_in,
)
from lms.announcement_parser.fact_lines import PRICED
from lms.announcement_parser.field_extractors import take_all
from lms.announcement_parser.head_lines import take_paragraph
from lms.announcement_parser.labels import is_elsewhere, label_of
from lms.announcement_parser.overview import parted_dateline, without_notes
from lms.announcement_parser.people_passages import (
    settle_hosts,
    take_biographies_below,
    take_signed,
)
from lms.announcement_parser.person_names import (
    core_of,
    may_be_same,
    name_in,
    names_in_prose,
    people_in,
)
from lms.announcement_parser.plain_lines import (
    flat,
    is_point,
    is_repeated,
    paragraphs,
    read_plain,
    sentences,
)
from lms.announcement_parser.price_evidence import may_be_free
from lms.announcement_parser.prices import (
    is_asked_for,
    is_left_out_of_passes,
    is_said_free,
    prices_in,
)
from lms.announcement_parser.start_date_and_time import (
    When,
    has_date,
    read_when,
)
from lms.announcement_parser.start_evidence import with_doubts
from lms.announcement_parser.times_of_day_and_time_zones import tell_times
from lms.announcement_parser.title_evidence import (
    drop_doubtful_subtitle,
    is_below_other_text,
    replace_doubtful_title,
)

LONGEST_TEXT: Final = 100_000
_LONGEST_LEAD: Final = 300  # characters of an overview's first sentence to serve as the summary
_LONGEST_HEADING: Final = 80
_ENDS: Final = '.!?"\u201d)'
_MOST_ASIDE: Final = 200  # parts of other text in which prices are looked for
_MOST_NAMES: Final = 40  # in the text, of people who may present
_SHORTEST_OVERVIEW: Final = 100  # characters of a text under an unknown heading
_FEWEST_ASIDE: Final = 3  # points of a list under an unknown heading
_FEWEST_POINTS: Final = 2  # of a list at the end of the overview
_HOUR: Final = 60
_LONGEST: Final = 12 * _HOUR  # minutes until a labeled end
_NOT_TAUGHT: Final = re.compile(
    r"\b(?:who|whom|bring|needs?|requires?|requirements|policy|policies|technical|register|registration"
    r"|includes?|included|issue|coming|other|more|also)\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"[\"\u201c][^\"\u201c\u201d]{1,160}[\"\u201d]")


@dataclass(frozen=True, slots=True)
class Speaker:
    """A presenter as the text names and describes them; the biography is Markdown."""

    name: str
    biography: str


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
    draft.is_presenter_labeled = _people_of(draft)
    take_signed(draft, plain.signed, plain.around)
    draft.drop_positions("\n".join(plain.lines))
    said = [one for each in draft.prose for one in sentences(parted_dateline(each)[1])]
    priced = [one for price in draft.prices for one in sentences(price.words)]
    words = _words_of_the_beginning(draft, [*said, *(one for one in priced if _is_whole([one]))])
    when = read_when(words, default_zone=default_zone, today=today)
    _take_prices(draft, said)
    whole = [one for each in paragraphs(plain.lines) for one in sentences(each)]
    left_out = [
        is_left_out_of_passes(one)
        for one in (*whole, *(line for line in plain.lines if ":" in line))
    ]
    end = _until_end(draft, when, default_zone, today) or when.minutes
    minutes, draft.is_length_differing = read_minutes(draft, end)
    draft.is_length_differing = draft.is_length_differing or (bool(draft.ends) and end is None)
    draft.is_of_several |= len(draft.titles) > 1 or is_below_other_text(draft)
    overview = _list_in_overview(draft, _overview(draft))
    draft.series = _series(draft, [*said, *(price.words for price in draft.prices)])
    told = said_in(draft, plain.lines)
    when = with_doubts(when, draft, told, default_zone=default_zone, today=today)
    draft.is_length_guessed = minutes is None
    minutes = minutes or only_length(told)
    drop_doubtful_subtitle(draft)
    replace_doubtful_title(draft, plain.lines, told)
    reading = Reading(draft, overview, when, minutes, plain.lines, told, text)
    name_only_person(reading)
    questions = questions_of(reading)
    return Understood(
        title=_title(draft),
        subtitle=draft.subtitle,
        series=tuple(draft.series),
        summary=" ".join(draft.summary) or _lead(sentences(overview[0]) if overview else []),
        overview="\n\n".join(overview).replace("\n\n- ", "\n- "),
        agenda=tuple(draft.agenda),
        when=when,
        when_words="\n".join([words, *draft.ends]),
        minutes=minutes,
        speakers=tuple(Speaker(name, "\n\n".join(about)) for name, about in draft.people.items()),
        hosted_by=_hosted_by(draft),
        prices=tuple(draft.prices),
        free=draft.is_free or may_be_free(reading),
        is_in_passes=True not in left_out,
        questions=tuple(questions),
        rest=tuple(draft.rest),
    )


def _take_prices(draft: Draft, said: list[str]) -> None:
    """Take the prices in sentences, if no line has one, and in the other text but that of other webinars."""
    if not any(price.amounts for price in draft.prices):
        for one in said:
            if any(prices_in(one)) or is_said_free(one):
                draft.add_price(one)
    if not draft.prices:
        short = (one.text for one in draft.rest if len(one.text) <= _LONGEST_LEAD)
        for one in filter(is_said_free, [draft.subject, *short]):
            draft.add_price(one)
    _drop_repeated(draft)
    known = {amount for price in draft.prices for amount in price.amounts}
    for one in filter(is_asked_for, _said_aside(draft)):
        if not known.issuperset(prices_in(one)):
            draft.add_price(one)


def _drop_repeated(draft: Draft) -> None:
    """Drop the amounts alone, as in a line of facts, that words about a price have, too."""
    alone = [price for price in draft.prices if PRICED.match(price.words)]
    known = {one for price in draft.prices if price not in alone for one in price.amounts}
    again = [price for price in alone if price.amounts and known.issuperset(price.amounts)]
    draft.set_lines_aside(price.words for price in again)
    draft.prices = [price for price in draft.prices if price not in again]


def _said_aside(draft: Draft) -> list[str]:
    """Return the sentences of the other text, without those about other webinars."""
    parts = [one for one in draft.rest[draft.outside :] if not is_elsewhere(one.heading)]
    texts = (paragraphs(one.text.splitlines()) for one in parts[:_MOST_ASIDE])
    return [one for said in texts for each in said for one in sentences(each)]


def _title(draft: Draft) -> str:
    """Return the title: labeled, else chosen at the head; other titles go to `rest`."""
    first, *others = draft.titles or [""]
    for other in (*others, draft.subject):
        if f" {flat(other)} " not in f" {flat(first)} ":
            draft.set_aside(other)
    return first


def _hosted_by(draft: Draft) -> str:
    """Return the hosts, else the organization that presents, which otherwise goes to `rest`."""
    hosts = dict.fromkeys(one.name for one in draft.hosts)
    draft.set_aside(draft.presenting if hosts and draft.presenting not in hosts else "")
    return ", ".join(hosts) or draft.presenting


def _overview(draft: Draft) -> list[str]:
    """Return the labeled overview, or the unlabeled text without notes; the other text goes to `rest`."""
    take_biographies_below(draft, draft.described)
    kept, notes = draft.described, draft.overview
    if not kept:
        title, notes = (draft.titles or [""])[0], []
        while len(draft.overview) > 1 and draft.overview != kept:
            kept, more = without_notes(draft.overview, title)
            draft.overview, notes = list(kept), [*notes, *more]
            take_biographies_below(draft, draft.overview)
        kept = draft.overview
    for said in notes:
        if not take_paragraph(draft, said):
            draft.set_aside(said)
    for said in draft.covers:
        draft.set_aside(said)
    kept = kept or _text_aside(draft)
    dateline, first = parted_dateline(kept[0]) if kept else ("", "")
    draft.set_aside(dateline)
    return [first, *kept[1:]] if dateline else kept


def _text_aside(draft: Draft) -> list[str]:
    """Return the longest text under an unknown heading, if nothing else can be the overview."""
    texts = [one for one in draft.rest if one.heading and len(one.text) > _SHORTEST_OVERVIEW]
    found = max(texts, key=lambda one: len(one.text), default=None)
    if found is None:
        return []
    draft.rest.remove(found)
    draft.set_aside("", found.heading)
    draft.is_overview_headed = False
    return paragraphs(found.text.splitlines())


def _take_list_aside(draft: Draft) -> None:
    """Take the first list under an unknown heading as the agenda, unless it is for whom or about needs."""
    for one in draft.rest:
        said = paragraphs(one.text.splitlines()) if one.heading else []
        listed = [each.removeprefix("- ") for each in takewhile(is_point, said)]
        is_other = label_of(one.heading) or _NOT_TAUGHT.search(one.heading)
        if len(listed) >= _FEWEST_ASIDE and not is_other:
            left = "\n".join(said[len(listed) :])
            draft.rest[draft.rest.index(one)] = Unread(one.heading, left)
            draft.agenda, draft.is_agenda_clear = listed, False
            break


def _list_in_overview(draft: Draft, overview: list[str]) -> list[str]:
    """Move a list at the end of the overview to the agenda, if there is none."""
    start = len(overview)
    while start > 1 and overview[start - 1].startswith("- "):
        start -= 1
    if draft.agenda:
        return overview
    if len(overview) - start < _FEWEST_POINTS:
        _take_list_aside(draft)
        return overview
    draft.agenda = [one.removeprefix("- ") for one in overview[start:]]
    draft.is_agenda_clear = False
    lead = overview[start - 1] if start > 1 else "."
    is_lead = lead[-1] == ":" or (len(lead) <= _LONGEST_HEADING and lead[-1] not in _ENDS)
    draft.set_aside(overview[start - 1] if is_lead else "")
    return overview[: start - is_lead]


def _until_end(draft: Draft, when: When, default_zone: str, today: date) -> int | None:
    """Return the minutes until a labeled end, which may leave out the day."""
    begins = when.beginning
    if begins is None or not draft.ends:
        return None
    words = " ".join(draft.ends)
    words = words if has_date(words) else f"{begins.shown:%Y-%m-%d} {words}"
    end = read_when(words, default_zone=default_zone, today=today)
    for one in (end.beginning, *end.choices):
        minutes = (one.shown - begins.shown).total_seconds() / 60 if one else 0
        if 0 < minutes <= _LONGEST:
            return round(minutes)
    return None


def _series(draft: Draft, said: list[str]) -> list[str]:
    named = [*draft.series, *(name for one in said for name in series_in(one)[0])]
    named = [name.title() if name.isupper() else name for name in named]
    return list({name.casefold(): name for name in reversed(named)}.values())[::-1]


def _lead(said: list[str]) -> str:
    first = said[0] if said else ""
    return first if len(first) <= _LONGEST_LEAD and not first.startswith("- ") else ""


def _words_of_the_beginning(draft: Draft, said: list[str]) -> str:
    """Return the words about the beginning: labeled, else lines with dates, else sentences with a date."""
    if _is_whole(draft.labeled_when):
        draft.set_lines_aside([*draft.when, *draft.dates_alone])
        return "\n".join(draft.labeled_when)
    lines = [*draft.labeled_when, *draft.when]
    if any(map(has_date, lines)):
        draft.set_lines_aside(draft.dates_alone)
        return "\n".join(lines)
    if draft.dates_alone and lines:
        return "\n".join([*draft.dates_alone, *lines])
    dated = [one for one in said if has_date(one)]
    timed = [one for one in dated if _is_whole([one])]
    if timed and not draft.labeled_when:  # a line with only a time may be about the news
        draft.set_lines_aside([*draft.dates_alone, *draft.when])
        return timed[0]
    if dated:
        draft.set_lines_aside(draft.dates_alone)
        return "\n".join([*lines, (timed or dated)[0]])
    return "\n".join([*draft.dates_alone, *lines])


def _is_whole(lines: list[str]) -> bool:
    """Return whether lines have a date and a time of day."""
    timed = (re.sub(r"\b\d{4}\b", "", line) for line in lines)
    return any(map(has_date, lines)) and any(tell_times(one, american=True) for one in timed)


def _people_of(draft: Draft) -> bool:
    """Settle presenters and hosts; return whether the text names presenters explicitly.

    A person who hosts a webinar without presenters presents it.
    """
    said = [one for each in draft.prose for one in sentences(parted_dateline(each)[1])]
    for one in said:
        found = [*credits_in_sentence(one), *listed_people(one)]
        draft.credit(each for each in found if _is_news(draft, each.name))
    if not draft.people:
        settle_hosts(draft)
    is_labeled = bool(draft.people)
    if draft.people:
        draft.set_lines_aside(draft.likely)
    else:
        likely, left = people_in("; ".join(draft.likely))
        draft.credit(Credit(*one, is_host=False, is_person=True) for one in likely)
        draft.set_aside(left)
        prose = [_QUOTED.sub(" ", one).replace("*", "") for one in said] if not draft.people else []
        title = re.escape((draft.titles or ["\0"])[0])
        prose = [re.sub(title, " ", one, flags=re.IGNORECASE) for one in prose]
        names = [name for one in prose for name in names_in_prose(one)]
        begun = [name_in(one) for one in prose]
        text = " ".join(prose)
        known = [*dict.fromkeys(filter(None, [*names, *begun]))][:_MOST_NAMES]
        often = [name for name in known if is_repeated(name, text)]
        rests = [one[len(name) :].lstrip() for name, one in zip(begun, prose, strict=True)]
        doing = [name for name, rest in zip(begun, rests, strict=True) if rest[:1].islower()]
        names = list(dict.fromkeys(often or names or filter(None, doing)))[:_MOST_NAMES]
        for name in names:
            draft.name(max((one for one in names if may_be_same(one, name)), key=len))
        is_alone = len(draft.people) == 1 and len({core_of(one)[-1:] for one in known}) == 1
        is_labeled = is_alone and teaches(next(iter(draft.people)), prose)
    return is_labeled


def _is_news(draft: Draft, name: str) -> bool:
    known = [*draft.people, *(one.name for one in draft.hosts)]
    return not any(may_be_same(name, other) for other in known)
