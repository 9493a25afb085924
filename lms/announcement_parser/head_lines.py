"""Head lines: classifies the lines without a label."""

import re
from typing import Final

from lms.announcement_parser.credits import credits_in_line, is_format, series_in, series_of_owner
from lms.announcement_parser.draft import Draft
from lms.announcement_parser.person_names import is_honorific, name_in
from lms.announcement_parser.plain_lines import bullet, paragraphs, sentences
from lms.announcement_parser.prices import amounts_in, is_about_price
from lms.announcement_parser.sections import RULE, unmarked
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.times_of_day_and_time_zones import tell_times
from lms.announcement_parser.title_and_subtitle import (
    LONGEST_TITLE,
    QUOTES,
    Chosen,
    Line,
    choose,
    joined,
    quoted_title,
    without_kicker,
)

_LONGEST_LINE: Final = 120  # of a line that isn't prose
QUOTE_ENDS: Final = "\"'\u201d\u2019)"
_WRAPPED: Final = 60  # a block with a longer line is prose
_LASTS: Final = re.compile(
    r"(?:\d{1,3}(?:\.\d+)?|one|two|three|an?|half an)[\s-]*(?:hours?|minutes?|mins?)\b",
    re.IGNORECASE,
)
_LINK: Final = re.compile(
    r"[^\s@]{1,80}@[^\s@]{3,100}|\bhttps?://\S+|\bwww\.\S+|\(?\b\d{3}\)?[-. ]\s?\d{3}[-. ]\d{4}\b",
    re.IGNORECASE,
)
_LINK_WORDS: Final = 6  # at most, besides the link
_NEWS: Final = re.compile(r"\b(?:press release|immediate release)\b", re.IGNORECASE)
_START: Final = 500  # characters, in which a press release says that it is one
_PRESENTS: Final = re.compile(r"^(?P<name>\S.{2,60}) presents:?$", re.IGNORECASE)
_FACT_WORDS: Final = 4  # at most, in each part of a line of facts
_PART_OF: Final = re.compile(
    r"(?:(?:another|part|episode|session|one|number|a|in|of|from|the|our)\b\s*)*", re.IGNORECASE
)
_GREETING: Final = re.compile(r"^(?:\w+[\s'\u2019]*){1,6},$")
_TRAIL: Final = re.compile(r"^[^.]{0,80}\s(?:>|\u203a|\u00bb|/|\|[^|]{1,30}\|)\s[^.]{0,80}$")
_EXCLAIMED: Final = re.compile(r"^\w+!\s+(?=\w)")


def take_top(draft: Draft, lines: list[str], whole: str) -> None:
    """Parse the text above the first label: title, subtitle, facts in short lines, and overview."""
    candidates: list[Line] = []
    for number, block in enumerate(_blocks(without_links(draft, lines))):
        if all(line.startswith(">") for line in block):
            draft.summary += [line.lstrip("> ") for line in block]
        elif _is_prose(block):
            _take_prose(draft, block)
        elif block != [RULE]:
            candidates += _candidates(draft, block, number, whole, above=candidates)
    _choose(draft, candidates, whole)


def _candidates(
    draft: Draft, block: list[str], number: int, whole: str, *, above: list[Line]
) -> list[Line]:
    """Take the lines of a block that state a fact, and return those that may be the title."""
    has_facts, levels = False, {unmarked(line): _level(line) for line in block}
    found: list[Line] = []
    for line in joined([unmarked(line) for line in block], _width(whole)):
        if take_line(draft, line, block, has_title=bool(above or found), whole=whole):
            is_credit = line.casefold().startswith("by ")
            has_facts = has_facts or is_credit or not _is_published(line, block)
        else:
            level = levels.get(line, max(levels.values(), default=0))
            found.append(_candidate(draft, line, number, level))
    for each in found:
        each.has_facts_below = has_facts
        each.is_below_prose = bool(draft.overview)
    for each in above if has_facts and not found else ():
        each.has_facts_next = each.has_facts_next or each.block == number - 1
    return found


def _candidate(draft: Draft, line: str, block: int, level: int) -> Line:
    line, whole = without_kicker(line), line
    if line != whole:
        draft.set_aside(whole.removesuffix(line).strip(" :-\u2013\u2014"))
    quoted = quoted_title(line)
    exclaimed = _EXCLAIMED.match(line)
    if quoted:
        draft.set_aside(line)
    elif exclaimed:
        draft.set_aside(exclaimed[0].strip())
        line = line[exclaimed.end() :]
    is_whole = line.strip("* ")[:1] in QUOTES and line.strip("* ")[-1:] in QUOTES
    bare = line.strip(QUOTES) if is_whole else line.strip("* ")
    return Line(quoted or bare, block, level, is_quoted=bool(quoted))


def _choose(draft: Draft, candidates: list[Line], whole: str) -> None:
    """Choose the title, unless a label names it; the other lines go to `rest`."""
    draft.overview += [line.text for line in candidates if len(line.text) > LONGEST_TITLE]
    candidates = [line for line in candidates if len(line.text) <= LONGEST_TITLE]
    chosen = choose(candidates, draft.subject)
    if draft.titles:
        chosen = Chosen("", "", tuple(line.text for line in candidates), is_clear=True)
    elif _NEWS.search(whole[:_START]) or not chosen.title or chosen.title == draft.subject:
        # The headline of a press release isn't the title, unless it quotes it.
        said = [one for each in draft.overview[:2] for one in sentences(each)]
        quoted = next(filter(None, map(quoted_title, said)), "") or chosen.title
        replaced = chosen.title if chosen.title not in (quoted, draft.subject) else ""
        left = (*filter(None, [replaced, chosen.subtitle]), *chosen.left)
        chosen = Chosen(quoted, "", left, is_clear=True)
    draft.titles += [chosen.title] if chosen.title else []
    draft.is_title_clear = draft.is_title_clear and chosen.is_clear
    draft.name_subtitle(chosen.subtitle)
    for line in chosen.left:
        if line not in draft.titles:
            draft.set_aside(line)


def without_links(draft: Draft, lines: list[str]) -> list[str]:
    """Return the lines but those that only say where to click, write or call, which go to `rest`."""
    found: list[str] = []
    for line in lines:
        bare = _LINK.sub(" ", line)
        is_kept = bare == line or len(bare.split()) > _LINK_WORDS or has_date(line)
        if is_kept or any(amounts_in(line)):
            found.append(line)
        else:
            draft.set_aside(line.strip())
    return found


def take_loose(draft: Draft, lines: list[str], whole: str) -> None:
    """Parse later text without a label: facts in short lines, prices, people, and overview."""
    for block in _blocks(without_links(draft, lines)):
        if _is_prose(block):
            _take_prose(draft, block)
            continue
        for line in block:
            if line != RULE and not take_line(draft, line, block, has_title=True, whole=whole):
                draft.set_aside(line)


def _take_prose(draft: Draft, block: list[str]) -> None:
    for said in paragraphs(block):
        if not (draft.overview and take_prices(draft, said)):
            draft.overview.append(said)


def take_prices(draft: Draft, said: str) -> bool:
    """Take a paragraph if it is mostly about prices and passes; return whether it was."""
    parts = sentences(said)
    priced = [one for one in parts if is_about_price(one)]
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


def take_line(draft: Draft, line: str, block: list[str], *, has_title: bool, whole: str) -> bool:
    """Take a short line that states a fact (series, people, date, length, price); return whether it did."""
    line = line.replace("**", "").replace("__", "")
    if len(line) > _LONGEST_LINE:
        return False
    if line.casefold().startswith(("by ", "posted ", "published ")) and has_date(line):
        draft.set_aside(line)  # the author of the text and its date
        return True
    for take in (_take_owner, _take_series, _take_credits, _take_facts):
        if take(draft, line, block):
            return True
    name = name_in(line.strip(QUOTES))
    is_named_again = whole.count(name) > 1 and has_title
    if name and name == line.strip(QUOTES) and (is_honorific(name.split()[0]) or is_named_again):
        draft.name(name)
        return True
    if "    " in line.strip() or _GREETING.match(line) or (_TRAIL.match(line) and not has_title):
        draft.set_aside(line)
        return True
    return False


def _take_facts(draft: Draft, line: str, block: list[str]) -> bool:
    is_dated = any(has_date(each) for each in block)
    is_timed = bool(tell_times(line, american=True))
    if has_date(line) or (is_timed and is_dated):
        draft.add_when(
            line, is_timed=any(tell_times(_undated(each), american=True) for each in block)
        )
    elif _LASTS.match(line):
        draft.lasting.append(line)
    elif is_timed and _is_of_facts(line):
        draft.add_when(line, is_timed=True)
    elif is_about_price(line):
        draft.add_price(line)
    else:
        return False
    return True


def _undated(line: str) -> str:
    return re.sub(r"\b\d{4}\b", "", line)


def _take_owner(draft: Draft, line: str, _block: list[str]) -> bool:
    """Take a line that names the organization that presents the webinar, or whose series it is in."""
    owner, series = series_of_owner(line)
    presenting = _PRESENTS.match(line)
    if presenting:
        name = presenting["name"]
        draft.presenting = name.title() if name.isupper() else name
    elif series:
        draft.series.append(series)
    else:
        return False
    draft.set_aside(owner or line)
    return True


def _take_series(draft: Draft, line: str, _block: list[str]) -> bool:
    if any(amounts_in(line)):
        return False
    names, end = series_in(line, is_line=True)
    before = line[: line.casefold().find(names[0].casefold())] if names else ""
    if not names or len(before) > _LONGEST_LINE // 3 or quoted_title(line) or ":" in before:
        return False
    draft.series += names
    behind = line[end:].lstrip(' ,."\u201d*').rstrip(QUOTES)
    found, lead, rest = credits_in_line(behind)
    draft.credit(found)
    words = f"{before.strip(QUOTES)} {lead} {rest}".strip()
    draft.set_aside("" if _PART_OF.fullmatch(words) else words)
    return True


def _take_credits(draft: Draft, line: str, _block: list[str]) -> bool:
    found, lead, rest = credits_in_line(line)
    draft.credit(found)
    if not found or (lead and not is_format(lead)):
        return False
    draft.set_aside(lead)
    draft.set_aside(rest)
    return True


def _is_published(line: str, block: list[str]) -> bool:
    """Return whether a date is not the event's, since no time of day is near it."""
    return has_date(line) and not any(tell_times(_undated(each), american=True) for each in block)


def _is_prose(block: list[str]) -> bool:
    text = " ".join(block)
    if len(block) == 1 and _is_of_facts(text):
        return False
    if any(bullet(line) is not None for line in block):
        return True
    is_ended = text.rstrip(QUOTE_ENDS)[-1:] in (".", "!", "?", ":")
    if len(block) == 2 and block[1][:1].islower() and not is_ended and len(text) <= LONGEST_TITLE:
        return False  # a long title or subtitle
    if len(block) > 1 and any(len(line) > _WRAPPED for line in block[:-1]):
        return not any(has_date(line) and len(line) <= _WRAPPED for line in block)
    is_sentence = (
        is_ended and text[-1:] != ":" and not re.search(r"\b[A-Za-z]{1,2}\.[A-Za-z]\.$", text)
    )
    return len(text) > LONGEST_TITLE or (is_sentence and len(text.split()) > 7)


def _is_of_facts(line: str) -> bool:
    """Return whether a line has a date or time in short parts: `May 7, 2027, 3 p.m. EST, 60 min.`.

    A short sentence with only a time and its zone is one, too: `All sessions begin at 2 p.m. Eastern.`
    """
    bare = line.replace("*", "")
    if len(bare) > _LONGEST_LINE:
        return False
    parts = re.split(r"[,|\u2022\u00b7]|\s[\u2013\u2014-]\s", bare)
    if has_date(bare):
        return len(parts) > 1 and all(len(part.split()) <= _FACT_WORDS for part in parts)
    times = tell_times(bare, american=True)
    return len(bare) <= _WRAPPED * 3 // 2 and any(one.zones and one.clocks for one in times)


def _level(line: str) -> int:
    return len(line.lstrip()) - len(line.lstrip().lstrip("#"))


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
            found[-1].append(line.strip())
        elif found[-1]:
            found.append([])
    return [block for block in found if block]
