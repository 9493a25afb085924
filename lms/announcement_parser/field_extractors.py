"""Field extractors: turn each section into fields of a webinar; other text goes to `rest`."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from lms.announcement_parser.credits import bare_series, credits_in_line
from lms.announcement_parser.draft import Draft
from lms.announcement_parser.fact_lines import take_line
from lms.announcement_parser.head_lines import (
    is_prose,
    take_credited,
    take_loose,
    take_paragraph,
    take_top,
    without_dated_end,
    without_links,
)
from lms.announcement_parser.labels import Label, is_elsewhere
from lms.announcement_parser.layout_marks import with_plain_marks, without_menus
from lms.announcement_parser.newsletter_items import item_about_a_webinar
from lms.announcement_parser.overview import is_note
from lms.announcement_parser.people_passages import (
    settle_hosts,
    take_biography,
    take_hosts,
    take_people,
)
from lms.announcement_parser.person_names import is_honorific, name_in, people_in
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
from lms.announcement_parser.sections import LONG, Passage, passages, unmarked
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.title_and_subtitle import (
    QUOTES,
    describes_format,
    is_kicker,
    is_title_case,
    joined,
    quoted_title,
    unquoted,
    without_kicker,
)
from lms.announcement_parser.title_choice import choose_title

_FACTS: Final = frozenset({Label.WHEN, Label.PRESENTER, Label.MINUTES, Label.PRICES})
_LONGEST_POINT: Final = 120  # characters of a point below an empty line
_SHORTEST_TEXT: Final = 60  # characters of a paragraph that isn't a fact
_FEWEST_INLINE: Final = 2  # points in one line; as few may be one point
_FEWEST_SAID: Final = 3  # words of a sentence
_LAST: Final = 3  # the turn of passages that may be about people
_REPLIED: Final = re.compile(r"^(?:(?:\[[^\]]{1,40}\]\s*)*(?:re|fwd?|aw|wg):\s*)+", re.IGNORECASE)


def take_all(text: PlainText) -> Draft:
    """Parse every passage: the head after the labels, and people before the text about them."""
    subject = without_dated_end(without_kicker(_REPLIED.sub("", text.subject)))
    draft = Draft(subject=unquoted(subject))
    draft.set_aside(text.subject.replace(subject, "", 1).strip())
    kept, menus = without_menus(text.lines)
    lines, others = item_about_a_webinar(with_plain_marks(kept))
    draft.set_aside("\n".join([*text.around, *menus]))
    draft.set_aside("\n".join(others))
    draft.outside = len(draft.rest)
    whole = "\n".join(lines)
    in_order = passages(lines)
    top = _top(in_order)
    found = sorted(in_order, key=_turn)
    has_biography = any(passage.label is Label.BIOGRAPHY for passage in found)
    facts = {id(one) for one, after in pairwise(in_order) if after.label in _FACTS}
    for passage in found:
        if _turn(passage) == _LAST and not draft.people and not has_biography:
            settle_hosts(draft)
        if "/" in passage.heading:  # a label in two languages
            draft.set_aside("", passage.heading)
            passage.heading = ""
            if not any(map(str.strip, passage.lines)):
                continue
        if passage.label is not Label.HEAD:
            _TAKERS[passage.label](draft, passage)
        elif any(passage is one for one in top):
            take_top(draft, passage.lines, whole, is_above_facts=id(passage) in facts)
        else:
            take_loose(draft, passage.lines, whole)
    choose_title(draft, whole)
    draft.is_of_several = _are_several(in_order)
    return draft


def _are_several(in_order: list[Passage]) -> bool:
    """Return whether presenters are labeled again below a date or price, as of the next webinar."""
    named = [
        at
        for at, one in enumerate(in_order)
        if one.label is Label.PRESENTER and one.is_beside and people_in(one.text)[0]
    ]
    between = {one.label for one in in_order[named[0] : named[-1]]} if named else set()
    return bool(between & {Label.HEAD, Label.PRICES, Label.WHEN, Label.TITLE})


def _top(in_order: list[Passage]) -> list[Passage]:
    """Return the passages without labels that are above the first long passage."""
    ends = (at for at, one in enumerate(in_order) if one.label in LONG or not one.is_beside)
    first = [at for at in ends if in_order[at].label is not Label.HEAD]
    return [one for one in in_order[: first[0] if first else None] if one.label is Label.HEAD]


def _turn(passage: Passage) -> int:
    """Labels that settle a field come first; then the head; then passages that may be about people."""
    first = (Label.TITLE, Label.SUBTITLE, Label.PRESENTER, Label.HOST)
    last = (Label.AGENDA, Label.BIOGRAPHY, Label.PRICES, Label.OTHER)
    here = passage.label
    return 0 if here in first else 1 if here is Label.HEAD else _LAST if here in last else 2


def _take_other(draft: Draft, passage: Passage) -> None:
    """Take the text under a person's name as their biography; add any other to `rest`."""
    if is_elsewhere(passage.heading):
        draft.set_aside(passage.text, passage.heading)
        return
    name = passage.heading.title() if passage.heading.isupper() else passage.heading
    people, _rest = people_in(name)
    name = people[0][0] if people and not people[0][1] else name
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
    said = points(lines[start:end])
    inline = re.split(r";\s*(?:and\s+)?|[.,]\s+(?=\(?\d[.)]\s)", said[0]) if len(said) == 1 else []
    parts = [re.sub(r"^\(?\d[.)]\s+", "", part).strip() for part in inline]
    parts[-1:] = [one.removesuffix(".") for one in parts[-1:]] if len(parts) > 1 else parts
    told = sentences(said[0]) if len(said) == 1 else []
    is_text = len(told) > 1 and len(max(told, key=len)) > _LONGEST_POINT and len(parts) < 2
    if is_text and not (passage.is_beside or draft.described):
        draft.described += said
    elif passage.is_beside and len(said) == 1 and not draft.titles and is_title_case(said[0]):
        draft.titles += said  # `Program: Calm Desk`
    else:
        draft.is_agenda_clear = draft.is_agenda_clear and (passage.is_beside or not draft.agenda)
        draft.agenda += next((one for one in (parts, told) if len(one) > _FEWEST_INLINE), said)
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
            is_over = is_gap and (len(said) > _LONGEST_POINT or said[-1:] in ".!" or at - start > 2)
            is_over = is_over or (is_gap and any(amounts_in(said)))
        if is_over:
            return start, before + 1
    return start, len(lines)


def _take_prices(draft: Draft, passage: Passage) -> None:
    if passage.heading:
        draft.add_price(passage.heading)
    for at, said in enumerate(paragraphs(passage.lines)):
        is_text = at > 0 and len(said) > _SHORTEST_TEXT and said[0] != "-"
        is_text = is_text and not is_about_price(said)
        if is_text or said.endswith(":"):
            _take_text_below(draft, [said])
        elif not take_paragraph(draft, said):
            draft.add_price(said.removeprefix("- "))


def _take_when(draft: Draft, passage: Passage) -> None:
    draft.set_aside("", passage.heading)
    draft.labeled_when += [line for block in blocks(passage.lines) for line in block]


def _take_series(draft: Draft, passage: Passage) -> None:
    said, *more = joined([line.strip() for line in passage.lines if line.strip()], 0)
    found, lead, rest = credits_in_line(said)
    draft.series.append(bare_series(lead if found else said))
    draft.credit(found)
    for line in (rest if found else "", *more):
        draft.set_aside(line)


def _take_titles(draft: Draft, passage: Passage) -> None:
    first, *more = joined([line.strip() for line in passage.lines if line.strip()], 0)
    first = unmarked(first)
    title = without_kicker(first)
    if passage.is_beside and describes_format(title):
        is_text = len(title) > _LONGEST_POINT
        draft.described += [title] if is_text else []
        draft.set_aside("" if is_text else title)  # `What: A webinar about boats`
        take_loose(draft, more, "")
        return
    draft.set_aside(first.removesuffix(title).strip(" :"))
    draft.titles.insert(0, quoted_title(title) or unquoted(title))
    draft.set_aside(title if quoted_title(title) else "")
    draft.is_title_labeled = not quoted_title(title)
    for line in more:
        if take_line(draft, line.strip("* "), more, has_title=True, whole=""):
            continue
        if draft.subtitle:
            draft.overview.append(line)
        elif " " in line.strip() and not is_kicker(line):
            draft.subtitle = line.strip(QUOTES)
        else:
            draft.set_aside(line)


def _take_subtitle(draft: Draft, passage: Passage) -> None:
    draft.is_subtitle_labeled = not draft.subtitle
    draft.name_subtitle(" ".join(paragraphs(passage.lines)).strip(QUOTES))


def _take_overview(draft: Draft, passage: Passage) -> None:
    draft.set_aside("", passage.heading)
    said = paragraphs(passage.lines)
    is_short = all(len(one) <= _SHORTEST_TEXT for one in said)
    is_practical = bool(draft.overview) and all(
        has_date(one) or is_about_price(one) for one in said
    )
    if not passage.is_beside and (is_short or is_practical):
        take_loose(draft, passage.lines, "")
        return
    parts = blocks(passage.lines)
    while len(parts) > 1 and is_note(" ".join(parts[-1])):
        draft.set_aside("\n".join(parts.pop()))
    texts = [
        at
        for at, block in enumerate(parts)
        if passage.is_beside or is_prose(block) or _is_said(block)
    ]
    for at, block in enumerate(parts):
        if not texts or texts[0] <= at <= texts[-1]:
            draft.described += [one for one in paragraphs(block) if not take_credited(draft, one)]
        else:
            take_loose(draft, block, "")


def _is_said(block: list[str]) -> bool:
    """Return whether a block is one short sentence that states no fact."""
    is_short = len(block) == 1 and block[0][-1:] in ".?" and len(block[0].split()) > _FEWEST_SAID
    return is_short and not (has_date(block[0]) or is_about_price(block[0]))


_TAKERS: Final[dict[Label, Callable[[Draft, Passage], None]]] = {
    Label.TITLE: _take_titles,
    Label.SUBTITLE: _take_subtitle,
    Label.SERIES: _take_series,
    Label.SUMMARY: lambda draft, passage: draft.summary.extend(paragraphs(passage.lines)),
    Label.OVERVIEW: _take_overview,
    Label.AGENDA: _take_agenda,
    Label.WHEN: _take_when,
    Label.END: lambda draft, passage: draft.ends.extend(paragraphs(passage.lines)),
    Label.MINUTES: lambda draft, passage: draft.lasting.extend(paragraphs(passage.lines)),
    Label.PRESENTER: take_people,
    Label.HOST: take_hosts,
    Label.BIOGRAPHY: take_biography,
    Label.PRICES: _take_prices,
    Label.OTHER: _take_other,
}
