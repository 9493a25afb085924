"""Jobs of recordings: encoding, deleting unused runs, and automatic captions."""

from typing import Final

from lms.jobs.queue import JobKind
from lms.recordings.auto_captions_job import HEAR, hear_recording
from lms.recordings.encode_job import SWEEP, encode_recording, encoding_ended, sweep_run
from lms.recordings.recordings import ENCODE

JOBS: Final = (
    JobKind(ENCODE, encode_recording, ended=encoding_ended),
    JobKind(SWEEP, sweep_run),
    JobKind(HEAR, hear_recording),
)
