"""The draft of a webinar: the parts of an announcement parsed so far."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from lms.announcement_parser.credits import Credit
from lms.announcement_parser.labels import label_of
from lms.announcement_parser.person_names import core_of, may_be_same, name_in, position_before
from lms.announcement_parser.prices import Amount, prices_in
from lms.announcement_parser.start_date_and_time import When
from lms.announcement_parser.title_and_subtitle import Line

_FREE: Final = re.compile(
    r"\bfree\b|\bno (?:charge|cost|fee)\b|^(?:none|nothing|complimentary)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class PriceRead:
    """The words about a price, and the amounts in them."""

    words: str
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """Words that fit no field, with their heading."""

    heading: str
    text: str


@dataclass(slots=True)
class Draft:
    """The fields parsed so far; `people` are names with the paragraphs about each."""

    subject: str = ""
    titles: list[str] = field(default_factory=list)
    candidates: list[Line] = field(default_factory=list)  # lines that may be the title
    is_title_labeled: bool = False
    is_subtitle_labeled: bool = False
    doubtful_subtitle: str = ""  # what was read as one, but is rather a fact
    is_of_several: bool = False
    is_overview_headed: bool = True  # not by an unknown heading
    is_agenda_clear: bool = True
    is_presenter_labeled: bool = False
    is_length_differing: bool = False
    is_length_guessed: bool = False
    outside: int = 0  # how many parts of `rest` are from outside the announcement
    subtitle: str = ""
    series: list[str] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)
    overview: list[str] = field(default_factory=list)
    covers: list[str] = field(default_factory=list)  # paragraphs above the title
    described: list[str] = field(default_factory=list)  # the labeled overview
    agenda: list[str] = field(default_factory=list)
    when: list[str] = field(default_factory=list)
    labeled_when: list[str] = field(default_factory=list)
    # possibly the date when the text was published
    dates_alone: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    lasting: list[str] = field(default_factory=list)
    people: dict[str, list[str]] = field(default_factory=dict)
    labeled_lives: set[str] = field(default_factory=set)  # people with a labeled biography
    guessed: set[str] = field(default_factory=set)  # people in a line of names alone
    likely: list[str] = field(default_factory=list)  # lines that may name a presenter
    hosts: list[Credit] = field(default_factory=list)
    prices: list[PriceRead] = field(default_factory=list)
    presenting: str = ""  # the organization of a line `... presents`
    rest: list[Unread] = field(default_factory=list)
    _cores: dict[tuple[str, ...], str] = field(default_factory=dict)
    _last_names: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    @property
    def prose(self) -> list[str]:
        """Return all paragraphs about the webinar so far."""
        return [*self.covers, *self.described, *self.overview]

    @property
    def unread(self) -> list[str]:
        """Return the words without a heading that fit no field."""
        return [one.text for one in self.rest[self.outside :] if not one.heading]

    @property
    def headed(self) -> list[Unread]:
        """Return the texts under headings that aren't known."""
        headed = [one for one in self.rest[self.outside :] if one.heading]
        return [one for one in headed if not label_of(one.heading)]

    @property
    def is_free(self) -> bool:
        """Return whether it is free for everyone, not only for pass holders."""
        amounts = [amount.minor for price in self.prices for amount in price.amounts]
        if amounts:
            return not any(amounts)
        said = (price.words.casefold() for price in self.prices)
        return any(_FREE.search(one) and "pass" not in one for one in said)

    def known(self, name: str) -> str:
        """Return the name of a person as used in the draft, or the given name."""
        exact = self._cores.get(core_of(name))
        if exact or not name:
            return exact or name
        same_last = self._last_names.get(core_of(name)[-1:], [])
        alike = [one for one in same_last if may_be_same(one, name)]
        return alike[0] if len(alike) == 1 else name

    def name(self, name: str) -> str:
        """Add a person to the draft, and return their name there."""
        hosts = [one for one in self.hosts if may_be_same(one.name, name)]
        if hosts and not self.people:  # the host is the person whom the text is about, and presents
            self.hosts.remove(hosts[0])
            name = hosts[0].name
        name = name.title() if name.isupper() else name
        who = self._cores.setdefault(core_of(name), self.known(name))
        if who not in self.people:
            self._last_names.setdefault(core_of(name)[-1:], []).append(who)
            self.people[who] = []
        return who

    def drop_positions(self, text: str) -> None:
        """Remove the capitalized position before a name, `Novelist Ana Bell`, which a text has in small."""
        self.people = {
            name.removeprefix(position_before(name, text)).strip(): about
            for name, about in self.people.items()
        }

    def credit(self, found: Iterable[Credit]) -> None:
        """Add credited people to the presenters or the hosts."""
        for one in found:
            if not one.is_host and not one.is_person:
                self.present(one.name)
            elif one.is_host:
                self.hosts.append(
                    replace(one, name=one.name.title()) if one.name.isupper() else one
                )
                self.set_aside(one.said)
            else:
                who = self.name(one.name)
                self.people[who] += [one.said] if one.said else []

    def present(self, name: str) -> None:
        """Set the organization that presents; another one goes to `rest`."""
        self.set_aside("" if self.presenting in ("", name) else name)
        self.presenting = self.presenting or name

    def person_at_start(self, sentence: str) -> str:
        """Return the person of the draft at the start of a sentence, `Ana Bell is ...`, or ""."""
        sentence = sentence.lstrip("*_ ").replace("*", "")
        name = name_in(sentence)
        who = self.known(name) if name else ""
        behind = sentence[len(name) :].lstrip(" ,")
        return who if who in self.people and not behind.startswith(("and ", "& ")) else ""

    def add_when(self, line: str, *, is_timed: bool) -> None:
        """Add words about the beginning; a date alone may be the publication date."""
        (self.when if is_timed else self.dates_alone).append(line)

    def add_price(self, words: str) -> None:
        """Add words about prices, with the amounts in them."""
        self.prices.append(PriceRead(words, tuple(prices_in(words))))

    def name_subtitle(self, text: str) -> None:
        """Set the subtitle; a second one goes to `rest`."""
        if self.subtitle:
            self.set_aside(text)
        else:
            self.subtitle = text

    def set_lines_aside(self, lines: Iterable[str]) -> None:
        """Add each line to `rest`."""
        for line in lines:
            self.set_aside(line)

    def set_aside(self, text: str, heading: str = "") -> None:
        """Add words that fit no field to `rest`."""
        if text.strip() or heading:
            self.rest.append(Unread(heading, text.strip("\n")))


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the draft, its overview, start and length, and the text as lines and as it came.

    `said` are the sentences and short lines of the text, without what is about other webinars.
    """

    draft: Draft
    overview: list[str]
    when: When
    minutes: int | None
    lines: list[str]
    said: list[str]
    source: str
