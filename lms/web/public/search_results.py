"""Search results: webinars, and where in them the words are said or written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.access.policy import Action, Admitted, Case, decide
from lms.catalog.webinar_summary import Entry
from lms.core.clock import now
from lms.core.errors import N_
from lms.handouts.pages import Called, moments_of, name_handouts
from lms.models.search import PassageKind
from lms.recordings import transcripts
from lms.search import passages, webinar_search
from lms.search.marked_sentences import Part, says
from lms.search.passages import Quote, Quotes
from lms.web.catalog.webinar_cards import Card
from lms.web.core.current_user import viewer
from lms.web.core.recording_time_texts import clock_of
from media.files.file_types import DocumentKind

CLOSED: Final = N_("Mentioned in the recording")


@dataclass(frozen=True, slots=True)
class Place:
    """A passage and its URL; `name` is its time or its page."""

    name: str
    url: str
    language: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A matching webinar; `more` mentions the places that aren't listed."""

    card: Card
    places: tuple[Place, ...]
    more: str


def found_in(
    session: Session, query: str, entries: Sequence[Entry], cases: Mapping[int, Case]
) -> Mapping[int, tuple[tuple[Place, ...], str]]:
    """Return where each webinar of a page contains the words, by its id.

    Only people who can watch see the passages; everyone else learns that the words are mentioned.
    """
    words = webinar_search.words_in(query)
    quotes = passages.quote(session, words, {entry.id: entry.first for entry in entries})
    slugs = {entry.id: entry.slug for entry in entries}
    open_ids = {one for one in quotes if _may_read(cases.get(one))}
    spoken = [
        quote.source
        for one in open_ids
        for quote in quotes[one].best
        if quote.kind is PassageKind.TRANSCRIPT
    ]
    written = [
        quote.source
        for found in quotes.values()
        for quote in found.best
        if quote.kind is PassageKind.HANDOUT
    ]
    finder = _Finder(
        words,
        transcripts.read_shown(session, set(spoken)),
        name_handouts(session, set(written)),
        moments_of(session, set(written)),
    )
    return {
        one: _told(found, slugs[one], finder) if one in open_ids else ((), _(CLOSED))
        for one, found in quotes.items()
    }


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds the exact caption of a passage in which a word is said."""

    words: Sequence[str]
    texts: Mapping[str, str]
    handouts: Mapping[str, Called]
    moments: Mapping[tuple[str, int], float]

    def moment(self, quote: Quote) -> float:
        starts_s = quote.starts_s or 0.0
        if quote.source not in self.texts:
            return starts_s
        return transcripts.moment_in(
            self.texts[quote.source], starts_s, lambda line: says(line, self.words)
        )


def _may_read(case: Case | None) -> bool:
    person = viewer()
    if person is None or case is None:
        return False
    decision = decide(case.login, case.webinar, Action.RECORDING, now())
    return person.is_staff or isinstance(decision, Admitted)


def _told(found: Quotes, slug: str, finder: _Finder) -> tuple[tuple[Place, ...], str]:
    more = ""
    if found.more:
        more = ngettext("and 1 more match", "and %(num)s more matches", found.more)
    return tuple(_place(quote, slug, finder) for quote in found.best), more


def _place(quote: Quote, slug: str, finder: _Finder) -> Place:
    if quote.kind is PassageKind.HANDOUT:
        return _page(quote, slug, finder)
    seconds = finder.moment(quote)
    return Place(clock_of(seconds), _film_at(slug, seconds), quote.language, quote.parts)


def _film_at(slug: str, seconds: float) -> str:
    person = viewer()
    is_staff = person is not None and person.is_staff
    return url_for("watch.watch", slug=slug, t=f"{seconds:g}", preview=1 if is_staff else None)


def _page(quote: Quote, slug: str, finder: _Finder) -> Place:
    """Return a place that links to the recording when the page appears in it, if that is known.

    Otherwise it links to the page of a PDF in the page viewer, or to the file.
    """
    called, page = finder.handouts.get(quote.source), quote.page or 1
    title = called.title if called is not None else ""
    kind = called.kind if called is not None else DocumentKind.PDF
    starts_s = finder.moments.get((quote.source, page))
    if starts_s is not None:
        url = _film_at(slug, starts_s)
        named = {"title": title, "page": page, "clock": clock_of(starts_s)}
        said = _("%(clock)s: %(title)s, page %(page)s", **named)
    elif kind is DocumentKind.PDF:
        url = url_for("handouts.page", public_id=quote.source, number=page)
        said = _("%(title)s, page %(page)s", title=title, page=page)
    else:
        url = url_for("handouts.download", public_id=quote.source)
        is_shown = kind is DocumentKind.PPTX
        said = _("%(title)s, slide %(page)s", title=title, page=page) if is_shown else title
    return Place(said, url, quote.language, quote.parts)
