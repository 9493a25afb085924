"""The file response of a handout: the original, or a copy stamped with the person's name."""

import shutil
import tempfile
import threading
from pathlib import Path
from typing import Final

import structlog
from flask import Response, send_file
from flask_babel import format_date
from flask_babel import gettext as _

from lms.core.clock import now
from lms.core.errors import N_, NotFound, Unavailable
from lms.playback.watch_page import HandoutFile
from lms.web.core.request_context import carrel
from lms.web.core.stored_file_responses import send_stored
from media.documents.pdf_stamp import SECONDS, NotStamped, stamp
from media.storage.storage_protocol import Missing

# Each stamping runs a process with up to 2 GB; running more than there are cores gains nothing.
AT_ONCE: Final = threading.BoundedSemaphore(2)
BUSY: Final = N_("Many people are downloading right now. Try again in a minute.")

log = structlog.get_logger()


def send_handout(handout: HandoutFile, *, name: str) -> Response:
    """Return a handout as a download; a stamped one has the name and the date on each page.

    Raises NotFound if the file is missing, Unavailable if too many copies are being made.
    """
    if not (handout.is_stamped and name):
        return send_stored(handout.key, handout.media_type, download_name=handout.name)
    if not AT_ONCE.acquire(timeout=SECONDS):
        raise Unavailable(BUSY)
    try:
        folder = Path(tempfile.mkdtemp(dir=carrel().settings.scratch, prefix="stamp-"))
        try:
            return _stamped(handout, name, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        AT_ONCE.release()


def _stamped(handout: HandoutFile, name: str, folder: Path) -> Response:
    storage = carrel().storage
    source, made = storage.local_path(handout.key), folder / "stamped.pdf"
    try:
        if source is None or not source.is_file():
            source = folder / "handout.pdf"
            storage.fetch(handout.key, source)
        day = format_date(now(), "long")
        stamp(source, made, _("Copy of %(name)s, %(day)s", name=name, day=day))
    except Missing:
        raise NotFound from None
    except NotStamped:
        raise Unavailable(BUSY) from None
    # An open file survives its deletion: the folder is deleted before the answer has been sent.
    answer = send_file(
        made.open("rb"),
        mimetype=handout.media_type,
        as_attachment=True,
        download_name=handout.name,
        conditional=False,
    )
    answer.content_length = made.stat().st_size
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    log.info("handout_stamped", handout=handout.key.split("/")[1])
    return answer
