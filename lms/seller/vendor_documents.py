"""Vendor documents: files for purchasing offices, such as a W-9, in versions with a last day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.attached_files import KeptFile
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.models.seller import (
    VendorDocument,
    VendorDocumentAudience,
    VendorDocumentKind,
    VendorDocumentVersion,
)

FOLDER: Final = "vendor-documents"  # folder in storage
WARNED_AHEAD: Final = timedelta(days=30)
LONGEST_TITLE: Final = 120
KIND_WORDS: Final = {
    VendorDocumentKind.W9: N_("W-9"),
    VendorDocumentKind.UEI: N_("UEI"),
    VendorDocumentKind.SOLE_SOURCE: N_("Sole-source letter"),
    VendorDocumentKind.INSURANCE: N_("Certificate of insurance"),
    VendorDocumentKind.BANK_LETTER: N_("Bank or ACH letter"),
    VendorDocumentKind.VENDOR_FORM: N_("Vendor form"),
    VendorDocumentKind.OTHER: N_("Other"),
}


@dataclass(frozen=True, slots=True)
class VendorDocumentDetails:
    """The details of a document; an empty title becomes the name of its kind."""

    kind: VendorDocumentKind
    title: str
    audience: VendorDocumentAudience
    valid_until: date | None  # the last day


@dataclass(frozen=True, slots=True)
class VendorDocumentFacts:
    """A document with its newest version."""

    id: str
    kind: VendorDocumentKind
    title: str
    audience: VendorDocumentAudience
    version: int
    file_key: str
    file_name: str
    valid_until: date | None
    added_at: datetime
    withdrawn_at: datetime | None

    def is_valid(self, on: date) -> bool:
        """Return whether it can be provided on a day."""
        is_over = self.valid_until is not None and self.valid_until < on
        return self.withdrawn_at is None and not is_over


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One file of a document."""

    number: int
    file_key: str
    file_name: str
    valid_until: date | None
    added_at: datetime


def add_vendor_document(
    session: Session,
    details: VendorDocumentDetails,
    file: KeptFile,
    *,
    actor: str | None,
    now: datetime,
) -> VendorDocumentFacts:
    """Add a document with its first file, which is already stored; raises Invalid."""
    document = VendorDocument(
        kind=details.kind, title=_title(details), audience=details.audience, created_at=now
    )
    session.add(document)
    session.flush()
    _add_version(session, document, 1, file, details.valid_until, now=now)
    audit.record(session, "vendor_document.added", document.public_id, actor=actor, now=now)
    session.flush()
    return read_vendor_document(session, document.public_id)


def change_vendor_document(
    session: Session,
    document_id: str,
    details: VendorDocumentDetails,
    file: KeptFile | None,
    *,
    actor: str | None,
    now: datetime,
) -> VendorDocumentFacts:
    """Change a document's details; a new file becomes its next version, and the former one stays.

    Raises NotFound, Invalid, and Conflict for a withdrawn document.
    """
    document, newest = _locked(session, document_id)
    document.kind, document.audience = details.kind, details.audience
    document.title = _title(details)
    if file is None:
        newest.valid_until = details.valid_until
        act = "vendor_document.changed"
    else:
        _add_version(session, document, newest.number + 1, file, details.valid_until, now=now)
        act = "vendor_document.replaced"
    audit.record(session, act, document_id, actor=actor, now=now)
    session.flush()
    return read_vendor_document(session, document_id)


def withdraw_vendor_document(
    session: Session, document_id: str, *, actor: str | None, now: datetime
) -> None:
    """Stop providing a document; raises NotFound, and Conflict the second time."""
    document, _newest = _locked(session, document_id)
    document.withdrawn_at = now
    audit.record(session, "vendor_document.withdrawn", document_id, actor=actor, now=now)
    session.flush()


def read_vendor_documents(session: Session) -> tuple[VendorDocumentFacts, ...]:
    """Return every document, those in use first, by kind and title."""
    rank = {kind: place for place, kind in enumerate(VendorDocumentKind)}
    found = _facts(session, _newest())
    return tuple(
        sorted(
            found, key=lambda one: (one.withdrawn_at is not None, rank[one.kind], one.title, one.id)
        )
    )


def read_vendor_document(session: Session, document_id: str) -> VendorDocumentFacts:
    """Return a document; raises NotFound."""
    found = _facts(session, _newest().where(VendorDocument.public_id == document_id))
    if not found:
        raise NotFound
    return found[0]


def read_file_versions(session: Session, document_id: str) -> tuple[FileVersion, ...]:
    """Return the files of a document, the newest first."""
    rows = session.scalars(
        select(VendorDocumentVersion)
        .join(VendorDocument, VendorDocument.id == VendorDocumentVersion.document_id)
        .where(VendorDocument.public_id == document_id)
        .order_by(VendorDocumentVersion.number.desc())
    )
    return tuple(
        FileVersion(row.number, row.file_key, row.file_name, row.valid_until, row.created_at)
        for row in rows
    )


def vendor_documents_for(
    session: Session, audience: VendorDocumentAudience, *, on: date
) -> tuple[VendorDocumentFacts, ...]:
    """Return the documents of an audience that are valid on a day, by kind and title."""
    return tuple(
        one
        for one in read_vendor_documents(session)
        if one.audience is audience and one.is_valid(on)
    )


def public_vendor_document(session: Session, document_id: str, *, on: date) -> VendorDocumentFacts:
    """Return a document that anyone may download on a day; raises NotFound."""
    found = read_vendor_document(session, document_id)
    if found.audience is not VendorDocumentAudience.PUBLIC or not found.is_valid(on):
        raise NotFound
    return found


def ending_vendor_documents(session: Session, *, on: date) -> tuple[VendorDocumentFacts, ...]:
    """Return the documents in use that have expired or expire within 30 days, the first end first."""
    ending = _newest().where(
        VendorDocument.withdrawn_at.is_(None),
        VendorDocumentVersion.valid_until <= on + WARNED_AHEAD,
    )
    return _facts(session, ending.order_by(VendorDocumentVersion.valid_until, VendorDocument.id))


def _title(details: VendorDocumentDetails) -> str:
    title = details.title.strip()
    if not title and details.kind is not VendorDocumentKind.OTHER:
        return KIND_WORDS[details.kind]
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise Invalid(N_("Enter a title of up to 120 characters."), field="title")
    return title


def _add_version(
    session: Session,
    document: VendorDocument,
    number: int,
    file: KeptFile,
    valid_until: date | None,
    *,
    now: datetime,
) -> None:
    session.add(
        VendorDocumentVersion(
            document_id=document.id,
            number=number,
            file_key=file.key,
            file_name=file.name,
            valid_until=valid_until,
            created_at=now,
        )
    )


def _newest() -> Select[VendorDocument, VendorDocumentVersion]:
    """Return the statement for documents with their newest versions."""
    last = (
        select(func.max(VendorDocumentVersion.number))
        .where(VendorDocumentVersion.document_id == VendorDocument.id)
        .correlate(VendorDocument)
        .scalar_subquery()
    )
    return (
        select(VendorDocument, VendorDocumentVersion)
        .join(VendorDocumentVersion, VendorDocumentVersion.document_id == VendorDocument.id)
        .where(VendorDocumentVersion.number == last)
    )


def _facts(
    session: Session, wanted: Select[VendorDocument, VendorDocumentVersion]
) -> tuple[VendorDocumentFacts, ...]:
    return tuple(
        VendorDocumentFacts(
            id=document.public_id,
            kind=document.kind,
            title=document.title,
            audience=document.audience,
            version=version.number,
            file_key=version.file_key,
            file_name=version.file_name,
            valid_until=version.valid_until,
            added_at=version.created_at,
            withdrawn_at=document.withdrawn_at,
        )
        for document, version in session.execute(wanted)
    )


def _locked(session: Session, document_id: str) -> tuple[VendorDocument, VendorDocumentVersion]:
    """Return a document, locked, and its newest version."""
    query = select(VendorDocument).where(VendorDocument.public_id == document_id).with_for_update()
    document = or_not_found(session.scalar(query))
    if document.withdrawn_at is not None:
        raise Conflict(N_("This document was withdrawn. Add it again to use it."))
    newest = session.scalars(
        select(VendorDocumentVersion)
        .where(VendorDocumentVersion.document_id == document.id)
        .order_by(VendorDocumentVersion.number.desc())
    ).first()
    assert newest is not None  # noqa: S101  (it is added with a version)
    return document, newest
