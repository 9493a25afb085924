"""Evidence: a field is sure if something named here shows that it was read rightly; all others are asked."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lms.announcement_parser.agenda_evidence import BROKEN, NUMBERED, has_label, is_agenda_sure
from lms.announcement_parser.draft import Draft, Reading
from lms.announcement_parser.durations import lengths_in
from lms.announcement_parser.fact_lines import is_greeting
from lms.announcement_parser.head_lines import QUOTE_ENDS, is_prose
from lms.announcement_parser.labels import is_elsewhere
from lms.announcement_parser.overview import has_notes, is_cover, is_note
from lms.announcement_parser.person_names import may_be_same, name_in, people_in
from lms.announcement_parser.plain_lines import (
    blocks,
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
_LONGEST_ABOUT: Final = 120  # characters behind a name that may have another one
_MOST_PEOPLE: Final = 20
_FEWEST_WORDS: Final = 10  # of a text that may describe the webinar
_SERIES: Final = re.compile(
    r"(?<!^Whole )(?<!\bA )\b(?:Series|SERIES)\b(?! (?:price|rate|pass)\b)|\b[A-Z][\w'\u2019-]*[\"\u201d]?,? series\b|\bpart of .{1,60} series\b"
    r"|\b(?:webinar|training|speaker|weekly|monthly|quarterly|annual) series\b|\b(?:[Ss]eason|[Ee]pisode|[Pp]art|[Ss]ession|[Cc]lass) \d{1,2}\b"
)
_HOSTED: Final = re.compile(
    r"\b(?:co-?)?(?:hosted|sponsored|moderated|organized) by\b|\bbrought to you by\b|\bpresented by\b|\bmoderator:"
    r"|\bseries from\b|\bin (?:partnership|cooperation|collaboration) with\b",
    re.IGNORECASE,
)
_CREDITED: Final = re.compile(
    r"\b(?:(?:co-?)?presented|led|taught|facilitated|delivered|joined|moderated) by\s|\b(?:presenter|speaker|instructor"
    r"|trainer|facilitator|panelist)s?:\s",
    re.IGNORECASE,
)
_NEXT_LABEL: Final = re.compile(r"\s+(?=[A-Z]\w+:)")
_NO_NAME: Final = re.compile(
    r"^(?:P\.|(?:Hi|Hello|Dear|Thanks)\b)|\b[A-Z]{3,}\b"
)  # `P.S. If`, `Event URL`
_PRICED: Final = re.compile(r"\b(?:price|cost|fee|tuition)", re.IGNORECASE)
_PRONOUN: Final = re.compile(r"(?:She|He|They|Mr\.|Ms\.|Dr\.) ")
_TO_COME: Final = re.compile(r"\b(?:will|you|your)\b|['\u2019]ll\b", re.IGNORECASE)
_LONGEST_ROLE: Final = 25  # characters before a name
_LONGEST_START: Final = 50  # characters by which a text is found again

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
        ("overview", WHICH_OVERVIEW): bool(read.overview) and not _is_overview_sure(read),
        ("agenda", WHICH_AGENDA): not is_agenda_sure(read),
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
    is_joined = any(_names_another(one, draft) for one in abouts)
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
        people_in(_NEXT_LABEL.split(one[found.end() :])[0].rstrip("."))[0]
        for one in said
        for found in _CREDITED.finditer(one)
    ]
    others = [name for people in named for name, _about in people]
    told = [*read.overview, *draft.unread, *abouts]
    begun = [one.replace("*", "") for each in told for one in sentences(each)]
    others += [name_in(one) for one in begun if _is_about_a_person(one, draft)]
    known = [*draft.people, *(one.name for one in draft.hosts)]
    return all(any(may_be_same(name, one) for one in known) for name in others)


def _names_another(about: str, draft: Draft) -> bool:
    """Return whether the words behind a name go on with another: `of Elm and Tom Ray of Oak`."""
    more = re.split(r"\b(?:and|with|&) ", about[:_LONGEST_ABOUT])[1:]
    named = [name_in(one.title() if one.isupper() else one) for one in more]
    others = [one for one in named if one and draft.known(one) not in draft.people]
    return bool(re.match(r"(?:and|with|&) ", about) or others)


def _is_about_a_person(sentence: str, draft: Draft) -> bool:
    """Return whether a sentence begins with a name that isn't the webinar's: `Ana Bell is ...`."""
    name = name_in(sentence)
    titles = flat(" ".join([*draft.titles, *draft.series, draft.presenting]))
    is_sentence = len(sentence.split()) > _FEWEST_WORDS // 2 and not _NO_NAME.search(name)
    is_sentence = is_sentence and sentence.rstrip(QUOTE_ENDS)[-1:] in (".", "!", "?")
    is_sentence = is_sentence and sentence[len(name) :].lstrip(" ,")[:1].islower()
    return bool(name) and is_sentence and flat(name) not in titles


def _are_biographies_sure(read: Reading) -> bool:
    """Return whether each biography has a label or begins with its person's name, and no other text does."""
    people = read.draft.people
    is_crowd = len(people) > _MOST_PEOPLE
    if is_crowd or _is_about_a_presenter(read) or any(map(_PRONOUN.match, read.draft.unread)):
        return False
    for name, about in people.items():
        if about and not _is_biography_sure(read, name, about[0]):
            return False
        begun = {name_in(one) for said in about for one in sentences(said)}
        if any(may_be_same(one, other) for one in begun for other in people if other != name):
            return False
        if not about and any(_last_name(name) in one for one in read.draft.unread):
            return False
    return True


def _is_about_a_presenter(read: Reading) -> bool:
    """Return whether the last of several paragraphs of the overview may be a biography."""
    last = read.overview[-1] if len(read.overview) > 1 else ""
    is_person = _PRONOUN.match(last) or read.draft.person_at_start(last)
    return bool(is_person) and not _TO_COME.search(sentences(last)[0])


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


def _is_overview_sure(read: Reading) -> bool:
    """Return whether the overview is one text of sentences, under a label or beside nothing that may belong to it."""
    draft, overview, title = read.draft, read.overview, (read.draft.titles or [""])[0]
    is_whole = flat(" ".join(overview)) in flat("\n".join(read.lines))
    is_text = all(is_point(one) or one.rstrip(QUOTE_ENDS)[-1:] in ".!?:" for one in overview)
    is_text = (
        is_text
        and not any(BROKEN.search(one) or has_label(one) for one in overview)
        and not _is_about_a_presenter(read)
    )
    if draft.is_of_several or not is_whole or not is_text or not draft.is_overview_headed:
        return False
    if draft.described:
        last = sentences(overview[-1])[-1]
        is_noted = has_notes(last, title) and not _is_about_teacher(last, draft)
        return not is_noted and not _goes_on(read, _may_describe)
    if len(overview) > 1 and not (draft.titles and is_title_sure(draft, read.lines)):
        return False
    headed = [one.text for one in draft.headed]
    if any(len(one) > len(" ".join(overview)) for one in headed) or _is_greeted(read):
        return False
    if any(map(_may_describe, draft.unread)) or _goes_on(read, _is_sentence):
        return False
    ends = [sentences(overview[0])[0], sentences(overview[-1])[-1]]
    is_noted = any(has_notes(one, title) for one in ends if not _is_about_teacher(one, draft))
    return not is_noted and not any(map(is_note, overview))


def _is_about_teacher(sentence: str, draft: Draft) -> bool:
    """Return whether a sentence begins with a presenter: `Trainer Ana Bell explains`."""
    return any(name in sentence[: len(name) + _LONGEST_ROLE] for name in draft.people)


def _is_greeted(read: Reading) -> bool:
    """Return whether the overview begins right below a greeting, where a message to the reader is."""
    start = flat(read.overview[0])[:_LONGEST_START]
    whole = flat("\n".join(read.lines))
    return any(f"{flat(one)} {start}" in whole for one in filter(is_greeting, read.draft.unread))


def _goes_on(read: Reading, may_be_part: Callable[[str], bool]) -> bool:
    """Return whether other text that may be part of the overview is right below it."""
    below = flat("\n".join(read.lines)).partition(flat(" ".join(read.overview)))[2].strip()
    unread = filter(may_be_part, read.draft.unread)
    return any(below.startswith(flat(one)) for one in unread)


def _is_sentence(text: str) -> bool:
    return text.rstrip(QUOTE_ENDS)[-1:] in (".", "!", "?") and not is_cover(text)


def _may_describe(text: str) -> bool:
    """Return whether other text may be part of the overview: sentences that aren't only practical or courteous."""
    is_text = text.rstrip(QUOTE_ENDS)[-1:] in (".", "!", "?")
    return is_text and len(text.split()) > _FEWEST_WORDS and not is_cover(text)


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
        or (len(price.words.split()) <= 2 * _FEWEST_WORDS and not re.search(NUMBERED, price.words))
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
