"""Jobs of handouts: reading their pages, and matching the pages with slides of the recording."""

from collections import ChainMap
from io import BytesIO
from typing import Final

from PIL import Image

from lms.core.errors import N_
from lms.core.runtime import Carrel
from lms.handouts.handouts import READ
from lms.handouts.page_extraction_job import (
    READ_ALL,
    READ_ALL_SCHEDULE,
    read_all,
    read_handout,
    reading_ended,
)
from lms.handouts.pages import small_key
from lms.jobs.queue import JobKind, JobRun, Stopped
from lms.recordings import handout_page_times
from lms.recordings.handout_page_times import MATCH, Leaf
from media.documents.slide_similarity import Page, are_enough, likest, page_of
from media.storage.storage_protocol import Missing

COMPARING: Final = N_("Comparing slides and pages")


def match_pages(carrel: Carrel, run: JobRun) -> None:
    """Compare every slide of a version with the pages, and save when each page first appears."""
    with carrel.database.read_session() as session:
        pair = handout_page_times.read_pair(session, run.subject)
    handouts = [_pages(carrel, leaves) for leaves in pair.handouts] if pair.slides else []
    seen: list[dict[int, float]] = [{} for _ in handouts]
    for done, slide in enumerate(pair.slides):
        if run.canceled():
            raise Stopped
        picture = _picture(carrel, slide.key) if handouts else None
        for pages, found in zip(handouts, seen, strict=True):
            place = None if picture is None else likest(picture, [page for _, page in pages])
            if place is not None:
                found.setdefault(pages[place][0].page_id, slide.starts_s)
        run.report(done / len(pair.slides), COMPARING)
    certain = [
        found
        for pages, found in zip(handouts, seen, strict=True)
        if are_enough(len(found), len(pages))
    ]
    with run.transaction(carrel.database) as session:
        handout_page_times.keep_found(session, run.subject, dict(ChainMap(*certain)))


def _pages(carrel: Carrel, leaves: tuple[Leaf, ...]) -> list[tuple[Leaf, Page]]:
    drawn = ((leaf, _picture(carrel, small_key(leaf.handout_id, leaf.number))) for leaf in leaves)
    return [(leaf, page_of(picture)) for leaf, picture in drawn if picture is not None]


def _picture(carrel: Carrel, key: str) -> Image.Image | None:
    """Return a picture that we made; None if it is missing."""
    try:
        with carrel.storage.open(key) as file:
            return Image.open(BytesIO(file.read())).convert("L")
    except Missing:
        return None


JOBS: Final = (
    JobKind(READ, read_handout, ended=reading_ended),
    JobKind(READ_ALL, read_all),
    JobKind(MATCH, match_pages),
)
SCHEDULES: Final = (READ_ALL_SCHEDULE,)
