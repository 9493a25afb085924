"""How many documents eight workers number a second on PostgreSQL, beside a bare UPDATE (B-M2: 0.5).

Each worker issues invoices of one line, one in each transaction: number, snapshot, hash, line, audit
entry and the job that draws the PDF. The bare UPDATE takes a number of another series and commits.
Both are measured in turns, and the median of the ratios is told.
Run: python benchmarks/document_numbers.py [--workers 8] [--seconds 5]
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # it is run by its path

from sqlalchemy import func, select, update

from lms.core.clock import now
from lms.core.database import Database
from lms.documents.issuing import NewDocument, NewLine, issue
from lms.documents.snapshots import BillTo
from lms.migrations import upgrade
from lms.models.documents import Document, DocumentKind, NumberSeries
from lms.models.orders import Order, Terms
from tests.factories import make_login
from tests.servers.postgres import postgres

ROUNDS = 5
BARE = "bare"
ZONE = ZoneInfo("America/New_York")
LINE = NewLine("Webinar seats: Reading rooms", 5, 6500, 32_500)
BILL_TO = BillTo("Elm County Library", "Mia", ("1 Main Street", "Elm, OH 43210"), "", "")


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    with postgres() as server:
        database = Database(server.create("numbers"))
        upgrade(database)
        login_id, orders = prepare(database, options.workers)
        issued, bare = [], []
        for _ in range(ROUNDS):
            issued.append(
                rate(
                    options.workers,
                    options.seconds,
                    lambda worker: issue_one(database, login_id, orders[worker]),
                )
            )
            bare.append(rate(options.workers, options.seconds, lambda _: take_one(database)))
        print(
            json.dumps(
                {
                    "database": "postgresql",
                    "workers": options.workers,
                    "issued_per_s": round(statistics.median(issued)),
                    "bare_updates_per_s": round(statistics.median(bare)),
                    "ratio": round(
                        statistics.median(
                            one / other for one, other in zip(issued, bare, strict=True)
                        ),
                        2,
                    ),
                    "no_gap": is_without_gap(database),
                    "load": round(os.getloadavg()[0], 1),
                }
            )
        )
        database.dispose()


def prepare(database: Database, workers: int) -> tuple[int, list[int]]:
    """Make the payer, and an order for each worker; the number of a series begins with the first."""
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
    """Issue an invoice; that of the order before it is replaced."""
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
    """Take a number of another series, and nothing else."""
    with database.transaction() as session:
        session.execute(
            update(NumberSeries)
            .where(NumberSeries.series == BARE)
            .values(next=NumberSeries.next + 1)
            .returning(NumberSeries.next)
        ).all()


def rate(workers: int, seconds: float, act: Callable[[int], None]) -> float:
    """Return how often all workers together act in a second."""
    until = time.perf_counter() + seconds

    def work(worker: int) -> int:
        done = 0
        while time.perf_counter() < until:
            act(worker)
            done += 1
        return done

    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as crowd:
        total = sum(crowd.map(work, range(workers)))
    return total / (time.perf_counter() - began)


def is_without_gap(database: Database) -> bool:
    """Tell whether as many documents are there as the highest number says."""
    with database.read_session() as session:
        count, highest = session.execute(
            select(func.count(), func.max(Document.number)).select_from(Document)
        ).one()
    return bool(count == highest)


if __name__ == "__main__":
    main()
