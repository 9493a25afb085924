"""B-M2: how many documents eight workers number a second, compared with a bare UPDATE.

Each worker is a process that issues invoices with one line, each in its own transaction: number,
snapshot, hash, line, audit entry, and the job that draws the PDF. The bare UPDATE takes a number of
another series and commits. Commits reach the disk, as in production. The two alternate; the median
of the ratios is printed (bar: 0.5 on PostgreSQL). Run: python benchmarks/document_numbers.py
[--database sqlite] [--workers 8] [--seconds 5]
"""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script

from sqlalchemy import func, select, update

from lms.core.clock import now
from lms.core.database import Database
from lms.documents.issuing import NewDocument, NewLine, issue
from lms.documents.snapshots import BillTo
from lms.migrations import upgrade
from lms.models.documents import Document, DocumentKind, NumberSeries
from lms.models.orders import Order, Terms
from tests.factories import make_login
from tests.servers.postgres import DURABLE, postgres

ROUNDS = 5
FORKING = multiprocessing.get_context("fork")
BARE = "bare"
ZONE = ZoneInfo("America/New_York")
LINE = NewLine("Webinar seats: Reading rooms", 5, 6500, 32_500)
BILL_TO = BillTo("Elm County Library", "Mia", ("1 Main Street", "Elm, OH 43210"), "", "")


def main() -> None:
    """Measure, and print a line of JSON for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        with empty_database(kind) as database:
            measure(kind, database, options.workers, options.seconds)


def measure(kind: str, database: Database, workers: int, seconds: float) -> None:
    """Alternate between issuing documents and taking bare numbers, and print the rates."""
    login_id, orders = prepare(database, workers)
    issued, bare = [], []
    for _ in range(ROUNDS):
        issued.append(
            rate(
                database,
                workers,
                seconds,
                lambda own, worker: issue_one(own, login_id, orders[worker]),
            )
        )
        bare.append(rate(database, workers, seconds, lambda own, _: take_one(own)))
    ratios = [one / other for one, other in zip(issued, bare, strict=True)]
    print(
        json.dumps(
            {
                "metric": "B-M2",
                "database": kind,
                "workers": workers,
                "issued_per_s": round(statistics.median(issued)),
                "bare_updates_per_s": round(statistics.median(bare)),
                "ratio": round(statistics.median(ratios), 2),
                "no_gap": is_without_gap(database),
                "load": round(os.getloadavg()[0], 1),
            }
        )
    )


@contextmanager
def empty_database(kind: str) -> Iterator[Database]:
    """Yield a database of a kind with all tables and no rows."""
    with tempfile.TemporaryDirectory(prefix="carrel-numbers-") as folder:
        if kind == "sqlite":
            database = Database(f"sqlite:///{Path(folder) / 'carrel.sqlite3'}")
            upgrade(database)
            yield database
            database.dispose()
            return
        with postgres(DURABLE) as server:
            database = Database(server.create("numbers"))
            upgrade(database)
            yield database
            database.dispose()


def prepare(database: Database, workers: int) -> tuple[int, list[int]]:
    """Add the payer, an order for each worker, and the first number of each series."""
    with database.transaction() as session:
        login = make_login(session, "pat@example.org")
        rows = [
            Order(
                login_id=login.id,
                terms=Terms.INVOICE,
                currency="USD",
                created_at=now(),
                placed_at=now(),
            )
            for _ in range(workers)
        ]
        session.add_all(rows)
        session.flush()
        orders = [row.id for row in rows]
        session.add(NumberSeries(series=BARE, next=1))
    issue_one(database, login.id, orders[0])
    return login.id, orders


def issue_one(database: Database, login_id: int, order_id: int) -> None:
    """Issue an invoice that replaces the previous one of its order."""
    with database.transaction() as session:
        at = now()
        session.execute(
            update(Document)
            .where(Document.order_id == order_id, Document.replaced_at.is_(None))
            .values(replaced_at=at)
        )
        new = NewDocument(
            DocumentKind.INVOICE, "USD", BILL_TO, (LINE,), order_id=order_id, login_id=login_id
        )
        issue(session, new, zone=ZONE, actor=None, now=at)


def take_one(database: Database) -> None:
    """Take a number of another series."""
    with database.transaction() as session:
        session.execute(
            update(NumberSeries)
            .where(NumberSeries.series == BARE)
            .values(next=NumberSeries.next + 1)
            .returning(NumberSeries.next)
        ).all()


def rate(
    database: Database, workers: int, seconds: float, act: Callable[[Database, int], None]
) -> float:
    """Return how many times a second all workers together act."""
    database.dispose()  # a forked process must not share a connection
    begin = FORKING.Barrier(workers)
    done: SimpleQueue[int] = FORKING.SimpleQueue()
    crew = [
        FORKING.Process(target=work, args=(database.url, worker, seconds, act, begin, done))
        for worker in range(workers)
    ]
    for process in crew:
        process.start()
    total = sum(done.get() for _ in crew)
    for process in crew:
        process.join()
    return total / seconds


def work(
    url: str,
    worker: int,
    seconds: float,
    act: Callable[[Database, int], None],
    begin: Barrier,
    done: "SimpleQueue[int]",
) -> None:
    """Act until the time is over, and report how often."""
    own = Database(url)
    act(own, worker)
    begin.wait()
    count, until = 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        act(own, worker)
        count += 1
    done.put(count)
    own.dispose()


def is_without_gap(database: Database) -> bool:
    """Return whether there are as many documents as the highest number says."""
    with database.read_session() as session:
        count, highest = session.execute(
            select(func.count(), func.max(Document.number)).select_from(Document)
        ).one()
    return bool(count == highest)


if __name__ == "__main__":
    main()
