"""Field extractors: what each section gives to a webinar; other text goes to `rest`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lms.announcement_parser.person_names import core_of, is_honorific, name_in, names_in
from lms.announcement_parser.prices import Amount, amounts_in
from lms.announcement_parser.sections import Label, Passage, blocks, bullet, paragraphs, points
from lms.announcement_parser.start_date_and_time import has_date

QUOTES: Final = "\"'\u201c\u201d\u2018\u2019\u00ab\u00bb* "
_LINE: Final = 90  # characters from which on a line without a label is prose
_LONGEST_OF_LINES: Final = 60  # in a block of lines that are no wrapped sentence
_LONGEST_TITLE: Final = 200

_SERIES: Final = re.compile(
    r"^(?:an?other in |a |an )?(?:part|episode|session|one)?\s*(?:\d+\s*)?(?:of|in)\s+"
    r"(?:the|our)\s+(?P<name>.+?)\s+series(?:,?\s+(?:with|by|presented by)\s+(?P<people>.+?))?\.?$",
    re.IGNORECASE,
)
_BY: Final = re.compile(
    r"^(?:with|presented by|hosted by|led by|taught by|by)\s+(?P<people>\S.*?)\.?$", re.IGNORECASE
)
_GREETING: Final = re.compile(
    r"^(?:dear|hi|hello|good (?:morning|day|afternoon))\b.{0,40}$", re.IGNORECASE
)
_INVITES: Final = re.compile(
    r"^(?:please |come and )?(?:join|register|sign up|we invite|you are invited|announcing|invitation|"
    r"our (?:next|new))\b[^\"\u201c]*[\"\u201c](?P<title>[^\"\u201d]{4,160})[\"\u201d]",
    re.IGNORECASE,
)
_REPLIED: Final = re.compile(r"^(?:(?:re|fwd?|aw|wg):\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PriceRead:
    """What the text says of a price, and the sums in it."""

    words: str
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """Words that no field took, under the heading they stand under."""

    heading: str
    text: str


@dataclass(slots=True)
class Draft:
    """What has been read so far; `people` are names with the paragraphs about each."""

    titles: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    series: list[str] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)
    overview: list[str] = field(default_factory=list)
    agenda: list[str] = field(default_factory=list)
    when: list[str] = field(default_factory=list)
    lasting: list[str] = field(default_factory=list)
    people: dict[str, list[str]] = field(default_factory=dict)
    prices: list[PriceRead] = field(default_factory=list)
    rest: list[Unread] = field(default_factory=list)
    _cores: dict[tuple[str, ...], str] = field(default_factory=dict)

    def known(self, name: str) -> str:
        """Return the name under which a person is in the draft, or this one."""
        return self._cores.get(core_of(name), name)

    def name(self, name: str) -> str:
        """Put a person into the draft, and return the name they have there."""
        who = self._cores.setdefault(core_of(name), name)
        self.people.setdefault(who, [])
        return who

    def set_aside(self, text: str, heading: str = "") -> None:
        """Keep words that no field takes."""
        if text.strip() or heading:
            self.rest.append(Unread(heading, text.strip("\n")))


def take_all(found: list[Passage]) -> Draft:
    """Take every passage; biographies last, when it is known whom they can be about."""
    draft = Draft()
    for passage in sorted(found, key=lambda one: _TURN.get(one.label, 0)):
        _TAKERS[passage.label](draft, passage)
    return draft


def _take_head(draft: Draft, passage: Passage) -> None:
    """Read what stands above the first label: the title, and lines that say what they are."""
    for place, block in enumerate(blocks(passage.lines)):
        said = block
        if place == 0 and not draft.titles:
            said = _take_title(draft, block)
        is_prose = len(said) > 1 and any(len(line) > _LONGEST_OF_LINES for line in said)
        is_first = place == 0 and said is not block
        said = [line for line in said if not _take_line(draft, line, is_prose=is_prose)]
        if is_first and not is_prose:
            draft.set_aside("\n".join(said))
        else:
            draft.overview += paragraphs(said)


def _take_title(draft: Draft, block: list[str]) -> list[str]:
    """Take a title from the first lines and return those behind it.

    One that goes on in small letters is one title; a mail's subject is one already.
    """
    bare = block[0].lstrip("# ").strip(QUOTES)
    invites = _INVITES.match(block[0])
    if invites:
        draft.titles.append(invites["title"].strip())
        return block
    if _GREETING.match(bare):
        draft.set_aside(block[0])
        return block[1:]
    subject = draft.subjects[0].casefold() if draft.subjects else None
    is_alike = subject is not None and (
        bare.casefold() in subject or subject in " ".join(block).casefold()
    )
    if len(bare) > _LONGEST_TITLE or (subject is not None and not is_alike):
        return block
    rest = block[1:]
    while rest and rest[0][:1].islower() and not _says_itself(rest[0]):
        bare = f"{bare} {rest.pop(0)}".strip(QUOTES)
    draft.titles.append(bare)
    return rest


def _says_itself(line: str) -> bool:
    return bool(_SERIES.match(line) or _BY.match(line))


def _take_line(draft: Draft, line: str, *, is_prose: bool) -> bool:
    """Take a line that says what it is: a fuller title, a series, people, a date of its own."""
    bare = line.strip(QUOTES)
    is_title = draft.titles and bare.casefold().startswith(draft.titles[0].casefold())
    if is_title and len(bare) <= _LONGEST_TITLE:
        draft.titles[0] = bare
        return True
    if len(line) > _LINE:
        return False
    series, by = _SERIES.match(bare), _BY.match(bare)
    if series:
        draft.series.append(series["name"].strip(QUOTES))
        _name_people(draft, series["people"] or "")
    elif by and names_in(by["people"])[0]:
        _name_people(draft, by["people"])
    elif has_date(line) and not is_prose:
        draft.when.append(line)
    else:
        return False
    return True


def _name_people(draft: Draft, text: str) -> None:
    names, behind = names_in(text.strip())
    here = [draft.name(name) for name in names]
    if behind and here:
        draft.people[here[-1]].append(behind)
    else:
        draft.set_aside(behind)


def _take_people(draft: Draft, passage: Passage) -> None:
    """Read who presents: a name begins a block or a bullet, what follows is about them."""
    draft.set_aside("", passage.heading)
    here: str | None = None
    for block in blocks(passage.lines):
        for said in _entries(block):
            names, behind = names_in(said)
            is_sentence = behind[:1].islower()
            # A sentence that begins with a name goes on about somebody, or introduces them.
            if names and (here is None or not is_sentence):
                for name in names:
                    here = draft.name(name)
            elif names and draft.known(names[0]) in draft.people:
                here = draft.known(names[0])
            _describe(draft, here, said if is_sentence or not names else behind)


def _entries(block: list[str]) -> list[str]:
    """Return a block's first line and what stands below it; or its bullets."""
    if any(bullet(line) is not None for line in block):
        return [one.removeprefix("- ") for one in paragraphs(block)]
    names, behind = names_in(block[0])
    if names and not behind:
        lone = [line for line in block if names_in(line)[0] and not names_in(line)[1]]
        if lone == block:
            return block
        return [block[0], " ".join(block[1:])]
    return [" ".join(block)]


def _describe(draft: Draft, who: str | None, text: str) -> None:
    if who is None:
        draft.set_aside(text)
    elif text:
        draft.people[who].append(text)


def _take_biography(draft: Draft, passage: Passage) -> None:
    """Give a biography to whom it is about: named in its first words, or the only one there is."""
    alone = next(iter(draft.people)) if len(draft.people) == 1 else None
    here: str | None = None
    for said in paragraphs(passage.lines):
        opening = draft.known(name_in(said))
        if opening and (opening in draft.people or here is None):
            here = draft.name(alone if alone and opening not in draft.people else opening)
        here = here or alone
        _describe(draft, here, "" if said == opening else said)
    draft.set_aside("", passage.heading)


def _take_other(draft: Draft, passage: Passage) -> None:
    """Take what stands under a person's name as their biography; set anything else aside."""
    name = passage.heading.title() if passage.heading.isupper() else passage.heading
    who = draft.known(name)
    is_titled = is_honorific(name.split(" ")[0]) and name_in(name) == name
    if name and (who in draft.people or is_titled):
        draft.people[draft.name(who)] += paragraphs(passage.lines)
    else:
        draft.set_aside(passage.text, passage.heading)


def _take_agenda(draft: Draft, passage: Passage) -> None:
    lead, listed, tail = passage.lines, passage.lines, []
    places = [at for at, line in enumerate(passage.lines) if bullet(line) is not None]
    if places:
        after = range(places[-1], len(passage.lines))
        gap = next((at for at in after if not passage.lines[at].strip()), len(passage.lines))
        lead, listed = passage.lines[: places[0]], passage.lines[places[0] : gap]
        tail = passage.lines[gap:]
    else:
        lead = []
    draft.agenda += points(listed)
    draft.set_aside("\n".join(line for line in lead if line.strip()), passage.heading)
    for said in paragraphs(tail):
        _take_tail(draft, said)


def _take_tail(draft: Draft, said: str) -> None:
    """Take a paragraph that stands loosely behind a list: about somebody, of prices, or aside."""
    who = draft.known(name_in(said))
    sums = tuple(amounts_in(said))
    if who in draft.people:
        draft.people[who].append(said)
    elif sums:
        draft.prices.append(PriceRead(said, sums))
    else:
        draft.set_aside(said)


def _take_prices(draft: Draft, passage: Passage) -> None:
    said = [passage.heading] if passage.heading else []
    for line in (*said, *paragraphs(passage.lines)):
        words = line.removeprefix("- ")
        draft.prices.append(PriceRead(words, tuple(amounts_in(words))))


def _take_when(draft: Draft, passage: Passage) -> None:
    draft.when += [line for block in blocks(passage.lines) for line in block]


def _take_minutes(draft: Draft, passage: Passage) -> None:
    draft.lasting += paragraphs(passage.lines)


def _take_series(draft: Draft, passage: Passage) -> None:
    said = " ".join(paragraphs(passage.lines)).strip(QUOTES)
    found = re.match(r"^(?P<name>.+?),?\s+with\s+(?P<people>.+)$", said)
    name = found["name"] if found else said
    draft.series.append(re.sub(r"\s+series$", "", name, flags=re.IGNORECASE).strip(QUOTES))
    if found:
        _name_people(draft, found["people"])


def _take_titles(draft: Draft, passage: Passage) -> None:
    first, *more = paragraphs(passage.lines)
    draft.titles.insert(0, first.strip(QUOTES))
    for line in more:
        if not _take_line(draft, line, is_prose=False):
            draft.overview.append(line)


def _take_subject(draft: Draft, passage: Passage) -> None:
    draft.subjects.append(_REPLIED.sub("", " ".join(paragraphs(passage.lines))).strip(QUOTES))


def _take_overview(draft: Draft, passage: Passage) -> None:
    draft.overview += paragraphs(passage.lines)


def _take_summary(draft: Draft, passage: Passage) -> None:
    draft.summary += paragraphs(passage.lines)


_TAKERS: Final[dict[Label, Callable[[Draft, Passage], None]]] = {
    Label.HEAD: _take_head,
    Label.TITLE: _take_titles,
    Label.SUBJECT: _take_subject,
    Label.SERIES: _take_series,
    Label.SUMMARY: _take_summary,
    Label.OVERVIEW: _take_overview,
    Label.AGENDA: _take_agenda,
    Label.WHEN: _take_when,
    Label.MINUTES: _take_minutes,
    Label.PRESENTER: _take_people,
    Label.BIOGRAPHY: _take_biography,
    Label.PRICES: _take_prices,
    Label.OTHER: _take_other,
}
# A mail's subject is asked for at its head; whom words are about, when everybody is known.
_TURN: Final = {Label.SUBJECT: -1, Label.AGENDA: 1, Label.BIOGRAPHY: 1, Label.OTHER: 1}
