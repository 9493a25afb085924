"""People passages: takes the presenters, hosts and biographies of an announcement."""

import re
from typing import Final

from lms.announcement_parser.credits import Credit, credits_in_line
from lms.announcement_parser.draft import Draft
from lms.announcement_parser.head_lines import take_loose, take_paragraph
from lms.announcement_parser.labels import label_of
from lms.announcement_parser.overview import is_note
from lms.announcement_parser.person_names import is_position, name_in, names_in, people_in
from lms.announcement_parser.plain_lines import blocks, bullet, paragraphs, points
from lms.announcement_parser.sections import Passage

_HOSTED: Final = re.compile(r"[,;]?\s+(?:moderated|hosted) by\s(?=[A-Z])")
_INVITED: Final = re.compile(r"[-,(] ?(?:organizer|optional|required|attendee|accepted)\)?$")
_SIGNED_LINES: Final = 4  # that may name the person who signs
_ABOUT_THE_EVENT: Final = re.compile(
    r"\b(?:will|webinar|session|workshop|you|your|we|our|us|explains?|shows?|talks?|covers?|describes?"
    r"|walks|introduces|demonstrates|shares|compares|discusses|reveals|looks at|takes)\b",
    re.IGNORECASE,
)
_LABELED: Final = re.compile(r"^[A-Z][\w' ]{1,30}:\s\S")


def take_signed(draft: Draft, signed: list[str], around: list[str]) -> None:
    """Take the biographies below a signature; a person who signs may present.

    `around` has the header of an email, with the whole name of one who signs with the first.
    """
    names = [line.strip() for line in signed[:_SIGNED_LINES]]
    senders = [name_in(line[5:].strip()) for line in around if line.startswith("From:")]
    names += [one for one in senders if one and one.split()[0] in names]
    signer = next((name for name in names if name and name_in(name) == name), "")
    if signer and not draft.people:
        draft.name(signer)
    for said in paragraphs(signed):
        if not (draft.person_at_start(said) and take_paragraph(draft, said)):
            draft.set_aside(said)


def settle_hosts(draft: Draft) -> None:
    """Make the people who host presenters, if there is no presenter."""
    people = [one for one in draft.hosts if one.is_person]
    draft.hosts = [one for one in draft.hosts if not one.is_person]
    for host in people:
        draft.name(host.name)


def take_biographies_below(draft: Draft, overview: list[str]) -> None:
    """Move paragraphs about a presenter from the end of an overview to their biography."""
    taken: list[str] = []
    while len(overview) > 1:
        who = draft.person_at_start(overview[-1])
        if not who or draft.people[who] or _ABOUT_THE_EVENT.search(overview[-1]):
            break
        taken.insert(0, overview.pop())
    overview += [said for said in taken if not take_paragraph(draft, said)]


def take_people(draft: Draft, passage: Passage) -> None:
    """Parse presenters: a name begins a block or a bullet, and the following text is about them."""
    draft.set_aside("", passage.heading)
    here: str | None = None
    for block in blocks(passage.lines):
        for entry in _entries(block):
            said = re.sub(r"^[Mm]e, (?=[A-Z])", "", _take_host(draft, entry))
            if _INVITED.search(said):
                draft.set_aside(said)
                continue
            found, rest = people_in(said)
            is_apart = bool(found) and f"{found[0][0]}," in said.replace("*", "")
            is_sentence = bool(found) and found[0][1][:1].islower() and not is_apart
            known = draft.known(found[0][0]) if found else ""
            if found and is_sentence:
                # A sentence that begins with a name continues about a person, or introduces them.
                if here is None or known in draft.people or said.startswith("**"):
                    here = draft.name(known)
                draft.people[here].append(said)
                continue
            draft.credit(
                Credit(name, about, is_host=False, is_person=True) for name, about in found
            )
            here = draft.known(found[-1][0]) if found else here
            _describe(draft, None if is_position(rest) else here, rest)


def _take_host(draft: Draft, entry: str) -> str:
    """Take the host behind a presenter, `Ana Bell, moderated by Tom Ray`, and return the words before."""
    hosted = _HOSTED.search(entry)
    found, _lead, rest = credits_in_line(entry[hosted.start() :]) if hosted else ([], "", "")
    draft.credit(found)
    draft.set_aside(rest)
    return entry[: hosted.start()] if hosted else entry


def _entries(block: list[str]) -> list[str]:
    """Return a block's first line and the lines below it; or its bullets."""
    if any(bullet(line) is not None for line in block):
        return [one.removeprefix("- ") for one in paragraphs(block)]
    lines = [(line, names_in(line)) for line in block]
    if all(names and (not behind or not behind[0].islower()) for _line, (names, behind) in lines):
        return block
    named = [at for at, line in enumerate(block) if name_in(line) == line]
    if len(named) > 1 and named[0] == 0:
        ends = [*named[1:], len(block)]
        return [
            one
            for start, end in zip(named, ends, strict=True)
            for one in (block[start], " ".join(block[start + 1 : end]))
            if one
        ]
    names, behind = lines[0][1]
    return (
        [block[0], " ".join(block[1:])] if names and not behind and block[1:] else [" ".join(block)]
    )


def _describe(draft: Draft, who: str | None, text: str) -> None:
    if who is None:
        draft.set_aside(text)
    elif text:
        draft.people[who].append(text)


def take_hosts(draft: Draft, passage: Passage) -> None:
    """Parse hosts, a line for each; blocks below the first are other text."""
    first, *more = blocks(passage.lines)
    for line in points(first):
        found, rest = people_in(line)
        hosts = [Credit(name, about, is_host=True, is_person=True) for name, about in found]
        if not hosts:
            name = re.sub(r"^the\s+(?=[A-Z])", "", line)
            hosts, rest = [Credit(name, "", is_host=True, is_person=False)], ""
        draft.credit(hosts)
        draft.set_aside(rest)
    for block in more:
        take_loose(draft, block, "")


def take_biography(draft: Draft, passage: Passage) -> None:
    """Add a biography to the person named in its first words, or to the only person."""
    alone = next(iter(draft.people)) if len(draft.people) == 1 else None
    here: str | None = None
    lines = passage.lines
    if passage.is_beside and name_in(lines[0]) == lines[0].strip():
        lines = [lines[0], "", *lines[1:]]
    is_plural = passage.heading.rstrip(":").casefold().endswith("s")
    for said in paragraphs(lines):
        opening = draft.known(name_in(said))
        is_next = is_plural and bool(opening) and said[len(opening) :].lstrip(" ,")[:1].islower()
        if opening and (opening in draft.people or here is None or is_next):
            here = draft.name(alone if alone and opening not in draft.people else opening)
        here = here or alone
        draft.labeled_lives |= {here} if here else set()
        is_note_below = is_note(said) and bool(draft.people.get(here or ""))
        is_other = is_note_below or _LABELED.match(said)
        if opening not in draft.people and (is_other or take_paragraph(draft, said)):
            draft.set_aside(said if is_other else "")
        else:
            is_alone = said == opening and said.casefold() == (here or "").casefold()
            _describe(draft, here, "" if is_alone else said)
    draft.set_aside("", "" if label_of(passage.heading) else passage.heading)
