"""The sections of a plain-text announcement: splits it at its labels and headings.

No word is dropped here but labels that are known: each line is in one of the passages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

LONGEST_HEADING: Final = 80
MOST_SPACES: Final = 8  # in a row: they say no more than two do, and patterns take long over many


class Label(StrEnum):
    """What a passage is about; HEAD is what stands before the first label."""

    HEAD = "head"
    TITLE = "title"
    SERIES = "series"
    SUMMARY = "summary"
    OVERVIEW = "overview"
    AGENDA = "agenda"
    WHEN = "when"
    MINUTES = "minutes"
    PRESENTER = "presenter"
    BIOGRAPHY = "biography"
    PRICES = "prices"
    SUBJECT = "subject"
    OTHER = "other"


_KNOWN: Final = {
    Label.TITLE: "title|webinar|webinar title|topic|event|event title|session|session title|course",
    Label.SERIES: "series|part of|part of the series|webinar series",
    Label.SUMMARY: "summary|in brief|in short|teaser|short description",
    Label.OVERVIEW: (
        "overview|description|about|about this webinar|about the webinar|about this session|"
        "about the session|abstract|what it is about|what it's about|webinar description|"
        "session description|details"
    ),
    Label.AGENDA: (
        "agenda|learning agenda|learning objectives|objectives|learning outcomes|outcomes|"
        "learning goals|goals|you will learn|what you will learn|what you'll learn|topics|"
        "topics covered|what we will cover|what we'll cover|programme|program|takeaways|"
        "key takeaways|in this webinar|outline"
    ),
    Label.WHEN: (
        "date|dates|when|date and time|date & time|date/time|day and time|time|times|day|start|"
        "starts|begins|start time|day & time|date and hour|time zone|timezone|zone"
    ),
    Label.MINUTES: "duration|length|runs for|running time",
    Label.PRESENTER: (
        "presenter|presenters|speaker|speakers|instructor|instructors|host|hosts|hosted by|"
        "presented by|with|led by|trainer|trainers|facilitator|facilitators|your presenter|"
        "your presenters|your speaker|your trainer|guest|guest speaker|panel|panelists"
    ),
    Label.BIOGRAPHY: (
        "about the presenter|about the presenters|about the speaker|about the speakers|"
        "about your presenter|about our presenter|about the instructor|about the trainer|"
        "biography|bio|presenter bio|speaker bio"
    ),
    Label.PRICES: (
        "cost|costs|price|prices|pricing|fee|fees|registration fee|registration fees|rates|"
        "tickets|group rates|investment|tuition|what it costs"
    ),
    Label.SUBJECT: "subject",
}
LABELS: Final = {name: label for label, names in _KNOWN.items() for name in names.split("|")}
# What a heading of its own line is about, by a word in it.
_HINTS: Final = (
    (Label.BIOGRAPHY, re.compile(r"\babout (?:the|your|our) (?:presenter|speaker|trainer|instr)")),
    (Label.OTHER, re.compile(r"\bregist|\bsign(?:ing)? up|\bbook(?:ing)? |\brsvp\b")),
    (Label.AGENDA, re.compile(r"\blearn\b|\blearning\b|\bagenda\b|\bobjectives\b|\btakeaways\b")),
    (Label.AGENDA, re.compile(r"\b(?:will|we'll|shall) (?:cover|discuss|look at|take away)\b")),
    (Label.PRICES, re.compile(r"\bprices?\b|\bcosts?\b|\bfees?\b|\brates?\b|\bpass(?:es)?\b")),
    (Label.PRESENTER, re.compile(r"\byour (?:presenter|speaker|trainer|host)s?\b")),
)
BULLET: Final = re.compile(
    r"^\s*(?:[\u2022\u2023\u25e6\u25aa\u25ab\u25cf\u25cb\u25a0\u25a1\u2219\u00b7\u2043\u27a4\u2192"
    r"\u2713\u2714\u2794\u00bb]\s*|[>*+\u2013\u2014-]\s+|-(?=[A-Za-z])|o\s+"
    r"|\(?\d{1,2}[.)]\s+|\(?[a-zA-Z]\)\s+)(?=\S)"
)
_RULE: Final = re.compile(r"^[\s=\-_*~#\u2022\u00b7\u2013\u2014+.]{3,}$")
_UNDERLINE: Final = re.compile(r"^\s*(?:={3,}|-{3,}|~{3,})\s*$")
_FORWARDED: Final = re.compile(
    r"^\s*(?:-{2,}\s*(?:forwarded message|original message)\s*-{2,}|begin forwarded message:?)\s*$",
    re.IGNORECASE,
)
_WROTE: Final = re.compile(r"^\s*on .{6,120} wrote:\s*$", re.IGNORECASE)
_HEADER: Final = re.compile(
    r"^(?P<name>from|to|cc|bcc|date|sent|subject|reply-to|importance|attachments):\s*(?P<value>.*)$",
    re.IGNORECASE,
)
_BESIDE: Final = re.compile(
    r"^\s*(?P<marks>(?:\*\*|__|#{1,6}\s+|\*|_)?)\s*(?P<name>[A-Za-z][A-Za-z'\u2019&/ ]{1,40}?)"
    r"(?P<close>(?:\*\*|__|\*|_)?)\s*"
    r"(?P<mark>:(?:\*\*|__|\*|_)?|\s[|\u2013\u2014-]\s|\t+|\s{2,})\s*(?P<value>\S.*)$"
)
_GAP: Final = re.compile(rf"\s{{{MOST_SPACES + 1},}}")
_FEWEST_HEADERS: Final = 2
_QUOTED_SHARE: Final = 0.4


@dataclass(slots=True)
class Passage:
    """Lines under one label; `heading` holds the words of a heading that is no plain label."""

    label: Label
    heading: str = ""
    lines: list[str] = field(default_factory=list)
    is_beside: bool = False

    @property
    def text(self) -> str:
        """Return its lines as they stand, without the empty ones around them."""
        return "\n".join(self.lines).strip("\n")


def passages(text: str) -> list[Passage]:
    """Divide a text at its labels and headings; each passage holds its lines as they are."""
    note, headers, body = _mail(_unquoted(_plain(text)))
    found = [Passage(Label.OTHER, lines=note), *headers, *_divided(body)]
    return [one for one in found if one.heading or any(line.strip() for line in one.lines)]


def blocks(lines: list[str]) -> list[list[str]]:
    """Return the lines between empty lines, each group without what surrounds its lines."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line.strip())
        elif found[-1]:
            found.append([])
    return [block for block in found if block]


def paragraphs(lines: list[str]) -> list[str]:
    """Return what is written between empty lines, each in one line; a bullet begins a new one.

    Bullets stay in front of theirs, as `- `.
    """
    found: list[str] = []
    begins = True
    for line in lines:
        if not line.strip():
            begins = True
            continue
        bulleted = bullet(line)
        if bulleted is not None:
            found.append(f"- {bulleted}")
        elif begins or not found:
            found.append(line.strip())
        else:
            found[-1] = f"{found[-1]} {line.strip()}"
        begins = False
    return found


def points(lines: list[str]) -> list[str]:
    """Return the points of a list, with bullets or without; a line that goes on joins its point."""
    if any(bullet(line) is not None for line in lines):
        return [one.removeprefix("- ") for one in paragraphs(lines)]
    found: list[str] = []
    begins = True
    for line in lines:
        clean = line.strip()
        if clean and found and not begins and (clean[0].islower() or line[:1].isspace()):
            found[-1] = f"{found[-1]} {clean}"
        elif clean:
            found.append(clean)
        begins = not clean
    return found


def bullet(line: str) -> str | None:
    """Return what a bullet stands before, or None for a line without one."""
    found = BULLET.match(line)
    return line[found.end() :].strip() if found else None


def label_of(name: str) -> Label | None:
    """Return what a label names, or None for words that are no known label."""
    return LABELS.get(" ".join(name.replace("\u2019", "'").casefold().split()).strip(" :.*_#"))


def _plain(text: str) -> list[str]:
    text = re.sub("[\u200b\u200c\u200d\u2060\ufeff]", "", text).replace("\xa0", " ")
    return [_GAP.sub(" " * MOST_SPACES, line).rstrip() for line in text.expandtabs(8).splitlines()]


def _unquoted(lines: list[str]) -> list[str]:
    """Take the marks of quoting away where a mail was quoted; a lone `>` is a bullet."""
    written = [line for line in lines if line.strip()]
    quoted = sum(line.lstrip().startswith(">") for line in written)
    if quoted < _QUOTED_SHARE * len(written) or not quoted:
        return lines
    return [re.sub(r"^\s*(?:>\s?)+", "", line) for line in lines]


def _mail(lines: list[str]) -> tuple[list[str], list[Passage], list[str]]:
    """Divide a forwarded mail into what was written above it, its header, and its text."""
    start = next((at for at, line in enumerate(lines) if _FORWARDED.match(line)), None)
    wrote = next((at for at, line in enumerate(lines) if _WROTE.match(line)), None)
    above: list[str] = []
    if start is None and wrote is not None:
        return lines[: wrote + 1], [], lines[wrote + 1 :]
    if start is not None:
        above, lines = lines[: start + 1], lines[start + 1 :]
    header, body = _header(lines)
    if not header:
        return above, [], lines
    subject = [line[len("subject:") :] for line in header if line.lower().startswith("subject:")]
    rest = [line for line in header if not line.lower().startswith("subject:")]
    subjects = [Passage(Label.SUBJECT, lines=subject)] if subject else []
    signed = next((at for at, line in enumerate(body) if line.strip() == "--"), len(body))
    below = [Passage(Label.OTHER, lines=body[signed:])]
    return above, [Passage(Label.OTHER, lines=rest), *subjects, *below], body[:signed]


def _header(lines: list[str]) -> tuple[list[str], list[str]]:
    at = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    header: list[str] = []
    while at < len(lines) and (
        _HEADER.match(lines[at]) or (header and lines[at][:1] in " \t" and lines[at].strip())
    ):
        if header and lines[at][:1] in " \t":
            header[-1] += f" {lines[at].strip()}"
        else:
            header.append(lines[at])
        at += 1
    names = {line.split(":")[0].lower() for line in header}
    if len(header) < _FEWEST_HEADERS or not names & {"from", "subject", "to"}:
        return [], lines
    return header, lines[at:]


def _divided(lines: list[str]) -> Iterator[Passage]:
    here = Passage(Label.HEAD)
    after_gap = True
    for line, following in zip(lines, _followers(lines), strict=True):
        if _RULE.match(line):
            after_gap = True
            here.lines.append("")
            continue
        begun = _begun(line, following, here, after_gap=after_gap)
        if begun is not None:
            yield here
            here = begun
        else:
            here.lines.append(line)
        after_gap = not line.strip()
    yield here


def _followers(lines: list[str]) -> list[str]:
    """Return for each line the next one that isn't empty."""
    found, after = [], ""
    for line in reversed(lines):
        found.append(after)
        after = line if line.strip() else after
    return found[::-1]


def _begun(line: str, following: str, here: Passage, *, after_gap: bool) -> Passage | None:
    """Return the passage that a line opens, or None for a line of the one that is open."""
    if not line.strip():
        return None
    begun = _beside(line, here, after_gap=after_gap)
    return begun or _above(line, following, here, after_gap=after_gap)


def _beside(line: str, here: Passage, *, after_gap: bool) -> Passage | None:
    bulleted = bullet(line)
    if bulleted is not None and here.label is Label.AGENDA:
        return None
    found = _BESIDE.match(bulleted if bulleted is not None else line)
    label = label_of(found["name"]) if found else None
    if found is None or label is None:
        return None
    if not found["mark"].startswith(":") and found["name"].islower():
        return None
    stands_out = found["marks"] or found["name"].isupper() or here.is_beside
    if not (after_gap or stands_out):
        return None
    kept = "" if label is not Label.WHEN or "zone" not in found["name"].lower() else "Time zone "
    value = found["value"].removesuffix("**") if found["marks"].startswith("**") else found["value"]
    return Passage(label, lines=[f"{kept}{value}"], is_beside=True)


def _above(line: str, following: str, here: Passage, *, after_gap: bool) -> Passage | None:
    is_first = here.label is Label.HEAD and not any(one.strip() for one in here.lines)
    bare = re.sub(r"^\s*#{1,6}\s+|^\s*(?:\*\*|__)|(?:\*\*|__)\s*$", "", line).strip()
    is_marked = bare != line.strip() or bool(_UNDERLINE.match(following))
    is_capital = bare.isupper() and len(re.findall(r"[^\W\d_]", bare)) > 2
    label = label_of(bare)
    if label is not None and (after_gap or is_marked or is_capital or bare.endswith(":")):
        return Passage(label)
    if len(bare) > LONGEST_HEADING or (bullet(line) is not None and not is_marked):
        return None
    folded = bare.replace("\u2019", "'").casefold()
    hinted = next((each for each, words in _HINTS if words.search(folded)), None)
    introduces = bare.endswith(":") or (after_gap and bullet(following) is not None)
    if hinted is not None and (is_marked or is_capital or introduces) and not is_first:
        return Passage(hinted, heading=bare)
    if (is_marked or is_capital) and not is_first:
        return Passage(Label.OTHER, heading=bare)
    return None
