"""The draft of a webinar: what has been read of an announcement so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lms.announcement_parser.credits import Credit
from lms.announcement_parser.person_names import core_of, may_be_same, name_in
from lms.announcement_parser.prices import Amount, amounts_in


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

    subject: str = ""
    titles: list[str] = field(default_factory=list)
    is_title_clear: bool = True
    subtitle: str = ""
    series: list[str] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)
    overview: list[str] = field(default_factory=list)
    is_overview_labeled: bool = False
    agenda: list[str] = field(default_factory=list)
    when: list[str] = field(default_factory=list)
    dates_alone: list[str] = field(default_factory=list)  # perhaps when the text was published
    lasting: list[str] = field(default_factory=list)
    people: dict[str, list[str]] = field(default_factory=dict)
    hosts: list[Credit] = field(default_factory=list)
    prices: list[PriceRead] = field(default_factory=list)
    rest: list[Unread] = field(default_factory=list)
    _cores: dict[tuple[str, ...], str] = field(default_factory=dict)

    def known(self, name: str) -> str:
        """Return the name under which a person is in the draft, or this one."""
        exact = self._cores.get(core_of(name))
        if exact or not name:
            return exact or name
        last = core_of(name)[-1:]
        alike = [
            one for core, one in self._cores.items() if core[-1:] == last and may_be_same(one, name)
        ]
        return alike[0] if len(alike) == 1 else name

    def name(self, name: str) -> str:
        """Put a person into the draft, and return the name they have there."""
        hosts = [one for one in self.hosts if may_be_same(one.name, name)]
        if hosts and not self.people:  # the host is the one whom the text is about, and presents
            self.hosts.remove(hosts[0])
            name = hosts[0].name
        who = self._cores.setdefault(core_of(name), self.known(name))
        self.people.setdefault(who, [])
        return who

    def credit(self, found: Iterable[Credit]) -> None:
        """Put who is credited among the presenters or the hosts."""
        for one in found:
            if one.is_host:
                self.hosts.append(one)
                self.set_aside(one.said)
            else:
                who = self.name(one.name)
                self.people[who] += [one.said] if one.said else []

    def person_at_start(self, sentence: str) -> str:
        """Return whom in the draft a sentence begins with, `Ana Bell is ...`, or nothing."""
        sentence = sentence.lstrip("*_ ").replace("**", "")
        name = name_in(sentence)
        who = self.known(name) if name else ""
        behind = sentence[len(name) :].lstrip(" ,")
        return who if who in self.people and not behind.startswith(("and ", "& ")) else ""

    def add_when(self, line: str, *, is_timed: bool) -> None:
        """Add words about the beginning; a date alone may be when the text was published."""
        (self.when if is_timed else self.dates_alone).append(line)

    def add_price(self, words: str) -> None:
        """Add words about prices, with the sums in them."""
        self.prices.append(PriceRead(words, tuple(amounts_in(words))))

    def name_subtitle(self, text: str) -> None:
        """Take a subtitle; a second one is kept aside."""
        if self.subtitle:
            self.set_aside(text)
        else:
            self.subtitle = text

    def set_aside(self, text: str, heading: str = "") -> None:
        """Keep words that no field takes."""
        if text.strip() or heading:
            self.rest.append(Unread(heading, text.strip("\n")))
