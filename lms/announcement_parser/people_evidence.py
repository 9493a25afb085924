"""People evidence: whether the presenters and their biographies are beyond doubt, and who else may present."""

import re
from collections.abc import Iterator
from typing import Final

from lms.announcement_parser.draft import Reading
from lms.announcement_parser.labels import label_of
from lms.announcement_parser.person_names import (
    is_organization,
    may_be_same,
    name_in,
    names_in_prose,
)
from lms.announcement_parser.plain_lines import bullet, flat, sentences
from lms.announcement_parser.title_evidence import is_marked_up

_MOST_PEOPLE: Final = 20
_LONGEST_ABOUT: Final = 120  # characters behind a name that may have another one
_SEVERAL: Final = re.compile(
    r"\b(?:presenters|speakers|panelists|instructors|trainers|facilitators)\b(?!\()", re.IGNORECASE
)
_NO_NAME: Final = re.compile(
    r"^(?:P\.|(?:Hi|Hello|Dear|Thanks)\b)|\b[A-Z]{4,}\b.* [a-z]"
)  # `P.S. If`, `Event URL`
_PRONOUN: Final = re.compile(r"(?:She|He|They|Mr\.|Ms\.|Dr\.) ")
_CONTACT: Final = re.compile(
    r"\b(?:contact|call|write|reply|email)\b.*@|\bcontact\b", re.IGNORECASE
)
_TO_COME: Final = re.compile(r"\b(?:will|you|your)\b|['\u2019]ll\b", re.IGNORECASE)
_BEHIND: Final = re.compile(r"\s*(?:$|[,(\u2013\u2014-]|[a-z])")


def are_presenters_sure(read: Reading, said: list[str]) -> bool:
    """Return whether labels or lead-ins name all presenters, and the text names no one else."""
    draft = read.draft
    if draft.is_of_several or not draft.is_presenter_labeled or len(draft.people) > _MOST_PEOPLE:
        return False
    is_guessed = any(not draft.people.get(name) for name in draft.guessed)
    is_joined = any(_names_another(one, read) for about in draft.people.values() for one in about)
    is_one_of_several = len(draft.people) == 1 and any(map(_SEVERAL.search, read.lines))
    is_odd = any(
        is_marked_up(name) or name_in(name) != name.partition(",")[0] for name in draft.people
    )
    is_doubtful = is_guessed or is_joined or is_one_of_several or is_odd or not _are_together(read)
    return not (is_doubtful or other_people(read, said))


def other_people(read: Reading, said: list[str]) -> list[str]:
    """Return the names in a text of people who may present, besides the presenters and hosts."""
    draft = read.draft
    if len(draft.people) > _MOST_PEOPLE:
        return []
    known = [*draft.people, *(one.name for one in draft.hosts)]
    own = flat(
        " ".join([*draft.titles, draft.subtitle, *draft.series, draft.presenting, draft.subject])
    )
    lines = [flat(line.text) for line in draft.candidates]
    small = set(re.findall(r"\b[a-z]{2,}\b", read.source))
    found = dict.fromkeys(
        name for one in said for name in _names(one.replace("*", "")) if not _CONTACT.search(one)
    )
    return [
        name
        for name in found
        if flat(name) not in own
        and not any(flat(name) in line != flat(name) for line in lines)
        and not label_of(name)
        and not small.issuperset(re.findall(r"\w+", name.casefold()))
        and not any(may_be_same(name, one) for one in known)
    ]


def _names(sentence: str) -> Iterator[str]:
    """Yield the names in a sentence or line: the one at its start, and those after a lowercase word."""
    sentence = bullet(sentence) or sentence
    first = name_in(sentence)
    if first and _BEHIND.match(sentence[len(first) :]) and not _NO_NAME.search(first):
        yield first
    yield from (name for name in names_in_prose(sentence) if not is_organization(name))


def _are_together(read: Reading) -> bool:
    """Return whether all presenters are named near each other, and not some of them for another webinar."""
    written = [line.casefold() for line in read.lines if line.strip()]
    names = [_last_name(name).casefold() for name in read.draft.people]
    first = [next((at for at, line in enumerate(written) if name in line), 0) for name in names]
    return max(first) - min(first) <= len(first)


def _names_another(about: str, read: Reading) -> bool:
    """Return whether the words behind a name go on with another: `of Elm and Tom Ray of Oak`."""
    more = re.split(r"\b(?:and|with|&) ", about[:_LONGEST_ABOUT])[1:]
    named = [name_in(one.title() if one.isupper() else one) for one in more]
    others = [one for one in named if one and read.draft.known(one) not in read.draft.people]
    return bool(re.match(r"(?:and|with|&) ", about) or others)


def are_biographies_sure(read: Reading) -> bool:
    """Return whether each biography has a label or begins with its person's name, and no other text does."""
    people = read.draft.people
    is_crowd = len(people) > _MOST_PEOPLE
    if is_crowd or is_about_a_presenter(read) or any(map(_PRONOUN.match, read.draft.unread)):
        return False
    for name, about in people.items():
        if about and not _is_biography_sure(read, name, about[0]):
            return False
        begun = {name_in(one) for said in about for one in sentences(said)}
        if any(may_be_same(one, other) for one in begun for other in people if other != name):
            return False
        if not about and any(_last_name(name) in one for one in read.draft.unread):
            return False
    return True


def is_about_a_presenter(read: Reading) -> bool:
    """Return whether the last of several paragraphs of the overview may be a biography."""
    is_labeled = len(read.overview) == 1 and bool(read.draft.described)
    last = read.overview[-1] if read.overview and not is_labeled else ""
    is_person = _PRONOUN.match(last) or read.draft.person_at_start(last)
    return bool(is_person) and not _TO_COME.search(sentences(last)[0])


def _is_biography_sure(read: Reading, name: str, said: str) -> bool:
    is_named = may_be_same(name_in(said.replace("*", "").lstrip("_ ")), name)
    alone, behind, before = flat(said), flat(f"{name} {said}"), flat(f"{said} {name}")
    lines = [flat(line) for line in read.lines]
    is_line = any(line in (alone, behind) for line in lines)
    is_behind = said[0] not in "([" and any(behind in line or before in line for line in lines)
    return is_named or is_line or is_behind or name in read.draft.labeled_lives


def _last_name(name: str) -> str:
    return name.partition(",")[0].split()[-1]
