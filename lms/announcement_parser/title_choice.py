"""The title choice: settles the title and subtitle of a draft among its candidates and quoted titles."""

import re
from typing import Final

from lms.announcement_parser.draft import Draft
from lms.announcement_parser.overview import parted_dateline
from lms.announcement_parser.plain_lines import sentences
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.times_of_day_and_time_zones import tell_times
from lms.announcement_parser.title_and_subtitle import (
    LONGEST_TITLE,
    Chosen,
    Line,
    choose,
    quoted_title,
    same_title,
)

MOST_CANDIDATES: Final = 40  # lines that may be the title
_MOST_QUOTES: Final = 12  # sentences in which a press release quotes its title
_NEWS: Final = re.compile(r"\b(?:press release|immediate release)\b", re.IGNORECASE)
_START: Final = 500  # characters, in which a press release says that it is one


def choose_title(draft: Draft, whole: str) -> None:
    """Choose the title, unless a label names it; the other lines go to `rest`."""
    draft.overview += [line.text for line in draft.candidates if len(line.text) > LONGEST_TITLE]
    candidates = [line for line in draft.candidates if len(line.text) <= LONGEST_TITLE]
    for line in candidates[MOST_CANDIDATES:]:
        draft.set_aside(line.text)
    candidates = _without_letterhead(draft, candidates[:MOST_CANDIDATES])
    said = [one for each in (*draft.overview, *draft.described) for one in sentences(each)]
    quotes = [quoted_title(one) for one in said]
    chosen = _chosen(draft, candidates, quotes, is_news=_is_news(draft, whole))
    chosen = chosen if draft.titles else _or_announced(chosen, candidates, said)
    above = next((one.prose_above for one in candidates if one.text == chosen.title), 0)
    if len(draft.overview) > above:
        draft.covers += draft.overview[:above]
        draft.overview = draft.overview[above:]
    draft.titles += [chosen.title] if chosen.title else []
    texts = (*(line.text for line in candidates), *quotes)
    draft.titles[:1] = [_in_mixed_case(title, texts) for title in draft.titles[:1]]
    draft.name_subtitle(chosen.subtitle)
    for left in chosen.left:
        if not any(same_title(left, title) for title in draft.titles):
            draft.set_aside(left)


def _or_announced(chosen: Chosen, candidates: list[Line], said: list[str]) -> Chosen:
    """Return the choice, or the title that the sentence with the date quotes."""
    announced = next(
        (quoted_title(one) for one in said if _is_moment(one) and quoted_title(one)), ""
    )
    if not announced:
        return chosen
    if not chosen.subtitle and announced.casefold().startswith(f"{chosen.title.casefold()}:"):
        return Chosen(announced, "", chosen.left)
    if not _is_headline(chosen, candidates, announced):
        return chosen
    others = (*filter(None, [chosen.title, chosen.subtitle]), *chosen.left)
    return Chosen(announced, "", others)


def _in_mixed_case(title: str, texts: tuple[str, ...]) -> str:
    """Return a title in capitals as another line writes it, perhaps with more behind a colon."""
    head = f"{title}:".casefold()
    mixed = (
        one
        for one in texts
        if (same_title(one, title) or one.casefold().startswith(head)) and not one.isupper()
    )
    return next(mixed, title) if title.isupper() else title


def _without_letterhead(draft: Draft, candidates: list[Line]) -> list[Line]:
    """Return the lines without the host's name and what is right below it."""
    names = {_bare(name) for name in (draft.presenting, *(one.name for one in draft.hosts)) if name}
    blocks = {
        one.block for one in candidates if _bare(one.text) in names and not one.has_facts_below
    }
    for one in candidates:
        if one.block in blocks:
            draft.set_aside(one.text)
    return [one for one in candidates if one.block not in blocks]


def _bare(name: str) -> str:
    return name.casefold().removeprefix("the ")


def _is_moment(sentence: str) -> bool:
    return has_date(sentence) and bool(tell_times(sentence, american=True))


def _is_headline(chosen: Chosen, candidates: list[Line], announced: str) -> bool:
    """Return whether a chosen line without facts isn't the title that the dated sentence quotes."""
    if any(same_title(chosen.title, one) for one in (announced, *announced.split(": "))):
        return False
    line = next((one for one in candidates if one.text == chosen.title), None)
    return line is not None and not (line.has_facts_next or line.has_facts_below)


def _is_news(draft: Draft, whole: str) -> bool:
    """Return whether a text is a press release: it says so, or has a dateline."""
    said = (*draft.overview, *draft.described)
    return bool(_NEWS.search(whole[:_START])) or any(parted_dateline(one)[0] for one in said)


def _chosen(draft: Draft, candidates: list[Line], quotes: list[str], *, is_news: bool) -> Chosen:
    """Return the choice; the headline of a press release isn't the title, unless it quotes it."""
    chosen = choose(candidates, draft.subject)
    if draft.titles:
        return Chosen("", "", tuple(line.text for line in candidates))
    if not is_news and chosen.title and chosen.title != draft.subject:
        return chosen
    meant = (one for one in quotes if same_title(one, chosen.title or draft.subject))
    quoted = next(meant, "") or next(filter(None, quotes[:_MOST_QUOTES]), "")
    title = quoted or chosen.title
    replaced = chosen.title if chosen.title not in (title, draft.subject) else ""
    left = (*filter(None, [replaced, chosen.subtitle]), *chosen.left)
    return Chosen(title, "", left)
