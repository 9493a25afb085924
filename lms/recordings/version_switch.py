"""The version switch: moves playback and progress to a new recording version."""

from sqlalchemy import case, literal, select
from sqlalchemy.orm import Session

from lms.core.database import insert_into
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.playback.progress_bitmap import BUCKET_S


def take_over(session: Session, wanted: Recording) -> None:
    """Make a version current, with everyone's playback position carried over."""
    former = session.scalar(
        select(Recording).where(Recording.webinar_id == wanted.webinar_id, Recording.is_current)
    )
    if former is not None:
        former.is_current = False
        session.flush()
    wanted.is_current = True
    session.flush()
    if former is not None and former.seconds and wanted.seconds:
        _carry_on(session, former, wanted)


def _carry_on(session: Session, former: Recording, wanted: Recording) -> None:
    """Copy the watch records of the former version, for people without a record of the new one.

    If both have the same length, they count as the same film, with all progress. Otherwise only the
    position is copied, since the content may be at other times now.
    """
    seconds = wanted.seconds or 0.0
    is_same = abs(seconds - (former.seconds or 0.0)) < BUCKET_S
    place = case((WatchRecord.position_s < seconds, WatchRecord.position_s), else_=0.0)
    carried = select(
        WatchRecord.login_id,
        literal(wanted.id),
        WatchRecord.buckets if is_same else literal(b""),
        WatchRecord.watched_s if is_same else literal(0),
        place,
        WatchRecord.earned_until,
        WatchRecord.updated_at,
    ).where(WatchRecord.recording_id == former.id)
    columns = (
        "login_id",
        "recording_id",
        "buckets",
        "watched_s",
        "position_s",
        "earned_until",
        "updated_at",
    )
    put = insert_into(session, WatchRecord).from_select(columns, carried)
    session.execute(put.on_conflict_do_nothing())
