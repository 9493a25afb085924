"""The plain lines of an announcement, without quoting, tables, and links; with their structure."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

SUBJECT: Final = "subject:"
MOST_SPACES: Final = 8  # in a row: more have no meaning, and patterns take long over many
BULLET: Final = re.compile(
    r"^\s*(?:[\u2022\u2023\u25e6\u25aa\u25ab\u25cf\u25cb\u25a0\u25a1\u2219\u00b7\u2043\u27a4\u2192"
    r"\u2713\u2714\u2794\u00bb]\s*|[*+\u2013\u2014-]\s+|-(?=[A-Za-z])|o\s+"
    r"|\(?\d{1,2}[.)]\s+|\(?[a-zA-Z]\)\s+)(?=\S)"
)
_GAP: Final = re.compile(rf"\s{{{MOST_SPACES + 1},}}")
_FORWARDED: Final = re.compile(
    r"^\s*(?:-{2,}\s*(?:forwarded message|original message)\s*-{2,}|begin forwarded message:?)\s*$",
    re.IGNORECASE,
)
_WROTE: Final = re.compile(r"^\s*on .{6,120} wrote:\s*$", re.IGNORECASE)
_HEADER: Final = re.compile(
    r"^(?:from|to|cc|bcc|date|sent|subject|reply-to|importance|attachments):",
    re.IGNORECASE,
)
_FEWEST_HEADERS: Final = 2
_FEWEST_DIVIDED: Final = 2
_COLUMNS: Final = re.compile(r"(?<=\S) *\t[ \t]*(?=\S)|(?<=[^\s.]) ?\.{4,} ?(?=\S)")
_PAGE: Final = re.compile(r"^\W*page \d{1,4}(?: of \d{1,4})?\W*$", re.IGNORECASE)
# Parts of a word before which a hyphen is the word's own and not the end of a line's.
_HYPHENATED: Final = re.compile(
    r"\b(?:\w{1,30}-\w{1,30}|all|cross|ex|half|high|long|low|non|one|part|self|short|two|three|well)-$",
    re.IGNORECASE,
)
_QUOTED_SHARE: Final = 0.4
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:[A-Z]|[ap]\.?m|Dr|Prof|Mr|Mrs|Ms|Rev|St|Jr|Sr|No|vs|etc|Jan|Feb|Mar|Apr|Aug|Sept?|Oct"
    r"|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun))\.$"
)


@dataclass(frozen=True, slots=True)
class PlainText:
    """The lines of an announcement, and the subject and other lines of an email around them."""

    lines: list[str]
    subject: str
    around: list[str]


def read_plain(text: str) -> PlainText:
    """Return the lines of a text, and for a forwarded email its subject and surrounding lines."""
    text = re.sub("[\u200b\u200c\u200d\u2060\ufeff]", "", text).replace("\xa0", " ")
    text = _COLUMNS.sub("   ", text)
    lines = [_GAP.sub(" " * MOST_SPACES, each).rstrip() for each in text.expandtabs(8).splitlines()]
    pages = [line for line in lines if _PAGE.match(line)]
    lines = _unhyphenated([line for line in lines if not _PAGE.match(line)])
    around, lines = _forwarded(_unquoted([_without_bars(line) for line in lines]))
    around += pages
    header, body = _header(lines)
    if not header:
        return PlainText(body, "", around)
    subjects = [line for line in header if line.lower().startswith(SUBJECT)]
    subject = " ".join(line[len(SUBJECT) :] for line in subjects)
    rest = [line for line in header if line not in subjects]
    signed = next((at for at, line in enumerate(body) if line.strip() == "--"), len(body))
    return PlainText(body[:signed], subject.strip(), [*around, *rest, *body[signed:]])


def blocks(lines: list[str]) -> list[list[str]]:
    """Return the groups of lines between empty lines, each line stripped."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line.strip())
        elif found[-1]:
            found.append([])
    return [block for block in found if block]


def paragraphs(lines: list[str]) -> list[str]:
    """Return the paragraphs between empty lines, each as one line; a bullet begins a new one.

    Bullets are written as `- `.
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
    """Return the points of a list, with or without bullets; continuation lines join their point."""
    if any(bullet(line) is not None for line in lines):
        return [one.removeprefix("- ") for one in paragraphs(lines)]
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    found: list[str] = []
    begins = True
    for line in lines:
        clean = line.strip()
        is_deeper = line[indent : indent + 1].isspace()
        if clean and found and not begins and (clean[0].islower() or is_deeper):
            found[-1] = f"{found[-1]} {clean}"
        elif clean:
            found.append(clean)
        begins = not clean
    return found


def bullet(line: str) -> str | None:
    """Return the text after a bullet, or None for a line without one."""
    found = BULLET.match(line)
    return line[found.end() :].strip() if found else None


def sentences(paragraph: str) -> list[str]:
    """Return the sentences of a paragraph; `Dr.` and `p.m.` don't end one."""
    found: list[str] = []
    begins = True
    for part in re.split(r"(?<=[.!?\u201d\"])\s+(?=[\"\u201c(]?[A-Z0-9$])", paragraph):
        if begins:
            found.append(part)
        else:
            found[-1] = f"{found[-1]} {part}"
        begins = bool(re.search(r"[.!?][\"\u201d)]?$", part)) and not _ABBREVIATED.search(part)
    return found


def _unhyphenated(lines: list[str]) -> list[str]:
    """Join words that were divided at the ends of lines, if several were: the text was typeset."""
    places = [
        at
        for at, (line, following) in enumerate(pairwise(lines))
        if re.search(r"[a-z]-$", line) and following[:1].islower()
    ]
    if len(places) < _FEWEST_DIVIDED:
        return lines
    found = list(lines)
    for at in places:
        start, _space, rest = found[at + 1].partition(" ")
        end = found[at] if _HYPHENATED.search(found[at]) else found[at][:-1]
        found[at], found[at + 1] = end + start, rest
    return found


def _without_bars(line: str) -> str:
    """Return a table row as `first: second`, and "" for a line between rows."""
    clean = line.strip()
    if not clean.startswith("|") or not clean.endswith("|"):
        return "" if re.fullmatch(r"\+[-=+]{3,}\+", clean) else line
    cells = [cell.strip() for cell in clean.strip("|").split("|")]
    if all(re.fullmatch(r":?-+:?", cell) for cell in cells):
        return ""
    return ": ".join(cell for cell in cells if cell)


def _unquoted(lines: list[str]) -> list[str]:
    """Remove quote marks if an email was quoted."""
    written = [line for line in lines if line.strip()]
    quoted = sum(line.lstrip().startswith(">") for line in written)
    if quoted < _QUOTED_SHARE * len(written) or not quoted:
        return lines
    return [re.sub(r"^\s*(?:>\s?)+", "", line) for line in lines]


def _forwarded(lines: list[str]) -> tuple[list[str], list[str]]:
    """Split a forwarded email into the text above it and the email."""
    start = next((at for at, line in enumerate(lines) if _FORWARDED.match(line)), None)
    wrote = next((at for at, line in enumerate(lines) if _WROTE.match(line)), None)
    at = start if start is not None else wrote
    return ([], lines) if at is None else (lines[: at + 1], lines[at + 1 :])


def _header(lines: list[str]) -> tuple[list[str], list[str]]:
    """Split an email into its header lines, continued ones joined, and the rest."""
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
