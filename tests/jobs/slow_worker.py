"""A real worker process with one kind of job that runs until a file appears; started by tests.

The handler writes `begun <pid>` and `done <pid>` lines to the diary under DATA_DIR.
"""

import os
import signal
import sys
import time
from datetime import timedelta

from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.jobs import leases
from lms.jobs.queue import JobRun, Stopped, Work
from lms.models.jobs import Lane
from lms.worker import worker

GO, DIARY = "go", "diary"


def slowly(carrel: Carrel, run: JobRun) -> None:
    place = carrel.settings.data_dir
    with (place / DIARY).open("a") as diary:
        diary.write(f"begun {os.getpid()}\n")
        diary.flush()
        while not (place / GO).exists():
            run.report(0.5, "waiting")
            if run.canceled():
                raise Stopped
            time.sleep(0.05)
        with run.transaction(carrel.database):
            pass  # fails if the job was taken over
        diary.write(f"done {os.getpid()}\n")


def deaf(carrel: Carrel, run: JobRun) -> None:
    (carrel.settings.data_dir / DIARY).write_text("begun")
    time.sleep(600)


def hurry() -> None:
    """Shorten the lease to three seconds and the time for a handler to stop to one."""
    leases.LEASE = timedelta(seconds=3)
    worker.GRACE_S = 1.0


def main() -> None:
    hurry()
    work = Work(handlers={"slow": slowly, "deaf": deaf})
    made = worker.Worker(open_carrel(Settings.from_env()), work, tuple(Lane))
    signal.signal(signal.SIGTERM, lambda *_: made.stop())
    sys.exit(0 if made.run() else 1)


if __name__ == "__main__":
    main()
