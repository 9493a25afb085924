"""Title evidence: whether a title is beyond doubt, and what else may be the title or subtitle."""

import re
from itertools import pairwise
from typing import Final

from lms.announcement_parser.draft import Draft
from lms.announcement_parser.fact_lines import is_greeting
from lms.announcement_parser.labels import label_of
from lms.announcement_parser.person_names import is_organization, name_in
from lms.announcement_parser.plain_lines import flat, paragraphs, sentences
from lms.announcement_parser.prices import amounts_in, is_about_price
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.title_and_subtitle import (
    QUOTES,
    Line,
    announces_event,
    describes_format,
    is_kicker,
    is_notice,
    is_title_case,
    quoted_title,
    same_title,
)
from lms.announcement_parser.title_choice import MOST_CANDIDATES

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
    r"|calendar|catalog|circular|digest|weekly|gazette|news|company|foundation|alliance|guild)\.?(?:,? (?:(?:no|vol|issue)\.? ?)?\d{1,4})?$",
    re.IGNORECASE,
)
# What a form, a table or the source of a page leaves in a value.
_MARKS: Final = re.compile(
    r"^[^\w\"'\u201c\u2018\u00bf\u00a1(\[]|__|[{}<>|\\\[\]]|https?:|\s:\s|\w,\w+,\w|^\S*\d\S*$|\s=\s|\S\s{2,}\S"
)
# Words that credit someone or name a series, beside or instead of a subtitle.
_CREDITS: Final = re.compile(
    r"\b(?:series|presented|hosted|sponsored|moderated)\b|\b(?:with|by|from|featuring|presenter|speaker|trainer|instructor) (?:the )?[A-Z]"
    r"|^(?:with|by|from|featuring)\b",
)
# Words with capitals within a line, as a title without quotation marks: `called Calm Desk for Two`.
_CAPITALS: Final = re.compile(
    r"(?<![\w'\u2019:$.-])[A-Z\d][\w'\u2019-]*"
    r"(?:(?:[:,?]| [\u2013\u2014-]{1,2})? (?:(?:a|an|the|and|or|of|for|in|to|with|without|on|from|at|by|is|are|as|your) ){0,3}"
    r"[A-Z\d][\w'\u2019-]*){2,14}[?!]?"
)
_PARTS: Final = re.compile(r"[:!] | [\u2013\u2014-]{1,2} |\b(?:called|titled) ")
_CALLED: Final = re.compile(r"title|webinar|headline", re.IGNORECASE)
_CREDIT_FIRST: Final = re.compile(
    r"(?:with|by|from|featuring|presenters?|speakers?|trainers?|instructors?|choose|submitted)\b",
    re.IGNORECASE,
)
# Words that say how or when it is held.
_FORMAT: Final = re.compile(
    r"\b(?:webinars?|sessions?|workshops?|class|course|panel|training|hours?|minutes?|free|online|live|virtual|join|register|choose)\b",
    re.IGNORECASE,
)
_HELD: Final = re.compile(r"\bwebinars?\b|\blive\b", re.IGNORECASE)
_FEWEST_BELOW: Final = 3  # words of a line below the title that isn't its end
_NO_NAME: Final = re.compile(
    r"@|\d:\d\d|\b(?:PO|P\.O\.) box\b|\bpart of\b|\b\d{1,2} ?[ap]m\b|\b(?:presented|moderated|hosted) by\b|\bopen\W*$|, [A-Z]{2}\b \d|\btime\W*$"
    r"|^(?:(?:co-?)?present\w*|speakers?|with|guest|attorney|trainer|consultant)\b",
    re.IGNORECASE,
)
_LONGEST_NAME: Final = 2  # words
_LONGEST_SUBTITLE: Final = 160
_LONGEST_OPENING: Final = 60  # words above a title, of which more may be another announcement


def is_title_sure(draft: Draft, lines: list[str]) -> bool:
    """Return whether a label names the title, or nothing else may be it, or signs agree on it alone."""
    title, *others = draft.titles
    is_odd = is_marked_up(title) or has_date(title) or any(amounts_in(title))
    if others or draft.is_of_several or is_odd or _PREFIXED.match(draft.subtitle):
        return False
    rivals = _other_lines(draft)
    if draft.is_title_labeled:
        return not rivals or _is_called_title(title, lines)
    said = paragraphs(lines)
    is_owner = may_be_owner(title) and not any(same_title(one, title) for one in _quotes(said))
    is_bare = _is_titled(title) and not (is_owner or _is_name(title, draft))
    is_longer = any(flat(one).startswith(f"{flat(title)} ") for one in rivals)
    is_whole = not (is_longer or _may_be_cut(draft, lines) or _may_be_joined(draft))
    if not (is_bare and is_whole) or len(rivals) > MOST_CANDIDATES or _other_quotes(draft, said):
        return False
    lines_of_title = [one for one in draft.candidates if same_title(one.text, title)]
    is_part = any(one.is_quoted for one in lines_of_title)  # perhaps of a title with a quotation
    if is_part and not (_is_in_subject(title, draft) or _is_named(title, said)):
        return False
    agreed = _agreements(title, draft, said)
    is_first, is_stated = _place(title, draft)
    signs = agreed + is_first + is_stated
    needed = 1 + 2 * _may_have_two_lines(draft, title) + (not lines_of_title)
    if not rivals:
        return signs >= needed and (agreed > 0 or (is_stated and not is_notice(title)))
    is_alone = not any(_agreements(one, draft, said) for one in rivals)
    return agreed > 0 and signs > needed and is_alone


def is_below_other_text(draft: Draft) -> bool:
    """Return whether the title is below a text that is too long for the opening of an email."""
    title = (draft.titles or [""])[0]
    above = next((one.prose_above for one in draft.candidates if one.text == title), 0)
    return len(" ".join(draft.overview[:above]).split()) > _LONGEST_OPENING


def _is_titled(title: str) -> bool:
    """Return whether words are written like a title, without a label or a kicker before them."""
    before, colon, _behind = title.partition(":")
    is_led = bool(colon) and (is_kicker(before) or not is_title_case(before))
    return " " in title and is_title_case(title) and not is_led and not label_of(before)


def _may_be_cut(draft: Draft, lines: list[str]) -> bool:
    """Return whether the title may go on in the line below it, or may be the line above the title."""
    title, subtitle, below = draft.titles[0], draft.subtitle, _below_title(draft, lines)
    is_last = len(below.split()) < _FEWEST_BELOW and below != subtitle and not label_of(below)
    is_cut = is_title_case(below) and (is_last or flat(below) in map(flat, draft.unread))
    is_above = is_title_case(subtitle) and not subtitle.isupper()
    is_above = is_above and (is_notice(title) or title.isupper())
    return is_cut or is_above or f"{title}: ".casefold() in "\n".join(lines).casefold()


def _may_be_joined(draft: Draft) -> bool:
    """Return whether a title may have other words in it: of a credit, or how the webinar is held."""
    title = draft.titles[0]
    return bool(_HELD.search(title)) or any(name in title for name in draft.people)


def other_titles(draft: Draft, lines: list[str], told: list[str]) -> list[str]:
    """Return what else may be the title: lines at the head, quotations, the subject, words with capitals.

    `told` are the sentences and short lines of the text.
    """
    said = paragraphs(lines)
    found = [*draft.titles[1:], *_other_quotes(draft, said), *_other_lines(draft)]
    found = [one for one in found if is_title_case(one) and one[-1] not in ".:"]
    parts = [one for each in told for one in _CAPITALS.findall(each.partition(", with ")[0])]
    found += [one for one in parts if " ".join(found).find(one) < 0][:MOST_CANDIDATES]
    known = f" {flat((draft.titles or [''])[0])} "
    named = [*_parts_of_title(draft), *(one for one in found if f" {flat(one)} " not in known)]
    return [one for one in {flat(one): one for one in named}.values() if _may_be_named(one, draft)]


def _parts_of_title(draft: Draft) -> list[str]:
    """Return the part of a title that may be the title alone: `Calm Desk` of `this month: Calm Desk`."""
    title = (draft.titles or [""])[0]
    parts = _PARTS.split(title)
    parts += title.split(" with ")[:1] if " with " in title else []
    own = [
        one
        for one in (each.strip(" .") for each in parts)
        if is_title_case(one) and " " in one and not is_kicker(one)
    ]
    return [] if len(own) != 1 or own == [title] else own


def is_only_title(draft: Draft, lines: list[str]) -> bool:
    """Return whether the title is a whole line that names a webinar, if nothing else in the text may."""
    title, *others = draft.titles
    first = next((one for one in _own_lines(draft) if one.text not in draft.people), None)
    is_line = first is not None and same_title(first.text, title)
    is_odd = draft.is_of_several or bool(others) or bool(_CREDITS.search(title))
    is_odd = is_odd or is_notice(title.partition(":")[0])
    is_odd = is_odd or is_title_case(draft.subtitle)  # perhaps the second line of the title
    is_whole = not (_may_be_cut(draft, lines) or _may_be_joined(draft))
    is_named = _is_titled(title) and _may_be_named(title, draft)
    return is_line and is_whole and is_named and not is_odd


def replace_doubtful_title(draft: Draft, lines: list[str], told: list[str]) -> None:
    """Put what else may be the title before a title that names no webinar; it is asked about."""
    title = (draft.titles or [""])[0]
    if title and is_title_sure(draft, lines):
        return
    first, *more = _PARTS.split(title)
    is_cased = is_title_case(title) or title.endswith("?")
    is_cased = is_cased or (bool(more) and " " in first and is_title_case(first))
    if draft.is_title_labeled or (is_cased and _may_be_named(title, draft)):
        return
    others = other_titles(draft, lines, told)[:1]
    draft.titles = [*others, *draft.titles]
    draft.subtitle = "" if draft.subtitle in others else draft.subtitle


def _may_be_named(text: str, draft: Draft) -> bool:
    """Return whether words may name a webinar: no owner, person, date, address or label."""
    people = draft.people if draft.is_presenter_labeled else ()
    is_person = any(name in text for name in people) or text in draft.people
    is_stated = any(one.text == text and one.has_facts_next for one in draft.candidates)
    is_name = text == name_in(text) and len(text.split()) <= _LONGEST_NAME and not is_stated
    is_person = is_person or is_name
    is_owner = bool(_OWNER.search(text)) and ": " not in text
    is_other = is_owner or is_greeting(text) or is_kicker(text) or describes_format(text)
    is_fact = (
        has_date(text) or has_date(f"{text} 1") or is_marked_up(text) or bool(_NO_NAME.search(text))
    )
    return not (is_person or is_other or is_fact or label_of(text.partition(":")[0]))


def is_marked_up(value: str) -> bool:
    """Return whether a value has marks of a form, a table or a page's source, and so may not be whole."""
    return bool(_MARKS.search(value))


def other_subtitles(draft: Draft, lines: list[str]) -> list[str]:
    """Return the short lines right below the title that may be the subtitle but weren't read as it."""
    below = _below_title(draft, lines)
    unread = {flat(one) for one in draft.unread}
    is_other = flat(below) in unread and not is_greeting(below) and not is_kicker(below)
    is_fact = has_date(below) or is_about_price(below) or _CREDITS.search(below)
    is_text = len(below) > _LONGEST_SUBTITLE or below[-1:] in ".:," or " " not in below
    found = [below] if is_other and not is_fact and not is_text else []
    return [*filter(None, [draft.doubtful_subtitle]), *found]


def is_subtitle_sure(draft: Draft, lines: list[str]) -> bool:
    """Return whether the subtitle is labeled, or the one line right below the title, or there is none."""
    said = draft.subtitle
    if not said:
        return not other_subtitles(draft, lines)
    if draft.is_subtitle_labeled:
        return True
    below = flat(_below_title(draft, lines))
    return bool(below) and flat(said).startswith(below) and not _is_no_subtitle(said, draft)


def drop_doubtful_subtitle(draft: Draft) -> None:
    """Leave the subtitle empty if what was read as one is a fact, a credit or a note."""
    said = draft.subtitle
    is_credit = bool(_CREDIT_FIRST.match(said)) or _begins_with_name(said) or "**" in said
    if said and not draft.is_subtitle_labeled and (_is_fact(said) or is_credit):
        draft.set_aside(said)
        draft.doubtful_subtitle, draft.subtitle = said, ""


def _begins_with_name(said: str) -> bool:
    """Return whether words are a name, or one with more behind a comma or a small word."""
    name = name_in(said)
    return bool(name) and (said == name or not said[len(name) :].startswith(" the "))


def _is_fact(said: str) -> bool:
    return is_marked_up(said) or has_date(said) or said[-1] in ":," or not said[0].isalpha()


def _is_no_subtitle(said: str, draft: Draft) -> bool:
    is_format = bool(_FORMAT.search(said)) and not describes_format(said)
    is_person = bool(_CREDITS.search(said)) or _begins_with_name(said) or "**" in said
    is_person = is_person or any(name in said for name in draft.people)
    return _is_fact(said) or is_format or is_person


def _below_title(draft: Draft, lines: list[str]) -> str:
    """Return the line right below the lines of the title, or "" if they aren't found."""
    title = flat(draft.titles[0]) if draft.titles else ""
    written = [line.strip() for line in lines if flat(line)]
    for at, line in enumerate(written):
        said, end = flat(line), at + 1
        while title.startswith(said) and said != title and end < len(written):
            said, end = f"{said} {flat(written[end])}", end + 1
        if title and said == title:
            return written[end].strip("*_# ") if end < len(written) else ""
    return ""


def _known(draft: Draft) -> list[str]:
    title = (draft.titles or [""])[0]
    return [*map(flat, (title, draft.subtitle, f"{title} {draft.subtitle}", *draft.series))]


def _other_lines(draft: Draft) -> list[str]:
    known = _known(draft)
    others = [one.text for one in _own_lines(draft) if flat(one.text) not in known]
    return [one for one in others if f" {flat(one)} " not in f" {known[0]} "]


def _quotes(said: list[str]) -> list[str]:
    """Return the quotations in sentences: those in headings may be a part of a title."""
    told = [each for each in said if not is_title_case(_QUOTED.sub("", each))]
    return [one.strip(",. ") for each in told for one in _QUOTED.findall(each)]


def _other_quotes(draft: Draft, said: list[str]) -> list[str]:
    """Return quotations like titles, but books of a presenter, and a subject that isn't the title's."""
    known, title = _known(draft), (draft.titles or [""])[0]
    lives = flat(" ".join(one for about in draft.people.values() for one in about))
    told = [one for one in _quotes(said) if flat(one) not in lives]
    subject = [] if _is_in_subject(title, draft) else [draft.subject]
    titles = [one for one in (*told, *subject) if is_title_case(one)]
    return [
        one for one in titles if f" {flat(one)} " not in f" {known[2]} " and flat(one) not in known
    ]


def may_be_owner(text: str) -> bool:
    """Return whether words may be the name of an organization or a newsletter."""
    return ": " not in text and (
        bool(_OWNER.search(text)) or is_organization(text.rpartition(" ")[2])
    )


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


def _may_have_two_lines(draft: Draft, title: str) -> bool:
    """Return whether the title and the subtitle, a shorter line right below, may be one title."""
    blocks = [one.block for one in draft.candidates if one.text in (title, draft.subtitle)]
    is_near = len(blocks) > 1 and len(set(blocks)) == 1
    return is_near and is_title_case(draft.subtitle) and len(draft.subtitle) < len(title)


def _is_called_title(title: str, lines: list[str]) -> bool:
    """Return whether the words before a title, or the line above it, call it a title or a webinar."""
    start = title.split()[0]
    for above, line in pairwise(["", *(line for line in lines if line.strip())]):
        before, found, _behind = line.partition(start)
        if found and _CALLED.search(before if flat(before) else above):
            return True
    return False


def _is_name(text: str, draft: Draft) -> bool:
    """Return whether words are the name of a presenter, or of any person as `Bell, Ana`."""
    last, comma, first = text.partition(", ")
    return text in draft.people or (bool(comma) and name_in(f"{first} {last}") == f"{first} {last}")


def _place(title: str, draft: Draft) -> tuple[bool, bool]:
    """Return whether a title is the first line that may be one, and whether facts are beside it."""
    line = next((one for one in draft.candidates if same_title(one.text, title)), None)
    if line is None:
        return False, False
    near = [line, *(one for one in draft.candidates if one.text == draft.subtitle)]
    is_first = line is next(iter(_own_lines(draft)), None) and not line.prose_above
    return is_first, any(one.has_facts_next or one.has_facts_below for one in near)


def _agreements(text: str, draft: Draft, said: list[str]) -> int:
    """Return in how many ways other parts of a text say that words are the title."""
    line = next((one for one in draft.candidates if same_title(one.text, text)), None)
    is_repeated = f" {flat(' '.join(said))} ".count(f" {flat(text)} ") > 1
    return sum(
        (
            line is not None and line.level == 1,
            line is not None and _is_announced(line, draft),
            _is_in_subject(text, draft),
            any(same_title(one, text) for one in _quotes(said)),
            _is_named(text, said),
            is_repeated and not may_be_owner(text),
        )
    )


def _is_named(title: str, said: list[str]) -> bool:
    return any(_names(one, title) for each in said for one in sentences(each))


def _own_lines(draft: Draft) -> list[Line]:
    """Return the candidates that may be the title: no kickers, sentences, names or links."""
    own = [one for one in draft.candidates if not is_kicker(one.text)]
    own = [one for one in own if one.text in draft.titles[:1] or not is_notice(one.text)]
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
