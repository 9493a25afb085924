"""Search suggestions while a person types: public names only, by one statement."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Select, cast, exists, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.models.catalog import (
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)
from lms.search import spelling, webinar_search

SHORTEST: Final = 2


class Kind(StrEnum):
    """What a suggestion links to, in display order."""

    PRESENTER = "presenter"
    SERIES = "series"
    WEBINAR = "webinar"


MOST: Final = {Kind.PRESENTER: 3, Kind.SERIES: 3, Kind.WEBINAR: 6}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The name and slug of a catalog page."""

    kind: Kind
    slug: str
    title: str


def suggest(session: Session, asked: str) -> tuple[Suggestion, ...]:
    """Return suggestions: presenters and series first, then webinars, the best match first.

    Only public data is searched: announced webinars, and their presenters and series.
    """
    words = webinar_search.words_in(asked)
    if not words or len("".join(words)) < SHORTEST:
        return ()
    spelled = chain((words,), spelling.corrections(session, words))
    return next(filter(None, (_suggest(session, each) for each in spelled)), ())


def _suggest(session: Session, words: tuple[str, ...]) -> tuple[Suggestion, ...]:
    hits = webinar_search.hits(words, session.get_bind().dialect.name)
    place = 1 + func.row_number().over(order_by=hits.c.rank)
    webinars = (
        _named(Kind.WEBINAR, Webinar.slug, Webinar.title, place)
        .join(hits, hits.c.webinar_id == Webinar.id)
        .where(Webinar.state == WebinarState.ANNOUNCED)
        .order_by(hits.c.rank, Webinar.held_at.desc())
        .limit(MOST[Kind.WEBINAR])
    )
    parts = (_PRESENTERS, _SERIES, webinars)
    every = union_all(*(select(part.subquery()) for part in parts)).subquery()
    rows = session.execute(
        select(every.c.kind, every.c.slug, every.c.title).order_by(every.c.rank, every.c.title)
    )
    found = [Suggestion(Kind(row.kind), row.slug, row.title) for row in rows]
    # Databases don't compare names without accents, as the search words are.
    called = [each for each in found if each.kind is Kind.WEBINAR or _is_called(each.title, words)]
    of_kind = ([each for each in called if each.kind is kind][: MOST[kind]] for kind in Kind)
    return tuple(chain.from_iterable(of_kind))


def _named(
    kind: Kind,
    slug: InstrumentedAttribute[str],
    title: InstrumentedAttribute[str],
    rank: ColumnElement[Any],
) -> Select[Any, Any, Any, Any]:
    return select(
        literal(kind.value).label("kind"),
        slug.label("slug"),
        title.label("title"),
        cast(rank, Float).label("rank"),
    )


# Presenters and series of announced webinars.
_PRESENTERS: Final = _named(Kind.PRESENTER, Presenter.slug, Presenter.name, literal(0.0)).where(
    exists().where(
        WebinarPresenter.presenter_id == Presenter.id,
        WebinarPresenter.webinar_id == Webinar.id,
        Webinar.state == WebinarState.ANNOUNCED,
    )
)
_SERIES: Final = _named(Kind.SERIES, Series.slug, Series.title, literal(1.0)).where(
    exists().where(
        WebinarSeries.series_id == Series.id,
        WebinarSeries.webinar_id == Webinar.id,
        Webinar.state == WebinarState.ANNOUNCED,
    )
)


def _is_called(name: str, words: tuple[str, ...]) -> bool:
    """Return whether a name contains each word, or a word that starts with it."""
    parts = webinar_search.parts_of(name)
    return all(any(part.startswith(word) for part in parts) for word in words)
