"""What a backup costs viewers, at 200 requests a second and beside an encode.

`carrel serve` runs with its worker, which encodes a recording. 600 people watch (two segments every
six seconds, and heartbeats) while others read pages: first without a backup, then during `carrel
backup create`, whose result is verified. Prints for both the requests a second, failed requests,
seconds watched that weren't saved, seconds that players stalled, and response times of pages. Run:
python -m benchmarks.backup_under_load [--viewers 600] [--database sqlite|postgresql|both]. Prints
one line of JSON for each database.
"""

import argparse
import asyncio
import json
import os
import resource
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.concurrent_viewers import READERS, warm
from benchmarks.concurrent_viewers_library import Person, fill_installation, kept_seconds
from benchmarks.faults import Pace, watch_through
from benchmarks.heartbeat import environ_of
from benchmarks.pages_during_encode import SLUG, begin_encode, state
from benchmarks.programs import Program
from benchmarks.served_product import HOST, at_share, come_to_rest
from benchmarks.simulated_viewer import Seen
from lms.core.clock import now
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.housekeeping.storage_audit import take_inventory
from lms.migrations import upgrade
from lms.models.jobs import JobState
from lms.operations.backup_verification import verify
from lms.operations.backups import newest, open_backup
from tests.factories import make_webinar
from tests.servers.postgres import DURABLE, postgres
from tests.servers.process import free_port

# encoding this takes longer than both runs
ENCODED_S: Final = 3600
PACE: Final = Pace(ramp_s=20, calm_s=30, watch_s=75)


@contextmanager
def installation(kind: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield the directory and the settings of a new installation."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="carrel-backup-")))
        url = f"sqlite:///{folder}/carrel.sqlite3"
        if kind == "postgresql":
            url = opened.enter_context(postgres(DURABLE)).create("carrel")
        yield (
            folder,
            {
                **environ_of(folder, url),
                "CARREL_BASE_URL": f"http://{HOST}:{free_port()}",
                "CARREL_BACKUP": (folder / "backup").as_uri(),
            },
        )


def measure(kind: str, viewers: int) -> None:
    """Fill an installation, run viewers twice, and print a line of JSON."""
    with installation(kind) as (folder, environ):
        carrel = open_carrel(Settings.from_env(environ))
        upgrade(carrel.database)
        people, word = fill_installation(carrel, 2 * viewers + READERS)
        with carrel.database.transaction() as session:
            make_webinar(session, SLUG)
        port = int(environ["CARREL_BASE_URL"].rpartition(":")[2])
        serving = Program(("serve", "--bind", f"{HOST}:{port}"), environ, folder / "log", port)
        serving.start()
        try:
            come_to_rest(serving.pid)
            readers = people[2 * viewers :]
            asyncio.run(warm(port, readers, word))
            recording = begin_encode(carrel, folder, ENCODED_S)

            def watch(some: Sequence[Person], act: Callable[[], None]) -> dict[str, object]:
                seen, told = asyncio.run(watch_through(port, some, readers, word, act, PACE))
                took_s = round(told.ended - told.began, 1)
                return {"took_s": took_s, **figures(carrel, some, seen)}

            without = watch(people[:viewers], lambda: None)
            beside = watch(people[viewers : 2 * viewers], lambda: run(environ, folder, "create"))
            is_encoding = state(carrel, recording) is JobState.RUNNING
            check_complete(carrel)
        finally:
            serving.stop()
            carrel.database.dispose()
    told = {"metric": "backup under load", "database": kind, "viewers": viewers}
    told |= {"encoding_to_the_end": is_encoding, "beside": beside, "without": without}
    print(json.dumps(told | {"load": round(os.getloadavg()[0], 1)}), flush=True)


def check_complete(carrel: Carrel) -> None:
    """Fail unless the newest backup has every row and file of the installation."""
    place = open_backup(carrel.settings, carrel.settings.backup_url or "")
    verified = verify(place, newest(place), carrel.settings.scratch, now=now(), deep=True)
    # recordings of the sample data have no files, or not those in their rows
    known = set(take_inventory(carrel.database, carrel.storage, now=now(), deep=True).faults)
    missing = (verified.missing, verified.different_tables, set(verified.faults) - known)
    if any(missing):
        raise SystemExit(f"the backup isn't complete: {missing}")


def run(environ: Mapping[str, str], folder: Path, *words: str) -> None:
    """Run `carrel backup` and wait until it exits."""
    program = Program(("backup", *words), environ, folder / f"{words[0]}.log")
    program.start()
    program.wait()


def figures(carrel: Carrel, people: Sequence[Person], seen: Seen) -> dict[str, object]:
    """Return what these viewers measured."""
    kept = kept_seconds(carrel)
    short = [seen.played_s.get(one.login_id, 0.0) - kept.get(one.login_id, 0.0) for one in people]
    requests = sum(seen.statuses.values())
    pages = sorted(seen.waits["read"])
    return {
        "came_to_the_end": len(seen.played_s),
        "requests": requests,
        "a_second": round(requests / (PACE.ramp_s + PACE.watch_s)),
        "failed": [what for _, what in seen.failed],
        "lost_s": round(sum(each for each in short if each > 0)),
        "stalled_s": round(seen.stalled_s, 1),
        "pages_p50_ms": round(at_share(pages, 0.5) * 1000),
        "pages_p95_ms": round(at_share(pages, 0.95) * 1000),
    }


def measure_each(about: str | None, measure: Callable[[str, int], None]) -> None:
    """Measure each chosen database with the chosen number of viewers."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--viewers", type=int, default=600)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        measure(kind, options.viewers)


if __name__ == "__main__":
    measure_each(__doc__, measure)
