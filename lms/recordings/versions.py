"""Versions of a recording: which one is current, and deleted ones.

A deleted version can be restored for 30 days; then its files are deleted. Watch records belong to a
version and are never deleted, so its row stays.
"""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, or_not_found
from lms.models.catalog import Webinar
from lms.models.recordings import Caption, FormerCaption, Recording, RecordingState
from lms.recordings import captions, handout_page_times, slides
from lms.recordings.version_switch import take_over


def make_current(
    session: Session, recording_id: str, *, actor: str | None, now: datetime
) -> Recording:
    """Make this version current; raises NotFound, and Conflict if it can't be played."""
    wanted = _find(session, recording_id)
    if wanted.run is None:
        raise Conflict(N_("This version can't be played. Process it again first."))
    if not wanted.is_current:
        take_over(session, wanted)
        captions.index(session, wanted.webinar_id)
        slides.index(session, wanted.webinar_id)
        handout_page_times.have_matched(session, recording_id, now=now)
        audit.record(session, "recording.made_current", recording_id, actor=actor, now=now)
    return wanted


def remove(session: Session, recording_id: str, *, actor: str | None, now: datetime) -> Recording:
    """Delete a version other than the current playable one; it can be restored until its files are deleted.

    People watching it now can finish. Raises NotFound, and Conflict if it is the current playable
    version or is being processed.
    """
    version = _find(session, recording_id)
    if version.is_current and version.run is not None:
        raise Conflict(
            N_(
                "This is the current version. Make another version current first, then delete this one."
            )
        )
    if version.state in (RecordingState.WAITING, RecordingState.PROCESSING):
        raise Conflict(N_("This version is being processed. Cancel that first, then delete it."))
    version.is_current = False
    version.removed_at = now
    session.flush()
    audit.record(session, "recording.removed", recording_id, actor=actor, now=now)
    return version


def put_back(session: Session, recording_id: str, *, actor: str | None, now: datetime) -> Recording:
    """Restore a deleted version; if it can be played and no other version is current, it becomes current.

    Raises NotFound, and Conflict after its files were deleted.
    """
    query = select(Recording).where(Recording.public_id == recording_id)
    version = or_not_found(session.scalar(query))
    if version.removed_at is None:
        return version
    if not version.original_key:
        raise Conflict(N_("The files of this version were deleted. Upload the recording again."))
    version.removed_at = None
    others = select(Recording.id).where(
        Recording.webinar_id == version.webinar_id, Recording.is_current
    )
    if version.run is not None and session.scalar(others) is None:
        version.is_current = True
    session.flush()
    captions.index(session, version.webinar_id)
    slides.index(session, version.webinar_id)
    audit.record(session, "recording.put_back", recording_id, actor=actor, now=now)
    return version


def removed_by(session: Session, moment: datetime) -> tuple[tuple[str, str], ...]:
    """Return the versions deleted by then that still have files: public ID and original's key."""
    rows = session.execute(
        select(Recording.public_id, Recording.original_key).where(
            Recording.removed_at <= moment, Recording.original_key != ""
        )
    )
    return tuple((row.public_id, row.original_key) for row in rows)


def chosen_posters(session: Session, recording_id: str) -> frozenset[str]:
    """Return the pictures among a version's files that are its webinar's chosen poster."""
    chosen = select(Webinar.poster_key).where(
        Webinar.poster_key.startswith(f"renditions/{recording_id}/")
    )
    return frozenset(key for key in session.scalars(chosen) if key is not None)


def forget_files(session: Session, recording_id: str) -> None:
    """Record that the files of a deleted version, including captions, were deleted."""
    version = session.scalars(select(Recording).where(Recording.public_id == recording_id)).one()
    session.execute(delete(Caption).where(Caption.recording_id == version.id))
    session.execute(delete(FormerCaption).where(FormerCaption.recording_id == version.id))
    version.run = None
    version.state = RecordingState.CANCELED
    version.original_key = ""
    session.flush()


def _find(session: Session, recording_id: str) -> Recording:
    version = session.scalar(
        select(Recording).where(Recording.public_id == recording_id, Recording.removed_at.is_(None))
    )
    return or_not_found(version)
