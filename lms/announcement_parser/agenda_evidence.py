"""Agenda evidence: whether a list was taken whole as the agenda, and no other list is left."""

import re
from collections import Counter
from itertools import pairwise
from typing import Final

from lms.announcement_parser.draft import Reading
from lms.announcement_parser.fact_lines import is_greeting
from lms.announcement_parser.head_lines import QUOTE_ENDS, is_prose
from lms.announcement_parser.labels import label_of
from lms.announcement_parser.overview import is_note
from lms.announcement_parser.plain_lines import (
    blocks,
    bullet,
    bullet_kind,
    flat,
    is_point,
    paragraphs,
)

_FEWEST_WORDS: Final = 10  # of a line that may be a list
_MORE_WORDS: Final = 3  # of a last point, than twice those of the others
_MOST_POINTS: Final = 12
_LONGEST_POINT: Final = 250
# Points within a line: `: one; two; three`, `1. one 2. two`.
NUMBERED: Final = r"(?:^|\s)\(?1[.)]\s.{3,160}\s\(?2[.)]\s"
_INLINE: Final = re.compile(
    rf":[^.:;]{{3,160}};[^.:;]{{3,160}}[;.]|\S / [^/]{{3,80}} / \S|{NUMBERED}"
)
# What may be a label that isn't known: `ATTENDEES WILL: `, `Blurb (150 words): `.
_LABELED: Final = re.compile(
    r"(?:[A-Z][A-Z'\u2019/ ]{2,40}|[A-Z][\w'\u2019/]{1,20}(?: [\w'\u2019/]{1,20}){0,2}(?: \([^()]{1,30}\))?): "
)
# A word divided at the end of a line, or the mark of a point.
BROKEN: Final = re.compile(r"[a-z]- [a-z]|^\(?(?!(?:Dr|Mrs?|Ms|Prof|Rev)\.)\w{1,4}[.)] ")
# `2:15 Questions`, `Part 1: The First Month`
_TIMED: Final = re.compile(
    r"^\W*(?:\d{1,2}:\d\d\b(?!.*\b20\d\d\b)\W*(?:[ap]\.?m\.?)?\W+"
    r"|(?:part|session|module|week|day|class|lesson|unit|hour) \d{1,2}[:.)\u2013\u2014-]+ )[A-Za-z]",
    re.IGNORECASE,
)
_SEMICOLONS: Final = re.compile(r"[^;]{3,};[^;]{3,};\s")
_IN_COLUMNS: Final = re.compile(r"(?:\S.*?\S {2,}){2,}\S")
# The label of the next line, or the number of the next point.
_SWALLOWED: Final = re.compile(
    r"\w [A-Z]\w+(?: [a-z]+)?: \S|\s\d{1,2}[.)]$|\S\s{2,}\S|@|\bwww\.|\bRSVP\b|\bregister\b",
    re.IGNORECASE,
)
# Any mark before a point of a list, also one that isn't read as a bullet.
_MARKED: Final = re.compile(
    r"^\s*(?:[^\w\s\"'\u201c\u2018(\[$\u20ac\u00a3@{>#=]|#(?=\s[a-z])|[=-]>|\(?(?:\d{1,2}|[A-Za-z]|[ivxIVX]{1,5})[.)])"
    r"\s+(?=\w)(?!\w[\w ]{1,20}:\s)"
)


def is_agenda_sure(read: Reading) -> bool:
    """Return whether one list with a heading was taken whole, and no other list is left."""
    draft, points = read.draft, read.draft.agenda
    is_list = draft.is_agenda_clear and not draft.is_of_several and 1 < len(points) <= _MOST_POINTS
    is_short = all(
        len(one) <= _LONGEST_POINT and not BROKEN.search(one) and not _SWALLOWED.search(one)
        for one in points
    )
    *others, last = [len(one.split()) for one in points] or [0]
    is_short = is_short and last <= 2 * max(others, default=last) + _MORE_WORDS
    unread = [one for one in draft.unread if not is_greeting(one)]
    leads = [one for one in unread if one.endswith(":")]
    is_led = len(leads) > _MOST_POINTS or any(_leads_to_unread(read, one) for one in leads)
    is_led = is_led or (not points and any(_is_of_lines(one, read.lines) for one in unread))
    is_led = is_led or (not points and any(map(_IN_COLUMNS.search, unread)))
    is_timed = not points and sum(bool(_TIMED.match(line)) for line in read.lines) > 1
    is_led = is_led or is_timed
    return (not points or (is_list and is_short)) and not is_led and not _is_list_left(read)


def other_lists(read: Reading) -> list[str]:
    """Return the lists of a text that weren't read as the agenda, a line for each point."""
    found = []
    for block in blocks(read.lines):
        points = [bullet(line) for line in block]
        listed = [one for one in points if one]
        if 1 < len(listed) <= _MOST_POINTS and listed != read.draft.agenda:
            found.append("\n".join(listed))
    return found


def has_label(text: str) -> bool:
    """Return whether a text may have a label that isn't known."""
    found = _LABELED.match(text)
    is_long = len(text.split()) > _FEWEST_WORDS
    return found is not None and is_long and not label_of(found[0])


def _leads_to_unread(read: Reading, lead: str) -> bool:
    """Return whether what is below a line with a colon is in no field and not practical."""
    draft = read.draft
    written = [line.strip() for line in read.lines if line.strip()]
    below = next((after for line, after in pairwise(written) if lead.endswith(line)), "")
    taken = [*draft.titles, draft.subtitle, *read.overview, *draft.when, *draft.labeled_when]
    is_read = flat(below) in flat("\n".join(taken)) or label_of(below.partition(":")[0])
    return bool(below) and not is_read and not is_note(below)


def _is_of_lines(text: str, lines: list[str]) -> bool:
    """Return whether words may be lines of a list: too many for one line, and no sentences."""
    is_long = len(text.split()) > _FEWEST_WORDS and text.rstrip(QUOTE_ENDS)[-1:].isalnum()
    return is_long and all(line.strip() != text for line in lines)


def _has_lines(text: str) -> bool:
    """Return whether a text has lines that aren't wrapped sentences."""
    parts = blocks(text.splitlines())
    is_list = any(is_point(one) for one in paragraphs(text.splitlines()))
    return is_list or len(parts) > 1 or any(len(one) > 1 and not is_prose(one) for one in parts)


def _is_list_left(read: Reading) -> bool:
    """Return whether points of a list are in no field and under no heading."""
    draft = read.draft
    headed = draft.headed
    if not draft.agenda and any(_has_lines(one.text) for one in headed):
        return True
    told = [*read.overview, *draft.unread, *(one.text for one in headed)]
    is_labeled = not draft.agenda and any(map(has_label, [*read.overview, *draft.unread]))
    if is_labeled or any(map(_INLINE.search, told)) or any(map(_SEMICOLONS.search, told)):
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
    marked = [line for line in read.lines if _MARKED.match(line) and "@" not in line]
    kinds = [re.sub("a+", "a", bullet_kind(line)) for line in marked]
    counted = Counter(kinds)
    return any(
        counted[kind] > 1 and flat(_MARKED.sub("", line)) not in whole
        for line, kind in zip(marked, kinds, strict=True)
    )
