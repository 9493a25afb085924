"""What clears away the removed, done as the worker does it."""

from lms.clearing import CLEAR
from lms.clock import now
from lms.jobs import Work, enqueue
from lms.library import LIBRARY
from lms.models.jobs import JobState, Lane
from lms.runtime import Carrel
from lms.worker import see_through


def clear(carrel: Carrel) -> None:
    """Do the round that deletes for good what was removed thirty days ago."""
    with carrel.database.transaction() as session:
        job = enqueue(session, kind=CLEAR, lane=Lane.PROMPT, subject="", payload={}, now=now())
        job_id = job.public_id
    facts = see_through(carrel, Work(handlers=LIBRARY.job_handlers), job_id)
    assert facts.state is JobState.DONE
