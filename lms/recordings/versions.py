"""Versions of a recording: which one plays, and those that staff remove.

A deleted one can be put back for 30 days; then its files go. What people watched belongs to a
version and is never forgotten: its row stays.
"""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, NotFound
from lms.models.catalog import Webinar
from lms.models.recordings import Caption, FormerCaption, Recording, RecordingState
from lms.recordings import captions, handout_page_times, slides
from lms.recordings.version_switch import take_over


def make_current(
    session: Session, recording_id: str, *, actor: str | None, now: datetime
) -> Recording:
    """Let this version play from now on; raises NotFound, and Conflict for one that can't be played."""
    wanted = _find(session, recording_id)
    if wanted.run is None:
        raise Conflict(N_("This version can't be played. Prepare it again first."))
    if not wanted.is_current:
        take_over(session, wanted)
        captions.index(session, wanted.webinar_id)
        slides.index(session, wanted.webinar_id)
        handout_page_times.have_matched(session, recording_id, now=now)
        audit.record(session, "recording.made_current", recording_id, actor=actor, now=now)
    return wanted


def remove(session: Session, recording_id: str, *, actor: str | None, now: datetime) -> Recording:
    """Delete a version that doesn't play; it can be put back until its files go.

    Who watches it at this moment sees it through. Raises NotFound, and Conflict for the one that
    plays or is being prepared.
    """
    version = _find(session, recording_id)
    if version.is_current and version.run is not None:
        raise Conflict(N_("This version plays. Let another one play first, then delete this one."))
    if version.state in (RecordingState.WAITING, RecordingState.PROCESSING):
        raise Conflict(N_("This version is being prepared. Cancel that first, then delete it."))
    version.is_current = False
    version.removed_at = now
    session.flush()
    audit.record(session, "recording.removed", recording_id, actor=actor, now=now)
    return version


def put_back(session: Session, recording_id: str, *, actor: str | None, now: datetime) -> Recording:
    """Undo a deletion: the version stands among the others, and plays if no other one does.

    Raises NotFound, and Conflict once its files are gone.
    """
    version = session.scalar(select(Recording).where(Recording.public_id == recording_id))
    if version is None:
        raise NotFound
    if version.removed_at is None:
        return version
    if not version.original_key:
        raise Conflict(N_("The files of this version are gone by now. Upload it anew."))
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
    """Return the versions that were deleted by then and still have files: outside id, original."""
    rows = session.execute(
        select(Recording.public_id, Recording.original_key).where(
            Recording.removed_at <= moment, Recording.original_key != ""
        )
    )
    return tuple((row.public_id, row.original_key) for row in rows)


def chosen_posters(session: Session, recording_id: str) -> frozenset[str]:
    """Return the pictures among a version's files that stand for its webinar, whatever plays."""
    chosen = select(Webinar.poster_key).where(
        Webinar.poster_key.startswith(f"renditions/{recording_id}/")
    )
    return frozenset(key for key in session.scalars(chosen) if key is not None)


def forget_files(session: Session, recording_id: str) -> None:
    """Note that the files of a deleted version are gone, captions too."""
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
    if version is None:
        raise NotFound
    return version
