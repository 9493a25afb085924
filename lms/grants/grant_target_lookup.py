"""Grant target lookup: finds the webinar, series, or presenter that staff name for a grant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Invalid, or_not_found
from lms.core.list_queries import has_name, has_words, told_apart
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import Scope

NO_SUCH_WEBINAR = N_("No webinar has that web address.")
NO_SUCH_PRESENTER = N_("No presenter has that web address.")
NO_SUCH_SERIES = N_("No series has that web address.")

SEVERAL_MATCH = N_(
    "Several webinars match. Enter more of the title, such as one of these: %(titles)s."
)
NONE_MATCHES = N_("No webinar has this title or address.")
MOST_TITLES: Final = 12
MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class WebinarName:
    """A webinar by its title."""

    id: int
    slug: str
    title: str


def find_webinar(session: Session, typed: str) -> WebinarName:
    """Return the webinar for a slug, a title, both as `Title (slug)`, or a unique part of a title.

    Raises Invalid (field `webinar`) if none or several match.
    """
    text = typed.strip()
    names = select(Webinar.id, Webinar.slug, Webinar.title)
    newest = names.order_by(Webinar.held_at.desc()).limit(MOST_NAMED)
    found = session.execute(newest.where(has_name(text, Webinar.title, Webinar.slug))).all()
    if not found and text:
        part = Webinar.title.icontains(text, autoescape=True)
        found = session.execute(newest.where(part)).all()
    if len(found) != 1:
        titles = "; ".join(told_apart((row.title, row.slug) for row in found))
        sentence = SEVERAL_MATCH % {"titles": titles} if found else NONE_MATCHES
        raise Invalid(sentence, field="webinar")
    return WebinarName(*found[0])


def recent_titles(session: Session, query: str = "") -> Sequence[str]:
    """Return the titles with each word of the query, the latest dates first, as suggestions for a field.

    Titles that several of them share become `Title (slug)`.
    """
    found = select(Webinar.title, Webinar.slug).where(*has_words(query, Webinar.title))
    newest = found.order_by(Webinar.held_at.desc()).limit(MOST_TITLES)
    return told_apart((title, slug) for title, slug in session.execute(newest))


def find_target(session: Session, scope: Scope, slug: str) -> int | None:
    """Return the row ID for a scope and a slug, None for everything; raises NotFound."""
    match scope:
        case Scope.EVERYTHING:
            return None
        case Scope.WEBINAR:
            found, sentence = select(Webinar.id).where(Webinar.slug == slug), NO_SUCH_WEBINAR
        case Scope.PRESENTER:
            found, sentence = select(Presenter.id).where(Presenter.slug == slug), NO_SUCH_PRESENTER
        case Scope.SERIES:
            found, sentence = select(Series.id).where(Series.slug == slug), NO_SUCH_SERIES
    return or_not_found(session.scalar(found), sentence)
