"""The rounds that the tool makes by itself."""

from datetime import timedelta
from typing import Final

from lms.clock import now
from lms.jobs import JobRun, Schedule
from lms.runtime import Carrel
from lti import frames

TIDY: Final = "lti.tidy"
SCHEDULES: Final = (Schedule(TIDY, timedelta(hours=1)),)
FORGETTING: Final = (frames.forget_old,)


def tidy(carrel: Carrel, run: JobRun) -> None:
    """Forget what is over and old."""
    for number, forget in enumerate(FORGETTING, start=1):
        with carrel.database.transaction() as session:
            forget(session, now=now())
        run.report(number / len(FORGETTING))
