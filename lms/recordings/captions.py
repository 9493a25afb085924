"""Caption tracks of a recording version: attach, show, remove, and restore them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from babel import Locale, UnknownLocaleError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Invalid, or_not_found
from lms.core.model_base import copied, new_public_id
from lms.models.recordings import Caption, FormerCaption, Recording
from lms.models.search import Passage, PassageKind
from lms.recordings.recordings import find
from lms.search import passages
from media.captions.caption_file_parser import BadCaptions, Fault, read_cues
from media.captions.cues_and_writers import Cue, read_written, spoken, write_vtt
from media.storage.storage_protocol import Storage

VTT: Final = "text/vtt; charset=utf-8"
LONGEST_LABEL: Final = 80
AT_ONCE: Final = 500
PAST_THE_END_S: Final = 2.0


class BadCaptionFile(Invalid):
    """A caption file with faults; `faults` names each with its line (0: the whole file)."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__(faults[0].sentence)


@dataclass(frozen=True, slots=True)
class KeptCaptions:
    """Checked and stored captions, not yet shown with the recording."""

    caption_id: str
    recording_id: str
    language: str
    label: str
    key: str
    text: str
    cues: int
    last_s: float


def keep_captions(
    storage: Storage, *, recording_id: str, language: str, data: bytes, label: str = ""
) -> KeptCaptions:
    """Check captions and store them as clean WebVTT; call it outside any transaction.

    `language` is a BCP 47 tag such as `en` or `pt-BR`; its own name is the default label. Raises
    Invalid, and BadCaptionFile, which names the faulty lines.
    """
    locale = read_locale(language)
    try:
        cues = read_cues(data)
    except BadCaptions as error:
        raise BadCaptionFile(error.faults) from error
    caption_id, text = new_public_id(), write_vtt(cues)
    key = new_key(recording_id, caption_id)
    storage.put_bytes(key, text.encode(), VTT)
    name = locale.get_display_name() or language  # in the language itself
    return KeptCaptions(
        caption_id=caption_id,
        recording_id=recording_id,
        language=str(locale).replace("_", "-"),
        label=label.strip()[:LONGEST_LABEL] or name[:1].upper() + name[1:],
        key=key,
        text=text,
        cues=len(cues),
        last_s=max(cue.starts for cue in cues),
    )


def new_key(recording_id: str, caption_id: str) -> str:
    """Return the key for the next file of a track; files are never overwritten."""
    return f"renditions/{recording_id}/captions/{caption_id}-{new_public_id()[:8]}.vtt"


def read_locale(tag: str) -> Locale:
    """Return the language of a BCP 47 tag; raises Invalid."""
    try:
        return Locale.parse(tag.strip(), sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise Invalid(N_("Enter a language code, such as en or es."), field="language") from error


def attach(session: Session, kept: KeptCaptions, *, actor: str | None, now: datetime) -> None:
    """Show captions with their recording, replacing those in the same language.

    The first track of a recording is its default. The replaced captions can be restored. Raises
    NotFound.
    """
    new = Caption(
        public_id=kept.caption_id,
        recording_id=find(session, kept.recording_id).id,
        language=kept.language,
        label=kept.label,
        key=kept.key,
        shown=kept.text,
        created_at=now,
    )
    _add(session, new, now)
    audit.record(session, "captions.added", kept.caption_id, actor=actor, now=now)


def remove(session: Session, caption_id: str, *, actor: str | None, now: datetime) -> None:
    """Remove captions from their recording; they can be restored until their file is deleted.

    Raises NotFound.
    """
    _put_away(session, find_caption(session, caption_id), now)
    audit.record(session, "captions.removed", caption_id, actor=actor, now=now)


def put_back(session: Session, caption_id: str, *, actor: str | None, now: datetime) -> None:
    """Restore removed captions; those that replaced them are removed instead. Raises NotFound."""
    query = select(FormerCaption).where(FormerCaption.public_id == caption_id)
    former = or_not_found(session.scalar(query))
    again = Caption(
        public_id=former.public_id,
        recording_id=former.recording_id,
        language=former.language,
        label=former.label,
        key=former.key,
        shown=former.shown,
        draft=former.draft,
        created_at=former.created_at,
    )
    session.delete(former)
    _add(session, again, now)
    audit.record(session, "captions.put_back", caption_id, actor=actor, now=now)


def removed_by(session: Session, at: datetime) -> tuple[tuple[str, str | None], ...]:
    """Return the captions removed by then: public ID and key of the file."""
    rows = session.execute(
        select(FormerCaption.public_id, FormerCaption.key).where(FormerCaption.removed_at <= at)
    )
    return tuple((row.public_id, row.key) for row in rows)


def forget(session: Session, caption_id: str) -> None:
    """Delete captions whose file was deleted."""
    session.execute(delete(FormerCaption).where(FormerCaption.public_id == caption_id))


def _add(session: Session, caption: Caption, now: datetime) -> None:
    """Add a track in place of the one in its language; a shown one is the default if there is no other."""
    recording_id = caption.recording_id
    former = session.scalar(
        select(Caption).where(
            Caption.recording_id == recording_id, Caption.language == caption.language
        )
    )
    was_default = former is not None and former.is_default
    if former is not None:
        _put_away(session, former, now)
    is_shown = caption.key is not None
    caption.is_default = was_default or (is_shown and not _has_default(session, recording_id))
    session.add(caption)
    index(session, session.get_one(Recording, recording_id).webinar_id)


def _put_away(session: Session, caption: Caption, now: datetime) -> None:
    passages.drop(session, caption.public_id)
    session.delete(caption)
    session.add(copied(FormerCaption, caption, removed_at=now))
    session.flush()


def make_default(session: Session, caption_id: str, *, actor: str | None, now: datetime) -> None:
    """Show this track to viewers who have not chosen one; raises NotFound."""
    caption = find_caption(session, caption_id)
    others = (
        update(Caption)
        .where(Caption.recording_id == caption.recording_id)
        .execution_options(synchronize_session="auto")
    )
    session.execute(others.values(is_default=False))
    caption.is_default = True
    session.flush()
    audit.record(session, "captions.made_default", caption_id, actor=actor, now=now)


def find_caption(session: Session, caption_id: str) -> Caption:
    """Return a track by its public ID; raises NotFound."""
    return or_not_found(session.scalar(select(Caption).where(Caption.public_id == caption_id)))


def unread(session: Session) -> tuple[tuple[str, str], ...]:
    """Return the tracks whose text was never read from their file: public ID and key."""
    asked = select(Caption.public_id, Caption.key).where(
        Caption.key.is_not(None), Caption.shown.is_(None)
    )
    rows = session.execute(asked.order_by(Caption.id).limit(AT_ONCE))
    return tuple((row.public_id, row.key or "") for row in rows)


def take_in(session: Session, caption_id: str, key: str, text: str) -> None:
    """Save and index the text of a track's file, if the file is still shown."""
    caption = session.scalar(
        select(Caption).where(Caption.public_id == caption_id, Caption.key == key)
    )
    if caption is not None:
        caption.shown = text
        recording = session.get_one(Recording, caption.recording_id)
        index(session, recording.webinar_id)


def index(session: Session, webinar_id: int) -> None:
    """Update the search index with the captions that a webinar's viewers see."""
    session.flush()
    rows = session.execute(
        select(Caption.public_id, Caption.language, Caption.shown)
        .join(Recording, Recording.id == Caption.recording_id)
        .where(Recording.webinar_id == webinar_id, Recording.is_current, Caption.key.is_not(None))
    ).all()
    known = session.scalars(
        select(Passage.source)
        .where(*passages.of_webinar(webinar_id), Passage.kind == PassageKind.TRANSCRIPT)
        .distinct()
    ).all()
    for gone in {*known} - {row.public_id for row in rows}:
        passages.drop(session, gone)
    for row in rows:
        if row.shown is not None:
            source = passages.Source(
                webinar_id, PassageKind.TRANSCRIPT, row.public_id, row.language
            )
            passages.keep(session, source, passages.pieces_of(_lines(read_written(row.shown))))


def _lines(cues: tuple[Cue, ...]) -> Iterator[tuple[float, str]]:
    return zip((cue.starts for cue in cues), spoken(cues), strict=True)


def _has_default(session: Session, recording_id: int) -> bool:
    asked = select(Caption.id).where(Caption.recording_id == recording_id, Caption.is_default)
    return session.scalar(asked) is not None
