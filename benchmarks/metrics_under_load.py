"""How long a scrape of /metrics takes on a large installation while 600 people watch.

The installation has 100,000 people with grants, 10,000 webinars, 300,000 audit entries, 60,000
emails, and 100,000 jobs, a third of them overdue because no worker runs, which is the most that a
scrape counts. Viewers and readers send 200 requests a second to as many web processes as there are
processors. /metrics is requested once a second; `bar_ms` is the limit for the median. Run: python
-m benchmarks.metrics_under_load [--viewers 600] [--database sqlite|postgresql|both]. Prints one
line of JSON for each database.
"""

import asyncio
import json
import os
import time
import urllib.request
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import insert

from benchmarks.backup_under_load import installation, measure_each
from benchmarks.concurrent_viewers import READERS, warm
from benchmarks.concurrent_viewers_library import fill_installation
from benchmarks.faults import Pace, watch_through
from benchmarks.large_library import Size, fill
from benchmarks.programs import Program
from benchmarks.served_product import HOST, at_share, come_to_rest
from lms.core.clock import now
from lms.core.database import Database
from lms.core.model_base import Base, new_public_id
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.models.audit import AuditEntry
from lms.models.jobs import Job, JobState, Lane
from lms.models.mail import Mail, MailLane
from tests.servers.process import free_ports

SIZE: Final = Size(logins=100_000, grants=100_000, seats=25_000, webinars=10_000)
ENTRIES, EMAILS, JOBS = 300_000, 60_000, 100_000
BATCH: Final = 20_000
ACTS: Final = ("seat.claimed", "login.added", "grant.given")
PACE: Final = Pace(ramp_s=20, calm_s=20, watch_s=75)
SCRAPES: Final = 45
BAR_MS: Final = 50


def fill_queues(database: Database) -> None:
    """Add the audit entries, emails, and jobs of years of use."""
    at = now() - timedelta(minutes=20)
    _add(
        database,
        AuditEntry,
        (
            {
                "at": at,
                "role": "person",
                "act": ACTS[i % 3],
                "subject": new_public_id(),
                "detail": {},
            }
            for i in range(ENTRIES)
        ),
    )
    _add(database, Mail, (_email(i) | _state(i % 50 == 0, at) for i in range(EMAILS)))
    _add(database, Job, (_job(i) | _state(i % 3 == 0, at) for i in range(JOBS)))


def _state(is_due: bool, at: Any) -> dict[str, Any]:  # noqa: FBT001, ANN401  (of this file alone)
    state = JobState.QUEUED if is_due else JobState.DONE
    return {"public_id": new_public_id(), "state": state, "created_at": at, "run_at": at}


def _email(number: int) -> dict[str, Any]:
    at = None if number % 50 == 0 else now() - timedelta(minutes=number)
    known = {"kind": "receipt", "lane": list(MailLane)[number % 3], "sent_at": at}
    return known | {"recipient": "a@example.org", "subject": "A receipt", "text": "", "html": ""}


def _job(number: int) -> dict[str, Any]:
    subject = new_public_id() if number % 100 else ""
    return {"kind": "x", "lane": list(Lane)[number % 3], "subject": subject, "payload": {}}


def _add(database: Database, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    waiting = list(rows)
    for start in range(0, len(waiting), BATCH):
        with database.transaction() as session:
            session.execute(insert(model.__table__), waiting[start : start + BATCH])  # type: ignore[arg-type]


def scrape(port: int, waits_s: list[float]) -> None:
    """Request /metrics once a second, and record how long each took."""
    for _ in range(SCRAPES):
        began = time.perf_counter()
        with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=60) as answer:
            told = answer.read()
        waits_s.append(time.perf_counter() - began)
        if b"\ncarrel_database_up 1.0" not in told:
            raise SystemExit(told.decode())
        time.sleep(max(0.0, 1.0 - waits_s[-1]))


def measure(kind: str, viewers: int) -> None:
    """Fill an installation, scrape it idle and under load, and print a line of JSON."""
    with installation(kind) as (folder, given):
        metrics, port = free_ports(2)
        environ = {
            **given,
            "CARREL_BASE_URL": f"http://{HOST}:{port}",
            "CARREL_METRICS_BIND": f"{HOST}:{metrics}",
        }
        carrel = open_carrel(Settings.from_env(environ))
        upgrade(carrel.database)
        fill(carrel.database, SIZE)
        fill_queues(carrel.database)
        people, word = fill_installation(carrel, viewers + READERS)
        carrel.database.dispose()
        bind = ("serve", "--bind", f"{HOST}:{port}", "--no-worker")
        serving = Program(bind, environ, folder / "log", port)
        serving.start()
        quiet: list[float] = []
        busy: list[float] = []
        try:
            come_to_rest(serving.pid)
            scrape(metrics, quiet)
            readers = people[viewers:]
            asyncio.run(warm(port, readers, word))
            watching = watch_through(
                port, people[:viewers], readers, word, lambda: scrape(metrics, busy), PACE
            )
            seen, _told = asyncio.run(watching)
        finally:
            serving.stop()
        asked = sum(seen.statuses.values()) / (PACE.ramp_s + PACE.watch_s)
    figures = {"metric": "metrics under load", "database": kind, "a_second": round(asked)}
    figures |= {"at_rest": _times(quiet), "under_load": _times(busy), "bar_ms": BAR_MS}
    failed = [what for _, what in seen.failed]
    print(
        json.dumps(figures | {"failed": failed, "load": round(os.getloadavg()[0], 1)}), flush=True
    )


def _times(waits_s: list[float]) -> dict[str, float]:
    ranked = sorted(waits_s)
    shares = {"p50_ms": 0.5, "p95_ms": 0.95, "longest_ms": 1.0}
    return {name: round(at_share(ranked, share) * 1000, 1) for name, share in shares.items()}


if __name__ == "__main__":
    measure_each(__doc__, measure)
