"""Content by the names that links store: titles, ids, and what an organization can show."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import CompoundSelect, or_, select, union_all
from sqlalchemy.orm import Session

from lms.core.errors import or_not_found
from lms.lti_facade.content_choices import PLAYS, usable_by
from lms.models.catalog import Series, Webinar, WebinarSeries
from lms.models.recordings import Recording


def titles_of(
    session: Session, *, webinars: Collection[str], series: Collection[str]
) -> Mapping[str, str]:
    """Return titles by slug and by public ID; unknown names are absent."""
    found: dict[str, str] = {}
    for kind, names in ((Webinar, webinars), (Series, series)):
        if not names:
            continue
        rows = session.execute(
            select(kind.public_id, kind.slug, kind.title).where(
                or_(kind.public_id.in_(list(names)), kind.slug.in_(list(names)))
            )
        )
        for row in rows:
            found[row.public_id] = found[row.slug] = row.title
    return found


def webinar_titles(session: Session, webinar_ids: Collection[int]) -> Mapping[int, str]:
    """Return the titles of webinars by row id."""
    rows = session.execute(
        select(Webinar.id, Webinar.title).where(Webinar.id.in_(sorted(webinar_ids)))
    )
    return {row.id: row.title for row in rows}


def webinar_ids_of(session: Session, name: str) -> tuple[int, ...]:
    """Return the row id of a webinar by its slug or public ID, in a tuple; () if there is none."""
    which = or_(Webinar.public_id == name, Webinar.slug == name)
    return tuple(session.scalars(select(Webinar.id).where(which).limit(1)))


def public_id_of(session: Session, *, webinar: str | None = None, series: str | None = None) -> str:
    """Return the public ID of a webinar or a series, given by its slug or public ID."""
    kind, name = (Webinar, webinar) if webinar is not None else (Series, series)
    found = session.scalar(
        select(kind.public_id).where(or_(kind.public_id == name, kind.slug == name)).limit(1)
    )
    return or_not_found(found)


def content_named(word: str) -> CompoundSelect[tuple[str]]:
    """Return the query for the slugs and public IDs of webinars and series with a word in their title."""
    return union_all(
        *(
            select(column).where(kind.title.icontains(word, autoescape=True))
            for kind in (Webinar, Series)
            for column in (kind.public_id, kind.slug)
        )
    )


def webinars_in_series(session: Session, name: str) -> tuple[int, ...]:
    """Return the row ids of all webinars of a series, by slug or public ID."""
    query = (
        select(WebinarSeries.webinar_id)
        .join(Series, Series.id == WebinarSeries.series_id)
        .where(or_(Series.slug == name, Series.public_id == name))
        .order_by(WebinarSeries.webinar_id)
    )
    return tuple(session.scalars(query))


def shown_in_series(
    session: Session,
    organization_id: int,
    name: str,
    *,
    now: datetime,
    since: datetime | None = None,
) -> tuple[int, ...]:
    """Return the row ids of what an organization can show of a series, by slug or public ID.

    `since` adds what it could show at any time since then, though its contract has ended.
    """
    query = (
        select(Webinar.id)
        .join(WebinarSeries, WebinarSeries.webinar_id == Webinar.id)
        .join(Series, Series.id == WebinarSeries.series_id)
        .join(Recording, PLAYS)
        .where(
            or_(Series.slug == name, Series.public_id == name),
            usable_by(session, organization_id, now=now, since=since),
        )
        .order_by(Webinar.id)
    )
    return tuple(session.scalars(query))


def names_shown(session: Session, organization_id: int, *, now: datetime) -> Mapping[str, int]:
    """Return the row ids of everything that an organization can show, by slug, public ID and title.

    Titles are casefolded; a title of several webinars is left out.
    """
    rows = session.execute(
        select(Webinar.id, Webinar.slug, Webinar.public_id, Webinar.title)
        .join(Recording, PLAYS)
        .where(usable_by(session, organization_id, now=now))
    ).all()
    named: dict[str, int] = {}
    twice: set[str] = set()
    for row in rows:
        title = " ".join(row.title.split()).casefold()
        if named.setdefault(title, row.id) != row.id:
            twice.add(title)
    for title in twice:
        del named[title]
    for row in rows:
        named[row.slug] = named[row.public_id] = row.id
    return named
