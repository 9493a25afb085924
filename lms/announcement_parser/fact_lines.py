"""Fact lines: takes the short lines that state a date, a length, a price, a person or a series."""

import re
from typing import Final

from lms.announcement_parser.credits import (
    Credit,
    credits_in_line,
    is_format,
    series_in,
    series_of_owner,
)
from lms.announcement_parser.draft import Draft
from lms.announcement_parser.person_names import is_honorific, is_organization, name_in, names_in
from lms.announcement_parser.plain_lines import is_repeated
from lms.announcement_parser.prices import is_about_price, prices_in
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.times_of_day_and_time_zones import is_zone_alone, tell_times
from lms.announcement_parser.title_and_subtitle import QUOTES, quoted_title, without_kicker

_LONGEST_LINE: Final = 120  # of a line that isn't prose
WRAPPED: Final = 60  # a block with a longer line is prose
_LASTS: Final = re.compile(
    r"(?:(?:\w+ ){1,2}(?:lasts|runs|takes) )?(?:\d{1,3}(?:\.\d+)?|one|two|three|an?|half an)[\s-]*(?:hours?|minutes?|mins?)\b",
    re.IGNORECASE,
)
_ROLE_BEHIND: Final = re.compile(
    r"^(?P<name>[A-Z][^,(]{3,50}?)(?:,| [\u2013\u2014-]| \()\s*(?P<role>presenter|speaker|instructor|trainer"
    r"|facilitator|host|moderator)\)?$",
    re.IGNORECASE,
)
PRICED: Final = re.compile(
    r"^\W*[$\u20ac\u00a3]\s?\d[\d.,]*\W*$|^\W*free(?:\W*$|[!.])", re.IGNORECASE
)
_PRESENTS: Final = re.compile(
    r"^(?P<name>\S.{2,90}?) (?:presents?|(?:cordially )?invites? you to)(?::|\.{3}|\u2026)?$",
    re.IGNORECASE,
)
_FACT_WORDS: Final = 4  # at most, in each part of a line of facts
_PART_OF: Final = re.compile(
    r"(?:(?:another|part|episode|session|one|number|an?|in|of|from|the|our|series|webinars?)\b\W*)*",
    re.IGNORECASE,
)
_GREETING: Final = re.compile(
    r"^(?:(?:\w+[\s'\u2019]*){1,6},|(?:hello|hi|hey|dear|greetings|welcome|good (?:morning|afternoon"
    r"|evening))\b.{0,60}[,!:.])$",
    re.IGNORECASE,
)
_TRAIL: Final = re.compile(
    r"^[^.]{0,80}\s(?:>|\u203a|\u00bb|/[^/]{1,30}/|\|[^|]{1,30}\|)\s[^.]{0,80}$"
)
_BY_NO_PERSON: Final = re.compile(r"^by(?: [A-Z0-9&][\w.,'\u2019&-]*){1,6}$", re.IGNORECASE)


def take_line(draft: Draft, line: str, block: list[str], *, has_title: bool, whole: str) -> bool:
    """Take a short line that states a fact (series, people, date, length, price); return whether it did."""
    line = line.replace("**", "").replace("__", "")
    if len(line) > _LONGEST_LINE:
        return False
    if is_byline(line):
        draft.set_aside(line)  # the author of the text and its date
        return True
    for take in (_take_owner, _take_series, _take_role, _take_credits, _take_facts):
        if take(draft, line, block):
            return True
    if _take_names(draft, line.strip(QUOTES), whole if has_title else ""):
        return True
    is_by_owner = bool(_BY_NO_PERSON.match(line))
    if is_by_owner and is_organization(line):
        draft.present(line[3:])
    elif (
        is_by_owner
        or "    " in line.strip()
        or is_greeting(line)
        or (_TRAIL.match(line) and not has_title)
    ):
        draft.set_aside(line)
    else:
        return False
    return True


def _take_names(draft: Draft, line: str, whole: str) -> bool:
    """Take a line of names that the text has again, or of one with a title: `Ana Bell & Tom Ray`."""
    names, behind = names_in(line)
    again = names if len(names) == 1 else [name.split(" ")[0] for name in names]
    is_titled = len(names) == 1 and is_honorific(names[0].split()[0])
    if not names or behind or not (is_titled or all(is_repeated(one, whole) for one in again)):
        return False
    draft.credit(Credit(one, "", is_host=False, is_person=True) for one in names)
    draft.guessed |= set() if is_titled else {draft.known(one) for one in names}
    return True


def is_greeting(line: str) -> bool:
    """Return whether a line greets the readers: `Dear colleagues,`."""
    return bool(_GREETING.match(line))


def is_byline(line: str) -> bool:
    """Return whether a line names the author of a text and its date, `Posted May 7, 2027 by Ana Bell`."""
    return line.casefold().startswith(("by ", "posted ", "published ")) and has_date(line)


def _take_facts(draft: Draft, line: str, block: list[str]) -> bool:
    is_dated = any(has_date(each) for each in block)
    is_timed = bool(tell_times(line, american=True))
    is_zone = is_dated and is_zone_alone(line)
    parts = re.split(r"\s[|*/]\s|[\u2022\u00b7]|,\s", line)
    parts = [part for part in parts if any(prices_in(part)) or PRICED.match(part)]
    if any(prices_in(line)) and not is_timed:
        draft.add_price(line)  # also with a date, `$50 until June 15`
    elif has_date(line) or (is_timed and is_dated) or is_zone:
        for part in parts:
            draft.add_price(part.strip(" _*"))
        draft.credit(one for one in credits_in_line(line)[0] if one.is_person)
        draft.add_when(
            line, is_timed=any(tell_times(_undated(each), american=True) for each in block)
        )
    elif _LASTS.match(line):
        draft.lasting.append(line)
    elif is_timed and is_of_facts(line):
        draft.add_when(line, is_timed=True)
    elif is_about_price(without_kicker(line)) or PRICED.match(line):
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
        name = re.sub(r"^[Tt]he\s+(?=[A-Z])", "", presenting["name"])
        draft.present(name.title() if name.isupper() else name)
    elif series:
        draft.series.append(series)
    else:
        return False
    draft.set_aside(owner or line)
    return True


def _take_series(draft: Draft, line: str, _block: list[str]) -> bool:
    if any(prices_in(line)):
        return False
    names, end = series_in(line, is_line=True)
    before = line[: line.casefold().find(names[0].casefold())] if names else ""
    if not names or len(before) > _LONGEST_LINE // 3 or quoted_title(line) or ":" in before:
        return False
    draft.series += names
    behind = line[end:].lstrip(' ,."\u201d*').rstrip(QUOTES)
    found, lead, rest = credits_in_line(behind)
    draft.credit(found)
    said = line[:end]
    kind = said[
        said.casefold().rfind(names[-1].casefold()) + len(names[-1]) :
    ]  # `: A Winter Series`
    words = f"{before.strip(QUOTES)} {kind.strip(f'{QUOTES}:,')} {lead} {rest}".strip()
    draft.set_aside("" if _PART_OF.fullmatch(words) else words)
    return True


def _take_role(draft: Draft, line: str, _block: list[str]) -> bool:
    """Take a name with a role behind it: `Ana Bell, presenter`."""
    found = _ROLE_BEHIND.match(line)
    if found is None or name_in(found["name"]) != found["name"]:
        return False
    is_host = found["role"].casefold() in ("host", "moderator")
    draft.credit([Credit(found["name"], "", is_host=is_host, is_person=True)])
    return True


def _take_credits(draft: Draft, line: str, _block: list[str]) -> bool:
    found, lead, rest = credits_in_line(line)
    draft.credit(found)
    if not found or (lead and not is_format(lead)):
        return False
    draft.set_aside(lead)
    draft.set_aside(rest)
    return True


def is_published(line: str, block: list[str]) -> bool:
    """Return whether a date is not the event's, since no time of day is near it."""
    return has_date(line) and not any(tell_times(_undated(each), american=True) for each in block)


def is_of_facts(line: str) -> bool:
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
    return len(bare) <= WRAPPED * 3 // 2 and any(one.zones and one.clocks for one in times)
