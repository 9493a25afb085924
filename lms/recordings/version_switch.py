"""The version switch: moves playback and progress to a new recording version."""

from sqlalchemy import case, literal, select
from sqlalchemy.orm import Session

from lms.core.database import insert_into
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.playback.progress_bitmap import BUCKET_S


def take_over(session: Session, wanted: Recording) -> None:
    """Make a version the one that plays, and let everybody go on in it where they were."""
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
    """Give who watched the former version a record of the other, where they have none yet.

    Of the same length it is taken for the same film: all that was seen counts. Else only the place
    is kept, since what stood at ten minutes may stand elsewhere now.
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
