"""A real worker process that pauses while it stores an encode; started by tests.

When the third file of a run is stored, `stored` appears under DATA_DIR, and nothing more is stored
until `go` exists.
"""

import sys
import time
from datetime import timedelta
from pathlib import Path

from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.jobs import job_runner, leases
from lms.models.jobs import Lane
from lms.registry import LIBRARY
from lms.worker.worker import Worker
from tests.components import work_without_schedules

STORED, GO, FILES = "stored", "go", 3


def main() -> None:
    leases.LEASE = timedelta(seconds=3)
    job_runner.LOOK_S = 60.0  # as on a busy machine, it learns late that another worker has its job
    carrel = open_carrel(Settings.from_env())
    storage = type(carrel.storage)
    take, done = storage.take_file, []

    def take_some(self: object, key: str, path: Path, content_type: str) -> None:
        take(self, key, path, content_type)
        done.append(key)
        if len(done) == FILES:
            (carrel.settings.data_dir / STORED).touch()
            while not (carrel.settings.data_dir / GO).exists():
                time.sleep(0.05)

    storage.take_file = take_some  # type: ignore[method-assign]
    work = work_without_schedules(LIBRARY)
    sys.exit(0 if Worker(carrel, work, (Lane.MEDIA,)).run() else 1)


if __name__ == "__main__":
    main()
