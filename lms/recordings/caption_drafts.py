"""Caption drafts: save corrections as often as needed, then publish them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, Invalid
from lms.core.model_base import copied
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.recordings import Caption, Recording
from lms.recordings.captions import VTT, find_caption, index, new_key
from lms.search import passages
from media.captions.caption_file_parser import MOST_CUES
from media.captions.cues_and_writers import Cue, clean_line, clean_settings, write_vtt
from media.storage.storage_protocol import Storage

LONGEST_S: Final = 7 * 24 * 3600
NO_TIMES: Final = N_("A caption has no start or end time. Enter times like 1:02.5.")
ENDS_FIRST: Final = N_("A caption ends before it starts. Correct its times.")
NOTHING: Final = N_("There's nothing to publish. Every caption is empty.")


@dataclass(frozen=True, slots=True)
class Work:
    """A track being edited; `text` is None if its file has to be read.

    `editor` saved it last; empty if it was never saved.
    """

    caption_id: str
    recording_id: str
    webinar_id: int
    slug: str
    title: str
    seconds: float | None
    language: str
    label: str
    key: str | None
    text: str | None
    has_draft: bool
    version: int
    editor: str
    edited_at: datetime | None


class SavedElsewhere(Conflict):
    """Another person has saved these captions since they were read."""

    code = "saved_elsewhere"


def read_work(session: Session, caption_id: str) -> Work:
    """Return a track for editing; raises NotFound."""
    caption = find_caption(session, caption_id)
    recording, webinar = session.execute(
        select(Recording, Webinar)
        .join(Webinar, Webinar.id == Recording.webinar_id)
        .where(Recording.id == caption.recording_id)
    ).one()
    editor = session.scalar(select(Login.name).where(Login.public_id == (caption.edited_by or "")))
    return copied(
        Work,
        caption,
        caption_id=caption.public_id,
        recording_id=recording.public_id,
        webinar_id=webinar.id,
        slug=webinar.slug,
        title=webinar.title,
        seconds=recording.seconds,
        text=caption.draft if caption.draft is not None else caption.shown,
        has_draft=caption.draft is not None,
        editor=editor or "",
    )


def cues_from(rows: Sequence[tuple[float, float, str, str]]) -> tuple[Cue, ...]:
    """Return cues from an editor's rows: starts and ends in seconds, settings, text.

    They are sorted by start. Raises Invalid.
    """
    if len(rows) > MOST_CUES:
        raise Invalid(N_("There are more than 150,000 captions. Delete some, then save again."))
    for starts, ends, _, _ in rows:
        if not (0 <= starts <= LONGEST_S and 0 <= ends <= LONGEST_S):
            raise Invalid(NO_TIMES)
        if ends <= starts:
            raise Invalid(ENDS_FIRST)
    cues = [
        Cue(
            round(starts, 3),
            round(ends, 3),
            clean_settings(settings),
            tuple(line for line in map(clean_line, text.splitlines()) if line),
        )
        for starts, ends, settings, text in rows
    ]
    return tuple(sorted(cues, key=lambda cue: cue.starts))


def save(
    session: Session,
    caption_id: str,
    cues: Sequence[Cue],
    *,
    version: int,
    actor: str,
    now: datetime,
) -> int:
    """Save the edited cues as the draft and return its new version; `version` is the one that was read.

    Raises NotFound, and SavedElsewhere if there is another version by now.
    """
    changed = session.execute(
        update(Caption)
        .where(Caption.public_id == caption_id, Caption.version == version)
        .values(draft=write_vtt(cues), version=version + 1, edited_by=actor, edited_at=now)
        .returning(Caption.id)
        .execution_options(synchronize_session="auto")
    ).scalar_one_or_none()
    if changed is None:
        work = read_work(session, caption_id)
        raise SavedElsewhere(work.editor)
    return version + 1


def store_shown(storage: Storage, work: Work, cues: Sequence[Cue]) -> tuple[str, str]:
    """Store the captions for viewers, without empty ones; call it outside any transaction.

    Returns the key and the text. Raises Invalid if no captions are left.
    """
    spoken = [cue for cue in cues if cue.lines]
    if not spoken:
        raise Invalid(NOTHING)
    key, text = new_key(work.recording_id, work.caption_id), write_vtt(spoken)
    storage.put_bytes(key, text.encode(), VTT)
    return key, text


def publish(  # noqa: PLR0913  (the stored file and text, and the version they are from)
    session: Session,
    caption_id: str,
    key: str,
    text: str,
    *,
    version: int,
    actor: str,
    now: datetime,
) -> str | None:
    """Show the stored captions instead of the current ones; returns the key of the former file.

    Raises NotFound, and SavedElsewhere if the draft has changed.
    """
    caption = _locked(session, caption_id)
    if caption.version != version:
        raise SavedElsewhere(read_work(session, caption_id).editor)
    former, caption.key, caption.shown, caption.draft = caption.key, key, text, None
    session.flush()
    index(session, read_work(session, caption_id).webinar_id)
    audit.record(session, "captions.published", caption_id, actor=actor, now=now)
    return former


def unpublish(
    session: Session, caption_id: str, cues: Sequence[Cue], *, actor: str, now: datetime
) -> str | None:
    """Hide captions from viewers and keep them as a draft; returns the key of their file."""
    caption = _locked(session, caption_id)
    former = caption.key
    caption.draft = caption.draft if caption.draft is not None else write_vtt(cues)
    caption.key = caption.shown = None
    passages.drop(session, caption_id)
    audit.record(session, "captions.unpublished", caption_id, actor=actor, now=now)
    return former


def add_draft(
    session: Session,
    recording: Recording,
    language: str,
    label: str,
    cues: Sequence[Cue],
    now: datetime,
) -> str:
    """Add captions as a draft that viewers don't see; returns their public ID.

    Raises Conflict if the recording has captions in that language.
    """
    same = (Caption.recording_id == recording.id, Caption.language == language)
    if session.scalar(select(Caption.id).where(*same)) is not None:
        raise Conflict(N_("This language already has captions. Remove them first."))
    caption = Caption(
        recording_id=recording.id,
        language=language,
        label=label,
        draft=write_vtt(cues),
        created_at=now,
    )
    session.add(caption)
    session.flush()
    return caption.public_id


def _locked(session: Session, caption_id: str) -> Caption:
    """Return a track locked, after any save in progress; raises NotFound."""
    caption = find_caption(session, caption_id)
    session.refresh(caption, with_for_update=True)
    return caption
