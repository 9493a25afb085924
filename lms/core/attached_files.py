"""Attached files: a PDF or picture that a person uploaded, checked and stored."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lms.core.errors import N_, Invalid
from lms.core.model_base import new_public_id
from media.documents.document_check import UnusableDocument, check_document
from media.files.file_types import DocumentKind
from media.images.uploaded_pictures import UnusablePicture, clean_picture, picture_type
from media.storage.object_keys import own_name, safe_name
from media.storage.storage_protocol import Storage

LARGEST_BYTES: Final = 10 * 1024 * 1024
LARGEST_PX: Final = 3000
LONGEST_NAME: Final = 120
TOO_LARGE = N_("This file is larger than 10 MB. Upload a smaller one, or only its first pages.")
NOT_TAKEN = N_("Upload a PDF or an image (JPEG, PNG, or WebP).")
NO_PDF = N_("Choose a PDF file.")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that was checked and stored, such as a purchase order."""

    key: str
    name: str


def keep_file(storage: Storage, data: bytes, name: str, scratch: Path, *, folder: str) -> KeptFile:
    """Check a PDF or picture and store it in a folder; call it outside any transaction.

    A picture is re-encoded without its metadata; active content is removed from a PDF. Raises
    Invalid (field `file`).
    """
    if _is_pdf(data):
        return keep_pdf(storage, data, name, scratch, folder=folder)
    _check_size(data)
    picture = _picture(data)
    kind = picture_type(picture)
    shown = _shown(name)
    shown = f"{shown.rpartition('.')[0] or shown}.{kind.partition('/')[2]}"
    return _store(storage, picture, shown, kind, folder)


def keep_pdf(storage: Storage, data: bytes, name: str, scratch: Path, *, folder: str) -> KeptFile:
    """Check a PDF and store it in a folder, without active content; call it outside any transaction.

    Raises Invalid (field `file`).
    """
    _check_size(data)
    if not _is_pdf(data):
        raise Invalid(NO_PDF, field="file")
    cleaned = _cleaned(data, scratch)
    shown = f"{_shown(name).removesuffix('.pdf')}.pdf"
    return _store(storage, cleaned, shown, "application/pdf", folder)


def _is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]


def _check_size(data: bytes) -> None:
    if len(data) > LARGEST_BYTES:
        raise Invalid(TOO_LARGE, field="file")


def _shown(name: str) -> str:
    return own_name(name)[-LONGEST_NAME:] or "file"


def _store(storage: Storage, data: bytes, shown: str, kind: str, folder: str) -> KeptFile:
    key = f"{folder}/{new_public_id()}/{safe_name(shown)}"
    storage.put_bytes(key, data, kind)
    return KeptFile(key, shown)


def _cleaned(data: bytes, scratch: Path) -> bytes:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / "sent.pdf"
        path.write_bytes(data)
        try:
            document = check_document(path, Path(folder) / "clean.pdf")
        except UnusableDocument as error:
            raise Invalid(error.sentence, field="file") from error
        if document.kind is not DocumentKind.PDF:
            raise Invalid(NOT_TAKEN, field="file")
        return document.path.read_bytes()


def _picture(data: bytes) -> bytes:
    try:
        return clean_picture(data, LARGEST_PX)
    except UnusablePicture as error:
        raise Invalid(NOT_TAKEN, field="file") from error
