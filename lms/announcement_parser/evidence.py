"""Evidence: a field is sure if something named here shows that it was read rightly; all others are asked."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from lms.announcement_parser.draft import Draft
from lms.announcement_parser.durations import lengths_in
from lms.announcement_parser.fact_lines import is_greeting
from lms.announcement_parser.head_lines import QUOTE_ENDS, is_prose
from lms.announcement_parser.labels import is_elsewhere, label_of
from lms.announcement_parser.overview import has_notes, is_note
from lms.announcement_parser.person_names import may_be_same, name_in, people_in
from lms.announcement_parser.plain_lines import (
    blocks,
    bullet_kind,
    flat,
    is_point,
    is_repeated,
    paragraphs,
    sentences,
)
from lms.announcement_parser.prices import Amount, is_about_passes, is_said_free, is_sold, prices_in
from lms.announcement_parser.title_choice import is_title_sure
from lms.core.errors import N_

_LONGEST: Final = 240  # minutes that a webinar is likely to last
_MOST_PEOPLE: Final = 20
_MOST_POINTS: Final = 12
_LONGEST_POINT: Final = 250
_FEWEST_WORDS: Final = 10  # of a text that may describe the webinar
_SERIES: Final = re.compile(
    r"(?<!^Whole )(?<!\bA )\b(?:Series|SERIES)\b(?! (?:price|rate|pass)\b)|\b[A-Z][\w'\u2019-]*[\"\u201d]?,? series\b|\bpart of .{1,60} series\b"
    r"|\b(?:[Ss]eason|[Ee]pisode|[Pp]art|[Ss]ession|[Cc]lass) \d{1,2}\b"
)
_HOSTED: Final = re.compile(
    r"\b(?:co-?)?(?:hosted|sponsored|moderated|organized) by\b|\bbrought to you by\b|\bpresented by\b|\bmoderator:"
    r"|\bin (?:partnership|cooperation|collaboration) with\b",
    re.IGNORECASE,
)
_CREDITED: Final = re.compile(
    r"\b(?:(?:co-?)?presented|led|taught|facilitated|delivered|joined|moderated) by\s|\b(?:presenter|speaker|instructor"
    r"|trainer|facilitator|panelist)s?:\s",
    re.IGNORECASE,
)
_PRICED: Final = re.compile(r"\b(?:price|cost|fee|tuition)", re.IGNORECASE)
_PRONOUN: Final = re.compile(r"(?:She|He|They|Mr\.|Ms\.|Dr\.) ")
# Points within a line: `: one; two; three`, `1. one 2. two`.
_NUMBERED: Final = r"(?:^|\s)\(?1[.)]\s.{3,160}\s\(?2[.)]\s"
_INLINE: Final = re.compile(
    rf":[^.:;]{{3,160}};[^.:;]{{3,160}}[;.]|\S / [^/]{{3,80}} / \S|{_NUMBERED}"
)
# What may be a label that isn't known: `ATTENDEES WILL: `, `Blurb (150 words): `.
_LABELED: Final = re.compile(
    r"(?:[A-Z][A-Z'\u2019/ ]{2,40}|[A-Z][\w'\u2019/]{1,20}(?: [\w'\u2019/]{1,20}){0,2}(?: \([^()]{1,30}\))?): "
)
# A word divided at the end of a line, or the mark of a point.
_BROKEN: Final = re.compile(r"[a-z]- [a-z]|^\(?\w{1,4}[.)] ")
# Any mark before a point of a list, also one that isn't read as a bullet.
_MARKED: Final = re.compile(
    r"^\s*(?:[^\w\s\"'\u201c\u2018(\[$\u20ac\u00a3@{>#=]|#(?=\s[a-z])|[=-]>|\(?(?:\d{1,2}|[A-Za-z]|[ivxIVX]{1,5})[.)])"
    r"\s+(?=\w)(?!\w[\w ]{1,20}:\s)"
)

NO_TITLE: Final = N_("We couldn't find a title.")
WHICH_TITLE: Final = N_("More than one line could be the title. Check the title and subtitle.")
NO_PRESENTER: Final = N_("We couldn't find a presenter. Choose one.")
WHICH_PRESENTER: Final = N_("No one is labeled as the presenter. Check who's presenting.")
NO_LENGTH: Final = N_("The announcement doesn't say how long it is. We filled in 60 minutes.")
WHICH_LENGTH: Final = N_("The text gives more than one length. Check the length.")
NO_OVERVIEW: Final = N_("We couldn't find a description. Write the overview.")
WHICH_OVERVIEW: Final = N_(
    "We can't tell which text describes the webinar. Check the summary and overview."
)
WHICH_AGENDA: Final = N_("We can't tell which list is the agenda. Check it.")
WHICH_PASSES: Final = N_("The text may exclude this webinar from all-access passes. Check it.")
WHICH_SERIES: Final = N_("The text mentions a series. Check whether the webinar belongs to one.")
WHICH_HOST: Final = N_(
    "The text names more than one host, or one we couldn't read. Check the host."
)
WHICH_PRICES: Final = N_("Not every amount in the text may be a price. Check the prices.")
WHICH_BIOGRAPHY: Final = N_(
    "We can't tell which text is about each presenter. Check the biographies."
)
IS_FREE: Final = N_("The text may say that it's free. Check whether everyone can attend for free.")


@dataclass(frozen=True, slots=True)
class Question:
    """An open question: a field of the webinar, and the sentence that asks for it."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the draft, its overview and length, the lines it is from, and the text as it came."""

    draft: Draft
    overview: list[str]
    minutes: int | None
    lines: list[str]
    source: str


def questions_of(read: Reading) -> list[Question]:
    """Return what to ask about the fields of a draft, besides when it starts."""
    draft, said = read.draft, _said(read.draft, read.lines)
    is_titled = bool(draft.titles) and is_title_sure(draft, read.lines)
    asked = {
        ("title", NO_TITLE): not draft.titles,
        ("title", WHICH_TITLE): bool(draft.titles) and not is_titled,
        ("presenters", NO_PRESENTER): not draft.people,
        ("presenters", WHICH_PRESENTER): bool(draft.people)
        and not _are_presenters_sure(read, said),
        ("biographies", WHICH_BIOGRAPHY): not _are_biographies_sure(read),
        ("minutes", NO_LENGTH): read.minutes is None,
        ("minutes", WHICH_LENGTH): read.minutes is not None
        and not _is_length_sure(draft, read.minutes, said),
        ("overview", NO_OVERVIEW): not read.overview,
        ("overview", WHICH_OVERVIEW): bool(read.overview)
        and not _is_overview_sure(read, is_titled=is_titled),
        ("agenda", WHICH_AGENDA): not _is_agenda_sure(read),
        ("series", WHICH_SERIES): not draft.series and any(map(_SERIES.search, said)),
        ("hosted_by", WHICH_HOST): not _is_host_sure(draft, said),
        ("prices", WHICH_PRICES): not _are_prices_sure(draft, read.source),
        ("free", IS_FREE): not _is_free_sure(read, said),
    }
    return [Question(field, sentence) for (field, sentence), is_open in asked.items() if is_open]


def _said(draft: Draft, lines: list[str]) -> list[str]:
    """Return the sentences and short lines of a text, without what is about other webinars."""
    elsewhere = {
        line for one in draft.rest if is_elsewhere(one.heading) for line in one.text.splitlines()
    }
    elsewhere |= {line for one in draft.rest[: draft.outside] for line in one.text.splitlines()}
    found: list[str] = []
    for block in blocks([line for line in lines if line not in elsewhere]):
        is_text = is_prose(block)
        found += (
            [one for each in paragraphs(block) for one in sentences(each)] if is_text else block
        )
    return found


def _are_presenters_sure(read: Reading, said: list[str]) -> bool:
    """Return whether labels or lead-ins name all presenters, and the text is about no one else."""
    draft = read.draft
    if len(draft.people) > _MOST_PEOPLE:
        return False
    is_guessed = any(not draft.people.get(name) for name in draft.guessed)
    abouts = [one for about in draft.people.values() for one in about]
    is_joined = any(re.match(r"(?:and|with|&) ", one) for one in abouts)
    again = {is_repeated(_last_name(name), read.source) for name in draft.people}
    if (
        not draft.is_presenter_labeled
        or draft.is_of_several
        or is_guessed
        or is_joined
        or len(again) > 1
    ):
        return False
    named = [
        people_in(one[found.end() :].rstrip("."))[0]
        for one in said
        for found in _CREDITED.finditer(one)
    ]
    others = [name for people in named for name, _about in people]
    told = [*read.overview, *_unread(draft), *abouts]
    begun = [one for each in told for one in sentences(each)]
    others += [name_in(one) for one in begun if _is_about_a_person(one, draft)]
    known = [*draft.people, *(one.name for one in draft.hosts)]
    return all(any(may_be_same(name, one) for one in known) for name in others)


def _is_about_a_person(sentence: str, draft: Draft) -> bool:
    """Return whether a sentence begins with a name that isn't the webinar's: `Ana Bell is ...`."""
    name = name_in(sentence)
    titles = flat(" ".join([*draft.titles, *draft.series, draft.presenting]))
    is_sentence = len(sentence.split()) > _FEWEST_WORDS // 2
    is_sentence = is_sentence and sentence[len(name) :].lstrip(" ,")[:1].islower()
    return bool(name) and is_sentence and flat(name) not in titles


def _are_biographies_sure(read: Reading) -> bool:
    """Return whether each biography has a label or begins with its person's name, and no other text does."""
    people = read.draft.people
    is_crowd = len(people) > _MOST_PEOPLE
    if is_crowd or _is_about_a_presenter(read) or any(map(_PRONOUN.match, _unread(read.draft))):
        return False
    for name, about in people.items():
        if about and not _is_biography_sure(read, name, about[0]):
            return False
        begun = {name_in(one) for said in about for one in sentences(said)}
        if any(may_be_same(one, other) for one in begun for other in people if other != name):
            return False
        if not about and any(_last_name(name) in one for one in _unread(read.draft)):
            return False
    return True


def _is_about_a_presenter(read: Reading) -> bool:
    """Return whether the last of several paragraphs of the overview may be a biography."""
    last = read.overview[-1] if len(read.overview) > 1 else ""
    return bool(_PRONOUN.match(last) or read.draft.person_at_start(last))


def _is_biography_sure(read: Reading, name: str, said: str) -> bool:
    is_named = may_be_same(name_in(said.replace("*", "").lstrip("_ ")), name)
    alone, behind, before = flat(said), flat(f"{name} {said}"), flat(f"{said} {name}")
    lines = [flat(line) for line in read.lines]
    is_line = any(line in (alone, behind) for line in lines)
    is_behind = said[0] not in "([" and any(behind in line or before in line for line in lines)
    return is_named or is_line or is_behind or name in read.draft.labeled_lives


def _last_name(name: str) -> str:
    return name.partition(",")[0].split()[-1]


def _is_length_sure(draft: Draft, minutes: int, said: list[str]) -> bool:
    """Return whether a label says the length, or all lengths in the text are the same."""
    lengths = {length for one in said for length in lengths_in(one)}
    is_said = bool(draft.lasting) or not lengths or minutes in lengths
    return is_said and not draft.is_length_differing and minutes <= _LONGEST


def _is_overview_sure(read: Reading, *, is_titled: bool) -> bool:
    """Return whether the overview is one text of sentences, under a label or all the text below a sure title."""
    draft, overview, title = read.draft, read.overview, (read.draft.titles or [""])[0]
    is_whole = flat(" ".join(overview)) in flat("\n".join(read.lines))
    is_text = all(is_point(one) or one.rstrip(QUOTE_ENDS)[-1:] in ".!?:" for one in overview)
    is_text = (
        is_text
        and not any(_BROKEN.search(one) or _has_label(one) for one in overview)
        and not _is_about_a_presenter(read)
    )
    if draft.is_of_several or not is_whole or not is_text or not draft.is_overview_headed:
        return False
    if draft.described:
        below = flat("\n".join(read.lines)).partition(flat(" ".join(overview)))[2].strip()
        goes_on = any(_may_describe(one) and below.startswith(flat(one)) for one in _unread(draft))
        return not goes_on and not has_notes(overview[-1], title)
    others = any(is_greeting(one) or _may_describe(one) for one in _unread(draft))
    return is_titled and not others and not any(has_notes(one, title) for one in overview)


def _unread(draft: Draft) -> list[str]:
    """Return the words without a heading that fit no field."""
    return [one.text for one in draft.rest[draft.outside :] if not one.heading]


def _may_describe(text: str) -> bool:
    """Return whether other text may be part of the overview: sentences that aren't only practical."""
    return len(text.split()) > _FEWEST_WORDS and not is_note(text)


def _is_agenda_sure(read: Reading) -> bool:
    """Return whether one list with a heading was taken whole, and no other list is left."""
    draft, points = read.draft, read.draft.agenda
    is_list = draft.is_agenda_clear and not draft.is_of_several and 1 < len(points) <= _MOST_POINTS
    is_short = all(len(one) <= _LONGEST_POINT and not _BROKEN.search(one) for one in points)
    unread = [one for one in _unread(draft) if not is_greeting(one)]
    is_led = any(one.endswith(":") or (not points and _is_of_lines(one)) for one in unread)
    return (not points or (is_list and is_short)) and not is_led and not _is_list_left(read)


def _has_label(text: str) -> bool:
    """Return whether a text may have a label that isn't known."""
    found = _LABELED.match(text)
    is_long = len(text.split()) > _FEWEST_WORDS
    return found is not None and is_long and not label_of(found[0])


def _is_of_lines(text: str) -> bool:
    """Return whether words may be lines of a list: too many for one line, and no sentences."""
    return len(text.split()) > _FEWEST_WORDS and text.rstrip(QUOTE_ENDS)[-1:].isalnum()


def _is_list_left(read: Reading) -> bool:
    """Return whether points of a list are in no field and under no heading."""
    draft = read.draft
    headed = [
        one for one in draft.rest[draft.outside :] if one.heading and not label_of(one.heading)
    ]
    headed = [one for one in headed if not is_elsewhere(one.heading)]
    if not draft.agenda and any(len(one.text.splitlines()) > 1 for one in headed):
        return True
    told = [*read.overview, *_unread(draft), *(one.text for one in headed)]
    is_labeled = not draft.agenda and any(map(_has_label, [*read.overview, *_unread(draft)]))
    if is_labeled or any(map(_INLINE.search, told)):
        return True
    taken = [
        *draft.agenda,
        *(one.words for one in draft.prices),
        *(f"{name} {' '.join(about)}" for name, about in draft.people.items()),
        *draft.labeled_when,
        *draft.when,
        *draft.series,
        *(f"{one.heading} {one.text}" for one in draft.rest if one.heading),
    ]
    whole = flat("\n".join(taken))
    marked = [line for line in read.lines if _MARKED.match(line)]
    kinds = [re.sub("a+", "a", bullet_kind(line)) for line in marked]
    counted = Counter(kinds)
    return any(
        counted[kind] > 1 and flat(_MARKED.sub("", line)) not in whole
        for line, kind in zip(marked, kinds, strict=True)
    )


def _is_host_sure(draft: Draft, said: list[str]) -> bool:
    """Return whether one host was read, or no sentence names one who wasn't."""
    names = {one.name.casefold() for one in draft.hosts}
    if len(names) > 1:
        return False
    if names or draft.presenting:
        return True
    hosted = [one[found.end() :] for one in said for found in _HOSTED.finditer(one)]
    return all(any(name in one for name in draft.people) for one in hosted)


def _are_prices_sure(draft: Draft, source: str) -> bool:
    """Return whether all amounts of the text that can be prices were read, each in words about a price."""
    known = {amount for price in draft.prices for amount in price.amounts}
    is_said = bool(draft.prices) or _PRICED.search(source)
    if draft.is_of_several or (is_said and not known and not draft.is_free):
        return False
    is_asked = all(
        is_sold(price.words)
        or (len(price.words.split()) <= 2 * _FEWEST_WORDS and not re.search(_NUMBERED, price.words))
        for price in draft.prices
        if price.amounts
    )
    return is_asked and known.issuperset(_amounts(source))


def _amounts(source: str) -> set[Amount]:
    return {amount for line in source.splitlines() for amount in prices_in(line)}


def _is_free_sure(read: Reading, said: list[str]) -> bool:
    """Return whether it is free without a condition, or has a price, or nothing says that it's free."""
    amounts = {amount.minor for amount in _amounts(read.source)}
    if read.draft.is_free:
        is_for_some = any(is_about_passes(price.words) for price in read.draft.prices)
        return not any(amounts) and not is_for_some
    return 0 not in amounts and (any(amounts) or not any(map(is_said_free, said)))
