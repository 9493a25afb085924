"""Caption tracks: WebVTT beside a version of a recording."""

from dataclasses import dataclass
from datetime import datetime

from babel import Locale, UnknownLocaleError
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.db import new_public_id
from lms.errors import N_, Invalid, NotFound
from lms.models.catalogue import Caption
from lms.recordings import find
from media.captions import BadCaptions, clean_captions
from media.storage import Storage

LARGEST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class KeptCaptions:
    """Captions that were checked and stored, not yet shown with the recording."""

    caption_id: str
    recording_id: str
    language: str
    label: str
    key: str


def keep_captions(
    storage: Storage, *, recording_id: str, language: str, data: bytes
) -> KeptCaptions:
    """Check captions, store them as clean WebVTT; call it outside any transaction.

    `language` is a BCP 47 tag such as `en` or `pt-BR`. Raises Invalid, naming the line at fault.
    """
    if len(data) > LARGEST_BYTES:
        raise Invalid(N_("These captions are larger than 8 MB; a whole day of speech is less."))
    locale = _locale(language)
    try:
        vtt = clean_captions(data)
    except BadCaptions as error:
        raise Invalid(str(error)) from error
    caption_id = new_public_id()
    key = f"renditions/{recording_id}/captions/{caption_id}.vtt"
    storage.put_bytes(key, vtt, "text/vtt; charset=utf-8")
    label = locale.get_display_name() or language  # in the language itself
    return KeptCaptions(
        caption_id, recording_id, str(locale).replace("_", "-"), label[:1].upper() + label[1:], key
    )


def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag.strip(), sep="-")
    except (UnknownLocaleError, ValueError) as error:
        sentence = N_("Give the language as a short tag, such as en or es.")
        raise Invalid(sentence, fields={"language": sentence}) from error


def attach(session: Session, kept: KeptCaptions, *, actor: str | None, now: datetime) -> str | None:
    """Show captions with their recording, in place of those it has in that language.

    Answers the key of the file they replace. Raises NotFound.
    """
    recording = find(session, kept.recording_id)
    former = session.scalar(
        select(Caption).where(
            Caption.recording_id == recording.id, Caption.language == kept.language
        )
    )
    if former is not None:
        session.delete(former)
        session.flush()
    session.add(
        Caption(
            public_id=kept.caption_id,
            recording_id=recording.id,
            language=kept.language,
            label=kept.label,
            key=kept.key,
            created_at=now,
        )
    )
    session.flush()
    audit.record(session, "captions.added", kept.caption_id, actor=actor, now=now)
    return former.key if former is not None else None


def remove(session: Session, caption_id: str, *, actor: str | None, now: datetime) -> str:
    """Take captions off their recording; answers the key whose file may then be deleted.

    Raises NotFound.
    """
    caption = session.scalar(select(Caption).where(Caption.public_id == caption_id))
    if caption is None:
        raise NotFound
    session.delete(caption)
    session.flush()
    audit.record(session, "captions.removed", caption_id, actor=actor, now=now)
    return caption.key
