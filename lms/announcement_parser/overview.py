"""The overview: the paragraphs that describe a webinar, without datelines and practical notes."""

import re
from typing import Final

from lms.announcement_parser.credits import credits_in_sentence, series_in
from lms.announcement_parser.plain_lines import sentences
from lms.announcement_parser.prices import is_about_price
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.times_of_day_and_time_zones import tell_times

# Words of practical notes, which aren't about what a webinar teaches.
_PRACTICAL: Final = re.compile(
    r"\bregist(?:er|ration|rations|rants?|ering)\b|\brsvp\b|\bsign(?:ed)? up\b|\benroll|\bunsubscrib"
    r"|\bsubscri(?:be|ber|ption)|\bmailing list|\bopt out|\bcaption(?:s|ed|ing)\b|\binterpret(?:er|ation)"
    r"|\baccommodation|\blarge print|\brecorded\b|\bthe recording|\brecordings? (?:is|are|will|of the)\b|\bcertificates?\b|\bcontact hours?"
    r"|\bcontinuing education|\bce credits?|\brefund|\bcancel|\bpayments?\b|\binvoices?\b"
    r"|\bpurchase orders?|\bpayable\b|\bcredit cards?|\bbrowser\b|\bbroadband|\bzoom\b|\blinks?\b"
    r"|\bconfirmation\b|\be-?mail(?:s|ed)?\b|\bcall (?:us|me|\d)|\bcontact\b|\bcopyright \d|\u00a9"
    r"|\ball rights reserved|\bprivacy\b|\bsponsor|\bmade possible|\bfunded by\b|\bdeadline\b"
    r"|\bseats? (?:is|are|available|left)\b|\bspace is limited|\bclick\b|\bcookies\b|\bforward this\b|\bp\.?o\.? box"
    r"|\bequal opportunity|\bnonprofit|\b\d{1,5} [A-Z]\w+ (?:road|street|avenue|lane|drive|way)\b"
    r"|\bsuitable for\b|\bno (?:preparation|experience)\b|\bprerequisite|\breply\b|\bhandouts?\b|\bdiscounts?\b|\bwebsite\b|\bvisit\b|\bthe (?:cost|fee|price)s? (?:is|are)\b|\w@\w|https?://",
    re.IGNORECASE,
)
_DATELINE: Final = re.compile(
    r"^[A-Z][A-Z.'\u2019 -]{2,30}(?:,\s[A-Z][\w.]{1,15}(?:\s[A-Z][a-z]+)?)?,?\s*"
    r"(?:\(?[A-Z][a-z]{2,8}\.?\s\d{1,2}(?:,\s\d{4})?\)?,?)?\s*(?:--|\u2013|\u2014|-\s)\s*"
)
# What a press release lets someone say: `"A map ends an argument," said Ana Bell.`
SAYS: Final = re.compile(r"^[\"\u201c].{3,400}[,?!][\"\u201d] (?:said|says|adds) [A-Z]")
_LONGEST_FACT: Final = 25  # words
_COURTEOUS: Final = re.compile(
    r"\binvit(?:e|es|ed)\b|\bpleased to\b|\bthank(?:s| you)\b|\bbelow\b|\bplease\b|\bheads up\b|\bhope\b|\bhappy to\b"
    r"|\bexcited to\b|\bbought\b|\bshare (?:this|with)\b",
    re.IGNORECASE,
)
_MOST_COVERS: Final = 3  # paragraphs of an email up to the one with the title and date
_LONGEST_COVER: Final = 2  # sentences above the overview that only invite to register


def without_notes(paragraphs: list[str], title: str) -> tuple[list[str], list[str]]:
    """Return the paragraphs of an unlabeled overview, and the practical notes around them."""
    start, end = 0, len(paragraphs)
    longest = max(range(end), key=lambda at: len(paragraphs[at]))
    while end - 1 > longest and _is_note(paragraphs[end - 1], title):
        end -= 1
    is_long = len(paragraphs) > _LONGEST_COVER
    first = paragraphs[: min(longest, _MOST_COVERS)] if is_long else []
    start = max((at + 1 for at, one in enumerate(first) if _announces(one, title)), default=0)
    while start < longest and _is_cover(paragraphs[start], title):
        start += 1
    return paragraphs[start:end], [*paragraphs[:start], *paragraphs[end:]]


def is_note(paragraph: str) -> bool:
    """Return whether all sentences of a paragraph are practical."""
    return all(_is_practical(one, "") for one in sentences(paragraph))


def _announces(paragraph: str, title: str) -> bool:
    """Return whether a paragraph has the title and when it starts."""
    said = sentences(paragraph)
    is_dated = any(has_date(one) and tell_times(one, american=True) for one in said)
    return is_dated and bool(title) and title in paragraph


def has_notes(paragraph: str, title: str) -> bool:
    """Return whether a paragraph has a practical sentence or a fact."""
    return any(_is_practical(one, title) or _is_fact(one) for one in sentences(paragraph))


def is_cover(paragraph: str) -> bool:
    """Return whether all sentences of a paragraph are practical, courteous, or about when it is."""
    return all(
        _is_practical(one, "") or _COURTEOUS.search(one) or _is_fact(one)
        for one in sentences(paragraph)
    )


def parted_dateline(paragraph: str) -> tuple[str, str]:
    """Return the dateline of a press release, `SALTMARSH, Nov. 20, 2026 --`, and the text behind it."""
    found = _DATELINE.match(paragraph)
    return (found[0].strip(), paragraph[found.end() :]) if found else ("", paragraph)


def _is_practical(sentence: str, title: str) -> bool:
    """Return whether a sentence has a practical word that the title doesn't have."""
    return any(
        found[0].casefold() not in title.casefold() for found in _PRACTICAL.finditer(sentence)
    )


def _is_note(paragraph: str, title: str) -> bool:
    """Return whether half of a paragraph is practical, or most of it with the facts."""
    said = sentences(paragraph)
    notes = [one for one in said if _is_practical(one, title)]
    facts = [one for one in said if one not in notes and _is_fact(one)]
    return 2 * len(notes) >= len(said) or 2 * (len(notes) + len(facts)) > len(said)


def _is_cover(paragraph: str, title: str) -> bool:
    said = sentences(paragraph)
    notes = [
        one
        for one in said
        if _is_practical(one, title) or (_COURTEOUS.search(one) and not has_date(one))
    ]
    return len(said) <= _LONGEST_COVER and 2 * len(notes) >= len(said)


def _is_fact(sentence: str) -> bool:
    if len(sentence.split()) > _LONGEST_FACT:
        return False
    is_timed = has_date(sentence) and bool(tell_times(sentence, american=True))
    names = series_in(sentence)[0] if len(sentence.split()) <= _LONGEST_FACT // 2 else []
    return is_timed or is_about_price(sentence) or bool(names or credits_in_sentence(sentence))
