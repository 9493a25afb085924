"""Captions for a recording of a test, uploaded as staff do."""

from sqlalchemy import select

from lms.core.database import Database
from lms.models.recordings import Recording
from lms.recordings.captions import attach, keep_captions
from media.storage.storage_protocol import Storage
from tests.clock import NOW


def vtt_of(*lines: str, every: float = 10.0) -> bytes:
    """Return WebVTT with a line every given number of seconds."""
    blocks = [
        f"{int(at // 3600):02d}:{int(at // 60 % 60):02d}:{at % 60:06.3f} --> "
        f"{int(at // 3600):02d}:{int(at // 60 % 60):02d}:{at % 60 + 0.9:06.3f}\n{line}"
        for at, line in ((number * every, line) for number, line in enumerate(lines))
    ]
    return ("WEBVTT\n\n" + "\n\n".join(blocks) + "\n").encode()


def caption(
    database: Database,
    storage: Storage,
    recording_id: int,
    data: bytes,
    *,
    language: str = "en",
) -> str:
    """Publish captions of a recording; return their public ID."""
    with database.read_session() as session:
        found = session.scalars(select(Recording).where(Recording.id == recording_id)).one()
        public_id = found.public_id
    kept = keep_captions(storage, recording_id=public_id, language=language, data=data)
    with database.transaction() as session:
        attach(session, kept, actor=None, now=NOW)
    return kept.caption_id
