"""The home page's read model: what to continue watching and what is new."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Float, Select, cast, func, literal, or_, select

from lms.access.merged_logins import logins_of_kept
from lms.models.catalog import Webinar, WebinarState
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording

BEGUN, NEW = 3, 4
# Of the started webinars, this many are checked for those that can still be watched.
LOOKED_AT: Final = 12
MOST_NEW: Final = 8

Chosen = Select[Any, Any, Any]


def begun_by(login_id: BindParameter[int]) -> Chosen:
    """Select the webinars that a person has started, with their rank, the latest first."""
    latest = func.max(WatchRecord.updated_at)
    return (
        select(
            Recording.webinar_id.label("id"),
            literal(BEGUN).label("part"),
            cast(func.row_number().over(order_by=latest.desc()), Float).label("rank"),
        )
        .join_from(WatchRecord, Recording, Recording.id == WatchRecord.recording_id)
        .where(
            WatchRecord.login_id.in_(logins_of_kept(login_id)),
            or_(WatchRecord.position_s > 0, WatchRecord.watched_s > 0),
            Recording.is_current,
        )
        .group_by(Recording.webinar_id)
        .order_by(latest.desc())
        .limit(LOOKED_AT)
    )


def new_since(at: BindParameter[datetime]) -> tuple[Chosen, Chosen]:
    """Select the webinars that were announced, and those that got a recording, after a time."""
    is_shown = Webinar.state == WebinarState.ANNOUNCED
    announced = (
        select(Webinar.id, literal(NEW).label("part"), literal(0.0).label("rank"))
        .where(is_shown, Webinar.announced_at > at)
        .order_by(Webinar.announced_at.desc())
        .limit(MOST_NEW)
    )
    recorded = (
        select(Webinar.id, literal(NEW).label("part"), literal(0.0).label("rank"))
        .join_from(Recording, Webinar, Webinar.id == Recording.webinar_id)
        .where(
            is_shown,
            Recording.is_current,
            Recording.run.is_not(None),
            Recording.created_at > at,
        )
        .order_by(Recording.created_at.desc())
        .limit(MOST_NEW)
    )
    return announced, recorded
