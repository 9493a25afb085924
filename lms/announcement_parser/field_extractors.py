"""Field extractors: turn each section into fields of a webinar; other text goes to `rest`."""

import re
from collections.abc import Callable
from typing import Final

from lms.announcement_parser.credits import Credit, bare_series, credits_in_line
from lms.announcement_parser.draft import Draft
from lms.announcement_parser.head_lines import (
    take_line,
    take_loose,
    take_paragraph,
    take_top,
    without_links,
)
from lms.announcement_parser.person_names import is_honorific, name_in, names_in, people_in
from lms.announcement_parser.plain_lines import (
    PlainText,
    blocks,
    bullet,
    paragraphs,
    points,
    sentences,
)
from lms.announcement_parser.prices import amounts_in
from lms.announcement_parser.sections import Label, Passage, passages
from lms.announcement_parser.title_and_subtitle import QUOTES, joined, without_kicker

_LAST: Final = 3  # the turn of passages that may be about people
_REPLIED: Final = re.compile(r"^(?:(?:re|fwd?|aw|wg):\s*)+", re.IGNORECASE)
_ABOUT_THE_EVENT: Final = re.compile(
    r"\b(?:will|webinar|session|workshop|you|your|we|our|us)\b", re.IGNORECASE
)
_LABELED: Final = re.compile(r"^[A-Z][\w' ]{1,30}:\s\S")


def take_all(text: PlainText) -> Draft:
    """Parse every passage: the head after the labels, and people before the text about them."""
    subject = _REPLIED.sub("", text.subject)
    draft = Draft(subject=without_kicker(subject).strip(QUOTES))
    draft.set_aside(subject.removesuffix(without_kicker(subject)))
    draft.set_aside("\n".join(text.around))
    whole = "\n".join(text.lines)
    found = sorted(passages(text.lines), key=_turn)
    has_biography = any(passage.label is Label.BIOGRAPHY for passage in found)
    for passage in found:
        if _turn(passage) == _LAST and not draft.people and not has_biography:
            settle_hosts(draft)
        if passage.label is not Label.HEAD:
            _TAKERS[passage.label](draft, passage)
        elif passage.is_top or not draft.titles:
            take_top(draft, passage.lines, whole)
        else:
            take_loose(draft, passage.lines, whole)
    return draft


def _turn(passage: Passage) -> int:
    """Labels that settle a field come first; then the head; then passages that may be about people."""
    return {
        Label.HEAD: 1,
        Label.TITLE: 0,
        Label.SUBTITLE: 0,
        Label.PRESENTER: 0,
        Label.HOST: 0,
    }.get(
        passage.label,
        _LAST if passage.label in (Label.AGENDA, Label.BIOGRAPHY, Label.PRICES, Label.OTHER) else 2,
    )


def settle_hosts(draft: Draft) -> None:
    """Make the people who host presenters, if there is no presenter."""
    people = [one for one in draft.hosts if one.is_person]
    draft.hosts = [one for one in draft.hosts if not one.is_person]
    for host in people:
        draft.name(host.name)


def take_biographies_below(draft: Draft) -> None:
    """Move paragraphs about a presenter from the end of the overview to their biography."""
    taken: list[str] = []
    while len(draft.overview) > 1 and not draft.is_overview_labeled:
        said = draft.overview[-1]
        if not draft.person_at_start(said) or _ABOUT_THE_EVENT.search(said):
            break
        taken.insert(0, draft.overview.pop())
    for said in taken:
        if not take_paragraph(draft, said):
            draft.overview.append(said)


def _take_people(draft: Draft, passage: Passage) -> None:
    """Parse presenters: a name begins a block or a bullet, and the following text is about them."""
    draft.set_aside("", passage.heading)
    here: str | None = None
    for block in blocks(passage.lines):
        for said in _entries(block):
            found, rest = people_in(said)
            is_sentence = bool(found) and found[0][1][:1].islower()
            known = draft.known(found[0][0]) if found else ""
            if found and is_sentence:
                # A sentence that begins with a name continues about a person, or introduces them.
                here = draft.name(known) if here is None or known in draft.people else here
                draft.people[here].append(said)
                continue
            draft.credit(
                Credit(name, about, is_host=False, is_person=True) for name, about in found
            )
            here = draft.known(found[-1][0]) if found else here
            _describe(draft, here, rest)


def _entries(block: list[str]) -> list[str]:
    """Return a block's first line and the lines below it; or its bullets."""
    if any(bullet(line) is not None for line in block):
        return [one.removeprefix("- ") for one in paragraphs(block)]
    lines = [(line, names_in(line)) for line in block]
    if all(names and (not behind or not behind[0].islower()) for _line, (names, behind) in lines):
        return block
    names, behind = lines[0][1]
    return (
        [block[0], " ".join(block[1:])] if names and not behind and block[1:] else [" ".join(block)]
    )


def _describe(draft: Draft, who: str | None, text: str) -> None:
    if who is None:
        draft.set_aside(text)
    elif text:
        draft.people[who].append(text)


def _take_hosts(draft: Draft, passage: Passage) -> None:
    for line in points(passage.lines):
        found, rest = people_in(line)
        hosts = [Credit(name, about, is_host=True, is_person=True) for name, about in found]
        if not hosts:
            hosts, rest = [Credit(line, "", is_host=True, is_person=False)], ""
        draft.credit(hosts)
        draft.set_aside(rest)


def _take_biography(draft: Draft, passage: Passage) -> None:
    """Add a biography to the person named in its first words, or to the only person."""
    alone = next(iter(draft.people)) if len(draft.people) == 1 else None
    here: str | None = None
    for said in paragraphs(passage.lines):
        opening = draft.known(name_in(said))
        if opening and (opening in draft.people or here is None):
            here = draft.name(alone if alone and opening not in draft.people else opening)
        here = here or alone
        if opening not in draft.people and (_LABELED.match(said) or take_paragraph(draft, said)):
            draft.set_aside(said if _LABELED.match(said) else "")
        else:
            _describe(draft, here, "" if said == opening else said)
    draft.set_aside("", passage.heading)


def _take_other(draft: Draft, passage: Passage) -> None:
    """Take the text under a person's name as their biography; add any other to `rest`."""
    name = passage.heading.title() if passage.heading.isupper() else passage.heading
    who = draft.known(name)
    is_titled = is_honorific(name.split(" ")[0]) and name_in(name) == name
    if name and (who in draft.people or is_titled):
        draft.people[draft.name(who)] += paragraphs(passage.lines)
        return
    kept = [said for said in paragraphs(passage.lines) if not take_paragraph(draft, said)]
    text = passage.text if kept == paragraphs(passage.lines) else "\n".join(kept)
    draft.set_aside(text, passage.heading)


def _take_agenda(draft: Draft, passage: Passage) -> None:
    lines = passage.lines
    places = [at for at, line in enumerate(lines) if bullet(line) is not None]
    start = places[0] if places else 0
    after = range(places[-1] if places else 0, len(lines))
    written = [at for at in after if lines[at].strip()]
    first = written[0] if written else 0
    end = next((at for at in after if at > first and not lines[at].strip()), len(lines))
    if not places:
        # A list without bullets goes on below an empty line, but not into prices or links.
        gaps = (at for at, line in enumerate(lines) if at and not line.strip())
        ends = (at for at in gaps if any(amounts_in("".join(lines[at + 1 : at + 2]))))
        end = next(ends, len(lines))
    draft.agenda += points(lines[start:end])
    draft.set_aside("\n".join(line for line in lines[:start] if line.strip()), passage.heading)
    for said in paragraphs(without_links(draft, lines[end:])):
        if take_paragraph(draft, said):
            continue
        if draft.overview or len(sentences(said)) < 2:
            draft.set_aside(said)
        else:
            draft.overview.append(said)


def _take_prices(draft: Draft, passage: Passage) -> None:
    if passage.heading:
        draft.add_price(passage.heading)
    for said in paragraphs(passage.lines):
        if not take_paragraph(draft, said):
            draft.add_price(said.removeprefix("- "))


def _take_when(draft: Draft, passage: Passage) -> None:
    draft.when += [line for block in blocks(passage.lines) for line in block]


def _take_minutes(draft: Draft, passage: Passage) -> None:
    draft.lasting += paragraphs(passage.lines)


def _take_series(draft: Draft, passage: Passage) -> None:
    said, *more = joined([line.strip() for line in passage.lines if line.strip()], 0)
    found, lead, rest = credits_in_line(said)
    draft.series.append(bare_series(lead if found else said))
    draft.credit(found)
    for line in (rest if found else "", *more):
        draft.set_aside(line)


def _take_titles(draft: Draft, passage: Passage) -> None:
    first, *more = joined([line.strip() for line in passage.lines if line.strip()], 0)
    draft.titles.insert(0, first.strip(QUOTES))
    for line in more:
        if take_line(draft, line.strip("* "), more, has_title=True, whole=""):
            continue
        if draft.subtitle:
            draft.overview.append(line)
        else:
            draft.subtitle = line.strip(QUOTES)


def _take_subtitle(draft: Draft, passage: Passage) -> None:
    draft.name_subtitle(" ".join(paragraphs(passage.lines)).strip(QUOTES))


def _take_overview(draft: Draft, passage: Passage) -> None:
    draft.overview += paragraphs(passage.lines)
    draft.is_overview_labeled = True


def _take_summary(draft: Draft, passage: Passage) -> None:
    draft.summary += paragraphs(passage.lines)


_TAKERS: Final[dict[Label, Callable[[Draft, Passage], None]]] = {
    Label.TITLE: _take_titles,
    Label.SUBTITLE: _take_subtitle,
    Label.SERIES: _take_series,
    Label.SUMMARY: _take_summary,
    Label.OVERVIEW: _take_overview,
    Label.AGENDA: _take_agenda,
    Label.WHEN: _take_when,
    Label.MINUTES: _take_minutes,
    Label.PRESENTER: _take_people,
    Label.HOST: _take_hosts,
    Label.BIOGRAPHY: _take_biography,
    Label.PRICES: _take_prices,
    Label.OTHER: _take_other,
}
