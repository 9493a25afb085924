"""Doubts: fields that were read from the layout alone, or that other words of the text speak against."""

import re
from dataclasses import dataclass
from typing import Final

from lms.announcement_parser.draft import Draft, Unread
from lms.announcement_parser.durations import lengths_in
from lms.announcement_parser.head_lines import is_prose
from lms.announcement_parser.labels import is_elsewhere, label_of
from lms.announcement_parser.overview import has_notes
from lms.announcement_parser.person_names import may_be_same, people_in
from lms.announcement_parser.plain_lines import blocks, paragraphs, sentences
from lms.announcement_parser.prices import is_said_free, prices_in
from lms.announcement_parser.title_and_subtitle import quoted_title, same_title
from lms.core.errors import N_

_SHORTEST_TEXT: Final = 200  # characters of a text that may be part of the overview
_MOST_POINTS: Final = 12
_LONGEST_POINT: Final = 250
_FEWEST_POINTS: Final = 2
_SERIES: Final = re.compile(
    r"(?<!^Whole )(?<!\bA )\b(?:Series|SERIES)\b(?! (?:price|rate|pass)\b)|\b[A-Z][\w'\u2019-]*[\"\u201d]?,? series\b|\bpart of .{1,60} series\b"
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
_EVENT: Final = re.compile(
    r"\b(?:webinar|session|workshop|titled|title|called|entitled|training)\b", re.IGNORECASE
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
IS_FREE: Final = N_("The text may say that it's free. Check whether everyone can attend for free.")


@dataclass(frozen=True, slots=True)
class Question:
    """An open question: a field of the webinar, and the sentence that asks for it."""

    field: str
    sentence: str


def questions_of(
    draft: Draft, lines: list[str], *, overview: list[str], minutes: int | None
) -> list[Question]:
    """Return what to ask about the fields of a draft, besides when it starts."""
    said = _said(draft, lines)
    title = (draft.titles or [""])[0]
    asked = {
        NO_TITLE: not title and "title",
        WHICH_TITLE: (not draft.is_title_clear or _is_titled_otherwise(draft, title, said))
        and "title",
        NO_PRESENTER: not draft.people and "presenters",
        WHICH_PRESENTER: bool(draft.people)
        and _is_presenter_doubtful(draft, said)
        and "presenters",
        NO_LENGTH: minutes is None and "minutes",
        WHICH_LENGTH: minutes is not None
        and _is_length_doubtful(draft, minutes, said)
        and "minutes",
        NO_OVERVIEW: not overview and "overview",
        WHICH_OVERVIEW: bool(overview)
        and _is_overview_doubtful(draft, overview, title)
        and "overview",
        WHICH_AGENDA: _is_agenda_doubtful(draft, overview) and "agenda",
        WHICH_SERIES: not draft.series and any(map(_SERIES.search, said)) and "series",
        WHICH_HOST: _is_host_doubtful(draft, said) and "hosted_by",
        WHICH_PRICES: _is_price_doubtful(draft) and "prices",
        IS_FREE: _is_free_doubtful(draft, said) and "free",
    }
    return [Question(field, sentence) for sentence, field in asked.items() if field]


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


def _aside(draft: Draft) -> list[Unread]:
    """Return the other text of the announcement that isn't about other webinars."""
    return [one for one in draft.rest[draft.outside :] if not is_elsewhere(one.heading)]


def _is_titled_otherwise(draft: Draft, title: str, said: list[str]) -> bool:
    """Return whether a sentence about the event quotes a title that is another."""
    quotes = [quoted_title(one) for one in said if _EVENT.search(one)]
    others = [one for one in quotes if one and len(one.split()) > _FEWEST_POINTS]
    known = [title, draft.subtitle, *draft.series]
    return bool(others) and not any(
        same_title(one, other)
        or one.casefold() in other.casefold()
        or other.casefold() in one.casefold()
        for one in others
        for other in filter(None, known)
    )


def _is_presenter_doubtful(draft: Draft, said: list[str]) -> bool:
    """Return whether no one is labeled, or the text credits a person who isn't in the draft."""
    if not draft.is_presenter_labeled:
        return True
    known = [*draft.people, *(one.name for one in draft.hosts)]
    for one in said:
        for found in _CREDITED.finditer(one):
            people = people_in(one[found.end() :].rstrip("."))[0]
            if any(not any(may_be_same(name, other) for other in known) for name, _about in people):
                return True
    return False


def _is_length_doubtful(draft: Draft, minutes: int, said: list[str]) -> bool:
    """Return whether the text gives another length, if it isn't labeled."""
    if draft.is_length_differing:
        return True
    lengths = {length for one in said for length in lengths_in(one)}
    return not draft.lasting and bool(lengths) and minutes not in lengths


def _is_overview_doubtful(draft: Draft, overview: list[str], title: str) -> bool:
    """Return whether notes may be in the overview, or a part of it in the other text."""
    if not draft.is_overview_clear or (draft.described and has_notes(overview[-1], title)):
        return True
    texts = [
        said
        for one in _aside(draft)
        if not one.heading
        for said in paragraphs(one.text.splitlines())
    ]
    return any(len(said) > _SHORTEST_TEXT and not has_notes(said, title) for said in texts)


def _is_agenda_doubtful(draft: Draft, overview: list[str]) -> bool:
    """Return whether the agenda was read without a label, has what isn't a point, or may be another list."""
    if not draft.is_agenda_clear:
        return True
    if draft.agenda:
        return not 1 < len(draft.agenda) <= _MOST_POINTS or any(
            len(one) > _LONGEST_POINT for one in draft.agenda
        )
    lists = [
        overview,
        *(paragraphs(one.text.splitlines()) for one in _aside(draft) if not label_of(one.heading)),
    ]
    return any(sum(said.startswith("- ") for said in one) > _FEWEST_POINTS for one in lists)


def _is_host_doubtful(draft: Draft, said: list[str]) -> bool:
    """Return whether several host it, or the text names a host who wasn't read."""
    names = {one.name.casefold() for one in draft.hosts}
    if len(names) > 1:
        return True
    if names or draft.presenting:
        return False
    hosted = [one[found.end() :] for one in said for found in _HOSTED.finditer(one)]
    return any(not any(name in one for name in draft.people) for one in hosted)


def _is_price_doubtful(draft: Draft) -> bool:
    """Return whether an amount in the other text may be a price."""
    known = {amount for price in draft.prices for amount in price.amounts}
    return any(not known.issuperset(prices_in(one.text)) for one in _aside(draft))


def _is_free_doubtful(draft: Draft, said: list[str]) -> bool:
    """Return whether the text says that it's free and gives no price, but wasn't read so."""
    is_priced = any(price.amounts for price in draft.prices)
    return not is_priced and not draft.is_free and any(map(is_said_free, said))
