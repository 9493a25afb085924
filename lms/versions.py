"""The versions of a recording: which one plays, and those that staff delete for good.

What people watched belongs to a version and is never forgotten: a deleted one keeps its row.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, delete, literal, select
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from lms import audit, jobs
from lms.errors import N_, Conflict, NotFound
from lms.models.catalogue import Caption, Recording, RecordingState
from lms.models.upkeep import Lane
from lms.models.viewing import WatchRecord
from lms.progress import BUCKET_S

DROP: Final = "recording.drop"
LAST_VIEWER_GONE: Final = timedelta(hours=25)  # a playback session lives for 24 hours


def make_current(
    session: Session, recording_id: str, *, actor: str | None, now: datetime
) -> Recording:
    """Let this version play from now on; raises NotFound, and Conflict for one that can't be played."""
    wanted = _find(session, recording_id)
    if wanted.run is None:
        raise Conflict(N_("This version can't be played. Prepare it again first."))
    if not wanted.is_current:
        take_over(session, wanted)
        audit.record(session, "recording.made_current", recording_id, actor=actor, now=now)
    return wanted


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


def remove(session: Session, recording_id: str, *, actor: str | None, now: datetime) -> Recording:
    """Delete a version that doesn't play; its files go when nobody can be watching them any more.

    Raises NotFound, and Conflict for the one that plays or is being prepared.
    """
    version = _find(session, recording_id)
    if version.is_current and version.run is not None:
        raise Conflict(N_("This version plays. Let another one play first, then delete this one."))
    if version.state in (RecordingState.WAITING, RecordingState.PROCESSING):
        raise Conflict(N_("This version is being prepared. Cancel that first, then delete it."))
    drop = jobs.enqueue(
        session,
        kind=DROP,
        lane=Lane.MEDIA,
        subject=recording_id,
        payload={"key": version.original_key},
        now=now,
        unique_key=f"{DROP}:{recording_id}",
    )
    drop.run_at = now + LAST_VIEWER_GONE
    session.execute(delete(Caption).where(Caption.recording_id == version.id))
    version.is_current = False
    version.run = None
    version.state = RecordingState.CANCELLED
    version.original_key = ""
    version.poster_key = None
    version.removed_at = now
    session.flush()
    audit.record(session, "recording.removed", recording_id, actor=actor, now=now)
    return version


def _carry_on(session: Session, former: Recording, wanted: Recording) -> None:
    """Give who watched the former version a record of the other, where they have none yet.

    Of the same length it is taken for the same film: all that was seen counts. Else only the place
    is kept, since what stood at ten minutes may stand elsewhere now.
    """
    seconds = wanted.seconds or 0.0
    is_same = abs(seconds - (former.seconds or 0.0)) < BUCKET_S
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = insert_on_sqlite if on_sqlite else insert_on_postgresql
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
    session.execute(insert(WatchRecord).from_select(columns, carried).on_conflict_do_nothing())


def _find(session: Session, recording_id: str) -> Recording:
    version = session.scalar(
        select(Recording).where(Recording.public_id == recording_id, Recording.removed_at.is_(None))
    )
    if version is None:
        raise NotFound
    return version
