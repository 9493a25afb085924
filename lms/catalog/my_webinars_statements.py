"""SQL statement that lists a page of My webinars."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)

from lms.models.catalog import (
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
    presenter_names,
)
from lms.models.grants import Scope
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.playback.watch_records import whose

PAGE_SIZE: Final = 24
MOST_FREE: Final = 8
# Of the started webinars, this many are checked for those that can still be watched.
BEGUN_LOOKED_AT: Final = 24


class Sort(StrEnum):
    """In which order."""

    NEWEST = ""
    OLDEST = "oldest"
    TITLE = "title"


class Part(StrEnum):
    """A part of the list."""

    BEGUN = "begun"
    FREE = "free"
    HELD = "held"


_ORDERS: Final[Mapping[Sort, tuple[SQLColumnExpression[Any], ...]]] = {
    Sort.NEWEST: (Webinar.held_at.desc(), Webinar.id.desc()),
    Sort.OLDEST: (Webinar.held_at, Webinar.id),
    Sort.TITLE: (func.lower(Webinar.title), Webinar.id),
}

# What active grants cover, and webinars whose own grant is unpaid, by the scopes of the grants. A
# canceled webinar is shown to people with a grant for it, but it is no longer part of a pass.
_in_passes = and_(Webinar.is_in_passes, Webinar.state != WebinarState.CANCELED)
_COVERED: Final = union(
    select(Webinar.id).where(Webinar.id.in_(bindparam(Scope.WEBINAR, expanding=True))),
    select(Webinar.id)
    .join(WebinarSeries, WebinarSeries.webinar_id == Webinar.id)
    .where(WebinarSeries.series_id.in_(bindparam(Scope.SERIES, expanding=True)), _in_passes),
    select(Webinar.id)
    .join(WebinarPresenter, WebinarPresenter.webinar_id == Webinar.id)
    .where(
        WebinarPresenter.presenter_id.in_(bindparam(Scope.PRESENTER, expanding=True)), _in_passes
    ),
    select(Webinar.id).where(bindparam(Scope.EVERYTHING, type_=Boolean), _in_passes),
)


def _part(
    part: Part, query: Select[int], order: Sequence[SQLColumnExpression[Any]]
) -> Select[*tuple[Any, ...]]:
    """Return a part of the list: its webinars, numbered in order, and how many there are in all."""
    numbered = query.add_columns(
        literal(part.value).label("part"),
        func.row_number().over(order_by=order).label("number"),
        func.count().over().label("total"),
    )
    return numbered.order_by(*order)


def held(sort: Sort, narrowed: Sequence[ColumnElement[bool]] = ()) -> Select[*tuple[Any, ...]]:
    """Return the part of what a person has access to, without what fails the conditions `narrowed`."""
    query = select(Webinar.id).where(
        Webinar.state != WebinarState.DRAFT, Webinar.id.in_(_COVERED), *narrowed
    )
    return _part(Part.HELD, query, _ORDERS[sort]).limit(PAGE_SIZE).offset(bindparam("offset"))


_begun = (
    select(Recording.webinar_id.label("id"))
    .join(WatchRecord, WatchRecord.recording_id == Recording.id)
    .where(
        WatchRecord.login_id.in_(whose),
        or_(WatchRecord.position_s > 0, WatchRecord.watched_s > 0),
        Recording.is_current,
    )
    .group_by(Recording.webinar_id)
)
_BEGUN: Final = _part(Part.BEGUN, _begun, [func.max(WatchRecord.updated_at).desc()])
_free = select(Webinar.id).where(
    Webinar.free, Webinar.state == WebinarState.ANNOUNCED, Webinar.id.not_in(_COVERED)
)
_FREE: Final = _part(Part.FREE, _free, _ORDERS[Sort.NEWEST])


def listing(*parts: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Return the statement for parts of the list: one row for each login that has watched, the latest last."""
    found = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return (
        select(
            found.c.part,
            found.c.total,
            Webinar.id,
            Webinar.slug,
            Webinar.title,
            Webinar.held_at,
            Webinar.zone,
            Webinar.minutes,
            presenter_names.label("presenters"),
            Recording.id.label("version_id"),
            Recording.public_id.label("version_public_id"),
            Recording.run,
            Recording.seconds,
            Recording.has_video,
            WatchRecord.position_s,
            WatchRecord.buckets,
            WatchRecord.updated_at,
        )
        .join_from(found, Webinar, Webinar.id == found.c.id)
        .outerjoin(
            Recording,
            and_(
                Recording.webinar_id == Webinar.id, Recording.is_current, Recording.run.is_not(None)
            ),
        )
        .outerjoin(
            WatchRecord,
            and_(WatchRecord.recording_id == Recording.id, WatchRecord.login_id.in_(whose)),
        )
        .order_by(found.c.part, found.c.number, WatchRecord.updated_at)
    )


# Built once: building it takes longer than running it.
WHOLE: Final = {
    sort: listing(held(sort), _BEGUN.limit(BEGUN_LOOKED_AT), _FREE.limit(MOST_FREE))
    for sort in Sort
}
