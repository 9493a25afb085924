"""Labels: the names that announcements give their parts, and what each part is about."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Label(StrEnum):
    """What a passage is about; HEAD has no label above it, at the beginning or later."""

    HEAD = "head"
    TITLE = "title"
    SUBTITLE = "subtitle"
    SERIES = "series"
    SUMMARY = "summary"
    OVERVIEW = "overview"
    AGENDA = "agenda"
    WHEN = "when"
    END = "end"
    MINUTES = "minutes"
    PRESENTER = "presenter"
    HOST = "host"
    BIOGRAPHY = "biography"
    PRICES = "prices"
    OTHER = "other"


_KNOWN: Final = {
    Label.TITLE: (
        "title|webinar|webinar title|topic|event|event title|session|session title|course|what|"
        "this session|this webinar|headline|workshop|program title|subject|event name|name of event|name"
    ),
    Label.SUBTITLE: "subtitle|sub-title|sub title|tagline|subhead|subheading|strapline",
    Label.SERIES: "series|part of|part of the series|webinar series|series title|series name",
    Label.SUMMARY: "summary|in brief|in short|teaser|short description",
    Label.OVERVIEW: (
        "overview|description|about|abstract|what it is|what this is|what it is about|what it's about|what this is about|"
        "details|synopsis|about it|body|blurb|copy|long description|full description|introduction"
    ),
    Label.AGENDA: (
        "agenda|learning agenda|learning objectives|objectives|objective|learning outcomes|outcomes|"
        "learning goals|goals|you will learn|what you will learn|you'll learn|what you'll learn|"
        "topics|topics covered|what we will cover|what we'll cover|we will cover|we'll cover|"
        "programme|program|takeaways|key takeaways|key points|highlights|in this webinar|outline|skills|"
        "bullets|bullet points"
    ),
    Label.WHEN: (
        "date|dates|when|date and time|date & time|date/time|day and time|time|times|day|start|"
        "starts|begins|start time|start date|starts at|day & time|date and hour|time zone|timezone|"
        "zone|tz|date(s)"
    ),
    Label.END: "end|ends|end time|end date|ends at|finish|finishes",
    Label.MINUTES: "duration|length|runs for|running time|run time|how long",
    Label.PRESENTER: (
        "presenter|presenters|speaker|speakers|instructor|instructors|presented by|with|led by|"
        "trainer|trainers|facilitator|facilitators|who|guest|guests|guest speaker|panel|panelist|"
        "panelists|taught by|facilitated by|given by|leader|leaders|teacher|teachers|lecturer|"
        "guide|guides|co-presenter|co-presenters|featuring|faculty|presenting|performer"
    ),
    Label.HOST: (
        "host|hosts|hosted by|moderator|moderators|moderated by|sponsor|sponsored by|offered by|"
        "organized by"
    ),
    Label.BIOGRAPHY: "biography|bio|biographies|bios",
    Label.PRICES: (
        "cost|costs|price|prices|pricing|fee|fees|registration fee|registration fees|rates|rate|"
        "tickets|group rates|investment|tuition|what it costs|how much|admission|all-access|"
        "all-access pass|all-access passes|passes|registration cost|charge|charges"
    ),
    Label.OTHER: (
        "where|location|venue|contact|media contact|press contact|register|registration|"
        "how to register|to register|register by|deadline|registration deadline|rsvp|rsvp by|"
        "type|delivery|delivery method|modality|format|level|audience|target audience|intended audience|intended for|for whom|"
        "who should attend|who should register|who should come|prerequisites|requirements|"
        "technical requirements|system requirements|platform|language|recording|recordings|"
        "credit|credits|ce credit|ce credits|ceu|ceus|contact hours|continuing education|"
        "continuing education credit|certificate|certificates|accessibility|accommodations|"
        "captions|captioning|refunds|refund policy|cancellation policy|cancellations|policies|"
        "payment|materials|handouts|questions|more information|for more information|contact us|"
        "note|notes|please note|phone|email|e-mail|website|link|url|meeting id|passcode|status|"
        "category|categories|tags|capacity|funding|funded by|co-sponsored by|cosponsored by|"
        "release date|embargoed until|posted|published|updated|last updated|"
        "original date|old date|previous date|organizer|reminder|about us|coming up|"
        "upcoming webinars|upcoming events|other webinars|related webinars|resources|filed under"
    ),
}
LABELS: Final = {name: label for label, names in _KNOWN.items() for name in names.split("|")}
_EVENTS: Final = (
    r"(?:webinar|session|event|course|class|program|workshop|training|talk|lecture|panel|seminar"
    r"|conversation|discussion|presentation|debate)"
)
_PEOPLE: Final = (
    r"(?:presenter|speaker|trainer|instructor|facilitator|leader|teacher|panelist|author|guest)s?"
)
# What may be around a known label: `Description of this session`, `Your instructor`, `Session date`.
_AROUND: Final = (
    re.compile(rf"\s+(?:of|for) (?:the |this |our )?{_EVENTS}$"),
    re.compile(r"^(?:the|this|our|your|new|revised|updated|working|proposed|meet (?:the|your)) "),
    re.compile(rf"^{_EVENTS}\s+"),
    re.compile(r"\s*\([^()]{1,30}\)$"),
    re.compile(r"\s+(?:name|names|information|info)$"),
)
# Headings of what a page says about other webinars, or what people said about it.
_ELSEWHERE: Final = re.compile(
    r"^(?:you (?:may|might|could) also\b.*|(?:people|others|customers) also\b.*|more (?:from|webinars|events|trainings?|courses)\b.*"
    r"|(?:also|next) (?:coming|available|from|up|in)\b.*|(?:other|upcoming|related|past|previous|recent|future)(?: \w+)?"
    r" (?:webinars|events|sessions|trainings|courses|workshops|programs)\b[^:]*|coming (?:up|soon|next)\b.*"
    r"|what (?:people|others|participants|attendees|they) (?:say|said|are saying)\b.*|testimonials?|reviews?)$"
)
_LABELED_BY: Final = (
    (Label.OTHER, _ELSEWHERE),
    (Label.PRESENTER, re.compile(rf"{_PEOPLE} \d{{1,2}}|who(?:'s| is) \w+ing")),
    (
        Label.AGENDA,
        re.compile(
            r"(?:learning )?(?:point|objective|outcome|goal|takeaway|topic) \d{1,2}"
            rf"|(?:what |(?:in|after) this \w+,? |(?:by|at) the end(?: of (?:this|the) {_EVENTS})?,? |by attending(?: this \w+)?,? )?"
            r"(?:you|we|participants|attendees|learners|they)(?:'ll| will)"
            r"(?: (?:learn|know|be able to|cover|take away|take home|leave with|walk away with|come away with|explore|practice|do))?"
        ),
    ),
    (Label.TITLE, re.compile(rf"(?:name|title) of (?:the |this |our )?{_EVENTS}")),
    (
        Label.OVERVIEW,
        re.compile(
            rf"about (?:the|this|our|your) {_EVENTS}"
            rf"|(?:.{{1,40}}\b)?what (?:it|the {_EVENTS}|this {_EVENTS}|this)(?: is|'s| was| will be)? about"
        ),
    ),
    (
        Label.BIOGRAPHY,
        re.compile(
            rf"(?:about|meet) (?:the|your|our) (?:\w+ )?{_PEOPLE}"
            rf"|{_PEOPLE}(?:'s|'| \d{{1,2}})? (?:bio|biography|biographies|bios|profile|background)"
        ),
    ),
)
# The topic of a heading on its own line, by a word in it.
HINTS: Final = (
    (Label.BIOGRAPHY, re.compile(rf"\babout (?:the|your|our) {_PEOPLE}")),
    (
        Label.OTHER,
        re.compile(r"\bregist|\bsign(?:ing)? up|\brsvp\b|\bwho (?:should|can|is|this)\b"),
    ),
    (
        Label.AGENDA,
        re.compile(
            r"\blearn(?:ing)?\b|\bagenda\b|\bobjectives?\b|\btakeaways\b|\bable to\b|\btopics\b"
            r"|\b(?:will|we'll|you'll|shall) (?:cover|discuss|talk about|look at|take|practice|explore|leave|gain)\b"
        ),
    ),
    (
        Label.PRICES,
        re.compile(r"\bprices?\b|\bcosts?\b|\bfees?\b|\brates?\b|\bpass(?:es)?\b|\btuition\b"),
    ),
    (
        Label.PRESENTER,
        re.compile(rf"\byour (?:\w+ )?(?:host|{_PEOPLE})\b|^(?:\w+ )?{_PEOPLE}(?: of \w+)?$"),
    ),
)
# The stem of a label beside a person's name, which may be a presenter.
PRESENTS: Final = re.compile(r"\b(?:present|speak|teach|instruct|train|facilitat|lead)\w*")
# The topic of a question above its answer.
ASKS: Final = (
    (Label.TITLE, re.compile(r"^what\b.*\b(?:called|title|titled|name)\b")),
    (
        Label.PRESENTER,
        re.compile(r"^who(?:'s| is| are| will)\b.*\b(?:present|speak|teach|lead|train)"),
    ),
    (
        Label.WHEN,
        re.compile(
            r"^when (?:is|does|will|do)\b(?!.*\b(?:register|registration|record|deadline))|^what (?:day|date|time)\b"
        ),
    ),
    (Label.MINUTES, re.compile(r"^how long\b")),
    (Label.PRICES, re.compile(r"^how much\b|\bcosts?\b|\bprices?\b|\bfees?\b")),
    (Label.AGENDA, re.compile(r"^what\b.*\b(?:learn|cover)")),
    (
        Label.OVERVIEW,
        re.compile(
            r"^how (?:would|do) you describe\b|^what(?:'s| is)\b.*\b(?:it|this|webinar|session|about)\b"
        ),
    ),
)


def is_plain(heading: str) -> bool:
    """Return whether a heading is only the name of a part, without other words."""
    return heading.replace("\u2019", "'").casefold().strip(" :.*#?!-") in LABELS


def is_elsewhere(heading: str) -> bool:
    """Return whether a heading is about other webinars, or quotes what people said."""
    return bool(_ELSEWHERE.match(heading.strip(" :.*#").replace("\u2019", "'").casefold()))


@lru_cache(maxsize=128)
def label_of(name: str) -> Label | None:
    """Return the label for a name, or None if it is unknown."""
    folded = " ".join(re.sub(r"[_\u2019]", _plain, name).casefold().split()).strip(" :.*#?!-")
    scanned = folded.replace("rn", "m").replace("0", "o").replace("1", "l")  # as a scanner misreads
    read = map(_label_as_read, dict.fromkeys((folded, scanned, scanned.replace("l", "i"))))
    return next(filter(None, read), None)


def _label_as_read(name: str) -> Label | None:
    if name in LABELS:
        return LABELS[name]
    for label, words in _LABELED_BY:
        if words.fullmatch(name):
            return label
    return next((LABELS[form] for form in _shorter_forms(name) if form in LABELS), None)


def _shorter_forms(name: str) -> list[str]:
    """Return a name without words around its label, each side of a slash, and all in the singular."""
    forms = [name]
    for around in _AROUND:
        forms += [around.sub("", form) for form in forms]
    forms += [part.strip() for form in forms if form.count("/") == 1 for part in form.split("/")]
    return forms + [form.removesuffix("s") for form in forms]


def _plain(mark: re.Match[str]) -> str:
    return " " if mark[0] == "_" else "'"
