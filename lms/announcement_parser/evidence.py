"""Evidence: a field is sure if nothing else in the text may be it, or a label names it; all others are asked."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from lms.announcement_parser.agenda_evidence import (
    BROKEN,
    has_label,
    is_agenda_sure,
    other_lists,
)
from lms.announcement_parser.draft import Draft, Reading
from lms.announcement_parser.durations import any_lengths_in, lengths_in
from lms.announcement_parser.fact_lines import is_greeting
from lms.announcement_parser.head_lines import QUOTE_ENDS, is_prose
from lms.announcement_parser.labels import Label, is_elsewhere, label_of
from lms.announcement_parser.overview import SAYS, has_notes, is_cover
from lms.announcement_parser.people_evidence import (
    are_biographies_sure,
    are_presenters_sure,
    is_about_a_presenter,
    other_people,
)
from lms.announcement_parser.person_names import is_organization
from lms.announcement_parser.plain_lines import blocks, flat, is_point, paragraphs, sentences
from lms.announcement_parser.price_evidence import (
    are_passes_sure,
    are_prices_sure,
    is_free_sure,
    lines_of_amounts,
    sentences_of_free,
    sentences_of_passes,
)
from lms.announcement_parser.start_date_and_time import SENTENCES, has_date
from lms.announcement_parser.title_evidence import (
    is_marked_up,
    is_only_title,
    is_subtitle_sure,
    is_title_sure,
    may_be_owner,
    other_subtitles,
    other_titles,
)
from lms.core.errors import N_

_LONGEST: Final = 240  # minutes that a webinar is likely to last
_SHORTEST: Final = 15
_FEWEST_WORDS: Final = 10  # of a text that may describe the webinar
_MOST_CHOICES: Final = 5
_MOST_LINES: Final = 3  # of the text, shown with a question
_SERIES: Final = re.compile(
    r"(?<!^Whole )(?<!\bA )\bseries\b(?! (?:of|price|rate|pass)\b)|\b(?:season|episode|part|session|class|module|number|no\.|#) ?\d{1,2}\b"
    r"|\b(?:weekly|monthly|quarterly|annual) (?:\w+ ){0,2}(?:webinar|talk|training|session|program|event|lecture)s?\b|\b(?:first|second|third|fourth|last|every) (?:mon|tues|wednes|thurs|fri)days?\b"
    r"|\b(?:one|first|second|third|fourth|last|next) of (?:two|three|four|five|six|seven|eight)\b|\b(?:first|second|third|fourth|last|next) in (?:a|our|the|this)\b",
    re.IGNORECASE,
)
_HOSTED: Final = re.compile(
    r"\b(?:co-?)?(?:hosted|sponsored|moderated|organized|offered|produced|presented) (?:by|through)\b|\bbrought to you\b"
    r"|\b(?:hosts?|moderators?|organizers?|sponsors?)\b(?:\W{1,3}|\W+(?:is|are)\W+)(?=[A-Z])|,? \(?(?:host|moderator)\b|\bmoderates\b"
    r"|\bhosting\b|\bseries from\b|\bin (?:partnership|cooperation|collaboration) with\b|\binvites? (?:you|all|your|every)",
    re.IGNORECASE,
)
_BY_OWNER: Final = re.compile(
    r"\b(?:by|from|with) (?:the )?(?P<owner>[A-Z][\w'\u2019&.-]*(?: (?:of|for|the|and|&|[A-Z][\w'\u2019&.-]*)){1,7})"
)
_MINUTES: Final = re.compile(
    r"(?:(?:plan on|about) )?[\w-]{1,12} (?:minutes|hours?)\b", re.IGNORECASE
)
_SHORTEST_NAME: Final = 4  # of a series
_MOST_SENTENCES: Final = 1000  # and lines in which other candidates are looked for
_LONGEST_SENTENCE: Final = 1000  # characters
_LONGEST_HOST: Final = 60
_LONGEST_ROLE: Final = 25  # characters before a name
_LONGEST_START: Final = 50  # characters by which a text is found again

NO_TITLE: Final = N_("We couldn't find a title.")
WHICH_TITLE: Final = N_("More than one line could be the title. Check the title and subtitle.")
WHICH_SUBTITLE: Final = N_("We can't tell which line is the subtitle. Check it.")
NO_PRESENTER: Final = N_("We couldn't find a presenter. Choose one.")
WHICH_PRESENTER: Final = N_("We can't tell who is presenting. Check the presenters.")
NO_LENGTH: Final = N_("The announcement doesn't say how long it is. We filled in 60 minutes.")
WHICH_LENGTH: Final = N_("We can't tell how long it is. Check the length.")
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
    """An open question about a field: what else it may be, and the lines of the text that are about it."""

    field: str
    sentence: str
    choices: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def questions_of(read: Reading) -> list[Question]:
    """Return what to ask about the fields of a draft."""
    draft, said, told = read.draft, read.said, _without_contacts(read)
    lengths = {length for one in said for length in any_lengths_in(one)} - {read.minutes}
    no_title, no_presenter = not draft.titles, not draft.people
    is_titled = not no_title and is_title_sure(draft, read.lines)
    titles = other_titles(draft, read.lines, read.said)
    is_titled = is_titled or (not no_title and not titles and is_only_title(draft, read.lines))
    is_subtitled = not is_titled or is_subtitle_sure(
        draft, read.lines
    )  # one question is about both
    checks: tuple[tuple[str, str, bool, Iterable[str], Iterable[str]], ...] = (
        (
            "title",
            NO_TITLE if no_title else WHICH_TITLE,
            is_titled,
            titles,
            (),
        ),
        ("subtitle", WHICH_SUBTITLE, is_subtitled, other_subtitles(draft, read.lines), ()),
        (
            "presenters",
            NO_PRESENTER if no_presenter else WHICH_PRESENTER,
            are_presenters_sure(read, told),
            other_people(read, told),
            (),
        ),
        ("biographies", WHICH_BIOGRAPHY, are_biographies_sure(read), (), ()),
        (
            "minutes",
            WHICH_LENGTH if read.minutes else NO_LENGTH,
            _is_length_sure(read),
            (str(one) for one in sorted(lengths) if _SHORTEST <= one <= _LONGEST),
            (),
        ),
        (
            "overview",
            WHICH_OVERVIEW if read.overview else NO_OVERVIEW,
            _is_overview_sure(read, is_titled=is_titled),
            filter(_may_describe, draft.unread),
            (),
        ),
        ("agenda", WHICH_AGENDA, is_agenda_sure(read), other_lists(read), ()),
        ("series", WHICH_SERIES, _is_series_sure(draft, said), (), filter(_SERIES.search, said)),
        (
            "hosted_by",
            WHICH_HOST,
            _is_host_sure(draft, said),
            (one.name for one in draft.hosts[1:]),
            filter(_may_name_host, said),
        ),
        ("prices", WHICH_PRICES, are_prices_sure(read), (), lines_of_amounts(read)),
        ("free", IS_FREE, is_free_sure(read, said), (), sentences_of_free(said)),
        ("is_in_passes", WHICH_PASSES, are_passes_sure(said), (), sentences_of_passes(said)),
    )
    asked = [Question("held_at", SENTENCES[one]) for one in read.when.asks]
    return asked + [
        _question(field, sentence, choices, about, read.lines)
        for field, sentence, is_sure, choices, about in checks
        if not is_sure
    ]


def _question(
    field: str, sentence: str, choices: Iterable[str], found: Iterable[str], lines: list[str]
) -> Question:
    """Return a question with its first choices, and the lines that have them unless others are given."""
    offered = tuple(dict.fromkeys(filter(None, choices)))[:_MOST_CHOICES]
    about = [*found] or [line.strip() for one in offered for line in lines if one in line]
    return Question(field, sentence, offered, tuple(dict.fromkeys(about))[:_MOST_LINES])


def only_length(said: list[str]) -> int | None:
    """Return the one length in a text that a webinar may have; None if there are several or none."""
    found = {one for text in said for one in any_lengths_in(text) if _SHORTEST <= one <= _LONGEST}
    return found.pop() if len(found) == 1 else None


def name_only_person(read: Reading) -> None:
    """Name the one person in a text as the presenter, if no one else may be; the form asks."""
    others = [] if read.draft.people else other_people(read, _without_contacts(read))
    if len(others) == 1:
        read.draft.name(others[0])


def said_in(draft: Draft, lines: list[str]) -> list[str]:
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
    return [one[:_LONGEST_SENTENCE] for one in found[:_MOST_SENTENCES]]


def _without_contacts(read: Reading) -> list[str]:
    """Return the sentences and lines that may name people: none of a known practical part, such as a contact."""
    rest = [one for one in read.draft.rest if one.heading and label_of(one.heading) is Label.OTHER]
    practical = flat("\n".join(f"{one.heading} {one.text}" for one in rest))
    return [one for one in read.said if f" {flat(one)} " not in f" {practical} "]


def _is_length_sure(read: Reading) -> bool:
    """Return whether all lengths in the text are the same."""
    draft, minutes = read.draft, read.minutes
    lengths = {length for one in read.said for length in lengths_in(one)}
    is_usual = (
        not draft.is_length_guessed and minutes is not None and _SHORTEST <= minutes <= _LONGEST
    )
    return is_usual and not draft.is_length_differing and lengths <= {minutes}


def _is_series_sure(draft: Draft, said: list[str]) -> bool:
    """Return whether one series was read, or nothing mentions one that wasn't."""
    names = [flat(one) for one in draft.series]
    mentions = [one for one in said if _SERIES.search(one)]
    if draft.is_of_several or len(names) > 1 or any(len(name) < _SHORTEST_NAME for name in names):
        return False
    return not mentions or (bool(names) and any(names[0] in flat(one) for one in mentions))


def _is_overview_sure(read: Reading, *, is_titled: bool) -> bool:
    """Return whether the overview is one text of sentences, under a label or beside nothing that may belong to it."""
    draft, overview, title = read.draft, read.overview, (read.draft.titles or [""])[0]
    is_whole = flat(" ".join(overview)) in flat("\n".join(read.lines))
    is_text = all(is_point(one) or one.rstrip(QUOTE_ENDS)[-1:] in ".!?:" for one in overview)
    is_text = is_text and not any(
        BROKEN.search(one) or has_label(one) or is_marked_up(one) for one in overview
    )
    is_apart = draft.is_overview_headed and not is_about_a_presenter(read)
    if draft.is_of_several or not overview or not (is_whole and is_text and is_apart):
        return False
    parts = [one for each in overview for one in sentences(each)]
    told = parts[-1:] if draft.described else parts
    is_noted = any(has_notes(one, title) for one in told if not _is_about_teacher(one, draft))
    is_noted = is_noted or any(map(SAYS.match, overview))
    if draft.described:
        return not (is_noted or has_date(parts[-1]) or _goes_on(read, _may_describe))
    is_longest = all(len(one.text) <= len(" ".join(overview)) for one in draft.headed)
    is_alone = not any(map(_may_describe, draft.unread)) and not _goes_on(read, _is_sentence)
    is_practical = any(map(_is_fact, parts)) or bool(sentences_of_free(parts))
    is_practical = is_practical or (bool(title) and flat(parts[0]).startswith(flat(title)))
    is_short = len(overview) > 1 and any(len(one.split()) <= _FEWEST_WORDS for one in overview)
    is_clear = is_longest and is_alone and not (is_noted or is_practical or is_short)
    is_clear = is_clear and not _is_greeted(read)
    return is_clear and (is_titled or len(overview) == 1)


def _is_fact(sentence: str) -> bool:
    """Return whether a sentence has a date or says how long the webinar is: `Fifty minutes, with questions`."""
    return bool(lengths_in(sentence) or _MINUTES.match(sentence)) or has_date(sentence)


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
    names = {one.name for one in draft.hosts} or {draft.presenting} - {""}
    if len(names) > 1 or draft.is_of_several or any(map(_is_odd_host, names)):
        return False
    known = [name.casefold() for name in (*names, *(draft.people if names else ()))]
    people = "|".join(map(re.escape, draft.people)) or "\0"
    credit = re.compile(rf"\bpresented by:?\s+(?:{people})", re.IGNORECASE)
    mentions = (one for one in said if _may_name_host(credit.sub("", one), is_named=bool(names)))
    return all(any(name in one.casefold() for name in known) for one in mentions)


def _is_odd_host(name: str) -> bool:
    """Return whether a host may be two, or not a name: too long, or with a sentence or a word twice."""
    words = flat(name).split()
    is_long = len(name) > _LONGEST_HOST or ". " in name or " and " in name
    return is_marked_up(name) or is_long or words[0] in words[1:]


def _may_name_host(sentence: str, *, is_named: bool = False) -> bool:
    """Return whether a sentence says who hosts, or has an organization behind "by" or "from".

    With `is_named`, a line that only says `Organized by` above the name doesn't.
    """
    by = (found["owner"] for found in _BY_OWNER.finditer(sentence))
    hosted = _HOSTED.search(sentence)
    is_lead = is_named and hosted is not None and not flat(sentence[hosted.end() :])
    return (hosted is not None and not is_lead) or any(
        may_be_owner(one) or is_organization(one) for one in by
    )
