"""Stored PDFs: rendered once from a document's snapshot after its commit, with a SHA-256.

A job renders it, and so does the first person who opens the PDF earlier: both normally make the
same bytes, and the first one is stored. The email waits for it (MONEY.md, M3).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.branding import find_logo
from lms.core.errors import or_not_found
from lms.core.pdf_documents import PICTURES, Size, print_pdf
from lms.core.runtime import Carrel
from lms.documents import mails
from lms.documents.payment_links import payment_links
from lms.documents.printed import printed_document
from lms.documents.snapshots import Snapshot, unpack
from lms.jobs import queue
from lms.models.documents import Document
from lms.models.jobs import Lane

FINISH: Final = "documents.finish"
PDF: Final = "application/pdf"
SIZES: Final[Mapping[str, Size]] = MappingProxyType({"letter": Size.LETTER, "a4": Size.A4})


def order_pdf(session: Session, document_id: str, *, is_mailed: bool, now: datetime) -> None:
    """Queue rendering the PDF of a document, by its public ID, and emailing it if wanted."""
    queue.enqueue(
        session,
        kind=FINISH,
        lane=Lane.PROMPT,
        subject=document_id,
        payload={"is_mailed": is_mailed},
        now=now,
        # before other jobs, because an email waits for it
        priority=0,
    )


def finish(carrel: Carrel, document_id: str, *, is_mailed: bool, now: datetime) -> None:
    """Render and store the PDF of a document unless that is done, and send its email once.

    Raises NotFound.
    """
    ensure_pdf(carrel, document_id)
    if not is_mailed:
        return
    with carrel.database.transaction() as session:
        mails.send_issued(
            session, _find(session, document_id), where=payment_links(carrel.settings), now=now
        )


def ensure_pdf(carrel: Carrel, document_id: str) -> str:
    """Return the storage key of a document's PDF, rendering it if necessary."""
    with carrel.database.read_session() as session:
        document = _find(session, document_id)
        logo = find_logo(session)
    if document.pdf_key is not None:
        return document.pdf_key
    drawn = render_pdf(
        unpack(document.snapshot),
        logo=logo.picture if logo else None,
        logo_type=logo.content_type if logo else None,
        at=document.issued_at,
    )
    digest = hashlib.sha256(drawn).hexdigest()
    # a concurrent rendering, possibly with a newer logo, has a different key
    key = f"documents/{document_id}/{digest[:16]}.pdf"
    carrel.storage.put_bytes(key, drawn, PDF)
    with carrel.database.transaction() as session:
        session.execute(
            update(Document)
            .where(Document.public_id == document_id, Document.pdf_key.is_(None))
            .values(pdf_key=key, pdf_sha256=digest)
        )
        kept = _find(session, document_id).pdf_key or key
    if kept != key:
        carrel.storage.delete(key)
    return kept


def _find(session: Session, document_id: str) -> Document:
    return or_not_found(session.scalar(select(Document).where(Document.public_id == document_id)))


def render_pdf(
    snapshot: Snapshot, *, logo: bytes | None, logo_type: str | None, at: datetime
) -> bytes:
    """Return a document as a tagged PDF (PDF/UA-1); the same arguments give the same bytes.

    `at` is its date of issue. Without a usable logo, the seller's name is printed instead.
    """
    printed = printed_document(snapshot)
    ending = PICTURES.get(logo_type or "")
    pictures = {f"logo.{ending}": logo} if logo is not None and ending else {}
    return print_pdf(
        "documents/document.typ",
        {
            "name": printed.name,
            "document": asdict(printed),
            "logo": next(iter(pictures), ""),
        },
        size=SIZES[snapshot.paper],
        at=at,
        pictures=pictures,
    )
