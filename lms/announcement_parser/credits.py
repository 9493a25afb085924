"""Credits: the presenters, hosts and series of a webinar in a line or sentence."""

import re
from dataclasses import dataclass
from typing import Final

from lms.announcement_parser.person_names import (
    is_organization,
    name_in,
    names_in,
    names_in_prose,
    people_in,
)

_ROLE: Final = re.compile(
    r"\b(?:(?P<presents>(?:co-?)?presented|led|taught|facilitated|given|delivered)"
    r"|(?P<hosts>(?:co-?)?hosted|moderated|(?:co-?)?sponsored|organized|offered|produced))\s+by:?\s+"
    r"|(?:^|(?<=\s))(?P<plain>with|featuring|by|conversation between)\s+",
    re.IGNORECASE,
)
_LISTED: Final = re.compile(
    r"\b(?i:presenters|speakers|panelists|instructors)\b[^:.;]{0,60}:\s+(?P<people>[A-Z].{4,600})"
)
_EVENT: Final = re.compile(
    r"\b(?:webinar|workshop|session|course|training|class|program|event|talk)\b", re.IGNORECASE
)
# `Ana Bell presents "Calm Desk"`, `Ana Bell leads a 60-minute webinar`
_LEADS: Final = re.compile(
    r"\s(?:presents|teaches|leads|will (?:present|teach|lead))\s+(?=[\"\u201c]|(?:an?|the|this|our)\s+"
    r"(?:[\w-]+\s+){0,3}?(?:webinar|workshop|session|course|training|class|talk)\b)"
)
# `Presenter Ana Bell, a cataloger, will explain`
_INTRODUCED: Final = re.compile(
    r"\b(?:[Pp]resenters?|[Ss]peakers?|[Ii]nstructors?|[Tt]rainers?|[Ff]acilitators?)\s+(?=[A-Z])"
)
# `when the Meridian Institute presents "Calm Desk"`
_OFFERS: Final = re.compile(
    r"(?:^|\b(?:when|as|and)\s)(?:[Tt]he\s+)?(?P<name>[A-Z][\w.&'\u2019-]*(?:\s+(?:[A-Z][\w.&'\u2019-]*|of|the|and|for|&)){1,7})"
    r"\s+(?:presents|offers|hosts|invites [^.]{1,60} to|(?:will|to) (?:present|offer|host)|is (?:presenting|offering))\s+(?=[\"\u201c]|(?:an?|this|our)\s"
    r"(?:[\w-]+\s+){0,3}?(?:webinar|workshop|session|course|training|class|talk)\b)"
)
_JOINED: Final = re.compile(
    r"\bjoin (?:\w+ ){0,3}$|\bI['\u2019]?a?m $|\b(?:presented|led|taught) by $|\b(?:webinar|session|workshop) with $",
    re.IGNORECASE,
)
_WHO: Final = r"(?:,[^,.]{2,80},|\s(?:of|from) [^,.]{2,80}?|,? who|,)?"
_WILL: Final = re.compile(rf"{_WHO} (?:will|is going to) \w+")
_LONGEST_NAME: Final = 4  # words
# Words before a name that say what the person is: `with novelist Ana Bell`.
_POSITION: Final = re.compile(
    r"(?:(?!(?:a|an|any|your|of|to|from|for|in|on|at|and|or|by|us|you|who)\b)[a-z][\w-]*\s+){1,4}(?=[A-Z])"
)
_FORMAT: Final = re.compile(
    r"(?:an?|the|our)\s+(?:(?:new|free|live|online|virtual|[\w-]+-(?:hour|minute))\s+)*"
    r"(?:webinar|workshop|session|training|course|class|talk|panel|discussion)",
    re.IGNORECASE,
)
_ORGANIZATION: Final = re.compile(
    r"(?:[Tt]he\s+)?[A-Z][\w.&'\u2019-]*(?:\s+(?:[A-Z0-9][\w.&'\u2019-]*|of|the|and|for|&)){0,8}"
)
_IN_QUOTES: Final = re.compile(
    r"[\"\u201c](?P<before>[^\"\u201c\u201d]{3,80}?)[,.]?[\"\u201d],?\s+(?:webinar\s+)?series\b"
    r"|[\"\u201c](?P<inside>[^\"\u201c\u201d]{3,80}?)\s+series[,.]?[\"\u201d]"
    r"|\bseries[,:]?\s+(?:(?:called|titled|named)\s+)?[\"\u201c](?P<after>[^\"\u201c\u201d]{3,80}?)"
    r"[,.]?[\"\u201d]",
    re.IGNORECASE,
)
_CAPITALS: Final = (
    r"(?P<name>(?:[A-Z]|\d+\s+[A-Z])[\w'\u2019&.-]*(?:\s+(?:[A-Z0-9][\w'\u2019&.-]*|of|the|and|for|in|to|a|on|from|with|by|at|&))"
    r"{0,7}?)\s+(?i:series)\b"
)
# `part of the series Calm Desk`
_SERIES_BEFORE: Final = re.compile(
    r"\b(?:the|our) (?:[\w-]+ )?series,? (?:(?:called|titled|named) )?"
    r"(?P<name>[A-Z][\w'\u2019&-]*(?: (?:[A-Z][\w'\u2019&-]*|of|the|and|for|in|to|a|on|&)){1,7})(?=[.,;:!?]|$)"
)
# `This talk is part of Borrowed Time, a year of talks`
_PART_OF: Final = re.compile(
    r"\b(?:is|as) (?:\w+ )?(?:part|one) of (?:our |the )?(?P<name>[A-Z][\w'\u2019&-]*(?: (?:[A-Z][\w'\u2019&-]*|of|the|and|for|in|to|a|on|&)){1,7}), (?=an?\b|our\b|the\b)"
)
# `Civic Commons: A Webinar Series for Directors`
_EXPLAINED: Final = re.compile(
    r"^(?P<name>[A-Z][^:.]{3,60}): (?i:an?|the|our) (?:[\w-]+ ){0,3}(?i:series)\b"
)
_IN_CAPITALS: Final = re.compile(rf"\b(?i:the|our|my|of|in)\s+(?!(?i:the|our|my)\s){_CAPITALS}")
# An organization's series, with its name: `Elm County Webinar Series: Library Leadership`.
_OWN: Final = re.compile(
    r"(?P<owner>(?:\S+\s+){1,6}webinar series:)\s+(?P<name>[^.]{3,80})$", re.IGNORECASE
)
_LINE_IN_CAPITALS: Final = re.compile(rf"^{_CAPITALS}")


@dataclass(frozen=True, slots=True)
class Credit:
    """A credited person, or an organization that hosts or presents, which has no `said`."""

    name: str
    said: str
    is_host: bool
    is_person: bool


def series_in(text: str, *, is_line: bool = False) -> tuple[list[str], int]:
    """Return the series that a text names, and the end of the last one in it."""
    found = list(_IN_QUOTES.finditer(text)) or list(_SERIES_BEFORE.finditer(text))
    found = found or list(_PART_OF.finditer(text)) or list(_IN_CAPITALS.finditer(text))
    if not found and is_line:
        found = list(_EXPLAINED.finditer(text)) or list(_LINE_IN_CAPITALS.finditer(text))
    names = [next(name for name in each.groups() if name) for each in found]
    return [bare_series(name) for name in names], found[-1].end() if found else 0


def series_of_owner(line: str) -> tuple[str, str]:
    """Return the owner and the name in `Elm County Webinar Series: Library Leadership`, or nothing."""
    found = _OWN.match(line)
    return (found["owner"], bare_series(found["name"])) if found else ("", "")


def bare_series(name: str) -> str:
    """Return the name of a series without quotation marks and the word "series"."""
    name = re.sub(r",?\s*\(?(?:(?:part|session) )?\d{1,2} of \d{1,2}\)?$", "", name)
    name = name.strip(" \"'\u201c\u201d\u2018\u2019*.,")
    name = re.sub(r"[,.\"\u201d\u2019]*\s+series$", "", name, flags=re.IGNORECASE)
    return re.sub(r"\s+webinars?$", "", name, flags=re.IGNORECASE).strip(" \"'\u201c\u201d*.,")


def credits_in_line(line: str) -> tuple[list[Credit], str, str]:
    """Return the credits of a line, the words before the first credit, and the remaining words."""
    roles = list(_ROLE.finditer(line))
    found: list[Credit] = []
    rest: list[str] = []
    for at, role in enumerate(roles):
        end = roles[at + 1].start() if at + 1 < len(roles) else len(line)
        said = re.sub(r"[\s,;]*(?:\b(?:and|AND))?\s*$", "", line[role.end() : end].strip())
        said = re.sub(r"^the\s+(?=[A-Z])", "", said)
        position = _POSITION.match(said)
        if position:
            rest.append(position[0].strip())
            said = said[position.end() :]
        people, left = people_in(said.removesuffix(".") if said.count(".") == 1 else said)
        is_host = bool(role["hosts"])
        found += [Credit(name, about, is_host, is_person=True) for name, about in people]
        if not people and not role["plain"] and said[:1].isupper():
            found.append(Credit(said.rstrip("."), "", is_host, is_person=False))
        else:
            rest.append(left)
    lead = line[: roles[0].start()].strip(" ,:") if roles else line
    return found, lead, " ".join(filter(None, rest))


def listed_people(sentence: str) -> list[Credit]:
    """Return the people in `The presenters are: Ana Bell, a director; and Tom Ray`."""
    found = _LISTED.search(sentence)
    people = people_in(found["people"].rstrip("."))[0] if found else []
    return [Credit(name, about, is_host=False, is_person=True) for name, about in people]


def is_format(lead: str) -> bool:
    """Return whether words before a credit only say that it is a webinar: `A live webinar`."""
    return bool(_FORMAT.fullmatch(lead))


def credits_in_sentence(sentence: str) -> list[Credit]:
    """Return the credits in a sentence about the event: `This webinar is presented by ...`."""
    leads = _LEADS.search(sentence)
    if leads and (names := _names_at_end(sentence[: leads.start()])):
        return [Credit(name, "", is_host=False, is_person=True) for name in names]
    offers = _OFFERS.search(sentence)
    if offers and is_organization(offers["name"]):
        return [Credit(offers["name"], "", is_host=False, is_person=False)]
    introduced = _INTRODUCED.search(sentence)
    if introduced and (name := name_in(sentence[introduced.end() :])):
        return [Credit(name, "", is_host=False, is_person=True)]
    event = _EVENT.search(sentence)
    roles = [each for each in _ROLE.finditer(sentence) if not each["plain"]]
    if event is None or not roles or not 0 <= roles[0].start() - event.end() <= 30:
        return []
    found: list[Credit] = []
    for at, role in enumerate(roles):
        said = sentence[role.end() : roles[at + 1].start() if at + 1 < len(roles) else None]
        is_host = bool(role["hosts"])
        people, _rest = people_in(said.rstrip(" .").removesuffix(" and"))
        names = [name for name, _about in people] or names_in_prose(f"by {said}")
        found += [Credit(name, "", is_host, is_person=True) for name in names]
        group = _ORGANIZATION.match(said)
        if not names and group:
            name = re.sub(r"\s+(?:of|the|and|for|&)$", "", group[0]).rstrip(".")
            found.append(Credit(name, "", is_host, is_person=False))
    return found


def _names_at_end(text: str) -> list[str]:
    names, behind = names_in(text)
    if len(names) > 1 and not behind:
        return names
    words = text.split()[-_LONGEST_NAME:]
    ends = (" ".join(words[at:]) for at in range(len(words) - 1))
    return next(([end] for end in ends if name_in(end) == end), [])


def teaches(name: str, said: list[str]) -> bool:
    """Return whether a sentence says that a person will present."""
    parts = [one.partition(name) for one in said if name in one]
    return any(_JOINED.search(before) or _WILL.match(behind) for before, _, behind in parts)
