"""Markup: turns HTML, calendar files, records and tables into plain lines with labels."""

import csv
import html
import json
import quopri
import re
from datetime import datetime
from itertools import pairwise
from typing import Final

from lms.announcement_parser.labels import label_of

_TAG: Final = re.compile(
    r"<(?P<close>/?)(?P<name>[a-z][a-z0-9]{0,9})\b[^<>]{0,2000}>", re.IGNORECASE
)
_IS_HTML: Final = re.compile(r"</(?:p|div|td|li|ul|h[1-6]|body|html|table)>", re.IGNORECASE)
_HIDDEN: Final = re.compile(
    r"<(?P<tag>script|style|head)\b[^<>]{0,200}>.*?</(?P=tag)>", re.IGNORECASE | re.DOTALL
)
_LINKED: Final = re.compile(  # what a web page says about its event for search engines
    r"<script[^<>]{0,100}\bapplication/ld\+json\b[^<>]{0,100}>(?P<record>.*?)</script>",
    re.IGNORECASE | re.DOTALL,
)
_KEYS: Final = {
    "startDate": "Start",
    "endDate": "End",
    "performer": "Presenter",
    "organizer": "Host",
    "offers": "Price",
}
_STARTS: Final = {"h1": "\n\n# ", "h2": "\n\n## ", "li": "\n- ", "br": "\n", "tr": "\n", "dt": "\n"}
_INLINE: Final = frozenset(
    ["a", "abbr", "b", "em", "font", "i", "img", "small", "span", "strong", "sup", "u"]
)
_QUOTED: Final = re.compile(r"=[0-9A-F]{2}")
_FEWEST_QUOTED: Final = 3
_PROPERTY: Final = re.compile(
    r"^(?P<name>[A-Z-]{3,30})(?:;(?P<options>[^:\n]{0,200}))?:(?P<value>.*)$"
)
_PROPERTIES: Final = {
    "SUMMARY": "Title",
    "DTSTART": "Start",
    "DTEND": "End",
    "LOCATION": "Location",
    "ORGANIZER": "Organizer",
}
_BORDER: Final = re.compile(r"\+[-=+]{3,}\+")
_FEWEST_CELLS: Final = 3
_FEWEST_ROWS: Final = 4
_LONGEST_NAME: Final = 30  # characters of a column's name
_FIELD: Final = re.compile(r"^(?P<name>[a-z][a-z0-9_-]{1,40}):(?:\s+(?P<value>.*))?$")
_ITEM: Final = re.compile(r"^\s*-\s+(?:name|text|title|point):\s+(?P<value>.*)$")
_PART: Final = re.compile(r"^\s+(?P<name>[a-z][a-z0-9_]{1,40}):\s+(?P<value>.*)$")


def without_markup(text: str) -> str:
    """Return a text whose HTML, quoted-printable marks, calendar or JSON are plain lines."""
    if len(_QUOTED.findall(text)) >= _FEWEST_QUOTED and "=\n" in text:
        text = quopri.decodestring(text.encode()).decode("utf-8", errors="replace")
    linked = _LINKED.match(text.lstrip())
    text = f"{_record(linked['record'])}\n{text.lstrip()[linked.end() :]}" if linked else text
    if "BEGIN:VEVENT" in text:
        return _calendar(text)
    if _IS_HTML.search(text):
        text = _TAG.sub(_line_of_tag, _HIDDEN.sub("\n", text))
    if text.lstrip()[:1] == "{":
        text = _record(text)
    return re.sub(r"~~[^~\n]{1,200}~~|'{2,5}", "", html.unescape(_headed_rows(text)))


def tabulated(lines: list[str]) -> list[str]:
    """Return lines in which each row of a table is `label: value`, and each field of a record."""
    found: list[str] = []
    rows: list[str] = []
    for line in [*_fields(lines), "\0"]:
        clean = line.strip()
        if _BORDER.fullmatch(clean) or (clean[:1] == clean[-1:] == "|" and len(clean) > 1):
            rows.append(clean)
            continue
        found += _rows(rows)
        rows = []
        found.append(line)
    return found[:-1]


def _line_of_tag(found: re.Match[str]) -> str:
    name = found["name"].lower()
    if name in _INLINE:
        return ""
    if name in ("td", "th"):
        return "\t" if found["close"] else ""
    if found["close"]:
        return "\n\n" if name in ("ul", "ol", "p", "div") else ""
    return _STARTS.get(name, "\n\n")


def _calendar(text: str) -> str:
    """Return the first event of an iCalendar file as labeled lines."""
    event = re.split(r"(?:BEGIN|END):VEVENT", re.sub(r"\r?\n[ \t]", "", text))[1]
    event = re.sub(r"BEGIN:VALARM.*?END:VALARM", "", event, flags=re.DOTALL)
    found, described = [], ""
    for line in event.splitlines():
        each = _PROPERTY.match(line.strip())
        if each is None:
            continue
        value = re.sub(
            r"\\([,;\\])", r"\1", each["value"].replace("\\n", "\n").replace("\\N", "\n")
        )
        zone = re.search(r"TZID=\"?([^;:\"]+)", each["options"] or "")
        if each["name"] == "DESCRIPTION":
            described = value
        elif each["name"] in ("DTSTART", "DTEND"):
            found.append(f"{_PROPERTIES[each['name']]}: {_moment(value)} {zone[1] if zone else ''}")
        elif each["name"] in _PROPERTIES:
            found.append(f"{_PROPERTIES[each['name']]}: {value}")
    return "\n".join([*found, "", described])


def _moment(value: str) -> str:
    for pattern, shown in (
        ("%Y%m%dT%H%M%SZ", "%Y-%m-%d %H:%M UTC"),
        ("%Y%m%dT%H%M%S", "%Y-%m-%d %H:%M"),
    ):
        try:
            return datetime.strptime(value, pattern).strftime(shown)  # noqa: DTZ007  (a wall clock)
        except ValueError:
            continue
    return value


def _record(text: str) -> str:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return text
    is_linked = "@context" in record
    lines = [f"{_KEYS.get(name, name)}:{_said(value)}" for name, value in record.items()]
    return "\n".join(one for one in lines if not (is_linked and (one[0] == "@" or "://" in one)))


def _said(value: object) -> str:
    if isinstance(value, dict) and "@type" in value:
        said = [value.get(name) for name in ("name", "price", "priceCurrency")]
        return " " + " ".join(str(one) for one in said if one)
    if isinstance(value, dict):
        return " " + ", ".join(str(one) for one in value.values())
    if isinstance(value, list):
        return "\n" + "\n".join(f"-{_said(one)}" for one in value) + "\n"
    return f" {'none' if value is None else value}"


def _headed_rows(text: str) -> str:
    """Return a table with the names in its first row, and one row below, as `name: value` lines."""
    lines = _without_third_column(text.splitlines())
    records = list(csv.reader(text.strip().splitlines(keepends=True), strict=False))
    if len(records) == 2 and _named(*records):
        return "\n".join(_named(*records))
    tabs = [line.count("\t") for line in ["", *lines, "", ""]]
    for at, (names, values) in enumerate(pairwise(lines)):
        before, here, below, after = tabs[at : at + 4]
        if here == below >= _FEWEST_CELLS - 1 and here not in (before, after):
            named = _named(names.split("\t"), values.split("\t"))
            return "\n".join([*lines[:at], *named, *lines[at + 2 :]] if named else lines)
    return "\n".join(lines)


def _without_third_column(lines: list[str]) -> list[str]:
    """Return rows `name<tab>value<tab>who checked it` as `name: value`, if most names are labels."""
    rows = [line.split("\t") for line in lines if line.count("\t") > 1]
    known = [row for row in rows if label_of(row[0]) and row[1].strip()]
    if len(known) < _FEWEST_ROWS or 2 * len(known) < len(rows):
        return lines
    others = list(dict.fromkeys(cell.strip() for row in rows for cell in row[2:]))
    found = []
    for line in lines:
        name, *values = line.split("\t")
        is_row = len(values) > 1
        found.append(f"{name.strip()}: {values[0].strip()}" if is_row else line)
    return [*found, "", ", ".join(others)]


def _named(names: list[str], values: list[str]) -> list[str]:
    is_named = all(0 < len(name.strip()) <= _LONGEST_NAME for name in names)
    if not is_named or not len(names) == len(values) >= _FEWEST_CELLS:
        return []
    return [f"{name.strip()}: {value.strip()}" for name, value in zip(names, values, strict=True)]


def _fields(lines: list[str]) -> list[str]:
    """Return the fields of a YAML record as labeled lines; other lines as they are."""
    if sum(bool(_FIELD.match(line)) for line in lines) < _FEWEST_CELLS:
        return lines
    found: list[str] = []
    for line in lines:
        field, item, part = _FIELD.match(line), _ITEM.match(line), _PART.match(line)
        if field:
            name = field["name"].replace("_", " ").replace("-", " ").capitalize()
            value = re.sub(r"^[>|][+-]?$", "", (field["value"] or "").strip()).strip("\"'")
            found.append(f"{name}: {value}" if value else f"{name}:")
        elif item:
            found.append("- " + item["value"].strip("\"'"))
        elif part and found and found[-1].startswith("- "):
            found[-1] += ", " + part["value"].strip("\"'")
        else:
            found.append(re.sub(r"^(\s*-\s+)([\"'])(.*)\2$", r"\1\3", line))
    return found


def _rows(lines: list[str]) -> list[str]:
    """Return the rows of one table; cells that go on in the next lines are joined."""
    borders = [bool(_BORDER.fullmatch(line)) for line in lines]
    is_ruled = sum(borders) > 2
    rows: list[list[list[str]]] = []
    begins = True
    for line, is_border in zip(lines, borders, strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if is_border or all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            begins = True
            rows += [] if is_border else [[]]
            continue
        if begins or (not is_ruled and (cells[0] or len(cells) != 2)):
            rows.append([])
        rows[-1].append(cells)
        begins = False if is_ruled else not rows
    if [len(row) for row in rows] == [1, 0, 1]:
        named = _named(rows[0][0], rows[2][0])
        if named:
            return ["", *named, ""]
    return ["", *(line for row in rows for line in _row(row)), ""] if lines else []


def _row(row: list[list[str]]) -> list[str]:
    if not row:
        return [""]
    if len(row) == 1 or any(len(cells) != 2 for cells in row):
        return [": ".join(cell for cell in cells if cell) for cells in row]
    label = " ".join(cells[0] for cells in row if cells[0])
    return [label if label.endswith("?") else f"{label}:", *(cells[1] for cells in row), ""]
