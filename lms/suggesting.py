"""What is suggested while somebody types into the search: public names alone, by one statement."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms import search
from lms.models.catalogue import (
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)

MOST_WEBINARS: Final = 6
MOST_NAMES: Final = 3
SHORTEST: Final = 2


class Kind(StrEnum):
    """What a suggestion leads to."""

    WEBINAR = "webinar"
    PRESENTER = "presenter"
    SERIES = "series"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A page of the catalogue by its name."""

    kind: Kind
    slug: str
    title: str


def suggest(session: Session, asked: str) -> tuple[Suggestion, ...]:
    """Return what somebody may mean: presenters and series first, then webinars, the likeliest first.

    Only what everybody may see is looked through: announced webinars, and who and what they name.
    """
    words = search.words_in(asked)
    if not words or len("".join(words)) < SHORTEST:
        return ()
    hits = search.hits(words, session.get_bind().dialect.name)
    webinars = (
        _named(
            Kind.WEBINAR,
            Webinar.slug,
            Webinar.title,
            1 + func.row_number().over(order_by=hits.c.rank),
        )
        .join(hits, hits.c.webinar_id == Webinar.id)
        .where(Webinar.state == WebinarState.ANNOUNCED)
        .order_by(hits.c.rank, Webinar.held_at.desc())
        .limit(MOST_WEBINARS)
    )
    presented = exists().where(
        WebinarPresenter.presenter_id == Presenter.id,
        WebinarPresenter.webinar_id == Webinar.id,
        Webinar.state == WebinarState.ANNOUNCED,
    )
    presenters = (
        _named(Kind.PRESENTER, Presenter.slug, Presenter.name, literal(0.0))
        .where(*_has(words, Presenter.name), presented)
        .order_by(Presenter.name)
        .limit(MOST_NAMES)
    )
    filled = exists().where(
        WebinarSeries.series_id == Series.id,
        WebinarSeries.webinar_id == Webinar.id,
        Webinar.state == WebinarState.ANNOUNCED,
    )
    series = (
        _named(Kind.SERIES, Series.slug, Series.title, literal(1.0))
        .where(*_has(words, Series.title), filled)
        .order_by(Series.title)
        .limit(MOST_NAMES)
    )
    every = union_all(
        *(select(part.subquery()) for part in (presenters, series, webinars))
    ).subquery()
    rows = session.execute(
        select(every.c.kind, every.c.slug, every.c.title).order_by(every.c.rank, every.c.title)
    )
    return tuple(Suggestion(Kind(row.kind), row.slug, row.title) for row in rows)


def _named(
    kind: Kind,
    slug: InstrumentedAttribute[str],
    title: InstrumentedAttribute[str],
    rank: Any,  # noqa: ANN401
) -> Select[Any, Any, Any, Any]:
    return select(
        literal(kind.value).label("kind"),
        slug.label("slug"),
        title.label("title"),
        cast(rank, Float).label("rank"),
    )


def _has(words: tuple[str, ...], name: InstrumentedAttribute[str]) -> list[ColumnElement[bool]]:
    """Return the conditions that a name has each word, or one that begins with it."""
    folded = func.lower(name)
    return [or_(folded.like(f"{word}%"), folded.like(f"% {word}%")) for word in words]
