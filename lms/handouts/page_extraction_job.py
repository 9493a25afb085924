"""The page extraction job: draws a handout's PDF pages and extracts its text.

It works in slices of some seconds and then queues behind other waiting jobs, so that a long document
doesn't delay them. Each slice continues where the last one stopped.
"""

import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.errors import N_
from lms.core.runtime import Carrel
from lms.handouts import handouts
from lms.handouts import pages as handout_pages
from lms.handouts.pages import Drawn, Unread, large_key, small_key
from lms.jobs.queue import Ended, GiveUp, JobRun, Schedule, Stopped
from lms.recordings import handout_page_times
from lms.recordings.encode_job import workshop
from media.documents.document_check import UnusableDocument
from media.documents.document_pages import draw_some, words_of_office, words_of_pages
from media.files.file_types import DocumentKind
from media.storage.storage_protocol import Missing

READ_ALL: Final = "handouts.read"
READ_ALL_SCHEDULE: Final = Schedule(READ_ALL, timedelta(hours=1))
SLICE_S: Final = 8.0
MOST_FAULTS: Final = 5
DRAWING: Final = N_("Creating page previews")
GONE: Final = N_("The file of this handout is missing from storage.")
JPEG: Final = "image/jpeg"


def read_handout(carrel: Carrel, run: JobRun) -> None:
    """Draw and read a handout; can be resumed after a kill at any point."""
    with run.transaction(carrel.database) as session:
        handout = handout_pages.find_unread(session, run.subject)
    if handout is None:
        return
    with workshop(carrel.settings.scratch / "handouts" / run.public_id) as folder:
        path = folder / "handout"
        try:
            carrel.storage.fetch(handout.key, path)
        except Missing as fault:
            raise GiveUp(GONE) from fault
        if not _draw(carrel, run, handout, path):
            return
        words = _words(handout, path)
    with run.transaction(carrel.database) as session:
        handout_pages.keep_words(session, run.subject, words, now=now())
        handout_page_times.have_handout_matched(session, run.subject, now=now())


def reading_ended(session: Session, ended: Ended) -> None:
    """Mark an unreadable handout as read: it can be downloaded anyway."""
    if handout_pages.find_unread(session, ended.subject) is not None:
        handout_pages.keep_words(session, ended.subject, {}, now=ended.at)


def read_all(carrel: Carrel, _run: JobRun) -> None:
    """Queue the reading of unread handouts, such as those added before pages were drawn."""
    with carrel.database.transaction() as session:
        for handout_id in handout_pages.all_unread(session):
            handouts.have_read(session, handout_id, now=now())


def _draw(carrel: Carrel, run: JobRun, handout: Unread, path: Path) -> bool:
    """Draw pages until all are done (True), or until this slice is over and the rest is queued."""
    ends, done, faults = time.monotonic() + SLICE_S, handout.drawn, 0
    while done < handout.pictured and faults < MOST_FAULTS:
        if run.canceled():
            raise Stopped
        drawn = _some(carrel, run.subject, path, done + 1, handout.pictured)
        faults += sum(page.width == 0 for page in drawn)
        done += len(drawn)
        is_over = time.monotonic() > ends and done < handout.pictured
        with run.transaction(carrel.database) as session:
            handout_pages.keep_drawn(session, handout, drawn)
            if is_over:
                handouts.have_read(session, run.subject, now=now(), drawn=done)
        if is_over:
            return False
        run.report(done / handout.pictured, DRAWING)
    return True


def _some(carrel: Carrel, handout_id: str, path: Path, first: int, last: int) -> tuple[Drawn, ...]:
    """Draw and store some pages; if the first can't be drawn, return it without a picture."""
    pages = draw_some(path, path.with_name("pages"), first, last)
    for page in pages:
        carrel.storage.put_file(large_key(handout_id, page.number), page.large, JPEG)
        carrel.storage.put_file(small_key(handout_id, page.number), page.small, JPEG)
        page.large.unlink()
        page.small.unlink()
    return tuple(Drawn(page.number, page.width, page.height) for page in pages) or (
        Drawn(first, 0, 0),
    )


def _words(handout: Unread, path: Path) -> dict[int, str]:
    """Return the text of each page or slide, by its number; empty if it can't be read."""
    try:
        said = words_of_pages(path) if handout.kind is DocumentKind.PDF else words_of_office(path)
    except UnusableDocument:
        return {}
    return {number: words for number, words in enumerate(said, start=1) if words}
