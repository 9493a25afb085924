"""Subjects of training: the webinars and series that an organization can assign, and a search of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.access.merged_organizations import family_of
from lms.core.errors import N_, Invalid
from lms.core.list_queries import Page, count_rows, has_words
from lms.core.model_base import UTCDateTime
from lms.models.catalog import Series, Webinar, WebinarPresenter, WebinarSeries, WebinarState
from lms.models.grants import Grant, Scope
from lms.models.seats import Pool

PAGE_SIZE: Final = 20
CHOOSE: Final = N_("Choose a webinar or a series from the list.")
SERIES: Final = "series"
WEBINAR: Final = "webinar"


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be assigned; `key` is `webinar:` or `series:` and a slug.

    `webinars` is how many a series has that can be assigned, 0 for a webinar; `held_at` is a webinar's.
    """

    key: str
    title: str
    held_at: datetime | None
    webinars: int


@dataclass(frozen=True, slots=True)
class FoundSubject:
    """A subject: the row ids of its webinars, and of its series, if it is one."""

    title: str
    series_id: int | None
    webinars: tuple[int, ...]


def search_subjects(
    session: Session, organization_id: int, query: str, *, offset: int, now: datetime
) -> Page[Subject]:
    """Return a page of what an organization can assign: series first, then webinars, by title.

    These are announced webinars that are free or that one of its pools covers now, and series with any
    of them. Each word of the query must be in the title.
    """
    covered = covered_by(organization_id, now)
    webinars = select(
        literal(WEBINAR).label("kind"),
        Webinar.slug.label("slug"),
        Webinar.title.label("title"),
        Webinar.held_at.label("held_at"),
        literal(0).label("webinars"),
    ).where(covered, *has_words(query, Webinar.title))
    series = (
        select(
            literal(SERIES).label("kind"),
            Series.slug.label("slug"),
            Series.title.label("title"),
            null().cast(UTCDateTime).label("held_at"),
            func.count().label("webinars"),
        )
        .join_from(Series, WebinarSeries, WebinarSeries.series_id == Series.id)
        .join(Webinar, Webinar.id == WebinarSeries.webinar_id)
        .where(covered, *has_words(query, Series.title))
        .group_by(Series.id, Series.slug, Series.title)
    )
    found = union_all(series, webinars).subquery()
    rows = session.execute(
        select(found)
        .order_by(found.c.kind, func.lower(found.c.title), found.c.slug)
        .offset(offset)
        .limit(PAGE_SIZE)
    )
    items = tuple(Subject(f"{kind}:{slug}", *rest) for kind, slug, *rest in rows)
    return Page(items, count_rows(session, select(found)))


def find_subject(session: Session, organization_id: int, key: str, now: datetime) -> FoundSubject:
    """Return the subject of a key; raises Invalid (field `subject`) if it can't be assigned."""
    kind, _mark, slug = key.partition(":")
    rows = select(Webinar.id, Webinar.title).where(covered_by(organization_id, now))
    series: Series | None = None
    if kind == SERIES:
        series = session.scalar(select(Series).where(Series.slug == slug))
        rows = rows.join(WebinarSeries, WebinarSeries.webinar_id == Webinar.id).join(
            Series, and_(Series.id == WebinarSeries.series_id, Series.slug == slug)
        )
    else:
        rows = rows.where(Webinar.slug == slug)
    found = session.execute(rows.order_by(Webinar.id)).all()
    if not found or kind not in (SERIES, WEBINAR):
        raise Invalid(CHOOSE, field="subject")
    webinars = tuple(row.id for row in found)
    if series is None:
        return FoundSubject(found[0].title, None, webinars)
    return FoundSubject(series.title, series.id, webinars)


def covered_by(
    organization_id: int | InstrumentedAttribute[int], now: datetime
) -> ColumnElement[bool]:
    """Return the condition that an organization can assign a webinar."""
    lasts = case((Grant.grace_until.is_(None), Grant.ends_at), else_=Grant.grace_until)
    in_force = and_(
        Grant.revoked_at.is_(None),
        Grant.starts_at <= now,
        or_(Grant.ends_at.is_(None), lasts > now),
    )
    by_presenter = Webinar.id.in_(
        select(WebinarPresenter.webinar_id).where(
            WebinarPresenter.presenter_id == Pool.presenter_id
        )
    )
    in_series = Webinar.id.in_(
        select(WebinarSeries.webinar_id).where(WebinarSeries.series_id == Pool.series_id)
    )
    by_pool = exists().where(
        Pool.organization_id.in_(family_of(organization_id)),
        Grant.pool_id
        == case((Pool.allotted_from_id.is_(None), Pool.id), else_=Pool.allotted_from_id),
        in_force,
        or_(
            Pool.webinar_id == Webinar.id,
            and_(
                Webinar.is_in_passes,
                or_(
                    Pool.scope == Scope.EVERYTHING,
                    and_(Pool.scope == Scope.PRESENTER, by_presenter),
                    and_(Pool.scope == Scope.SERIES, in_series),
                ),
            ),
        ),
    )
    return and_(Webinar.state == WebinarState.ANNOUNCED, or_(Webinar.free, by_pool))
