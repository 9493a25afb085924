"""The title and subtitle: chosen among the head lines by position and style."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lms.announcement_parser.person_names import is_organization, name_in
from lms.announcement_parser.start_date_and_time import has_date

LONGEST_TITLE: Final = 200
QUOTES: Final = "\"'\u201c\u201d\u2018\u2019\u00ab\u00bb* "
_QUOTED: Final = re.compile(r"[\"\u201c](?P<title>[^\"\u201c\u201d]{4,160}?)[,.]?[\"\u201d]")
_UNFINISHED: Final = re.compile(
    r"(?:[:,&\u2013\u2014/-]|\b(?:a|an|the|and|or|of|for|to|in|on|at|with|without|from|by|is|are|your"
    r"|our|its|how|when|that|not))$",
    re.IGNORECASE,
)
_SMALL: Final = re.compile(r"a|an|the|and|or|of|for|to|in|on|at|with|from|by|as|is|vs")
_KICKER: Final = re.compile(
    r"upcoming|new|next|our|webinar|webinars|newsletter|training|announcement|invitation|free|"
    r"join|us|for|save|the|date|register|now|live|online|event|events|course|program|presents|"
    r"a|an|of|announcing|introducing|immediate|release|from|special|press|frequently|asked|questions|"
    r"faq|part|session|episode|lesson|module|opportunity|continuing|education|professional|development|"
    r"this|month|week|calendar|on|seminario|web|rescheduled|postponed|canceled|cancelled|corrected|updated|changed|important|please|note|reminder|opportunities|"
    r"registration|confirmation|confirmed|open|is|last|chance|time|change|day|days|left|today|tomorrow|learning|in|person|virtual|zoom|hybrid|recorded|series|bulletin|reminder|notice|flyer|schedule|details|panel|discussion|workshop|[a-z]?\d{1,4}[a-z]?",
    re.IGNORECASE,
)
_ANNOUNCES: Final = re.compile(
    r"\b(?:join us|last chance|time change|reminder|webinars?|events?|announcement|announcing|introducing|opportunity|upcoming|invitation|save|register"
    r"|(?:training|live|month|week|calendar)(?=:)|workshop|questions|faq|(?:part|session|episode|lesson|module)\s\d{1,2})\b",
    re.IGNORECASE,
)
_CREDIT: Final = re.compile(
    r"(?:with|by|featuring|\w+ by)\s+[A-Z]|an?\s+(?:[\w-]+\s+){0,3}(?:webinar|workshop|session|panel|talk)\b"
)
# A line that says what kind of event it is.
_DESCRIBES: Final = re.compile(
    r"(?:an?|our|the)\s+(?:[\w-]+\s+){0,3}(?:webinar|workshop|session|course|class|training|panel|talk)\b",
    re.IGNORECASE,
)
_INVITES: Final = re.compile(
    r"(?:please )?(?:join|don['\u2019]t miss|you(?:['\u2019]re| are) invited)\b", re.IGNORECASE
)
_OF_MANY: Final = re.compile(r"\b(?:webinars?|newsletter|trainings?|events|courses|programs)\b")
_EVENT: Final = re.compile(
    r"\b(?:webinar|workshop|session|course|class|training|event)\b", re.IGNORECASE
)
_FEW_WORDS: Final = 4
_KICKER_POINTS: Final = -1.0
_DAY: Final = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"[a-z]{0,6}\.? \d{1,2}(?:,? \d{4})?\b",
    re.IGNORECASE,
)
_LONG_LINE: Final = 50  # characters of a title's line in capitals, which may go on
_LAST_WORDS: Final = 2


@dataclass(slots=True)
class Line:
    """A line that may be the title, with its block, and whether a date or a credit follows it."""

    text: str
    block: int
    level: int = 0  # of a Markdown heading
    has_facts_below: bool = False
    has_facts_next: bool = False
    is_quoted: bool = False
    prose_above: int = 0  # paragraphs
    is_announced: bool = False  # `Upcoming webinar:` is before it
    is_whole: bool = False  # a quotation
    is_of_list: bool = False  # of short lines, such as a menu
    is_below_facts: bool = False  # in its block, as where it takes place


@dataclass(frozen=True, slots=True)
class Chosen:
    """A title and its subtitle; `left` are the other lines."""

    title: str
    subtitle: str
    left: tuple[str, ...]


def is_unfinished(line: str, following: str, width: int) -> bool:
    """Return whether a title continues in the next line: by its end, that line's start, or its width."""
    is_upper = line.isupper() and following.isupper()
    is_question = is_upper and following.endswith("?") and line[-1] not in ".?!"
    first, _space, behind = following.casefold().partition(" ")
    is_small = is_upper and bool(_SMALL.fullmatch(first)) and not name_in(behind.title())
    is_last = is_upper and len(line) > _LONG_LINE and len(following.split()) <= _LAST_WORDS
    opened = line.count("\u201c") > line.count("\u201d") or line.count('"') % 2 == 1
    is_full = bool(width) and len(line) + 1 + len(following.split(" ")[0]) > width
    return (
        opened
        or is_full
        or is_question
        or is_last
        or is_small
        or (bool(_UNFINISHED.search(line)) and not has_date(following))
        or (following[:1].islower() and not _CREDIT.match(following))
    )


def choose(lines: list[Line], subject: str) -> Chosen:
    """Choose the title among lines in order, and the subtitle, which follows it."""
    lines = [line for line in lines if line.text]
    if subject and not any(_is_alike(line.text, subject) for line in lines):
        lines.insert(0, Line(subject, -1, has_facts_below=True, has_facts_next=True))
    if not lines:
        return Chosen("", "", ())
    kickers = [
        line
        for line in lines
        if _points(line, lines, subject) < _KICKER_POINTS or is_kicker(line.text)
    ]
    kickers = [line for line in kickers if line is lines[0] or not _DESCRIBES.match(line.text)]
    lines = [line for line in lines if line not in kickers]
    scored = [(_points(line, lines, subject), line) for line in lines]
    if not scored:
        likely = next(
            (one.text for one in kickers if is_title_case(one.text) and not is_kicker(one.text)), ""
        )
        left = tuple(line.text for line in kickers if line.text != likely)
        return Chosen(likely, "", left)
    best = max(scored, key=lambda one: (one[0], one[1].has_facts_below, one[1].has_facts_next))
    title = best[1]
    others = [line for line in lines if line is not title]
    below = [line for line in others if line.block in (title.block, title.block + 1)]
    after = [line for line in below if lines.index(line) == lines.index(title) + 1]
    same = [line for line in others if _is_part(line.text, title.text)]
    after = [] if title.is_of_list else after
    after = [line for line in after if line not in same and not line.is_quoted]
    after = [line for line in after if not line.is_below_facts or title.is_below_facts]
    subtitle = next((line for line in after if " " in line.text and not is_kicker(line.text)), None)
    return Chosen(
        title.text,
        subtitle.text if subtitle else "",
        tuple(
            line.text for line in (*kickers, *others) if line is not subtitle and line not in same
        ),
    )


def without_kicker(line: str) -> str:
    """Return a title without the name of a mailing list and words such as `New webinar:` before it."""
    line = re.sub(r"^(?:\[[^\]]{1,40}\]\s*)+", "", line)
    found = re.match(r"(?P<kicker>[^:\u2013\u2014-]{3,60}?)(?::|\s[\u2013\u2014-])\s+(?=\S)", line)
    words = re.findall(r"[\w'\u2019]+", _DAY.sub("", found["kicker"])) if found else []
    is_kicker = bool(words) and all(_KICKER.fullmatch(word) for word in words)
    return line[found.end() :] if found and is_kicker and _ANNOUNCES.search(found[0]) else line


def describes_format(text: str) -> bool:
    """Return whether words only say what kind of event it is: `A webinar about boats`."""
    return bool(_DESCRIBES.match(text))


def unquoted(text: str) -> str:
    """Return a text without the quotation marks around all of it."""
    bare = text.strip(QUOTES)
    opened = sum(bare.count(mark) for mark in '"\u201c\u201d')
    return text.strip("* ") if opened % 2 else bare


def same_title(one: str, other: str) -> bool:
    """Return whether two titles have the same words."""
    first, second = (re.findall(r"\w+", text.casefold()) for text in (one, other))
    return bool(first) and first == second


def quoted_title(line: str) -> str:
    """Return the title that a line quotes, or "" if the whole line is quoted."""
    for found in _QUOTED.finditer(line):
        around = f"{line[: found.start()][-12:]} {line[found.end() :][:12]}"
        is_title = " " in found["title"] or not is_title_case(line.replace(found[0], ""))
        is_title = is_title and is_title_case(found["title"])
        if found.start() and "series" not in around.casefold() and is_title:
            return found["title"].strip()
    whole = _QUOTED.match(line)
    is_sentence = whole is not None and re.match(
        r"\s+(?:is|are|will|with|by|on)\b", line[whole.end() :]
    )
    return whole["title"].strip() if whole and is_sentence else ""


def _points(line: Line, lines: list[Line], subject: str) -> float:
    words = re.findall(r"[\w'\u2019]+", line.text.casefold())
    points = 2.0 if line is lines[0] and not line.prose_above else 0.0
    points += {1: 4.0, 2: 1.0}.get(line.level, 0.0)
    after = lines[lines.index(line) + 1 :][:1]
    below = [each for each in lines if each.block == line.block + 1][:1]
    is_above = line.has_facts_next or any(
        each.has_facts_next and not is_title_case(each.text) for each in below
    )
    points += 3.0 if line.has_facts_below else 2.0 if is_above else 0.0
    points += 1.5 if is_title_case(line.text) else 0.0
    points += 4.0 if line.is_quoted else 3.0 if line.is_announced else 0.0
    points += 2.0 if line.is_whole else 0.0
    points -= 2.0 if line.is_of_list else 0.0
    points -= 2.0 if len(words) == 1 else 0.0
    is_factual = line.has_facts_below or is_above
    points += 1.0 if is_factual and any(each.block == line.block for each in after) else 0.0
    is_said_again = any(other is not line and _is_part(other.text, line.text) for other in lines)
    points += 4.0 if is_said_again or (subject and _is_alike(line.text, subject)) else 0.0
    points -= 4.0 if is_kicker(line.text) else 0.0
    said = [word for word in words if not _SMALL.fullmatch(word)]
    common = sum(bool(_KICKER.fullmatch(word)) for word in said)
    points -= 3.0 if _OF_MANY.search(line.text.casefold()) and 2 * common >= len(said) else 0.0
    is_apart = line.level or line.is_whole
    is_stated = line.has_facts_below or line.has_facts_next
    points -= 0.0 if is_apart or not line.prose_above else 1.5 if is_stated else 3.0
    is_mixed = any(
        other.block != line.block and is_title_case(other.text) and not other.text.isupper()
        for other in lines
    )
    points -= 1.0 if line.text.isupper() and is_mixed else 0.0
    points -= 1.0 if is_organization(line.text) else 0.0
    points -= 3.0 if _INVITES.match(line.text) else 0.0
    points -= 1.0 if _DESCRIBES.match(line.text) else 0.0
    return points


def is_kicker(text: str) -> bool:
    """Return whether all words only announce an event or say how it is held: `Online event`."""
    words = re.findall(r"[\w'\u2019]+", text.casefold())
    return words[-1:] in ([], ["presents"], ["release"]) or all(map(_KICKER.fullmatch, words))


def is_notice(text: str) -> bool:
    """Return whether a line invites, or half of its words only announce: `Last chance to register`."""
    words = re.findall(r"[\w'\u2019]+", text.casefold())
    said = [word for word in words if not _SMALL.fullmatch(word)]
    common = sum(bool(_KICKER.fullmatch(word)) for word in said)
    return bool(_INVITES.match(text)) or 2 * common >= len(said)


def announces_event(text: str) -> bool:
    """Return whether half of a line's few words announce an event: `October webinar`, `Session 3`."""
    words = re.findall(r"[\w'\u2019]+", text.casefold())
    common = sum(bool(_KICKER.fullmatch(word)) for word in words)
    return len(words) <= _FEW_WORDS and 2 * common >= len(words) and bool(_EVENT.search(text))


def _is_part(short: str, whole: str) -> bool:
    return re.match(rf"{re.escape(short.casefold())}(?!\w)", whole.casefold()) is not None


def _is_alike(one: str, other: str) -> bool:
    return one.casefold() in other.casefold() or other.casefold() in one.casefold()


def is_title_case(text: str) -> bool:
    """Return whether most words begin with a capital."""
    words = [
        word for word in re.findall(r"[^\W\d_][\w'\u2019-]*", text) if not _SMALL.fullmatch(word)
    ]
    capitals = sum(word[0].isupper() for word in words)
    return bool(words) and capitals >= 0.75 * len(words)


def joined(block: list[str], width: int) -> list[str]:
    """Return the lines of a head block, with the lines of a wrapped title joined."""
    found: list[str] = block[:1]
    for line, following in pairwise(block):
        if is_unfinished(line, following, width):
            found[-1] = f"{found[-1]} {following}"
        else:
            found.append(following)
    return found
