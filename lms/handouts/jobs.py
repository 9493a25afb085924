"""Jobs of handouts: reading their pages, and matching the pages with slides of the recording."""

from typing import Final

from lms.handouts.handouts import READ
from lms.handouts.page_extraction_job import (
    READ_ALL,
    READ_ALL_SCHEDULE,
    read_all,
    read_handout,
    reading_ended,
)
from lms.handouts.slide_matching_job import match_pages
from lms.jobs.queue import JobKind
from lms.recordings.handout_page_times import MATCH

JOBS: Final = (
    JobKind(READ, read_handout, ended=reading_ended),
    JobKind(READ_ALL, read_all),
    JobKind(MATCH, match_pages),
)
SCHEDULES: Final = (READ_ALL_SCHEDULE,)
