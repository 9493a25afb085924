"""The title choice: settles the title and subtitle of a draft among its candidates and quoted titles."""

import re
from typing import Final

from lms.announcement_parser.draft import Draft
from lms.announcement_parser.fact_lines import WRAPPED
from lms.announcement_parser.labels import label_of
from lms.announcement_parser.overview import parted_dateline
from lms.announcement_parser.person_names import is_organization
from lms.announcement_parser.plain_lines import flat, paragraphs, sentences
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.times_of_day_and_time_zones import tell_times
from lms.announcement_parser.title_and_subtitle import (
    LONGEST_TITLE,
    QUOTES,
    Chosen,
    Line,
    announces_event,
    choose,
    describes_format,
    is_kicker,
    is_notice,
    is_title_case,
    quoted_title,
    same_title,
)

_MOST_CANDIDATES: Final = 40  # lines that may be the title
_MOST_QUOTES: Final = 12  # sentences in which a press release quotes its title
_SIGNS: Final = 2  # of a title without a label, each of which could be by chance
_QUOTED: Final = re.compile(r"[\"\u201c]([^\"\u201c\u201d]{8,160})[\"\u201d]")
_EVENT: Final = re.compile(
    r"\b(?:webinar|workshop|session|course|training|class|program|event|talk|titled?|called)\b",
    re.IGNORECASE,
)
_PREFIXED: Final = re.compile(r"\w+:? ?[:\u2013\u2014-] ")  # `SUB - A Tale`
# The last word of an organization's name or a newsletter's.
_OWNER: Final = re.compile(
    r"\b(?:library|libraries|learning|training|seminars|workshops|webinars|academy|institute|consortium|university|college"
    r"|network|system|association|society|cooperative|collaborative|council|group|services|inc|llc|bulletin|newsletter"
    r"|calendar|company|foundation|alliance|guild)\.?(?:,? (?:no|vol|issue)\.? ?\d{1,4})?$",
    re.IGNORECASE,
)
_NEWS: Final = re.compile(r"\b(?:press release|immediate release)\b", re.IGNORECASE)
_START: Final = 500  # characters, in which a press release says that it is one


def choose_title(draft: Draft, whole: str) -> None:
    """Choose the title, unless a label names it; the other lines go to `rest`."""
    draft.overview += [line.text for line in draft.candidates if len(line.text) > LONGEST_TITLE]
    candidates = [line for line in draft.candidates if len(line.text) <= LONGEST_TITLE]
    for line in candidates[_MOST_CANDIDATES:]:
        draft.set_aside(line.text)
    candidates = _without_letterhead(draft, candidates[:_MOST_CANDIDATES])
    said = [one for each in (*draft.overview, *draft.described) for one in sentences(each)]
    quotes = [quoted_title(one) for one in said]
    _mark_told(candidates, said, whole)
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


def _mark_told(candidates: list[Line], said: list[str], whole: str) -> None:
    """Mark the candidates that a sentence of the text has, too."""
    told = "\n".join(line for line in whole.splitlines() if len(line) > WRAPPED)
    for line in candidates:
        is_told = line.text in told and not is_organization(line.text)
        line.is_in_prose = is_told or any(line.text in one for one in said)


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


def is_title_sure(draft: Draft, lines: list[str]) -> bool:
    """Return whether a label names the title, or two signs that don't depend on each other agree."""
    title, *others = draft.titles
    if others or draft.is_of_several or _PREFIXED.match(draft.subtitle):
        return False
    if draft.is_title_labeled:
        return True
    whole = f"{title} {draft.subtitle}"
    known = [*map(flat, (title, draft.subtitle, whole, *draft.series))]
    lives = flat(" ".join(one for about in draft.people.values() for one in about))
    said = paragraphs(lines)
    quotes = [one.strip(",. ") for each in said for one in _QUOTED.findall(each)]
    own = _own_lines(draft)
    rivals = [one.text for one in own if flat(one.text) not in known]
    subject = "" if _is_in_subject(title, draft) else draft.subject
    told = (one for one in quotes if flat(one) not in lives)  # but books of a presenter
    titles = [one for one in (*told, subject) if is_title_case(one)]
    is_titled = " " in title and is_title_case(title) and not label_of(title.partition(":")[0])
    is_above_title = is_title_case(draft.subtitle) and not draft.subtitle.isupper()
    is_above_title = is_above_title and (is_notice(title) or title.isupper())
    if len(rivals) > _MOST_CANDIDATES or not is_titled or is_above_title:
        return False
    if any(f" {flat(one)} " not in f" {flat(whole)} " and flat(one) not in known for one in titles):
        return False
    if any(flat(one).startswith(f"{flat(title)} ") for one in rivals):
        return False
    signs = [_signs_of_title(one, draft, said, quotes, own) for one in (title, *rivals)]
    is_heading = not rivals and bool(own)
    is_owner = _may_be_owner(title) and not any(same_title(one, title) for one in quotes)
    needed = _SIGNS + _may_be_joined(draft, title)
    return not is_owner and signs[0] + is_heading >= needed and signs[0] > max(signs[1:], default=0)


def _may_be_owner(text: str) -> bool:
    """Return whether words may be the name of an organization or a newsletter."""
    return bool(_OWNER.search(text)) and ": " not in text


def _is_in_subject(text: str, draft: Draft) -> bool:
    """Return whether the subject has a title or its part before a colon, and else only announces it."""
    if quoted_title(draft.subject) == text:
        return True
    subject = draft.subject.strip(QUOTES)
    if text.casefold().startswith(f"{subject.casefold()}: ") and " " in subject:
        return True
    before, found, behind = f" {flat(draft.subject)} ".partition(f" {flat(text)} ")
    return bool(found) and all(
        is_kicker(one) or not one for one in (before.strip(), behind.strip())
    )


def _may_be_joined(draft: Draft, title: str) -> bool:
    """Return whether the title and the subtitle, a shorter line right below, may be one title."""
    blocks = [one.block for one in draft.candidates if one.text in (title, draft.subtitle)]
    is_near = len(blocks) > 1 and len(set(blocks)) == 1
    return is_near and is_title_case(draft.subtitle) and len(draft.subtitle) < len(title)


def _signs_of_title(
    text: str, draft: Draft, said: list[str], quotes: list[str], own: list[Line]
) -> int:
    """Return how many signs show that words are the title."""
    line = next((one for one in draft.candidates if same_title(one.text, text)), None)
    first = next(iter(own), None)
    is_title = draft.titles[0] == text
    below = [one for one in draft.candidates if is_title and one.text == draft.subtitle]
    is_repeated = f" {flat(' '.join(said))} ".count(f" {flat(text)} ") > 1
    return sum(
        (
            line is not None and line is first and not line.prose_above,
            line is not None
            and any(one.has_facts_next or one.has_facts_below for one in (line, *below)),
            line is not None and line.level == 1,
            line is not None and _is_announced(line, draft),
            _is_in_subject(text, draft),
            any(same_title(one, text) for one in quotes),
            any(_names(one, text) for each in said for one in sentences(each)),
            is_repeated and not _may_be_owner(text),
        )
    )


def _own_lines(draft: Draft) -> list[Line]:
    """Return the candidates that may be the title: no kickers, sentences, names or links."""
    own = [one for one in draft.candidates if not is_kicker(one.text)]
    own = [one for one in own if one.text == draft.titles[0] or not is_notice(one.text)]
    own = [one for one in own if not describes_format(one.text)]
    own = [one for one in own if one.has_facts_next or not _OWNER.search(one.text)]
    return [one for one in own if not one.is_below_facts] or own


def _is_announced(line: Line, draft: Draft) -> bool:
    """Return whether words such as `Featured webinar` are before a line or right above it."""
    at = next(at for at, one in enumerate(draft.candidates) if one is line)
    above = draft.candidates[at - 1] if at else None
    return line.is_announced or (
        above is not None and line.block - above.block < 2 and announces_event(above.text)
    )


def _names(sentence: str, title: str) -> bool:
    """Return whether a sentence about an event, or with a date, quotes a title."""
    is_quoted = any(same_title(one.strip(",. "), title) for one in _QUOTED.findall(sentence))
    return is_quoted and (has_date(sentence) or bool(_EVENT.search(sentence)))
