"""Organization progress: learners' share watched and completion date in LTI frames."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.models.accounts import Login
from lms.models.playback import PlaybackSession
from lms.models.recordings import Recording
from lms.seats.watch_progress import COMPLETED_FROM as COMPLETED_FROM


@dataclass(frozen=True, slots=True)
class Seen:
    """The share of a webinar that a person watched, 0 to 1, and when it was first enough to complete it."""

    share: float
    completed_at: datetime | None


_reached: Final = PlaybackSession.reached_s
_person: Final = func.coalesce(Login.merged_into, Login.id)


def seen_in_frames(
    session: Session,
    organization_id: int,
    login_ids: Collection[int],
    webinar_ids: Collection[int],
) -> Mapping[tuple[int, int], Seen]:
    """Return what these people had watched when they last played in a frame, by login and webinar.

    Only playback in this organization's frames counts; anything else is private. Logins are kept ones.
    Accurate to the minute.
    """
    if not login_ids or not webinar_ids:
        return {}
    enough = COMPLETED_FROM * Recording.seconds
    rows = session.execute(
        select(
            _person.label("person"),
            Recording.webinar_id,
            func.max(_reached / Recording.seconds).label("share"),
            func.min(case((_reached >= enough, PlaybackSession.beat_at))).label("completed_at"),
        )
        .select_from(PlaybackSession)
        .join(Login, Login.id == PlaybackSession.login_id)
        .join(Recording, Recording.id == PlaybackSession.recording_id)
        .where(
            _person.in_(sorted(login_ids)),
            Recording.webinar_id.in_(sorted(webinar_ids)),
            Recording.seconds > 0,
            _reached > 0,
            PlaybackSession.is_preview.is_(False),
            PlaybackSession.organization_id.in_(family_of(organization_id)),
        )
        .group_by(_person, Recording.webinar_id)
    )
    return {(row.person, row.webinar_id): _seen(row) for row in rows}


def _seen(row: Any) -> Seen:  # noqa: ANN401  (a row of the statement above)
    return Seen(min(1.0, float(row.share)), row.completed_at)
