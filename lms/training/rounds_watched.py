"""Rounds watched: what a person watched again since a round of repeating training began.

What a person watched once stays watched, so a later round asks for as much time in the player again as
the webinar takes at the fastest speed, or for attending it live again.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.models.live import Attendance
from lms.models.playback import PlaybackSession
from lms.models.recordings import Recording
from lms.playback.progress_bitmap import FASTEST


def shares_since(
    session: Session, login_id: int, webinar_ids: Collection[int], since: datetime
) -> dict[int, float]:
    """Return the share of each webinar (row id) that a person had time to watch since then, up to 1.

    Webinars they didn't open are left out.
    """
    logins = logins_of(login_id)
    played = session.execute(
        select(
            Recording.webinar_id,
            Recording.seconds,
            PlaybackSession.opened_at,
            PlaybackSession.beat_at,
        )
        .join_from(PlaybackSession, Recording, Recording.id == PlaybackSession.recording_id)
        .where(
            PlaybackSession.login_id.in_(logins),
            PlaybackSession.opened_at >= since,
            PlaybackSession.is_preview.is_(False),
            Recording.webinar_id.in_(webinar_ids),
        )
    )
    shares: defaultdict[int, float] = defaultdict(float)
    for webinar_id, seconds, opened_at, beat_at in played:
        took = (beat_at - opened_at) / timedelta(seconds=1)
        shares[webinar_id] += FASTEST * took / seconds if seconds else 0.0
    attended = session.scalars(
        select(Attendance.webinar_id).where(
            Attendance.login_id.in_(logins),
            Attendance.webinar_id.in_(webinar_ids),
            Attendance.noted_at >= since,
        )
    )
    shares.update(dict.fromkeys(attended, 1.0))
    return {webinar_id: min(1.0, share) for webinar_id, share in shares.items()}
