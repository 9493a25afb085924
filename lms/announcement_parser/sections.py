"""The sections of a plain-text announcement: splits it at its labels and headings.

Only known labels are removed: every other line is in one of the passages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lms.announcement_parser.labels import (
    ASKS,
    HINTS,
    PRESENTS,
    Label,
    is_elsewhere,
    is_plain,
    label_of,
)
from lms.announcement_parser.person_names import name_in
from lms.announcement_parser.plain_lines import bullet, bullet_kind, is_repeated
from lms.announcement_parser.prices import amounts_in, is_about_price
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.times_of_day_and_time_zones import tell_times

LONGEST_HEADING: Final = 80
RULE: Final = "\x1f"  # a drawn line, which separates the text above from the text below
_LONGEST_NAME: Final = 4  # words of an unknown label
_LONGEST_HINTED: Final = 4  # words of a heading above the first label, of which more may be a title
_LONGEST_DAY: Final = 26  # characters: `Saturday, October 23, 2027`
_SHORT: Final = 50  # a shorter line is not wrapped prose
_SHOUTED_SHARE: Final = 0.6
_LEADS: Final = re.compile(r":$|\b(?:will|to|how|can)$", re.IGNORECASE)
_RULE: Final = re.compile(r"^[\s=\-_*~#\u2022\u00b7\u2013\u2014+.]{3,}$")
_OF_SERIES: Final = re.compile(r"part .{1,60}\bseries\b", re.IGNORECASE)
_CREDIT: Final = re.compile(r"(?i)(?:co-?)?(?:hosted|moderated|sponsored|offered|organized) by ")
_UNDERLINE: Final = re.compile(r"^\s*(?:={3,}|-{3,}|~{3,})\s*$")
_DECORATED: Final = re.compile(
    r"(?:[*~<>|+=-]{2,}|[*~|=])\s+(?P<text>\S.*\S)\s+(?:[*~<>|+=-]{2,}|[*~|=])"
)
_BESIDE: Final = re.compile(
    r"^\s*(?P<marks>(?:\*\*|__|#{1,6}\s+|\*|_)?)\s*(?P<name>[A-Za-z][A-Za-z'\u2019&/ -]{1,40}?(?: \d{1,2}(?: [a-z]+)?)?)"
    r"(?:\(s\))?"
    r"(?P<close>(?:\*\*|__|\*|_)?)\s*"
    r"(?P<mark>:(?:\*\*|__|\*|_)?|\s[|~\u2013\u2014-]\s|\t+|\s{2,})\s*(?P<value>\S.*)$"
)
# Passages that continue below an empty line, even if the label is beside the first line.
LONG: Final = frozenset({Label.OVERVIEW, Label.AGENDA, Label.BIOGRAPHY, Label.SUMMARY})
_PEOPLE_LABELS: Final = frozenset({Label.PRESENTER, Label.BIOGRAPHY, Label.HOST})
_BRIEF: Final = frozenset({Label.WHEN, Label.END, Label.MINUTES, Label.OTHER})
_MOST_PEOPLE: Final = 40  # lines of a list of presenters
_MOST_VALUES: Final = 6  # lines below a label that are values and not text
_FACTS: Final = frozenset({Label.WHEN, Label.END, Label.PRICES})
# Labels that no line of a text begins with by chance, if they have a capital and a colon.
_STATED: Final = frozenset({Label.WHEN, Label.PRESENTER, Label.MINUTES, Label.SERIES})


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


def unmarked(line: str) -> str:
    """Return a line without Markdown marks for headings and for emphasis of the whole line."""
    bare = re.sub(r"^\s*(?:#{1,6}|\*\*(?=\s+[^*]*$))\s+", "", line).strip()
    decorated = _DECORATED.fullmatch(bare)
    if decorated:
        return decorated["text"]
    for mark in ("**", "__", "*", "_"):
        inner = bare.removeprefix(mark).removesuffix(mark)
        if len(inner) == len(bare) - 2 * len(mark) and mark not in inner:
            return inner.strip()
    return bare


def _divided(lines: list[str]) -> Iterator[Passage]:
    here = Passage(Label.HEAD, is_top=True)
    before = ""  # the line above
    is_shouted = _is_shouted(lines)
    questions, headings = _questions(lines), _plain_headings(lines)
    for line, following in zip(lines, _followers(lines), strict=True):
        if _RULE.match(line):
            here.lines.append(RULE if here.label is Label.HEAD else "")
            before = ""
            continue
        if is_elsewhere(here.heading) and line.startswith("###"):
            here.lines.append(line)  # another webinar
            continue
        begun = (
            Passage(*_asked(line))
            if line in questions
            else _begun(
                line, following, here, before=before, is_shouted=is_shouted, headings=headings
            )
        )
        is_over = not before.strip() and (
            (here.is_beside and here.label not in LONG) or _lists_people(here)
        )
        is_below = _is_fact_below(line, before, here) or _is_text_below(line, before, here)
        if begun is None and is_below:
            begun = Passage(Label.HEAD, lines=[line], is_top=here.is_top)
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


def _is_fact_below(line: str, before: str, here: Passage) -> bool:
    """Return whether a line below `Presenter: Ana Bell` has a date or a price and isn't about her."""
    is_apart = here.is_beside or (here.label is Label.PRESENTER and not before.strip())
    if not is_apart or here.label in LONG or here.label in _FACTS or line[:1].isspace():
        return False
    is_credit = here.is_beside and bool(_CREDIT.match(line))
    is_fact = is_credit or has_date(line) or any(amounts_in(line))
    return len(line) <= LONGEST_HEADING and is_fact


def _is_text_below(line: str, before: str, here: Passage) -> bool:
    """Return whether text begins right below a short labeled value, or after one under its label."""
    if len(line.strip()) <= _SHORT or here.label in LONG or bullet(line) is not None:
        return False
    if here.is_beside:
        is_deeper = line[:1].isspace() != before[:1].isspace()
        is_below_short = 0 < len(before.strip()) <= _SHORT
        return is_below_short and not is_deeper and line.lstrip()[:1].isupper()
    is_brief = here.label in _BRIEF or (here.label is Label.PRESENTER and not name_in(line))
    if not is_brief or before.strip() or not 0 < len(here.lines) <= _MOST_VALUES:
        return False
    return here.lines[0].strip() != "" and all(len(each) <= _SHORT for each in here.lines)


def _lists_people(here: Passage) -> bool:
    """Return whether a passage is a list of presenters, a line for each."""
    if here.label is not Label.PRESENTER or len(here.lines) > _MOST_PEOPLE:
        return False
    written = [line for line in here.lines if line.strip()]
    return len(written) > 1 and all(map(name_in, written))


def _questions(lines: list[str]) -> frozenset[str]:
    """Return the short questions above their answers, if there are several.

    Those with an empty line below may be part of a text, unless several ask for parts of an announcement.
    """
    padded = ["", *lines, ""]
    found = [
        (line, bool(after.strip()))
        for before, line, after in zip(padded, lines, padded[2:], strict=False)
        if line.rstrip().endswith("?") and len(line) <= _SHORT
        if not before.strip() and not _UNDERLINE.match(after)
    ]
    if sum(_asked(line)[0] is not Label.OTHER for line, _is_above in found) > 1:
        return frozenset(line for line, _is_above in found)
    above = [line for line, is_above in found if is_above]
    return frozenset(above) if len(above) > 1 else frozenset()


def _asked(question: str) -> tuple[Label, str]:
    """Return the label for a question, and the heading of one that has no label."""
    folded = unmarked(question).replace("\u2019", "'").casefold()
    label = next((each for each, words in ASKS if words.search(folded)), Label.OTHER)
    return label, "" if label in (Label.OVERVIEW, Label.WHEN, Label.TITLE) else unmarked(question)


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
    line: str,
    following: str,
    here: Passage,
    *,
    before: str,
    is_shouted: bool,
    headings: frozenset[str],
) -> Passage | None:
    """Return the passage that a line opens, or None if it belongs to the open one."""
    if not line.strip():
        return None
    begun = _beside(line, here, before) or (None if before.strip() else _about(line, following))
    is_person = here.label in _PEOPLE_LABELS and name_in(line.strip()) == line.strip()
    if begun is None and line in headings and not is_person:
        begun = _headed(unmarked(line), following, here, is_heading=True)
    return begun or _above(line, following, here, before=before, is_shouted=is_shouted)


def _plain_headings(lines: list[str]) -> frozenset[str]:
    """Return unmarked lines above text that look like a text's other headings, which are labels."""
    found, known, whole = [], 0, "\n".join(lines)
    last = ""  # the last line with words
    for before, line, after in zip(["", *lines], lines, _followers(lines), strict=False):
        bare = line.strip()
        above, last = last, bare or last
        if (
            before.strip()
            or bullet(line) is not None
            or not bare
            or len(bare) > _SHORT
            or bare[-1] in ".,:!;"
            or above.endswith(":")  # the first line of a list
        ):
            continue
        if label_of(bare):
            known += 1
        elif (
            bare[0].isupper()
            and (name_in(bare) != bare or not is_repeated(bare, whole))
            and not has_date(bare)
        ):
            is_deeper = after[:1].isspace() and not line[:1].isspace()
            is_above_text = is_deeper or len(after.strip()) > _SHORT or bullet(after) is not None
            is_fact = any(amounts_in(bare)) or is_about_price(bare)
            found += [line] if is_above_text and not is_fact else []
    return frozenset(found) if known > 1 else frozenset()


def _beside(line: str, here: Passage, before: str) -> Passage | None:
    bulleted = bullet(line)
    if bulleted is not None and here.label is Label.AGENDA:
        points = (each for each in here.lines if bullet(each) is not None)
        if bullet_kind(next(points, line)) == bullet_kind(line):
            return None
    found = _BESIDE.match(bulleted if bulleted is not None else line)
    label = label_of(found["name"]) or _hinted(found["name"], found["value"]) if found else None
    if found and label is None and bulleted is None:
        return _unknown_beside(found, here, before)
    if found is None or label is None or not found["value"].strip("*_ "):
        return None
    if not found["mark"].startswith(":") and found["name"].islower():
        return None
    stands_out = found["marks"] or found["name"].isupper() or here.is_beside
    is_fact = has_date(before) and bool(tell_times(before, american=True))
    is_short = len(before.strip()) <= _SHORT or label in _STATED
    is_mark = found["mark"].startswith(":") or (label in _STATED and found["mark"].isspace())
    is_below_short = is_mark and (is_short or is_fact)
    if not (not before.strip() or stands_out or (is_below_short and found["name"][0].isupper())):
        return None
    name, value = found["name"].strip(), found["value"].removesuffix(found["marks"].strip() or "\0")
    is_said = "zone" in name.lower() or "pass" in name.lower() or "access" in name.lower()
    is_kept = label is Label.OTHER or _has_more_words(label, name)
    is_kept = is_kept or ("/" in name and not is_plain(name))
    heading = f"{name}:" if is_kept else ""
    lines = [f"{name}: {value}" if is_said else value]
    is_top = here.is_top and label is Label.OTHER  # a contact above the title
    return Passage(label, heading, lines, is_beside=True, is_top=is_top)


def _hinted(name: str, value: str) -> Label | None:
    """Return the label for a name in capitals before a list, by a word in it: `LEARN HOW TO: a; b`."""
    if not name.isupper() or ";" not in value:
        return None
    return next((each for each, words in HINTS if words.search(name.casefold())), None)


def _unknown_beside(found: re.Match[str], here: Passage, before: str) -> Passage | None:
    """Return the passage of an unknown label in a list of labels, `Level: Beginner`, or in a column."""
    name, mark, value = found["name"].strip(), found["mark"], found["value"]
    if name.casefold().startswith("about ") and len(value) > _SHORT and not before.strip():
        return Passage(Label.OTHER, f"{name}:", [value], is_beside=True)
    is_column = bool(re.match(r"\s*:\s{2,}", found.string[found.end("name") :]))
    is_single = here.label not in LONG or len(here.lines) == 1
    is_listed = here.is_beside and is_single and before.strip() != "" and found["mark"][0] == ":"
    if not name[0].isupper() or len(name.split()) > _LONGEST_NAME or not (is_column or is_listed):
        return None
    capitals = sum(word[0].isupper() for word in value.split())
    if 2 * capitals >= len(value.split()) > _LONGEST_NAME:
        return None  # a title, `Small Wonders: A Conference in Three Webinars`
    if any(amounts_in(value)):
        return Passage(Label.PRICES, lines=[f"{name}{mark.rstrip()} {value}"], is_beside=True)
    if PRESENTS.search(name.casefold()) and name_in(value) == value:
        return Passage(Label.PRESENTER, f"{name}:", [value], is_beside=True)
    return Passage(Label.OTHER, f"{name}:", [value], is_beside=True, is_top=here.is_top)


def _about(line: str, following: str) -> Passage | None:
    """Return the passage below `About Elm County Library`, if its text begins with the same name."""
    found = re.fullmatch(r"(?i:about)(?: the)? (?P<name>[A-Z].{2,60}[^.!?:])", unmarked(line))
    if found is None or label_of(found[0]):
        return None
    if len(following) <= _SHORT and not following.strip().startswith(found["name"]):
        return None
    return Passage(Label.BIOGRAPHY if name_in(found["name"]) else Label.OTHER, unmarked(line))


def _above(
    line: str, following: str, here: Passage, *, before: str, is_shouted: bool
) -> Passage | None:
    bare = unmarked(line)
    is_underlined = bool(_UNDERLINE.match(following)) and bullet(line) is None
    is_marked = bare != line.strip() or is_underlined
    is_capital = bare.isupper() and len(re.findall(r"[^\W\d_]", bare)) > 2 and not is_shouted
    after_gap = not before.strip()
    numbered = bullet(line) if re.match(r"\s*\(?\w{1,2}[.)]", line) else None
    label = label_of(bare) or _asked_label(bare, is_marked=is_marked)
    label = label or (label_of(numbered) if numbered and numbered.endswith(":") else None)
    if label is Label.TITLE and line.startswith("#") and following.startswith("#"):
        label = None  # `# Webinars` above the title
    if label is not None and (after_gap or is_marked or bare.isupper() or bare.endswith(":")):
        is_kept = label in (Label.OTHER, Label.BIOGRAPHY) or _has_more_words(label, bare)
        is_kept = is_kept or ("/" in bare and not is_plain(bare))
        return Passage(label, bare if is_kept else "")
    if len(bare) > LONGEST_HEADING or (bullet(line) is not None and not is_marked):
        return None
    is_first = here.is_top and not any(one.strip(f"{RULE} ") for one in here.lines)
    is_dated = has_date(bare) or bool(tell_times(bare, american=True))
    is_fact = is_dated or any(amounts_in(bare)) or bool(_OF_SERIES.match(bare))
    if is_first or is_fact or (here.label is Label.TITLE and not after_gap):
        return None
    is_listed = bullet(following) is not None and _beside(following, here, "") is None
    introduces = (bare.endswith(":") and not (here.is_top and not is_listed)) or (
        after_gap and is_listed
    )
    if is_marked or is_capital or introduces:
        if is_marked and here.label in _PEOPLE_LABELS and name_in(bare) == bare:
            return Passage(Label.PRESENTER, lines=[bare, ""])
        return _headed(bare, following, here, is_heading=is_marked or is_capital)
    return None


def _has_more_words(label: Label, heading: str) -> bool:
    """Return whether a heading says more than the name of its part: `By the end, you will be able to`."""
    is_long = label is Label.AGENDA or "(" in heading or len(heading.split()) > _LONGEST_HINTED
    return label in LONG and is_long and not is_plain(heading)


def _asked_label(bare: str, *, is_marked: bool) -> Label | None:
    """Return the label for a marked question, `**What's it about?**`."""
    if not is_marked or not bare.endswith("?"):
        return None
    label, heading = _asked(bare)
    return None if heading else label


def _headed(bare: str, following: str, here: Passage, *, is_heading: bool) -> Passage | None:
    """Return the passage that an unknown heading opens, by a word in it or by the text below."""
    folded = bare.replace("\u2019", "'").casefold()
    name = re.sub(r"^(?:about|meet)\s+", "", folded).title()
    is_long = len(bare.split()) > _LONGEST_HINTED and bullet(following) is None
    is_title = here.is_top and is_long and not _LEADS.search(bare)
    hints = () if is_title else HINTS
    hinted = next((each for each, words in hints if words.search(folded)), None)
    if hinted is None and name_in(name) == name and folded.startswith(("about ", "meet ")):
        hinted = Label.BIOGRAPHY
    listed = bullet(following)
    is_in_text = here.label in (Label.HEAD, Label.OVERVIEW)
    if hinted is None and _LEADS.search(bare) and listed is not None and is_in_text:
        hinted = Label.PRICES if any(amounts_in(listed)) else Label.AGENDA
    is_dated = has_date(following.strip()[:_LONGEST_DAY]) and len(following) <= LONGEST_HEADING
    if (listed is not None and has_date(listed) and bare.endswith(":")) or (
        hinted is None
        and is_dated
        and not here.is_top
        and bool(tell_times(following, american=True))
    ):
        hinted = Label.WHEN
    is_short = len(bare.split()) <= _LONGEST_HINTED and bare[-1:] not in ".,:;?!"
    is_heading = is_heading or (is_short and listed is not None and here.label is Label.OVERVIEW)
    if hinted is not None and not (hinted is Label.OTHER and here.is_top):
        return Passage(hinted, heading=bare)
    # Above the first label, a marked line may be the title.
    return Passage(Label.OTHER, heading=bare) if is_heading and not here.is_top else None
