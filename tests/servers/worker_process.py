"""`carrel worker` as a separate process."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from tests.servers.process import running

ROOT: Final = Path(__file__).resolve().parents[2]
WORKER: Final = (ROOT / "wsgi.py", "worker")


def running_worker(
    environ: Mapping[str, str], *, command: Sequence[object] = WORKER, log: Path | None = None
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run a worker until the block ends; its log is in the data directory unless given.

    `command` replaces the worker's command line after `python`.
    """
    written = log or Path(environ["CARREL_DATA_DIR"], "log")
    written.parent.mkdir(exist_ok=True)
    written.touch()
    before = written.read_text().count("worker_started")
    return running(
        [sys.executable, *command],
        ready=lambda: written.read_text().count("worker_started") > before,
        log=written,
        environ={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
    )
