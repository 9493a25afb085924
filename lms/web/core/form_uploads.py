"""Form uploads: recordings, pictures and files sent with a form, checked before storing."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from flask import request

from lms.core.attached_files import LARGEST_BYTES, KeptFile, keep_file, keep_pdf
from lms.core.errors import N_, Invalid, Unavailable
from lms.web.core.request_context import carrel
from media.images.uploaded_pictures import UnusablePicture, clean_picture

PIECE: Final = 1 << 20
ROOM_LEFT_BYTES: Final = 512 * 1024 * 1024
# the attributes of a field for a PDF or a picture
PAPERS: Final = {"accept": "application/pdf,image/jpeg,image/png,image/webp"}
PICTURE_BYTES: Final = 20 * 1024 * 1024


@contextmanager
def received() -> Iterator[tuple[Path, str]]:
    """Receive one file, sent as a form part or as the whole body with an X-File-Name header.

    Yields the path of a temporary file, deleted on exit, and its original name. Raises Invalid if the
    file is missing or incomplete, Unavailable if the disk lacks space.
    """
    scratch = carrel().settings.scratch
    wanted = request.content_length
    if wanted is None:
        raise Invalid(N_("We couldn't read the size of the file. Upload it again from this page."))
    # Twice its size: receiving it and processing it both need a copy on disk.
    if shutil.disk_usage(scratch).free < 2 * wanted + ROOM_LEFT_BYTES:
        raise Unavailable(N_("There isn't enough space on the server for this file."))
    with tempfile.TemporaryDirectory(dir=scratch, prefix="upload-") as folder:
        path = Path(folder) / "received"
        if request.mimetype == "multipart/form-data":
            part = request.files.get("file")
            if part is None or not part.filename:
                raise Invalid(N_("Choose a file."))
            part.save(path)
            yield path, part.filename
            return
        name = unquote(request.headers.get("X-File-Name", "")).replace("\x00", "")
        with path.open("wb") as file:
            shutil.copyfileobj(request.stream, file, PIECE)
        if path.stat().st_size != wanted:
            raise Invalid(N_("The upload was interrupted. Upload the file again."))
        yield path, name


def has_file() -> bool:
    """Return whether the form included a file."""
    part = request.files.get("file")
    return part is not None and bool(part.filename)


@contextmanager
def sent_file(folder: str, *, is_pdf: bool = False) -> Iterator[KeptFile | None]:
    """Yield the form's file, checked and stored, or None. Enter it outside any transaction.

    The file is deleted again if the block fails, so the block should contain only the transaction that
    records it. Raises Invalid (field `file`).
    """
    part = request.files.get("file")
    if part is None or not part.filename:
        yield None
        return
    with part.stream:
        # one byte more, to detect a file that is too large
        data = part.stream.read(LARGEST_BYTES + 1)
    storage, scratch = carrel().storage, carrel().settings.scratch
    keep = keep_pdf if is_pdf else keep_file
    kept = keep(storage, data, part.filename, scratch, folder=folder)
    try:
        yield kept
    except Exception:
        storage.delete(kept.key)
        raise


def sent_picture(name: str, largest_px: int) -> bytes:
    """Return the form's picture, re-encoded; raises Invalid with the reason."""
    part = request.files.get(name)
    if part is None or not part.filename:
        raise Invalid(N_("Choose an image."))
    # one byte more, to detect a picture that is too large
    data = part.stream.read(PICTURE_BYTES + 1)
    if len(data) > PICTURE_BYTES:
        raise Invalid(N_("This image is larger than 20 MB. Choose a smaller one."))
    try:
        return clean_picture(data, largest_px)
    except UnusablePicture as error:
        raise Invalid(error.sentence) from error
