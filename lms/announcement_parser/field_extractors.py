"""Field extractors: turn each section into fields of a webinar; other text goes to `rest`."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from lms.announcement_parser.credits import Credit, bare_series, credits_in_line
from lms.announcement_parser.draft import Draft
from lms.announcement_parser.fact_lines import take_line
from lms.announcement_parser.head_lines import (
    choose_title,
    is_prose,
    take_loose,
    take_paragraph,
    take_top,
    without_links,
)
from lms.announcement_parser.labels import Label, label_of
from lms.announcement_parser.layout_marks import with_plain_marks
from lms.announcement_parser.newsletter_items import item_about_a_webinar
from lms.announcement_parser.person_names import is_honorific, name_in, names_in, people_in
from lms.announcement_parser.plain_lines import (
    PlainText,
    blocks,
    bullet,
    bullet_kind,
    paragraphs,
    points,
    sentences,
)
from lms.announcement_parser.prices import amounts_in, is_about_price
from lms.announcement_parser.sections import LONG, Passage, passages
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.title_and_subtitle import (
    QUOTES,
    describes_format,
    joined,
    unquoted,
    without_kicker,
)

_SIGNED_LINES: Final = 4  # that may name the person who signs
_FACTS: Final = frozenset({Label.WHEN, Label.PRESENTER, Label.MINUTES, Label.PRICES})
_LONGEST_POINT: Final = 120  # characters of a point below an empty line
_SHORTEST_TEXT: Final = 60  # characters of a paragraph that isn't a fact
_LAST: Final = 3  # the turn of passages that may be about people
_REPLIED: Final = re.compile(r"^(?:(?:re|fwd?|aw|wg):\s*)+", re.IGNORECASE)
_ABOUT_THE_EVENT: Final = re.compile(
    r"\b(?:will|webinar|session|workshop|you|your|we|our|us|explains?|shows?|talks?|covers?|describes?"
    r"|walks|introduces|demonstrates|shares|compares|discusses|reveals|looks at|takes)\b",
    re.IGNORECASE,
)
_LABELED: Final = re.compile(r"^[A-Z][\w' ]{1,30}:\s\S")


def take_all(text: PlainText) -> Draft:
    """Parse every passage: the head after the labels, and people before the text about them."""
    subject = _REPLIED.sub("", text.subject)
    draft = Draft(subject=unquoted(without_kicker(subject)))
    kicker = subject.removesuffix(without_kicker(subject))
    draft.is_subject_announced = bool(
        re.search(r"\w\W*$", kicker)
    ) and not kicker.rstrip().endswith("]")
    draft.set_aside(kicker)
    lines, others = item_about_a_webinar(with_plain_marks(text.lines))
    draft.set_aside("\n".join(text.around))
    draft.set_aside("\n".join(others))
    whole = "\n".join(lines)
    in_order = passages(lines)
    top = _top(in_order)
    found = sorted(in_order, key=_turn)
    has_biography = any(passage.label is Label.BIOGRAPHY for passage in found)
    facts = {id(one) for one, after in pairwise(in_order) if after.label in _FACTS}
    for passage in found:
        if _turn(passage) == _LAST and not draft.people and not has_biography:
            settle_hosts(draft)
        if passage.label is not Label.HEAD:
            _TAKERS[passage.label](draft, passage)
        elif any(passage is one for one in top):
            take_top(draft, passage.lines, whole, is_above_facts=id(passage) in facts)
        else:
            take_loose(draft, passage.lines, whole)
    choose_title(draft, whole)
    return draft


def take_signed(draft: Draft, signed: list[str]) -> None:
    """Take the biographies below a signature; a person who signs may present."""
    names = [line.strip() for line in signed[:_SIGNED_LINES]]
    signer = next((name for name in names if name and name_in(name) == name), "")
    if signer and not draft.people:
        draft.name(signer)
    for said in paragraphs(signed):
        if not (draft.person_at_start(said) and take_paragraph(draft, said)):
            draft.set_aside(said)


def _top(in_order: list[Passage]) -> list[Passage]:
    """Return the passages without labels that are above the first long passage."""
    ends = (at for at, one in enumerate(in_order) if one.label in LONG or not one.is_beside)
    first = [at for at in ends if in_order[at].label is not Label.HEAD]
    return [one for one in in_order[: first[0] if first else None] if one.label is Label.HEAD]


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
    while len(draft.overview) > 1:
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
            is_apart = bool(found) and f"{found[0][0]}," in said.replace("*", "")
            is_sentence = bool(found) and found[0][1][:1].islower() and not is_apart
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


def _take_biography(draft: Draft, passage: Passage) -> None:
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
        if opening not in draft.people and (_LABELED.match(said) or take_paragraph(draft, said)):
            draft.set_aside(said if _LABELED.match(said) else "")
        else:
            _describe(draft, here, "" if said == opening else said)
    draft.set_aside("", "" if label_of(passage.heading) else passage.heading)


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
    start, end = _list_in(lines)
    draft.agenda += points(lines[start:end])
    draft.set_aside("\n".join(line for line in lines[:start] if line.strip()), passage.heading)
    for block in blocks(without_links(draft, lines[end:])):
        if is_prose(block):
            _take_text_below(draft, paragraphs(block))
            continue
        for line in block:
            if not take_line(draft, line, block, has_title=True, whole=""):
                draft.set_aside(line)


def _take_text_below(draft: Draft, paragraphs: list[str]) -> None:
    for said in paragraphs:
        if take_paragraph(draft, said):
            continue
        if draft.described or draft.overview or len(sentences(said)) < 2:
            draft.set_aside(said)
        else:
            draft.overview.append(said)


def _list_in(lines: list[str]) -> tuple[int, int]:
    """Return the first and last line of a list, with or without bullets.

    Below an empty line it goes on with a bullet of the same kind, or with a short line if it has none.
    """
    places = [at for at, line in enumerate(lines) if bullet(line) is not None]
    written = [at for at, line in enumerate(lines) if line.strip()]
    start = places[0] if places else written[0] if written else 0
    if not places and len(written) > 1 and lines[start].strip().endswith((":", "able to", " will")):
        start = written[1]
    for before, at in pairwise(at for at in written if at >= start):
        is_gap = at > before + 1
        said = lines[at].strip()
        if places:
            is_over = is_gap and (
                at not in places or bullet_kind(said) != bullet_kind(lines[start])
            )
        else:
            is_over = is_gap and (len(said) > _LONGEST_POINT or said[-1:] in ".!")
            is_over = is_over or (is_gap and any(amounts_in(said)))
        if is_over:
            return start, before + 1
    return start, len(lines)


def _take_prices(draft: Draft, passage: Passage) -> None:
    if passage.heading:
        draft.add_price(passage.heading)
    for said in paragraphs(passage.lines):
        if not take_paragraph(draft, said):
            draft.add_price(said.removeprefix("- "))


def _take_when(draft: Draft, passage: Passage) -> None:
    draft.set_aside("", passage.heading)
    draft.labeled_when += [line for block in blocks(passage.lines) for line in block]


def _take_end(draft: Draft, passage: Passage) -> None:
    draft.ends += [line.strip() for line in passage.lines if line.strip()]


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
    title = without_kicker(first)
    if passage.is_beside and describes_format(title):
        draft.set_aside(title)  # `What: A webinar about boats`
        return
    draft.set_aside(first.removesuffix(title).strip(" :"))
    draft.titles.insert(0, unquoted(title))
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
    said = paragraphs(passage.lines)
    is_short = all(len(one) <= _SHORTEST_TEXT for one in said)
    is_practical = bool(draft.overview) and all(
        has_date(one) or is_about_price(one) for one in said
    )
    if not passage.is_beside and (is_short or is_practical):
        take_loose(draft, passage.lines, "")
        return
    parts = blocks(passage.lines)
    texts = [at for at, block in enumerate(parts) if passage.is_beside or is_prose(block)]
    for at, block in enumerate(parts):
        if not texts or texts[0] <= at <= texts[-1]:
            draft.described += paragraphs(block)
        else:
            take_loose(draft, block, "")


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
    Label.END: _take_end,
    Label.MINUTES: _take_minutes,
    Label.PRESENTER: _take_people,
    Label.HOST: _take_hosts,
    Label.BIOGRAPHY: _take_biography,
    Label.PRICES: _take_prices,
    Label.OTHER: _take_other,
}
