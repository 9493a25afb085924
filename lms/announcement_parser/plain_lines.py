"""The plain lines of an announcement, without quoting, tables, and links; with their structure."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from unicodedata import normalize

from lms.announcement_parser.form_marks import without_form_marks
from lms.announcement_parser.markup import tabulated, without_markup

MOST_SPACES: Final = 8  # in a row: more have no meaning, and patterns take long over many
BULLET: Final = re.compile(
    r"^\s*(?:[\u2022\u2023\u25e6\u25aa\u25ab\u25cf\u25cb\u25a0\u25a1\u2219\u00b7\u2043\u27a4\u2192"
    r"\u2713\u2714\u2794\u00bb\u25b6\u25ba\u2610\u2611\u2605\u2756]\s*|[*+~\u2013\u2014-]\s+"
    r"|-(?=[A-Za-z])|[-=]>\s*|\d{1,2}\s[\u2013\u2014-]\s+(?=[A-Z])|o\s+|[IVX]{1,4}[.)]\s+|\[[ xX]?\]\s+|\(?\d{1,2}[.)]\s+|\(?[a-zA-Z]\)\s+)(?=\S)"
    r"|^\s{1,8}>\s+(?=\S)"
)
_PICTURE: Final = re.compile(
    r"^\s*(?P<picture>[\U0001f000-\U0001faff\u2300-\u23ff\u2600-\u27bf])\ufe0f?\s*(?=\S)"
)
_PICTURES_BEHIND: Final = re.compile(
    r"(?<=[.!?])(?:\s*[\U0001f000-\U0001faff\u2300-\u23ff\u2600-\u27bf]\ufe0f?)+\s*$"
)
_GAP: Final = re.compile(rf"\s{{{MOST_SPACES + 1},}}")
_FORWARDED: Final = re.compile(
    r"^\s*(?:[-_*]{2,}\s*(?:forwarded|original) (?:message|e-?mail)(?: .{0,80})?\s*[-_*]{2,}"
    r"|begin forwarded message:?)\s*$",
    re.IGNORECASE,
)
_WROTE: Final = re.compile(r"^\s*on .{6,120} wrote:\s*$", re.IGNORECASE)
_HEADER: Final = re.compile(
    r"^(?P<name>from|to|cc|bcc|date|sent|subject|re|reply-to|importance|attachments|sender|return-path|received|mime-version"
    r"|content-[a-z-]{4,30}|message-id|list-[a-z]{2,20}|x-[a-z-]{2,30}):\s*(?P<value>.*)$",
    re.IGNORECASE,
)
_FEWEST_HEADERS: Final = 2
_WORDS_ABOVE_HEADER: Final = 3  # at most, as in `Memorandum`
_FEWEST_ASKED: Final = 3  # questions of an email
_SUBJECT: Final = re.compile(r"^(?:subject|re):\s*", re.IGNORECASE)
_FEWEST_DIVIDED: Final = 2
_DRAWN: Final = re.compile(r"(?m)^[\u2500-\u257f]{3,}$")  # a line, drawn with signs for boxes
_COLUMNS: Final = re.compile(r"(?<=\S) *\t[ \t]*(?=\S)|(?<=[^\s.]) ?\.{4,} *(?=\S)")
_TWO_LABELS: Final = re.compile(
    r"(?m)^([ \t]{0,20})([A-Z][A-Za-z ]{1,25}:[ \t]{1,20}[^ \t\n][^\n]{0,80}?)[ \t]{3,40}(?=[A-Z][A-Za-z ]{1,25}:[ \t])"
)
_LABELS_IN_LINE: Final = re.compile(
    r"(?m)^[ \t]{0,20}[A-Z][A-Za-z ]{1,25}: [^|\u2022\u00b7\n]{1,120}(?:\s[|\u2022\u00b7]\s[A-Z][A-Za-z ]{1,25}: "
    r"[^|\u2022\u00b7\n]{1,120}){1,12}$"
)
_EDGE: Final = re.compile(
    r"^\s*\d{1,4}\s{3,}|\s{3,}\d{1,4}\s*$"
)  # a page number beside a running head
_PAGE: Final = re.compile(
    r"^(?:.{0,80}(?:\s{2,}|\s[|\u2022\u00b7]\s))?\W*page \d{1,4}(?: of \d{1,4})?\W*$|^\f?\s*-\s*\d{1,4}\s*-\s*$|^\s{8,}\d{1,4}$",
    re.IGNORECASE,
)
# what stands for a picture in the plain text of an email
_IMAGE: Final = re.compile(r"^\s*\[image: [^\]]{0,200}\]\s*$", re.IGNORECASE)
# The comments of a web page, and other text below the announcement.
_COMMENTS: Final = re.compile(
    r"^(?:\d{1,4} (?:comments?|thoughts?|responses?|replies)|leave a (?:reply|comment))\b",
    re.IGNORECASE,
)
_POSTSCRIPT: Final = re.compile(r"^P\.?(?:P\.?)?S\.?:? ")
_SALUTATION: Final = re.compile(r"^\s*Dear\b.{0,60}[,:]\s*$")
_CLOSING: Final = re.compile(r"^[A-Z][\w'\u2019]*(?: [\w'\u2019]+){0,3},$")
_SIGNED_LINES: Final = 5  # at most, under a closing
_SHORTEST_RULE: Final = re.compile(r"^\s*[-=_*]{3,}\s*$")
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
    signed: list[str]  # the signature and what is below it


def read_plain(text: str) -> PlainText:
    """Return the lines of a text, and for a forwarded email its subject and surrounding lines."""
    text = without_markup(text)
    text = re.sub("[\u200b\u200c\u200d\u2060\ufeff]", "", text).replace("\xa0", " ")
    text = re.sub("[\ufb00-\ufb06]", lambda found: normalize("NFKC", found[0]), text)  # ligatures
    text = _DRAWN.sub(lambda found: "-" * len(found[0]), text)
    text = _LABELS_IN_LINE.sub(lambda found: re.sub(r"\s+[|\u2022\u00b7]\s+", "\n", found[0]), text)
    text = _TWO_LABELS.sub(r"\1\2\n\1", text)
    text = re.sub(r"\bw/\s?(?=[A-Z])", "with ", _COLUMNS.sub("   ", text))
    lines = [_GAP.sub(" " * MOST_SPACES, each).rstrip() for each in text.expandtabs(8).splitlines()]
    lines, unfilled = without_form_marks(lines)
    pages, lines = _pages(lines)
    lines = _unhyphenated(_without_pictures(lines))
    around, lines = _forwarded(_unquoted(tabulated(lines)))
    around += [*pages, *unfilled]
    header, body = _header(lines)
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    if not header and len(" ".join(lines[first : first + 1]).split()) <= _WORDS_ABOVE_HEADER:
        below, rest = _header(lines[first + 1 :])  # below a line such as `Memorandum`
        if len(below) > _FEWEST_HEADERS:
            header, body = [lines[first], *below], rest
    subject = " ".join(_SUBJECT.sub("", line) for line in header if _SUBJECT.match(line))
    rest = [line for line in header if not _SUBJECT.match(line)]
    letterhead, body = _letter(body)
    around += letterhead
    body, signed = _signed(body)
    return PlainText(body, subject.strip(), [*around, *rest], signed)


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
        is_deeper = line[indent : indent + 1].isspace() and not clean[:1].isupper()
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


def flat(text: str) -> str:
    """Return the words of a text for comparison."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def is_point(paragraph: str) -> bool:
    """Return whether a paragraph is a point of a list."""
    return paragraph.startswith("- ")


def is_repeated(words: str, text: str) -> bool:
    """Return whether a text has these words more than once."""
    return text.find(words, text.find(words) + 1) > 0


def bullet_kind(line: str) -> str:
    """Return the kind of a bullet: its sign, or the same for all numbers or letters."""
    return re.sub(r"[a-zA-Z]", "a", re.sub(r"\d+", "1", line.strip().split(" ")[0][:4]))


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


def _pages(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the page numbers and running heads of a typeset text, and its other lines."""
    numbered = [line for line in lines if _PAGE.match(line)]
    sides = {line: _EDGE.sub("", line).strip() for line in lines if numbered and line.strip()}
    repeated = Counter(sides[line] for line in lines if line in sides)
    running = {
        side
        for line, side in sides.items()
        if repeated[side] > 1 and (line.startswith(" " * MOST_SPACES) or "   " in line.strip())
    }
    heads = {line for line, side in sides.items() if side in running}
    found: list[str] = []
    is_broken = False
    for line in lines:
        if line in heads or _PAGE.match(line) or _IMAGE.match(line):
            is_broken = True
            continue
        if is_broken and line.strip():
            last = len(found) - 1
            while last >= 0 and not found[last].strip():
                last -= 1
            if last >= 0 and line[:1].islower() and found[last][-1] not in ".!?:":
                found = found[: last + 1]  # the sentence goes on on the next page
            is_broken = False
        found.append(line)
    return [*heads, *numbered, *filter(_IMAGE.match, lines)], found


def _without_pictures(lines: list[str]) -> list[str]:
    """Return lines without the picture before them, which is a bullet if the next line has it, too."""
    pictures = [found["picture"] if found else "" for found in map(_PICTURE.match, lines)]
    padded = ["", *pictures, ""]
    lines = [_PICTURES_BEHIND.sub("", line) for line in lines]
    return [
        _PICTURE.sub("\u2022 " if here in (before, after) else "", line) if here else line
        for before, here, after, line in zip(padded, pictures, padded[2:], lines, strict=False)
    ]


def _letter(lines: list[str]) -> tuple[list[str], list[str]]:
    """Split a letter at its salutation, if only an address and a date are above it."""
    at = next((at for at, line in enumerate(lines) if _SALUTATION.match(line)), 0)
    above = [line.strip() for line in lines[:at] if line.strip()]
    is_letter = len(above) > 1 and all(len(line) <= 60 and ":" not in line for line in above)
    return (lines[: at + 1], lines[at + 1 :]) if is_letter else ([], lines)


def _signed(lines: list[str]) -> tuple[list[str], list[str]]:
    """Split an announcement at its signature, or at the comments of readers."""
    half = len(lines) // 3
    for at, line in enumerate(lines):
        clean = line.strip()
        if clean == "--" or (at > half and (_COMMENTS.match(clean) or _POSTSCRIPT.match(clean))):
            return lines[:at], lines[at:]
        if at <= half or not _CLOSING.match(clean) or (at and lines[at - 1].strip()):
            continue
        names = [each.strip() for each in lines[at + 1 : at + 1 + _SIGNED_LINES]]
        names = names[1:] if names and not names[0] else names
        end = names.index("") if "" in names else len(names)
        if all(len(name) <= 60 and name[-1] not in ".!?" for name in names[:end]) and end:
            return lines[:at], lines[at:]
    return lines, []


def _unhyphenated(lines: list[str]) -> list[str]:
    """Join words that were divided at the ends of lines, if several were: the text was typeset."""
    places = [
        at
        for at, (line, following) in enumerate(pairwise(lines))
        if re.search(r"[a-z]-$", line) and following.lstrip()[:1].islower()
    ]
    if len(places) < _FEWEST_DIVIDED:
        return lines
    found = list(lines)
    for at in places:
        start, _space, rest = found[at + 1].lstrip().partition(" ")
        end = found[at] if _HYPHENATED.search(found[at]) else found[at][:-1]
        found[at], found[at + 1] = end + start, rest
    return found


def _unquoted(lines: list[str]) -> list[str]:
    """Remove quote marks if an email was quoted."""
    written = [line for line in lines if line.strip()]
    quoted = sum(line.lstrip().startswith(">") for line in written)
    if quoted < _QUOTED_SHARE * len(written) or not quoted:
        return _pointed(_answered(lines))
    return [re.sub(r"^\s*(?:>\s?)+", "", line) for line in lines]


def _answered(lines: list[str]) -> list[str]:
    """Return quoted questions without their marks, if an email answers each below it."""
    asked = [
        at
        for at, (line, after) in enumerate(pairwise(lines))
        if line.startswith(">") and line.endswith(("?", ":")) and not after.startswith(">")
    ]
    if len(asked) < _FEWEST_ASKED:
        return lines
    return [line.lstrip("> ") if at in asked else line for at, line in enumerate(lines)]


def _pointed(lines: list[str]) -> list[str]:
    """Return lines with bullets for the signs `>` of a list right below its heading."""
    found: list[str] = []
    is_list = False
    for before, line in pairwise(["", *lines]):
        is_marked = line.lstrip().startswith("> ")
        is_below = line.startswith(">") and bool(before.strip()) and not before.startswith(">")
        is_indented = line[:1].isspace() and bool(re.match(r"\s+>\s+\S", line))
        is_list = is_marked and (is_list or is_below or is_indented)
        found.append(f"- {line.lstrip()[1:].strip()}" if is_list else line)
    return found


def _forwarded(lines: list[str]) -> tuple[list[str], list[str]]:
    """Split a forwarded email into the text above it and the email."""
    starts = [at for at, line in enumerate(lines) if _FORWARDED.match(line)]
    starts = starts or [at for at, line in enumerate(lines) if _WROTE.match(line)]
    starts += [at - 1 for at in range(1, len(lines)) if _is_header(lines[at - 1 : at + 5])]
    at = max(starts, default=-1)
    return lines[: at + 1], lines[at + 1 :]


def _is_header(lines: list[str]) -> bool:
    """Return whether the header of an email begins below the first line, which is empty or a rule."""
    above, *below = lines
    names = [found["name"].lower() for found in map(_HEADER.match, below) if found]
    is_apart = not above.strip() or _SHORTEST_RULE.match(above)
    return bool(is_apart) and "from" in names and len(names) > _FEWEST_HEADERS


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
    is_subject = names == {"subject"} and at < len(lines) and not lines[at].strip()
    is_short = len(header) < _FEWEST_HEADERS and not is_subject
    if is_short or not names & {"from", "subject", "to"}:
        return [], lines
    return header, lines[at:]
