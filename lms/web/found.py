"""What a search finds: a webinar, and where in it the words are said or written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms import passages, search
from lms.access import Action, Admitted, Case, decide
from lms.catalogue import Entry
from lms.clock import now
from lms.errors import N_
from lms.models.search import PassageKind
from lms.passages import Part, Quote, Quotes
from lms.web.cards import Card
from lms.web.screening import clock_of
from lms.web.signin import viewer

CLOSED: Final = N_("It is spoken of in the recording.")


@dataclass(frozen=True, slots=True)
class Place:
    """A passage with the way to it; `name` is its time or its page."""

    name: str
    url: str
    language: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A webinar that was found; `more` speaks of places that are not listed."""

    card: Card
    places: tuple[Place, ...]
    more: str


def found_in(
    session: Session, query: str, entries: Sequence[Entry], cases: Mapping[int, Case]
) -> Mapping[int, tuple[tuple[Place, ...], str]]:
    """Return where each webinar of a page has the words, by its id.

    What is said behind the door is told to who may watch; everybody else learns that it is said.
    """
    words = search.words_in(query)
    quotes = passages.quote(session, words, [entry.id for entry in entries])
    slugs = {entry.id: entry.slug for entry in entries}
    return {
        webinar_id: _told(found, slugs[webinar_id], may_read=_may_read(cases.get(webinar_id)))
        for webinar_id, found in quotes.items()
    }


def _may_read(case: Case | None) -> bool:
    person = viewer()
    if person is None or case is None:
        return False
    decision = decide(case.login, case.webinar, Action.RECORDING, now())
    return person.is_staff or isinstance(decision, Admitted)


def _told(found: Quotes, slug: str, *, may_read: bool) -> tuple[tuple[Place, ...], str]:
    if not may_read:
        return (), _(CLOSED)
    more = ""
    if found.more:
        more = ngettext("and one more place", "and %(num)s more places", found.more)
    return tuple(_place(quote, slug) for quote in found.best), more


def _place(quote: Quote, slug: str) -> Place:
    if quote.kind is PassageKind.HANDOUT:
        url = url_for("handouts.download", public_id=quote.source, _anchor=f"page={quote.page}")
        return Place(_("Page %(page)s", page=quote.page), url, quote.language, quote.parts)
    person, seconds = viewer(), quote.starts_s or 0.0
    is_staff = person is not None and person.is_staff
    url = url_for("watch.watch", slug=slug, t=f"{seconds:g}", preview=1 if is_staff else None)
    return Place(clock_of(seconds), url, quote.language, quote.parts)
