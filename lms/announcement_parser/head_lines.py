"""Head lines: sorts the lines without a label into facts, text and titles, and chooses the title."""

import re
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Final

from lms.announcement_parser.credits import credits_in_line
from lms.announcement_parser.draft import Draft, Unread
from lms.announcement_parser.fact_lines import (
    PRICED,
    WRAPPED,
    is_of_facts,
    is_published,
    take_line,
)
from lms.announcement_parser.person_names import is_organization, name_in
from lms.announcement_parser.plain_lines import bullet, paragraphs, sentences
from lms.announcement_parser.prices import amounts_in, is_about_passes, is_about_price, is_sold
from lms.announcement_parser.sections import LONGEST_HEADING, RULE, unmarked
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.times_of_day_and_time_zones import tell_times
from lms.announcement_parser.title_and_subtitle import (
    LONGEST_TITLE,
    QUOTES,
    Line,
    is_kicker,
    is_title_case,
    joined,
    quoted_title,
    without_kicker,
)

QUOTE_ENDS: Final = "\"'\u201d\u2019)"
_LINK: Final = re.compile(
    r"[^\s@]{1,80}@[^\s@]{3,100}|\bhttps?://\S+|\bwww\.\S+|\(?\b\d{3}\)?[-. ]\s?\d{3}[-. ]\d{4}\b",
    re.IGNORECASE,
)
_MOST_LINES: Final = 3  # of a block with a title: more are a menu
_LINK_WORDS: Final = 6  # at most, besides the link
_EVEN_SHARE: Final = 0.6  # of the longest line, which other lines of wrapped text have
_CODE: Final = re.compile(r"^[A-Z]{1,5}(?:-[A-Z]{1,5})?[- ]?\d{2,5}\b[:.]?\s+(?=\S)")
# A web page's links to other pages: `<< All events`, `+ Add to calendar    + Export`.
_WAY_ON: Final = re.compile(
    r"^\s*(?:<<|\u00ab|\u2039|\u2190)\s|\s(?:>>|\u00bb|\u203a|\u2192)\s*$|^\s*\+ .*\s{2,}\+ "
)
_COUNT: Final = re.compile(r"^\d[\d,.]*[km]?\+? [a-z]+$")  # `214 followers`
_CREDITED: Final = re.compile(
    r"(?:presented|led|taught|facilitated|given|delivered|(?:co-?)?hosted|moderated) by\b",
    re.IGNORECASE,
)
_EXCLAIMED: Final = re.compile(r"^\w+!\s+(?=\w)")


def take_top(draft: Draft, lines: list[str], whole: str, *, is_above_facts: bool) -> None:
    """Parse text above the first section: title, subtitle, facts in short lines, and overview.

    `is_above_facts` means that labeled facts follow.
    """
    start = draft.candidates[-1].block + 2 if draft.candidates else 0
    drawn = [[RULE]]
    parts = [block for block in _blocks(without_links(draft, lines)) if block not in drawn]
    for number, block in enumerate(parts, start):
        if all(line.startswith(">") for line in block):
            draft.summary += [line.lstrip("> ") for line in block]
        elif _is_quotation(" ".join(block)) and draft.candidates and not draft.overview:
            draft.summary.append(" ".join(block).strip(QUOTES))
        elif is_prose(block):
            _take_prose(draft, block)
        else:
            draft.candidates += _candidates(draft, block, number, whole)
            start = number
    for line in draft.candidates if is_above_facts else ():
        line.has_facts_next = line.has_facts_next or line.block == start


def _is_quotation(text: str) -> bool:
    """Return whether a text is one quotation, too long for a title."""
    is_quoted = text[:1] in '"\u201c' and text[-1:] in '"\u201d' and text[-2:-1] in ".!?"
    return (
        is_quoted and len(text) > LONGEST_HEADING and not re.search(r"[\"\u201c\u201d]", text[1:-1])
    )


def _candidates(draft: Draft, block: list[str], number: int, whole: str) -> list[Line]:
    """Take the lines of a block that state a fact, and return those that may be the title."""
    has_facts, levels = False, {unmarked(line): _level(line) for line in block}
    above, found = draft.candidates, list[Line]()
    named, others = 0, 0  # candidates above the last fact; words of a menu
    for line in joined([unmarked(line) for line in block], _width(whole)):
        if len(block) > _MOST_LINES and " " not in line and line.isalpha():
            draft.set_aside(line)  # a menu's
            others += 1
        elif take_line(draft, line, block, has_title=bool(above or found), whole=whole):
            is_of_any = draft.rest[-1:] == [Unread("", line)] or is_about_passes(line)  # a menu
            has_facts = has_facts or not (is_of_any or is_published(line, block))
            named = len(found) if has_facts else 0
        elif (above or found) and _is_person_line(line):
            draft.likely.append(line)
        elif _is_title_like(line) and not _COUNT.match(line):
            level = levels.get(line, max(levels.values(), default=0))
            found.append(_candidate(draft, line, number, level))
        else:
            draft.set_aside(line)
    for at, each in enumerate(found):
        each.has_facts_below = at < named
        each.is_below_facts = has_facts and at >= named
        each.has_facts_next = has_facts
        each.prose_above = len(draft.overview)
        each.is_of_list = len(found) + others > _MOST_LINES
    for each in takewhile(lambda one: one.block == number - 1, reversed(above)):
        each.has_facts_next = each.has_facts_next or (has_facts and not named)
    return found


def _is_person_line(line: str) -> bool:
    """Return whether a line is a name with an organization or a position: `Ana Bell, Director`."""
    name, _comma, behind = line.partition(",")
    return name_in(name) == name != "" and is_organization(behind.split(",")[0])


def _is_title_like(line: str) -> bool:
    """Return whether most of a line is words."""
    letters = sum(letter.isalpha() or letter.isspace() for letter in line)
    return 2 * letters > len(line) and bool(re.search(r"[^\W\d_]{2}", line))


def _candidate(draft: Draft, line: str, block: int, level: int) -> Line:
    line, whole = without_kicker(line), line
    if line != whole:
        draft.set_aside(whole.removesuffix(line).strip(" :-\u2013\u2014"))
    quoted = quoted_title(line)
    is_announced = bool(re.match(r"[^\W\d]", whole)) and line != whole
    bare = without_dated_end(line)
    draft.set_aside(line.removeprefix(bare).strip())
    line = bare
    exclaimed = _EXCLAIMED.match(line) or _CODE.match(line)
    if quoted:
        draft.set_aside(line)
    elif exclaimed:
        draft.set_aside(exclaimed[0].strip())
        line = line[exclaimed.end() :]
    is_whole = line.strip("* ")[:1] in QUOTES and line.strip("* ")[-1:] in QUOTES
    bare = line.strip(QUOTES) if is_whole else line.strip("* ")
    return Line(
        quoted or bare,
        block,
        level,
        is_quoted=bool(quoted),
        is_announced=is_announced,
        is_whole=is_whole,
    )


def without_dated_end(line: str) -> str:
    """Return a line without a date or an announcement in brackets at its end: `Calm Desk (Dec. 15)`."""
    dated = re.search(r"\s*\([^()]{3,40}\)$", line)
    is_said = dated and (has_date(dated[0]) or is_kicker(dated[0]))
    return line[: dated.start()] if dated and is_said else line


def without_links(draft: Draft, lines: list[str]) -> list[str]:
    """Return the lines but those that only say where to click, write or call, which go to `rest`."""
    found: list[str] = []
    for line in lines:
        if _WAY_ON.search(line):
            draft.set_aside(line.strip())
            continue
        bare = _LINK.sub(" ", line)
        is_long = len(re.findall(r"\w+", bare)) > _LINK_WORDS
        is_kept = bare == line or is_long or has_date(line)
        if is_kept or any(amounts_in(line)):
            found.append(line)
        else:
            draft.set_aside(line.strip())
    return found


def take_loose(draft: Draft, lines: list[str], whole: str) -> None:
    """Parse later text without a label: facts in short lines, prices, people, and overview."""
    for block in _blocks(without_links(draft, lines)):
        if is_prose(block):
            _take_prose(draft, block)
            continue
        for line in block:
            if line != RULE and not take_line(draft, line, block, has_title=True, whole=whole):
                draft.set_aside(line)


def _take_prose(draft: Draft, block: list[str]) -> None:
    for said in paragraphs(block):
        if not (draft.overview and take_prices(draft, said)) and not take_credited(draft, said):
            draft.overview.append(said)


def take_credited(draft: Draft, said: str) -> bool:
    """Take a paragraph that only names people: `Led by Ana Bell, a cataloger, and Tom Ray`."""
    found, _lead, rest = credits_in_line(said) if _CREDITED.match(said) else ([], "", "")
    if not found or len(sentences(said)) > 1:
        return False
    draft.credit(found)
    draft.set_aside(rest)
    return True


def take_prices(draft: Draft, said: str) -> bool:
    """Take a paragraph if it is mostly about prices and passes; return whether it was."""
    parts = sentences(said)
    is_text = len(parts) > 1
    priced = [one for one in parts if (is_sold if is_text else is_about_price)(one)]
    is_taken = bool(priced) and 2 * len(priced) >= len(parts)
    if is_taken:
        draft.add_price(said)
    return is_taken


def take_paragraph(draft: Draft, said: str) -> bool:
    """Take a paragraph about prices and passes, or about a known person; return whether it was."""
    if take_prices(draft, said):
        return True
    shares: list[tuple[str, list[str]]] = []
    for one in sentences(said):
        who = draft.person_at_start(one)
        if who:
            shares.append((who, [one]))
        elif not shares:
            return False
        else:
            shares[-1][1].append(one)
    for who, about in shares:
        draft.people[who].append(" ".join(about))
    return bool(shares)


def is_prose(block: list[str]) -> bool:
    """Return whether a block is text, and not lines that each state something."""
    text = " ".join(block)
    if len(block) == 1 and is_of_facts(text):
        return False
    if any(bullet(line) is not None for line in block):
        return True
    is_ended = text.rstrip(QUOTE_ENDS)[-1:] in (".", "!", "?", ":")
    is_title = len(block) == 2 and block[1][:1].islower() and not is_ended
    is_capital = len(block) <= _MOST_LINES and len(text) <= LONGEST_HEADING and text.isupper()
    if _is_of_lines(block) or is_capital or (is_title and len(text) <= LONGEST_TITLE):
        return False
    if (
        len(block) == 2
        and not any(map(has_date, block))
        and all(is_title_case(one) and not one.isupper() for one in block)
    ):
        return False  # a title, and a subtitle or a series
    if len(block) > 1 and any(len(line) > WRAPPED for line in block[:-1]):
        return not any(
            has_date(line) and len(line) <= WRAPPED and not _is_wrapped(before)
            for before, line in pairwise(["", *block])
        )
    is_sentence = (
        is_ended and text[-1:] != ":" and not re.search(r"\b[A-Za-z]{1,2}\.[A-Za-z]\.$", text)
    )
    return len(text) > LONGEST_TITLE or (is_sentence and len(text.split()) > 7)


def _is_of_lines(block: list[str]) -> bool:
    """Return whether lines with a date or price are too short or uneven for text, and none goes on."""
    longest = max(len(line) for line in block)
    is_uneven = any(len(line) < _EVEN_SHARE * longest for line in block[:-1])
    is_listed = any(has_date(line) or PRICED.match(line) for line in block)
    is_short = len(block) > 1 and longest <= WRAPPED
    return (
        is_listed and (is_uneven or is_short) and not any(line[:1].islower() for line in block[1:])
    )


def _is_wrapped(line: str) -> bool:
    """Return whether a line ends in the middle of a sentence."""
    return len(line) > WRAPPED and line.rstrip(QUOTE_ENDS)[-1:] not in (".", "!", "?", ":")


def _level(line: str) -> int:
    bare = line.strip()
    is_decorated = not bare.startswith(("#", "**", "__")) and len(unmarked(bare)) < len(bare) - 3
    return 2 if is_decorated and not bare.isupper() else len(bare) - len(bare.lstrip("#"))


@lru_cache(maxsize=1)
def _width(whole: str) -> int:
    """Return the width at which a text is wrapped, or 0 if it isn't."""
    lengths = sorted(len(line) for line in whole.splitlines() if line.strip())
    wrapped = [length for length in lengths if length >= lengths[-1] - 12]
    return lengths[-1] if len(wrapped) >= 4 and lengths[-1] < 100 else 0


def _blocks(lines: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line == RULE:
            found += [[RULE], []]
        elif line.strip():
            above = found[-1][-1] if found[-1] else ""
            is_text = len(line.strip()) > WRAPPED and has_date(above) and not has_date(line)
            if is_text and tell_times(above, american=True) and not _is_wrapped(above):
                found.append([])  # text right below a line of facts
            found[-1].append(line.strip())
        elif found[-1]:
            found.append([])
    return [block for block in found if block]
