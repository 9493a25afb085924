"""A real worker process that stops for good in the midst of storing an encode; started by tests.

The third file of a run is stored, `stored` appears under DATA_DIR, and nothing more is stored.
"""

import sys
import time
from datetime import timedelta
from pathlib import Path

from lms import leases
from lms.jobs import Work
from lms.library import LIBRARY
from lms.models.upkeep import Lane
from lms.runtime import open_carrel
from lms.settings import Settings
from lms.worker import Worker

STORED, FILES = "stored", 3


def main() -> None:
    leases.LEASE = timedelta(seconds=3)
    carrel = open_carrel(Settings.from_env())
    storage = type(carrel.storage)
    take, done = storage.take_file, []

    def take_some(self: object, key: str, path: Path, content_type: str) -> None:
        take(self, key, path, content_type)
        done.append(key)
        if len(done) == FILES:
            (carrel.settings.data_dir / STORED).touch()
            time.sleep(600)

    storage.take_file = take_some  # type: ignore[method-assign]
    work = Work(handlers=LIBRARY.job_handlers, endings=LIBRARY.job_endings)
    sys.exit(0 if Worker(carrel, work, (Lane.MEDIA,)).run() else 1)


if __name__ == "__main__":
    main()
