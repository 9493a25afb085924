"""Attachments of a request, such as purchase orders: checked, stored, for staff only."""

import tempfile
from pathlib import Path
from typing import Final

from lms.core.errors import N_, Invalid
from lms.core.model_base import new_public_id
from lms.requests.requests import KeptFile
from media.documents.document_check import UnusableDocument, check_document
from media.files.file_types import DocumentKind
from media.images.uploaded_pictures import UnusablePicture, clean_picture, picture_type
from media.storage.object_keys import own_name, safe_name
from media.storage.storage_protocol import Storage

LARGEST_BYTES: Final = 10 * 1024 * 1024
LARGEST_PX: Final = 3000
LONGEST_NAME: Final = 120
TOO_LARGE = N_("This file is larger than 10 MB. Send a smaller one, or only its first pages.")
NOT_TAKEN = N_("Send a PDF or a picture (JPEG, PNG or WebP).")


def keep_file(storage: Storage, data: bytes, name: str, scratch: Path) -> KeptFile:
    """Check a PDF or picture and store it; call it outside any transaction.

    A picture is written anew, without what its camera wrote into it; a PDF loses what acts by itself. Raises Invalid (field `file`).
    """
    shown = own_name(name)[-LONGEST_NAME:] or "file"
    if len(data) > LARGEST_BYTES:
        raise _refused(TOO_LARGE)
    if b"%PDF-" in data[:1024]:
        data = _cleaned(data, scratch)
        stem, kind = shown.removesuffix(".pdf"), "application/pdf"
        shown = f"{stem}.pdf"
    else:
        data = _picture(data)
        kind = picture_type(data)
        shown = f"{shown.rpartition('.')[0] or shown}.{kind.partition('/')[2]}"
    key = f"requests/{new_public_id()}/{safe_name(shown)}"
    storage.put_bytes(key, data, kind)
    return KeptFile(key, shown)


def _cleaned(data: bytes, scratch: Path) -> bytes:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / "sent.pdf"
        path.write_bytes(data)
        try:
            document = check_document(path, Path(folder) / "clean.pdf")
        except UnusableDocument as error:
            raise _refused(error.sentence) from error
        if document.kind is not DocumentKind.PDF:
            raise _refused(NOT_TAKEN)
        return document.path.read_bytes()


def _picture(data: bytes) -> bytes:
    try:
        return clean_picture(data, LARGEST_PX)
    except UnusablePicture as error:
        raise _refused(NOT_TAKEN) from error


def _refused(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"file": sentence})
