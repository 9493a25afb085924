"""Watch progress of the people in an organization's seats."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from lms.models.accounts import Login
from lms.models.catalog import WebinarPresenter, WebinarSeries
from lms.models.certificates import Certificate
from lms.models.grants import Scope
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.recordings import Recording
from lms.models.seats import Assignment, Pool

COMPLETED_FROM: Final = 0.9  # of a recording (PRODUCT.md, Certificates)


def records_of(of: ColumnElement[bool]) -> Subquery:
    """Return what people with certain assignments watched of what their pools cover.

    Counts all logins of one person, whichever has the seat. What they watch after leaving the seat
    is private, so only what they had watched by then counts.
    """
    holder, merged = aliased(Login), aliased(Login)
    kept_id = func.coalesce(holder.merged_into, holder.id)
    watched = (
        select(
            Assignment.id.label("assignment_id"),
            Recording.webinar_id,
            _seen_in_the_seat().label("watched_s"),
            Recording.seconds,
        )
        .select_from(Assignment)
        .join(Pool, Pool.id == Assignment.pool_id)
        .join(holder, holder.id == Assignment.login_id)
    )
    by_kept = watched.join(WatchRecord, WatchRecord.login_id == kept_id)
    # "> 0" lets the database find the few merged logins by their index.
    by_merged = watched.join(
        merged, and_(merged.merged_into == kept_id, merged.merged_into > 0)
    ).join(WatchRecord, WatchRecord.login_id == merged.id)
    return union_all(
        *(
            each.join(Recording, Recording.id == WatchRecord.recording_id).where(
                of, WatchRecord.watched_s > 0, covers(Recording)
            )
            for each in (by_kept, by_merged)
        )
    ).subquery()


def _seen_in_the_seat() -> ColumnElement[int]:
    by_then = (
        select(func.coalesce(func.max(PlaybackSession.reached_s), 0))
        .where(
            PlaybackSession.login_id == WatchRecord.login_id,
            PlaybackSession.recording_id == WatchRecord.recording_id,
            PlaybackSession.opened_at <= Assignment.ended_at,
        )
        .correlate(WatchRecord, Assignment)
        .scalar_subquery()
    )
    is_whole = or_(Assignment.ended_at.is_(None), WatchRecord.updated_at <= Assignment.ended_at)
    return case((is_whole, WatchRecord.watched_s), else_=by_then)


def read_shares(session: Session, assignment_ids: Sequence[int]) -> dict[int, tuple[float, ...]]:
    """Return the share each assignment's person watched of each webinar of its pool, 0 to 1.

    The best-watched version of a webinar counts, over all logins of one person.
    """
    if not assignment_ids:
        return {}
    each = records_of(Assignment.id.in_(assignment_ids))
    rows = session.execute(
        select(each.c.assignment_id, func.max(each.c.watched_s / each.c.seconds))
        .where(each.c.seconds.is_not(None))
        .group_by(each.c.assignment_id, each.c.webinar_id)
    )
    shares: dict[int, list[float]] = defaultdict(list)
    for assignment_id, share in rows:
        shares[assignment_id].append(min(1.0, share))
    return {assignment_id: tuple(found) for assignment_id, found in shares.items()}


def covers(recording: type[Recording] | type[Certificate]) -> ColumnElement[bool]:
    """Return the condition that a pool's scope covers the webinar of a recording or certificate."""
    by_presenter = exists().where(
        WebinarPresenter.webinar_id == recording.webinar_id,
        WebinarPresenter.presenter_id == Pool.presenter_id,
    )
    in_series = exists().where(
        WebinarSeries.webinar_id == recording.webinar_id,
        WebinarSeries.series_id == Pool.series_id,
    )
    return or_(
        Pool.scope == Scope.EVERYTHING,
        recording.webinar_id == Pool.webinar_id,
        and_(Pool.scope == Scope.PRESENTER, by_presenter.correlate_except(WebinarPresenter)),
        and_(Pool.scope == Scope.SERIES, in_series.correlate_except(WebinarSeries)),
    )
