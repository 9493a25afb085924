"""Permitted content: ids of webinars that an organization can show, by series or by name."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.lti_facade.content_choices import PLAYS, usable_by
from lms.models.catalog import Series, Webinar, WebinarSeries
from lms.models.recordings import Recording


def shown_in_series(
    session: Session, organization_id: int, name: str, *, now: datetime
) -> tuple[int, ...]:
    """Return the row ids of what an organization can show of a series, by slug or public ID."""
    query = (
        select(Webinar.id)
        .join(WebinarSeries, WebinarSeries.webinar_id == Webinar.id)
        .join(Series, Series.id == WebinarSeries.series_id)
        .join(Recording, PLAYS)
        .where(
            or_(Series.slug == name, Series.public_id == name),
            usable_by(session, organization_id, now=now),
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
