"""Handouts: PDFs that go with a webinar, checked before they are kept."""

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.db import new_public_id
from lms.errors import N_, Invalid, NotFound
from lms.models.catalogue import Handout, Webinar
from media.documents import UnusableDocument, check_pdf, first_page
from media.keys import safe_name
from media.storage import Storage

PREVIEW_WIDTH = 640
LARGEST_BYTES = 200 * 1024 * 1024
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class KeptHandout:
    """A document that was checked and stored, not yet part of any webinar."""

    handout_id: str
    title: str
    name: str
    key: str
    preview_key: str
    size_bytes: int
    sha256: str
    pages: int


def keep_handout(storage: Storage, path: Path, name: str, scratch: Path) -> KeptHandout:
    """Check a PDF, picture its first page and store both; call it outside any transaction.

    Raises Invalid with the sentence of what is wrong with the document.
    """
    shown = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not shown.lower().endswith(".pdf") or not shown.isprintable():
        raise Invalid(N_("A handout is a PDF. Save the slides as PDF and choose that file."))
    if path.stat().st_size > LARGEST_BYTES:
        raise Invalid(N_("This PDF is larger than 200 MB. Save it with smaller pictures."))
    handout_id = new_public_id()
    key = f"handouts/{handout_id}/{safe_name(shown)}"
    preview_key = f"handouts/{handout_id}/page-1.jpg"
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        picture = Path(folder) / "page-1.jpg"
        try:
            document = check_pdf(path)
            first_page(path, picture, PREVIEW_WIDTH)
        except UnusableDocument as error:
            raise Invalid(error.sentence) from error
        storage.put_file(preview_key, picture, "image/jpeg")
    storage.put_file(key, path, "application/pdf")
    stem = shown[: -len(".pdf")][:LONGEST_NAME]
    return KeptHandout(
        handout_id=handout_id,
        title=(document.title or stem.replace("_", " ").replace("-", " "))[:LONGEST_NAME],
        name=f"{stem}.pdf",
        key=key,
        preview_key=preview_key,
        size_bytes=path.stat().st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        pages=document.pages,
    )


def attach(
    session: Session, *, slug: str, kept: KeptHandout, actor: str | None, now: datetime
) -> Handout:
    """Add a checked document to a webinar, after those it has; raises NotFound."""
    webinar_id = session.scalar(select(Webinar.id).where(Webinar.slug == slug))
    if webinar_id is None:
        raise NotFound(N_("There is no webinar with that name."))
    last = session.scalar(
        select(func.max(Handout.position)).where(Handout.webinar_id == webinar_id)
    )
    handout = Handout(
        public_id=kept.handout_id,
        webinar_id=webinar_id,
        position=(last or 0) + 1,
        title=kept.title,
        name=kept.name,
        key=kept.key,
        preview_key=kept.preview_key,
        size_bytes=kept.size_bytes,
        sha256=kept.sha256,
        pages=kept.pages,
        created_at=now,
    )
    session.add(handout)
    session.flush()
    audit.record(session, "handout.added", handout.public_id, actor=actor, now=now)
    return handout


def remove(
    session: Session, handout_id: str, *, actor: str | None, now: datetime
) -> tuple[str, str]:
    """Take a handout off its webinar; answers the two keys whose files may then be deleted.

    Raises NotFound.
    """
    handout = session.scalar(select(Handout).where(Handout.public_id == handout_id))
    if handout is None:
        raise NotFound
    session.delete(handout)
    session.flush()
    audit.record(session, "handout.removed", handout_id, actor=actor, now=now)
    return handout.key, handout.preview_key
