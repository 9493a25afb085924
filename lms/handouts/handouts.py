"""Handouts of a webinar: check and store documents, attach, remove, and restore them."""

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import new_public_id
from lms.jobs import queue as job_queue
from lms.models.catalog import Webinar
from lms.models.handouts import Handout
from lms.models.jobs import Lane
from lms.search import passages
from media.documents.document_check import Document, UnusableDocument, check_document, first_page
from media.files.file_types import MEDIA_TYPES, DocumentKind, ending_of
from media.storage.object_keys import own_name, safe_name
from media.storage.storage_protocol import Storage

PREVIEW_WIDTH = 640
LONGEST_NAME = 200
READ: Final = "handout.read"
KEPT_AFTER_REMOVAL: Final = timedelta(days=30)


class Stamp(StrEnum):
    """The stamp at the foot of each page of a handout's downloads."""

    NAME = "name"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class KeptHandout:
    """A checked and stored document that is not yet part of a webinar."""

    handout_id: str
    kind: DocumentKind
    title: str
    name: str
    key: str
    preview_key: str
    size_bytes: int
    sha256: str
    pages: int
    taken_out: tuple[str, ...]


def keep_handout(storage: Storage, path: Path, name: str, scratch: Path) -> KeptHandout:
    """Check a document, draw the first page of a PDF, and store both; not in a transaction.

    The kind is decided by the content, not by the name. Raises Invalid with a sentence that says what
    is wrong.
    """
    shown = own_name(name)
    handout_id = new_public_id()
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        try:
            document = check_document(path, Path(folder) / "clean")
            preview_key = _picture(storage, handout_id, document, Path(folder) / "page-1.jpg")
        except UnusableDocument as error:
            raise Invalid(error.sentence) from error
        kind = document.kind
        stem = shown.removesuffix(f".{shown.rpartition('.')[2]}") if ending_of(shown) else shown
        stem = (stem.strip() or kind.value)[:LONGEST_NAME]
        key = f"handouts/{handout_id}/{safe_name(f'{stem}.{kind}')}"
        storage.put_file(key, document.path, MEDIA_TYPES[kind])
        with document.path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return KeptHandout(
            handout_id=handout_id,
            kind=kind,
            title=(document.title or _words_of(stem) or stem)[:LONGEST_NAME],
            name=f"{stem}.{kind}",
            key=key,
            preview_key=preview_key,
            size_bytes=document.path.stat().st_size,
            sha256=sha256,
            pages=document.pages,
            taken_out=document.taken_out,
        )


def _words_of(stem: str) -> str:
    return " ".join(stem.replace("_", " ").replace("-", " ").split())


def _picture(storage: Storage, handout_id: str, document: Document, picture: Path) -> str:
    """Store the picture of a PDF's first page and return its key; empty for other kinds."""
    if document.kind is not DocumentKind.PDF:
        return ""
    first_page(document.path, picture, PREVIEW_WIDTH)
    key = f"handouts/{handout_id}/page-1.jpg"
    storage.put_file(key, picture, "image/jpeg")
    return key


def attach(
    session: Session, *, slug: str, kept: KeptHandout, actor: str | None, now: datetime
) -> None:
    """Add a checked document to a webinar, after its other handouts; raises NotFound."""
    query = select(Webinar.id).where(Webinar.slug == slug)
    webinar_id = or_not_found(session.scalar(query), N_("Webinar not found."))
    last = session.scalar(
        select(func.max(Handout.position)).where(Handout.webinar_id == webinar_id)
    )
    handout = Handout(
        public_id=kept.handout_id,
        webinar_id=webinar_id,
        position=(last or 0) + 1,
        kind=kept.kind,
        title=kept.title,
        name=kept.name,
        key=kept.key,
        preview_key=kept.preview_key,
        size_bytes=kept.size_bytes,
        sha256=kept.sha256,
        pages=kept.pages,
        taken_out=" ".join(kept.taken_out),
        created_at=now,
    )
    session.add(handout)
    session.flush()
    have_read(session, handout.public_id, now=now)
    audit.record(session, "handout.added", handout.public_id, actor=actor, now=now)


def have_read(session: Session, handout_id: str, *, now: datetime, drawn: int = 0) -> None:
    """Queue the job that draws its pages and extracts its text, from the page after `drawn` on; once."""
    job_queue.enqueue(
        session,
        kind=READ,
        lane=Lane.PROMPT,
        subject=handout_id,
        payload={},
        now=now,
        unique_key=f"{READ}:{handout_id}:{drawn}",
    )


def remove(session: Session, handout_id: str, *, actor: str | None, now: datetime) -> None:
    """Remove a handout from its webinar; it can be restored for 30 days. Raises NotFound."""
    handout = _find(session, handout_id)
    if handout.removed_at is not None:
        return
    handout.removed_at = now
    passages.drop(session, handout_id)
    audit.record(session, "handout.removed", handout_id, actor=actor, now=now)


def put_back(session: Session, handout_id: str, *, actor: str | None, now: datetime) -> None:
    """Restore a removed handout at its former position.

    Raises NotFound, also after its files were deleted, and Conflict when they are due for deletion.
    """
    handout = _find(session, handout_id)
    if handout.removed_at is None:
        return
    if handout.removed_at <= now - KEPT_AFTER_REMOVAL:
        raise Conflict(N_("This handout was removed too long ago to restore. Add its file again."))
    handout.removed_at = handout.read_at = None
    job_queue.enqueue(session, kind=READ, lane=Lane.PROMPT, subject=handout_id, payload={}, now=now)
    audit.record(session, "handout.put_back", handout_id, actor=actor, now=now)


def let_stamp(
    session: Session, handout_id: str, wanted: Stamp, *, actor: str | None, now: datetime
) -> None:
    """Set whether a PDF's downloads are stamped with the person's name. Raises NotFound, Conflict."""
    handout = _find(session, handout_id)
    if handout.kind is not DocumentKind.PDF:
        raise Conflict(N_("Only PDFs can be stamped. Save the handout as a PDF and add that."))
    if handout.is_stamped == (wanted is Stamp.NAME):
        return
    handout.is_stamped = wanted is Stamp.NAME
    session.flush()
    act = "handout.stamped" if handout.is_stamped else "handout.unstamped"
    audit.record(session, act, handout_id, actor=actor, now=now)


def removed_by(session: Session, at: datetime) -> tuple[str, ...]:
    """Return the handouts that were removed by then."""
    return tuple(session.scalars(select(Handout.public_id).where(Handout.removed_at <= at)))


def forget(session: Session, handout_id: str) -> None:
    """Delete a handout whose files were deleted."""
    session.execute(delete(Handout).where(Handout.public_id == handout_id))


def _find(session: Session, handout_id: str) -> Handout:
    return or_not_found(session.scalar(select(Handout).where(Handout.public_id == handout_id)))
