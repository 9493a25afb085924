"""Lost seats: people who had an organization's seat for a webinar and can't watch it through that anymore."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Exists, SQLColumnExpression, and_, exists, or_
from sqlalchemy.orm import aliased

from lms.models.catalog import Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import Grant, Scope
from lms.models.seats import Assignment, AssignmentState, Pool

# Aliases, so that they don't clash with the tables of the enclosing statement.
_webinar, _presenter = aliased(Webinar), aliased(WebinarPresenter)
_series, _pool = aliased(WebinarSeries), aliased(Pool)
_held, _grant = aliased(Assignment), aliased(Grant)
_IN_PASSES: Final = exists().where(_webinar.is_in_passes)


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
    has = _seat(logins, organizations, webinar_id).where(_held.state == AssignmentState.CLAIMED)
    own = exists().where(
        _grant.login_id.in_(logins),
        _grant.revoked_at.is_(None),
        or_(_grant.ends_at.is_(None), _grant.ends_at > until),
        _covers(_grant, webinar_id),
    )
    is_free = exists().where(_webinar.id == webinar_id, _webinar.free)
    return and_(had, ~has, ~own, ~is_free)


def _seat(logins: Any, organizations: Any, webinar_id: Any) -> Exists:  # noqa: ANN401
    return exists().where(
        _held.login_id.in_(logins),
        _pool.id == _held.pool_id,
        _pool.organization_id.in_(organizations),
        _covers(_pool, webinar_id),
    )


def _covers(holder: Any, webinar_id: Any) -> ColumnElement[bool]:  # noqa: ANN401  (an alias)
    wide = or_(
        holder.scope == Scope.EVERYTHING,
        exists().where(
            _presenter.webinar_id == webinar_id, _presenter.presenter_id == holder.presenter_id
        ),
        exists().where(_series.webinar_id == webinar_id, _series.series_id == holder.series_id),
    )
    return or_(
        holder.webinar_id == webinar_id, and_(wide, _IN_PASSES.where(_webinar.id == webinar_id))
    )
