"""Purging removed items as the worker does."""

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.housekeeping.removed_items_purge_job import CLEAR
from lms.jobs.queue import enqueue
from lms.models.jobs import JobState, Lane
from lms.registry import LIBRARY
from lms.worker.worker import see_through
from tests.components import work_without_schedules


def clear(carrel: Carrel) -> None:
    """Run the round that permanently deletes what was removed thirty days ago."""
    with carrel.database.transaction() as session:
        job = enqueue(session, kind=CLEAR, lane=Lane.PROMPT, subject="", payload={}, now=now())
        job_id = job.public_id
    facts = see_through(carrel, work_without_schedules(LIBRARY), job_id)
    assert facts.state is JobState.DONE
