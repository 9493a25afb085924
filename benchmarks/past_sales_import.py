"""How fast a list of 100,000 past sales is read, checked, and imported by its jobs.

Nine of ten rows are people's own purchases, one of ten an organization's seats. The importing
worker is killed once in the middle, and another continues: each sale must exist once. Then the same
list is imported again and changes nothing. Memory is that of the worker's process; CPU time
includes the database's. Run: python benchmarks/past_sales_import.py [--database sqlite|postgresql]
"""

import argparse
import json
import os
import signal
import subprocess  # noqa: TID251  (the worker is killed, and its memory measured)
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script

from sqlalchemy import func, select

from benchmarks.cpu_time import cpu_seconds
from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.orders import Order, OrderLine
from lms.models.seats import Pool
from lms.past_sales.jobs import LIST_JOBS, apply_now
from lms.past_sales.read_models import PastFacts, find_past
from lms.past_sales.row_parser import read_past
from lms.seat_imports.uploaded_list_lifecycle import NewList
from tests.servers.postgres import postgres

WEBINARS = 200
HELD = datetime(2022, 5, 4, 18, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a worker's process took; `peak_mb` is its peak memory."""

    seconds: float
    cpu: float
    peak_mb: float


def main() -> None:
    """Measure and print one line of JSON for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--apply", nargs=3, metavar="X", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.apply:
        apply(*options.apply)
        return
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        print(json.dumps(measure(kind, options.rows)), flush=True)


def measure(kind: str, rows: int) -> dict[str, object]:
    """Return the figures for one kind of database."""
    with installation(kind) as carrel:
        folder = carrel.settings.data_dir
        add_webinars(carrel.database)
        path = past_list(folder, rows)
        began = time.perf_counter()
        facts = read_list(carrel, path)
        reading = time.perf_counter() - began
        small = brought_in(carrel, read_list(carrel, past_list(folder, rows // 10, of="a")))
        killed = brought_in(carrel, facts, kill_at=rows // 3)
        half = seen(carrel, facts)
        rest = brought_in(carrel, facts)
        whole = seen(carrel, facts)
        again = read_list(carrel, path)
        return {
            "database": kind,
            "rows": rows,
            "load": round(os.getloadavg()[0], 1),
            "read_per_s": round(rows / reading),
            "brought_in_before_the_kill": half.brought,
            "brought_in_per_s": round((rows - half.brought) / rest.seconds),
            "brought_in_per_cpu_s": round((rows - half.brought) / rest.cpu),
            "before_the_kill_per_s": round(half.brought / killed.seconds),
            "brought_in": whole.brought,
            "peak_mb": {str(rows // 10): small.peak_mb, str(rows): rest.peak_mb},
            "the_same_again": {"ok": again.ok, "already": again.already},
            **counts(carrel.database, rows),
        }


def read_list(carrel: Carrel, path: Path) -> PastFacts:
    """Read and check a list."""
    with path.open("rb") as file:
        public_id = LIST_JOBS.read_now(carrel, read_past(file), NewList(path.name, None, now()))
    with carrel.database.read_session() as session:
        return find_past(session, public_id)


def brought_in(carrel: Carrel, facts: PastFacts, *, kill_at: int | None = None) -> Ran:
    """Import a list in another process, killed once after so many rows."""
    kept = carrel.settings
    names = [str(kept.data_dir), kept.database_url, facts.public_id]
    command = [sys.executable, __file__, "--apply", *names]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    began = time.perf_counter()
    while process.poll() is None:
        time.sleep(0.1)
        if kill_at is not None and seen(carrel, facts).brought >= kill_at:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return Ran(time.perf_counter() - began, 0.0, 0.0)
    out = process.communicate()[0]
    if process.returncode:
        raise SystemExit(f"the worker ended with {process.returncode}")
    return Ran(*json.loads(out))


def apply(data_dir: str, url: str, public_id: str) -> None:
    """Import a list in this process; prints the seconds and the peak memory in MB."""
    carrel = opened(data_dir, url)
    began, cpu = time.perf_counter(), used(carrel)
    apply_now(carrel, public_id, actor=None, report=lambda _left: None)
    seconds, cpu = time.perf_counter() - began, used(carrel) - cpu
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps([round(seconds, 2), round(cpu, 2), round(peak / 1024, 1)]))


def used(carrel: Carrel) -> float:
    """Return the CPU seconds of this process and its database's backends."""
    with carrel.database.read_session() as session:
        return cpu_seconds(session)


def seen(carrel: Carrel, facts: PastFacts) -> PastFacts:
    """Return the progress of a list."""
    with carrel.database.read_session() as session:
        return find_past(session, facts.public_id)


def counts(database: Database, rows: int) -> dict[str, int | bool]:
    """Return the numbers of imported rows, and whether each sale exists once."""
    with database.read_session() as session:
        number = {
            model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Order, OrderLine, Grant, Login, Pool, AuditEntry)
        }
        sold = session.scalar(select(func.count(func.distinct(Grant.order_line_id)))) or 0
    each_once = (
        number["customer_order"]
        == number["order_line"]
        == number["grant_line"]
        == sold
        == rows + rows // 10
    )
    return {**number, "each_once": each_once}


def past_list(folder: Path, rows: int, of: str = "p") -> Path:
    """Write a list as a spreadsheet program does."""
    path = folder / f"past-{of}.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write("E-mail;Name;Covers;Bought;Ends;Source;Organization;Seats\r\n")
        for number in range(rows):
            file.write(";".join(row(number, of)) + "\r\n")
    return path


def row(number: int, of: str) -> tuple[str, ...]:
    """Return one sale: every tenth an organization's, every fifth of the others a pass."""
    day = f"20{10 + number % 14}-0{1 + number % 9}-1{number % 10}"
    webinar = f"webinar-{number % WEBINARS}"
    if number % 10 == 0:
        library = f"Library {of} {number % 5_000}"
        contact = f"head-{of}{number % 5_000}@branch{number % 50}.example.org"
        return contact, f"Head {number}", webinar, day, "", "PO", library, "3"
    email = f"{of}{number // 2}@branch{number % 50}.example.org"
    if number % 5 == 0:
        return email, f"Pat Doe {number}", "everything", day, "", "card", "", ""
    return email, f"Pat Doe {number}", webinar, day, "", f"invoice {number}", "", ""


def add_webinars(database: Database) -> None:
    """Add the webinars that were sold."""
    with database.transaction() as session:
        session.add_all(
            Webinar(
                slug=f"webinar-{number}",
                title=f"Webinar {number}",
                summary="",
                held_at=HELD,
                zone="America/New_York",
                minutes=60,
                created_at=HELD,
                updated_at=HELD,
            )
            for number in range(WEBINARS)
        )


@contextmanager
def installation(kind: str) -> Iterator[Carrel]:
    """Yield an empty installation on a database of that kind."""
    with tempfile.TemporaryDirectory(prefix="carrel-history-") as name:
        if kind == "sqlite":
            yield made(name, f"sqlite:///{name}/carrel.sqlite3")
            return
        with postgres() as server:
            carrel = made(name, server.create("history"))
            yield carrel
            carrel.database.dispose()


def made(data_dir: str, url: str) -> Carrel:
    """Open an installation and create its tables."""
    carrel = opened(data_dir, url)
    upgrade(carrel.database)
    return carrel


def opened(data_dir: str, url: str) -> Carrel:
    """Open an installation."""
    return open_carrel(Settings.from_env({"CARREL_DATA_DIR": data_dir, "CARREL_DATABASE_URL": url}))


if __name__ == "__main__":
    main()
