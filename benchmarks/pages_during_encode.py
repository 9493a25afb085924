"""How long pages take while a recording is encoded on the same machine and two people watch.

Runs `carrel serve` with its worker, as an operator does. Pages are requested in turn, first with
nothing else running, then while the worker encodes ten minutes of 720p and two viewers read
recordings at playback speed. The bar is 300 ms for every page; the machine's load is printed,
because other load counts, too. Run: python -m benchmarks.pages_during_encode [--seconds 30]
"""

import argparse
import json
import os
import statistics
import subprocess  # noqa: TID251  (ffmpeg makes what is encoded)
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.delivery_servers import AGENT, RUN, VERSION, Server, answered
from benchmarks.slow_viewers import FILE, Crowd
from lms.core.clock import now
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.jobs import queue as job_queue
from lms.migrations import upgrade
from lms.models.jobs import JobState
from lms.recordings import recordings
from media.delivery.media_tokens import Ticket, fingerprint, network_of
from media.files.subprocesses import ffmpeg_path
from tests.factories import make_login, make_webinar
from tests.servers.process import free_port, running

ROOT: Final = Path(__file__).resolve().parents[1]
SLUG: Final = "an-evening"
PAGES: Final = ("/", "/webinars", f"/webinars/{SLUG}", "/webinars?q=evening", "/sign-in")
BAR_MS: Final = 300
VIEWERS: Final = 2
LASTS_S: Final = 600
START_S: Final = 60


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="how long pages are asked for")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="carrel-beside-") as name,
        installation(Path(name)) as made,
    ):
        carrel, server = made
        alone = ask(server.port, options.seconds)
        recording_id = begin_encode(carrel, Path(name))
        crowd = Crowd(server, VIEWERS, whole=False)
        crowd.come()
        reading = threading.Thread(target=crowd.watch)
        reading.start()
        beside = ask(server.port, options.seconds)
        held = crowd.held()
        crowd.leave()
        reading.join()
        if state(carrel, recording_id) is not JobState.RUNNING:
            raise AssertionError("the encode was over before the pages were asked for")
        carrel.database.dispose()
    slowest = max(figures["p95_ms"] for figures in beside.values())
    print(
        json.dumps(
            {
                "metric": "pages beside an encode",
                "slowest_p95_ms": slowest,
                "bar_ms": BAR_MS,
                "viewers_held": held,
                "beside": beside,
                "alone": alone,
                "load": [round(each, 1) for each in os.getloadavg()],
            }
        )
    )


@contextmanager
def installation(folder: Path) -> Iterator[tuple[Carrel, Server]]:
    """Run `carrel serve` with one recording that viewers read."""
    port = free_port()
    own = {
        "CARREL_DATA_DIR": str(folder / "installation"),
        "CARREL_BASE_URL": f"http://127.0.0.1:{port}",
        "CARREL_SECRET_KEY": "a key for benchmarks alone, " * 3,
    }
    carrel = open_carrel(Settings.from_env(own))
    upgrade(carrel.database)
    with carrel.database.transaction() as session:
        make_webinar(session, SLUG)
        make_login(session)  # `carrel serve` refuses a database without an account
    carrel.storage.put_bytes(f"{VERSION}/{RUN}/progressive.mp4", os.urandom(FILE), "video/mp4")
    ticket = Ticket(
        session="benchmark",
        prefix=VERSION,
        expires=4_000_000_000,
        cookie=fingerprint("a cookie"),
        agent=fingerprint(AGENT),
        network=network_of("127.0.0.1"),
    )
    command = [sys.executable, ROOT / "wsgi.py", "serve", "--bind", f"127.0.0.1:{port}"]
    environ = os.environ | own | {"PYTHONPATH": str(ROOT)}  # noqa: TID251  (for what is started)
    log = folder / "log"
    log.touch()
    with running(command, ready=lambda: is_up(port), log=log, environ=environ) as program:
        yield carrel, Server(port, program.pid, f"/media/{carrel.signer.sign(ticket)}/{RUN}")


def is_up(port: int) -> bool:
    """Return whether the server responds."""
    try:
        answered(port, "/healthz")
    except (OSError, AssertionError):
        return False
    return True


def begin_encode(carrel: Carrel, folder: Path, lasts_s: int = LASTS_S) -> str:
    """Add a recording of so many seconds that must be encoded, and wait until the worker starts."""
    source = folder / "evening.mp4"
    picture = f"testsrc2=s=1280x720:r=5:d={lasts_s}"
    words = ["-f", "lavfi", "-i", picture, "-c:v", "libx264", "-preset", "ultrafast"]
    subprocess.run(  # noqa: S603  (our own list)
        [ffmpeg_path(), "-v", "error", "-nostdin", *words, "-pix_fmt", "yuv444p", str(source)],
        check=True,
    )
    original = recordings.keep_original(carrel.storage, source, source.name)
    with carrel.database.transaction() as session:
        recordings.attach(session, slug=SLUG, original=original, actor=None, now=now())
    ends = time.monotonic() + START_S
    while state(carrel, original.recording_id) is not JobState.RUNNING:
        if time.monotonic() > ends:
            raise AssertionError("no worker began to encode")
        time.sleep(0.2)
    return original.recording_id


def state(carrel: Carrel, recording_id: str) -> JobState | None:
    """Return the state of a recording's encode."""
    with carrel.database.read_session() as session:
        job = job_queue.latest_job(session, kind=recordings.ENCODE, subject=recording_id)
    return None if job is None else job.state


def ask(port: int, seconds: int) -> dict[str, dict[str, float]]:
    """Request each page in turn for so long; returns elapsed milliseconds."""
    took: dict[str, list[float]] = {page: [] for page in PAGES}
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for page in PAGES:
            took[page].append(answered(port, page) * 1000)
            time.sleep(0.05)  # people pause between pages
    return {page: figures(times) for page, times in took.items()}


def figures(times: list[float]) -> dict[str, float]:
    """Return the median, the 95th percentile, and the maximum."""
    return {
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
        "worst_ms": round(max(times), 1),
    }


if __name__ == "__main__":
    main()
