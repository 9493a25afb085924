"""Layout marks: gives the headings and lists of emails, chats, interviews and sheets plain marks."""

import re
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from lms.announcement_parser.labels import label_of
from lms.announcement_parser.person_names import name_in
from lms.announcement_parser.plain_lines import bullet
from lms.announcement_parser.prices import amounts_in
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.times_of_day_and_time_zones import tell_times

_BRACKETED: Final = re.compile(r"^\[(?P<name>[A-Z][A-Z'\u2019& ]{2,30})\]$")
_ASKED: Final = re.compile(r"^Q[.:]\s+(?=\S)")
_ANSWERED: Final = re.compile(r"^A[.:]\s+(?=\S)")
_STATED: Final = re.compile(r"^(?P<name>(?!Who|When|What)[A-Z][a-z]+) is (?=\S.{0,70}[^.?!]$)")
_CHANNEL: Final = re.compile(r"^#[\w-]+(?:\s+#[\w-]+)*$")
_LETTERED: Final = re.compile(
    r"^(?P<indent>\s*)(?P<mark>[a-z]{1,4}\.|[A-Z]\.|#(?=\s+[a-z]))\s+(?=\S)"
)
_ROMAN: Final = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_ROWS: Final = (
    *([f"{one}." for one in row] for row in (ascii_lowercase, ascii_uppercase, _ROMAN)),
    ["#"] * 26,
)
_LEADS: Final = re.compile(r":$|\b(?:will|to|how|can)$", re.IGNORECASE)
_FEWEST: Final = 2  # marks of one kind, of which one alone may mean something else
_DEEPER: Final = 4  # spaces, by which a list without bullets is indented
_LONGEST_POINT: Final = 90
_FEWEST_JUSTIFIED: Final = 4  # lines
_FEWEST_OUTER: Final = 5  # points of a text that is a list
_FEWEST_GAPS: Final = 3  # double spaces between the words of a justified line
_JUSTIFIED_SHARE: Final = 0.3
_BETWEEN: Final = re.compile(r"\s+[|\u2022\u00b7\u203a\u00bb]\s+|\s{3,}|(?<=\])\s+(?=\[)")
_CRUMBS: Final = re.compile(
    r"(?:Home|Events?|Webinars?|Calendar|Courses?|Training|Shop|[A-Z ]{3,30})(?: [/>] [^/>]{2,60}){2,6}$"
)
_FEWEST_LINKS: Final = 3  # of a menu in one line
_LONGEST_LINK: Final = 4  # words


def with_plain_marks(lines: list[str]) -> list[str]:
    """Return lines in which headings begin with `## ` and points of lists with `- `."""
    lines = _unlisted(_justified(lines))
    lines = _bracketed(lines)
    lines = _interviewed(_stated(lines))
    return _indented_lists(_lettered(lines))


def without_menus(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines of a text, and those that only have links of a web page."""
    menus = [line for line in lines if _is_menu(line) or _CHANNEL.match(line)]
    return [line for line in lines if line not in menus], menus


def _is_menu(line: str) -> bool:
    """Return whether a line has the links of a web page: `Webinars | Blog | Sign in`, `[ Buy ]  [ Share ]`."""
    if _CRUMBS.match(line.strip()):
        return True
    parts = [part for part in _BETWEEN.split(line.strip()) if part]
    is_short = all(len(part.split()) <= _LONGEST_LINK for part in parts)
    is_pressed = all(part[0] == "[" and part[-1] == "]" for part in parts)
    is_pressed = is_pressed and not any(amounts_in(line))
    if len(parts) < 2 or not (is_short or is_pressed):
        return False
    if is_pressed or not re.search(r"[|\u203a\u00bb]", line):
        return is_pressed
    is_fact = has_date(line) or tell_times(line, american=True) or any(amounts_in(line))
    return len(parts) >= _FEWEST_LINKS and not is_fact and not all(map(name_in, parts))


def _justified(lines: list[str]) -> list[str]:
    """Return lines with one space between words, if they were set to a width or scanned with gaps."""
    written = [line.strip() for line in lines if line.strip()]
    gapped = sum(len(re.findall(r"\S {2,3}(?=\S)", line)) >= _FEWEST_GAPS for line in written)
    if gapped < _FEWEST_JUSTIFIED or gapped < _JUSTIFIED_SHARE * len(written):
        return lines
    spaced = [re.sub(r"(?<=\S) {2,3}(?=\S)", " ", line) for line in lines]
    return [
        re.sub(r"(?<=\d) : (?=\d\d\b)", ":", re.sub(r" +(?=[,.;])", "", line)) for line in spaced
    ]


def _unlisted(lines: list[str]) -> list[str]:
    """Return lines without their bullets, if all are points of one list or of lists in it."""
    written = [line for line in lines if line.strip()]
    outer = [line for line in written if not line[:1].isspace()]
    if len(outer) < _FEWEST_OUTER or any(bullet(line) is None for line in outer):
        return lines
    return [line if line[:1].isspace() else bullet(line) or "" for line in lines]


def _bracketed(lines: list[str]) -> list[str]:
    """Return the headings of `[OVERVIEW]` and `[RATES]`."""
    found = [_BRACKETED.match(line.strip()) for line in lines]
    if sum(bool(one) for one in found) < _FEWEST:
        return lines
    marked: list[str] = []
    for one, line in zip(found, lines, strict=True):
        marked += ["", f"## {one['name'].capitalize()}"] if one else [line]
    return marked


def _interviewed(lines: list[str]) -> list[str]:
    """Return questions `Q: ...` as headings above their answers `A: ...`."""
    if sum(bool(_ASKED.match(line)) for line in lines) < _FEWEST:
        return lines
    found: list[str] = []
    for line in lines:
        asked = _ASKED.match(line)
        found += ["", line[asked.end() :]] if asked else [_ANSWERED.sub("", line)]
    return found


def _stated(lines: list[str]) -> list[str]:
    """Return `Title is Calm Desk` and `Speaker is Ana Bell` as labels, if several are so."""
    found = [_STATED.match(line) for line in lines]
    known = [one is not None and label_of(one["name"]) is not None for one in found]
    if sum(known) < _FEWEST:
        return lines
    return [
        _STATED.sub(r"\g<name>: ", line) if is_known else line
        for line, is_known in zip(lines, known, strict=True)
    ]


def _lettered(lines: list[str]) -> list[str]:
    """Return the points of a list `a.`, `b.`, `c.`, `A.`, `B.`, `i.`, `ii.` in order, or with `#`."""
    found, points = list(lines), list[int]()
    for at, line in enumerate([*lines, ""]):
        lettered = _LETTERED.match(line)
        if lettered and any(
            lettered["mark"] in row[len(points) : len(points) + 1] for row in _ROWS
        ):
            points.append(at)
        elif not line.strip() or lettered:
            for place in points if len(points) >= _FEWEST else ():
                found[place] = _LETTERED.sub(r"\g<indent>- ", lines[place])
            points = [at] if lettered and any(lettered["mark"] == row[0] for row in _ROWS) else []
    return found


def _indented_lists(lines: list[str]) -> list[str]:
    """Return short lines that are indented below `you will` or a colon as a list."""
    found = list(lines)
    for at, lead in enumerate(lines):
        if not lead.strip() or not _LEADS.search(lead) or lead[:1].isspace():
            continue
        start = at + 1
        while start < len(lines) and not lines[start].strip():
            start += 1
        end = start
        while end < len(lines) and _is_point(lines[end]):
            end += 1
        below = next((line for line in lines[end:] if line.strip()), "")
        is_over = (end == len(lines) or not lines[end].strip()) and below[:1] != " "
        if is_over and end - start >= _FEWEST:
            found[start:end] = [f"- {line.strip()}" for line in lines[start:end]]
    return found


def _is_point(line: str) -> bool:
    said = line.strip()
    if not line.startswith(" " * _DEEPER) or len(said) > _LONGEST_POINT or bullet(line) is not None:
        return False
    is_fact = ":" in said or has_date(said) or any(amounts_in(said))
    return not is_fact and said[-1:] not in ".,;"
