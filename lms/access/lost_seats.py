"""Missing seats for a webinar: who has none of an organization's, and who had one and lost it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, SQLColumnExpression, and_, exists, or_
from sqlalchemy.orm import aliased

from lms.models.catalog import Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import Grant, Scope
from lms.models.seats import Assignment, AssignmentState, Pool

# Aliases, so that they don't clash with the tables of the enclosing statement. Each subquery names what is its
# own: SQLAlchemy correlates the rest to the nearest statement alone, and would add tables from further out to its FROM clause.
_webinar, _presenter = aliased(Webinar), aliased(WebinarPresenter)
_series, _pool = aliased(WebinarSeries), aliased(Pool)
_held, _grant = aliased(Assignment), aliased(Grant)


def lost_seat(
    logins: Any,  # noqa: ANN401  (a subquery)
    organizations: Any,  # noqa: ANN401  (a subquery)
    webinar_id: int | SQLColumnExpression[Any],
    until: datetime | SQLColumnExpression[Any],
) -> ColumnElement[bool]:
    """Return the condition that a person, given by all their logins, lost their seat for a webinar.

    They had claimed a seat of one of these organizations, have none now, and no access of their own that
    lasts `until` then. Free webinars need no seat.
    """
    had = _seat(logins, organizations, webinar_id).where(_held.claimed_at.is_not(None))
    own = (
        exists()
        .where(
            _grant.login_id.in_(logins),
            _grant.revoked_at.is_(None),
            or_(_grant.ends_at.is_(None), _grant.ends_at > until),
            covers(_grant, webinar_id),
        )
        .correlate_except(_grant)
    )
    return and_(had, lacks_seat(logins, organizations, webinar_id), ~own)


def lacks_seat(
    logins: Any,  # noqa: ANN401  (a subquery)
    organizations: Any,  # noqa: ANN401  (a subquery)
    webinar_id: int | SQLColumnExpression[Any],
) -> ColumnElement[bool]:
    """Return the condition that a person, given by all their logins, has no seat for a webinar.

    Seats of these organizations count; free webinars need none.
    """
    has = _seat(logins, organizations, webinar_id).where(_held.state == AssignmentState.CLAIMED)
    is_free = exists().where(_webinar.id == webinar_id, _webinar.free).correlate_except(_webinar)
    return and_(~has, ~is_free)


def covers(holder: Any, webinar_id: Any) -> ColumnElement[bool]:  # noqa: ANN401  (a table or alias)
    """Return the condition that the scope of a pool or a grant includes a webinar."""
    by_presenter = exists().where(
        _presenter.webinar_id == webinar_id, _presenter.presenter_id == holder.presenter_id
    )
    in_series = exists().where(
        _series.webinar_id == webinar_id, _series.series_id == holder.series_id
    )
    wide = or_(
        holder.scope == Scope.EVERYTHING,
        by_presenter.correlate_except(_presenter),
        in_series.correlate_except(_series),
    )
    in_passes = exists().where(_webinar.id == webinar_id, _webinar.is_in_passes)
    return or_(holder.webinar_id == webinar_id, and_(wide, in_passes.correlate_except(_webinar)))


def _seat(logins: Any, organizations: Any, webinar_id: Any) -> Exists:  # noqa: ANN401
    return (
        exists()
        .where(
            _held.login_id.in_(logins),
            _pool.id == _held.pool_id,
            _pool.organization_id.in_(organizations),
            covers(_pool, webinar_id),
        )
        .correlate_except(_held, _pool)
    )
