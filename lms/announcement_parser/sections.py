"""The sections of a plain-text announcement: splits it at its labels and headings.

Only known labels are removed: every other line is in one of the passages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from lms.announcement_parser.person_names import name_in
from lms.announcement_parser.plain_lines import bullet
from lms.announcement_parser.prices import amounts_in
from lms.announcement_parser.start_date_and_time import has_date

LONGEST_HEADING: Final = 80
RULE: Final = "\x1f"  # a drawn line, which separates the text above from the text below
_SHORT: Final = 50  # a shorter line is not wrapped prose
_SHOUTED_SHARE: Final = 0.6


class Label(StrEnum):
    """What a passage is about; HEAD has no label above it, at the beginning or later."""

    HEAD = "head"
    TITLE = "title"
    SUBTITLE = "subtitle"
    SERIES = "series"
    SUMMARY = "summary"
    OVERVIEW = "overview"
    AGENDA = "agenda"
    WHEN = "when"
    MINUTES = "minutes"
    PRESENTER = "presenter"
    HOST = "host"
    BIOGRAPHY = "biography"
    PRICES = "prices"
    OTHER = "other"


_KNOWN: Final = {
    Label.TITLE: (
        "title|webinar|webinar title|topic|event|event title|session|session title|course|what"
    ),
    Label.SUBTITLE: "subtitle|sub-title|tagline",
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
    Label.MINUTES: "duration|length|runs for|running time|how long",
    Label.PRESENTER: (
        "presenter|presenters|speaker|speakers|instructor|instructors|presented by|with|led by|"
        "trainer|trainers|facilitator|facilitators|your presenter|your presenters|your speaker|"
        "your trainer|who|guest|guest speaker|panel|panelist|panelists"
    ),
    Label.HOST: "host|hosts|hosted by|moderator|moderators|moderated by|sponsor|sponsored by",
    Label.BIOGRAPHY: (
        "about the presenter|about the presenters|about the speaker|about the speakers|"
        "about your presenter|about our presenter|about the instructor|about the trainer|"
        "biography|bio|presenter bio|speaker bio"
    ),
    Label.PRICES: (
        "cost|costs|price|prices|pricing|fee|fees|registration fee|registration fees|rates|"
        "tickets|group rates|investment|tuition|what it costs|how much|admission|all-access|all-access pass|"
        "all-access passes|passes"
    ),
    Label.OTHER: "where|location|venue|contact|media contact|press contact|register|registration|how to register",
}
LABELS: Final = {name: label for label, names in _KNOWN.items() for name in names.split("|")}
# The topic of a heading on its own line, by a word in it.
_HINTS: Final = (
    (Label.BIOGRAPHY, re.compile(r"\babout (?:the|your|our) (?:presenter|speaker|trainer|instr)")),
    (Label.OTHER, re.compile(r"\bregist|\bsign(?:ing)? up|\brsvp\b")),
    (Label.AGENDA, re.compile(r"\blearn\b|\blearning\b|\bagenda\b|\bobjectives\b|\btakeaways\b")),
    (Label.AGENDA, re.compile(r"\b(?:will|we'll|shall) (?:cover|discuss|look at|take away)\b")),
    (Label.PRICES, re.compile(r"\bprices?\b|\bcosts?\b|\bfees?\b|\brates?\b|\bpass(?:es)?\b")),
    (Label.PRESENTER, re.compile(r"\byour (?:presenter|speaker|trainer|host)s?\b")),
)
# The topic of a question above its answer.
_ASKS: Final = (
    (
        Label.PRESENTER,
        re.compile(r"^who(?:'s| is| are| will)\b.*\b(?:present|speak|teach|lead|train)"),
    ),
    (Label.WHEN, re.compile(r"^when\b|^what (?:day|date|time)\b")),
    (Label.MINUTES, re.compile(r"^how long\b")),
    (Label.PRICES, re.compile(r"^how much\b|\bcosts?\b|\bprices?\b|\bfees?\b")),
    (Label.AGENDA, re.compile(r"^what\b.*\b(?:learn|cover)")),
    (Label.OVERVIEW, re.compile(r"^what(?:'s| is)\b.*\b(?:it|this|webinar|session|about)\b")),
)
_RULE: Final = re.compile(r"^[\s=\-_*~#\u2022\u00b7\u2013\u2014+.]{3,}$")
_UNDERLINE: Final = re.compile(r"^\s*(?:={3,}|-{3,}|~{3,})\s*$")
_BESIDE: Final = re.compile(
    r"^\s*(?P<marks>(?:\*\*|__|#{1,6}\s+|\*|_)?)\s*(?P<name>[A-Za-z][A-Za-z'\u2019&/ -]{1,40}?)"
    r"(?:\(s\))?"
    r"(?P<close>(?:\*\*|__|\*|_)?)\s*"
    r"(?P<mark>:(?:\*\*|__|\*|_)?|\s[|\u2013\u2014-]\s|\t+|\s{2,})\s*(?P<value>\S.*)$"
)
# Passages that continue below an empty line, even if the label is beside the first line.
_LONG: Final = frozenset({Label.OVERVIEW, Label.AGENDA, Label.BIOGRAPHY, Label.SUMMARY})


@dataclass(slots=True)
class Passage:
    """Lines under one label; `heading` has the words of a heading that isn't a plain label.

    `is_top` means above the first label.
    """

    label: Label
    heading: str = ""
    lines: list[str] = field(default_factory=list)
    is_beside: bool = False
    is_top: bool = False

    @property
    def text(self) -> str:
        """Return its lines unchanged, without empty lines around them."""
        return "\n".join(self.lines).replace(RULE, "").strip("\n")


def passages(lines: list[str]) -> list[Passage]:
    """Split lines at their labels and headings; each passage has its lines unchanged."""
    return [
        one for one in _divided(lines) if one.heading or any(line.strip() for line in one.lines)
    ]


def label_of(name: str) -> Label | None:
    """Return the label for a name, or None if it is unknown."""
    return LABELS.get(" ".join(name.replace("\u2019", "'").casefold().split()).strip(" :.*_#"))


def unmarked(line: str) -> str:
    """Return a line without Markdown marks for headings and for emphasis of the whole line."""
    bare = re.sub(r"^\s*#{1,6}\s+", "", line).strip()
    for mark in ("**", "__", "*", "_"):
        inner = bare.removeprefix(mark).removesuffix(mark)
        if len(inner) == len(bare) - 2 * len(mark) and mark not in inner:
            return inner.strip()
    return bare


def _divided(lines: list[str]) -> Iterator[Passage]:
    here = Passage(Label.HEAD, is_top=True)
    before = ""  # the line above
    is_shouted = _is_shouted(lines)
    questions = _questions(lines)
    for line, following in zip(lines, _followers(lines), strict=True):
        if _RULE.match(line):
            here.lines.append(RULE if here.label is Label.HEAD else "")
            before = ""
            continue
        begun = (
            Passage(*_asked(line))
            if line in questions
            else _begun(line, following, here, before=before, is_shouted=is_shouted)
        )
        is_over = not before.strip() and (
            (here.is_beside and here.label not in _LONG) or _lists_people(here)
        )
        if begun is None and is_over and line.strip() and bullet(line) is None:
            is_text = here.is_beside or not name_in(line)
            begun = Passage(Label.HEAD, lines=[line], is_top=here.is_top) if is_text else None
        if begun is not None:
            yield here
            here = begun
        else:
            here.lines.append(line)
        before = line
    yield here


def _lists_people(here: Passage) -> bool:
    """Return whether a passage is a list of presenters, a line for each."""
    written = [line for line in here.lines if line.strip()]
    return here.label is Label.PRESENTER and len(written) > 1 and all(map(name_in, written))


def _questions(lines: list[str]) -> frozenset[str]:
    """Return the short questions that stand right above their answers, if there are several."""
    padded = ["", *lines, ""]
    found = [
        line
        for before, line, after in zip(padded, lines, padded[2:], strict=False)
        if line.rstrip().endswith("?") and len(line) <= _SHORT
        if not before.strip() and after.strip()
    ]
    return frozenset(found) if len(found) > 1 else frozenset()


def _asked(question: str) -> tuple[Label, str]:
    """Return the label for a question, and the heading of one that has no label."""
    folded = unmarked(question).replace("\u2019", "'").casefold()
    label = next((each for each, words in _ASKS if words.search(folded)), Label.OTHER)
    return label, "" if label in (Label.OVERVIEW, Label.WHEN) else unmarked(question)


def _is_shouted(lines: list[str]) -> bool:
    """Return whether almost all is in capitals, so that capitals mark nothing."""
    letters = [letter for line in lines for letter in line if letter.isalpha()]
    return sum(letter.isupper() for letter in letters) > _SHOUTED_SHARE * len(letters)


def _followers(lines: list[str]) -> list[str]:
    """Return for each line the next nonempty line."""
    found, after = [], ""
    for line in reversed(lines):
        found.append(after)
        after = line if line.strip() else after
    return found[::-1]


def _begun(
    line: str, following: str, here: Passage, *, before: str, is_shouted: bool
) -> Passage | None:
    """Return the passage that a line opens, or None if it belongs to the open one."""
    if not line.strip():
        return None
    begun = _beside(line, here, before) or (None if before.strip() else _about(line, following))
    return begun or _above(line, following, here, before=before, is_shouted=is_shouted)


def _beside(line: str, here: Passage, before: str) -> Passage | None:
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
    is_below_short = found["mark"].startswith(":") and len(before) <= _SHORT
    if not (not before.strip() or stands_out or (is_below_short and found["name"][0].isupper())):
        return None
    name, value = found["name"].strip(), found["value"].removesuffix(found["marks"].strip() or "\0")
    is_said = "zone" in name.lower() or "pass" in name.lower() or "access" in name.lower()
    heading = f"{name}:" if label is Label.OTHER else ""
    lines = [f"{name}: {value}" if is_said else value]
    is_top = here.is_top and label is Label.OTHER  # a contact above the title
    return Passage(label, heading, lines, is_beside=True, is_top=is_top)


def _about(line: str, following: str) -> Passage | None:
    """Return the passage below `About Elm County Library`, if its text begins with the same name."""
    found = re.fullmatch(r"(?i:about) (?P<name>[A-Z].{2,60}[^.!?:])", unmarked(line))
    if found is None or not following.strip().startswith(found["name"]):
        return None
    return Passage(Label.BIOGRAPHY if name_in(found["name"]) else Label.OTHER, unmarked(line))


def _above(
    line: str, following: str, here: Passage, *, before: str, is_shouted: bool
) -> Passage | None:
    bare = unmarked(line)
    is_marked = bare != line.strip() or bool(_UNDERLINE.match(following))
    is_capital = bare.isupper() and len(re.findall(r"[^\W\d_]", bare)) > 2 and not is_shouted
    after_gap = not before.strip()
    label = label_of(bare)
    if label is not None and (after_gap or is_marked or bare.isupper() or bare.endswith(":")):
        return Passage(label, bare if label is Label.OTHER else "")
    if len(bare) > LONGEST_HEADING or (bullet(line) is not None and not is_marked):
        return None
    is_first = here.is_top and not any(one.strip(f"{RULE} ") for one in here.lines)
    if is_first or has_date(bare) or any(amounts_in(bare)):
        return None
    if here.label is Label.TITLE and not after_gap:
        return None
    is_listed = bullet(following) is not None
    introduces = (bare.endswith(":") and not (here.is_top and not is_listed)) or (
        after_gap and is_listed
    )
    if is_marked or is_capital or introduces:
        return _headed(bare, following, here, is_heading=is_marked or is_capital)
    return None


def _headed(bare: str, following: str, here: Passage, *, is_heading: bool) -> Passage | None:
    """Return the passage that an unknown heading opens, by a word in it or by the text below."""
    folded = bare.replace("\u2019", "'").casefold()
    name = re.sub(r"^(?:about|meet)\s+", "", folded).title()
    hinted = next((each for each, words in _HINTS if words.search(folded)), None)
    if hinted is None and name_in(name) == name and folded.startswith(("about ", "meet ")):
        hinted = Label.BIOGRAPHY
    listed = bullet(following)
    if hinted is None and bare.endswith(":") and listed is not None and here.label is Label.HEAD:
        hinted = Label.PRICES if any(amounts_in(listed)) else Label.AGENDA
    if hinted is not None:
        return Passage(hinted, heading=bare)
    # Above the first label, a marked line may be the title.
    return Passage(Label.OTHER, heading=bare) if is_heading and not here.is_top else None
