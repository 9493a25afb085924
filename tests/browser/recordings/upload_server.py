"""A server for uploads that can be killed at any time; used by tests and a benchmark."""

import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from lms.core.runtime import Carrel
from tests.browser.conftest import FILES, ROOT

START_S = 180
MIB = 1 << 20
MARK = 4096


@dataclass(slots=True)
class House:
    """`carrel serve`, which can be killed at any time and started again."""

    port: int
    environ: Mapping[str, str]
    carrel: Carrel
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    killed: int = field(default=0)

    def start(self) -> None:
        command = [
            sys.executable,
            str(ROOT / "wsgi.py"),
            "serve",
            "--bind",
            f"127.0.0.1:{self.port}",
        ]
        with self.log.open("ab") as said:
            self.process = subprocess.Popen(
                command,
                env={
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                    "PYTHONPATH": str(ROOT),
                    **self.environ,
                },
                stdout=said,
                stderr=said,
            )
        ends = time.monotonic() + START_S
        while time.monotonic() < ends:
            asked = HTTPConnection("127.0.0.1", self.port, timeout=60)
            with suppress(OSError, HTTPException), closing(asked):
                asked.request("GET", "/healthz")
                if asked.getresponse().status == 200:
                    return
            time.sleep(0.2)
        raise TimeoutError(self.log.read_text()[-2000:])

    def kill(self) -> None:
        """Kill all its processes at once, as in a crash, without cleanup."""
        assert self.process is not None
        pids = [*_children(self.process.pid), self.process.pid]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.killed += 1


def _children(pid: int) -> list[int]:
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:  # it has ended in the meantime
        return []
    found = [int(one) for one in told.split()]
    return [each for one in found for each in (*_children(one), one)]


def long_film(path: Path, size: int) -> None:
    """Write a recording that plays, enlarged by a box that players skip.

    Each MiB of the box starts differently, so swapped parts are noticed; the rest is a hole, which
    uses no disk space and is sent as zeros.
    """
    film = (FILES / "getting-the-most.mp4").read_bytes()
    with path.open("wb") as file:
        file.write(film + struct.pack(">I4sQ", 1, b"free", size - len(film)))
        for at in range(file.tell(), size, MIB):
            file.seek(at)
            file.write(os.urandom(min(MARK, size - at)))
        file.truncate(size)


def share(page: Page) -> Any:
    return page.evaluate("(document.querySelector('.upload-line progress') || {value: 1}).value")


def until_share(page: Page, wanted: float, *, within_s: float = 300) -> None:
    ends = time.monotonic() + within_s
    while share(page) < wanted:
        assert time.monotonic() < ends, f"stuck at {share(page)}"
        page.wait_for_timeout(100)
