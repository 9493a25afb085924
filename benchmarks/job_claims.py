"""B-Q1: what it costs to claim a job while 100,000 others wait (bar: 5 ms).

Claims as a worker does, including its check for work, with all waiting jobs due, and with all but
one due in an hour. The comparison is the same claim from an empty queue. Prints the median time,
which on a busy disk is mostly the commit, the CPU time, the database's included, and the tables
that the statements scan, which should be none. Run: python -m benchmarks.job_claims [--database
sqlite|postgresql|both] [--waiting 100000]
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, event, insert, update

from benchmarks.cpu_time import cpu_seconds
from lms.core.clock import now
from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.jobs import leases
from lms.jobs.queue import Claim, enqueue
from lms.migrations import upgrade
from lms.models.jobs import Job, JobState, Lane
from tests.servers.postgres import DURABLE, postgres

KINDS: Final = ("scores.send", "mails.invite", "recordings.encode")
CLAIMS: Final = 60
AT_ONCE: Final = 5_000
BAR_MS: Final = 5.0


def fill(database: Database, waiting: int, *, due: datetime) -> None:
    """Add so many waiting jobs to every lane, due at a time."""
    lanes = tuple(Lane)
    for begin in range(0, waiting, AT_ONCE):
        rows = [
            {
                "public_id": new_public_id(),
                "kind": KINDS[number % len(KINDS)],
                "lane": lanes[number % len(lanes)],
                "subject": "",
                "payload": {},
                "priority": 100,
                "run_at": due,
                "created_at": due,
            }
            for number in range(begin, min(begin + AT_ONCE, waiting))
        ]
        with database.transaction() as session:
            session.execute(insert(Job), rows)


def claim_once(database: Database) -> Claim | None:
    """Claim a job of the prompt lane as a worker does."""
    at = now()
    with database.read_session() as session:
        if not leases.has_work(session, lane=Lane.PROMPT, kinds=KINDS, now=at):
            return None
        leases.has_stranded(session, now=at)
    with database.transaction() as session:
        return leases.claim(session, lane=Lane.PROMPT, kinds=KINDS, worker="b", now=at)


def scanned(database: Database) -> Sequence[str]:
    """Return the tables that a claim scans, according to the database's plans."""
    found: list[str] = []
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    whole = ("SCAN job", "Seq Scan on job")

    def note(*told: Any) -> None:  # noqa: ANN401  (as SQLAlchemy calls it)
        statement, values = told[2:4]
        if " job" not in statement or statement.startswith("EXPLAIN"):
            return
        other = database.engine.raw_connection()
        try:
            asking = other.cursor()
            asking.execute(f"{explain} {statement}", values)
            plan = [str(row[-1]) for row in asking.fetchall()]
        finally:
            other.close()
        found.extend(
            line.strip() for line in plan if line.strip().split(" USING")[0].startswith(whole)
        )

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        claim_once(database)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return [line for line in found if "USING INDEX" not in line]


def measure(database: Database, waiting: int) -> Iterator[dict[str, object]]:
    """Yield the figures of one database."""
    with database.transaction() as session:
        session.execute(delete(Job))
    empty = _claimed(database, lambda: _add_due(database))
    fill(database, waiting, due=now() - timedelta(minutes=1))
    _analyze(database)
    due = _claimed(database, lambda: None)
    plan = scanned(database)
    with database.transaction() as session:
        later = now() + timedelta(hours=1)
        session.execute(update(Job).where(Job.state == JobState.QUEUED).values(run_at=later))
    _analyze(database)
    put_off = _claimed(database, lambda: _add_due(database))
    for name, (median_ms, cpu_ms) in (("due", due), ("put off", put_off)):
        yield {
            "metric": "B-Q1",
            "database": database.engine.dialect.name,
            "waiting": waiting,
            "which_are": name,
            "claim_ms": round(median_ms, 2),
            "ratio_to_empty": round(median_ms / empty[0], 2),
            "cpu_ms": round(cpu_ms, 2),
            "cpu_ms_empty": round(empty[1], 2),
            "bar_ms": BAR_MS,
            "scanned": plan,
        }


def _claimed(database: Database, prepare: Callable[[], None]) -> tuple[float, float]:
    """Return the median elapsed milliseconds of a claim, and of CPU time."""
    taken, used_s = [], 0.0
    for _ in range(CLAIMS):
        prepare()
        used_s -= _used_s(database)
        began = time.perf_counter()
        held = claim_once(database)
        taken.append((time.perf_counter() - began) * 1000)
        used_s += _used_s(database)
        if held is None:
            raise LookupError("nothing was due")
    return statistics.median(taken), used_s / CLAIMS * 1000


def _used_s(database: Database) -> float:
    with database.read_session() as session:
        return cpu_seconds(session)


def _add_due(database: Database) -> None:
    with database.transaction() as session:
        enqueue(session, kind=KINDS[0], lane=Lane.PROMPT, subject="", payload={}, now=now())


def _analyze(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


@contextmanager
def _databases(which: str) -> Iterator[list[Database]]:
    with ExitStack() as stack:
        made = []
        if which in ("sqlite", "both"):
            place = stack.enter_context(tempfile.TemporaryDirectory(prefix="carrel-claims-"))
            made.append(Database(f"sqlite:///{Path(place, 'carrel.sqlite3')}"))
        if which in ("postgresql", "both"):
            made.append(Database(stack.enter_context(postgres(DURABLE)).create("carrel")))
        for each in made:
            stack.callback(each.dispose)
            upgrade(each)
        yield made


def main() -> None:
    """Measure, and print one line of JSON for each database and state of the queue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--waiting", type=int, default=100_000)
    options = parser.parse_args()
    with _databases(options.database) as databases:
        for database in databases:
            for line in measure(database, options.waiting):
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
