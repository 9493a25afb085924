"""B1: how fast a staff list becomes seats, compared with a raw bulk insert of the same rows.

Alternates between two ways to store 100,000 addresses: as the product does, where a list is read
from its file, staged, checked, and applied; and by executemany (SQLite) or COPY (PostgreSQL) of
rows that are ready in memory. Compares CPU time, the database's included. Then the product imports
a tenth of the rows and all of them in processes of their own, and their peak memory is compared.
Run: python benchmarks/import.py [--database sqlite|postgresql]
"""

import argparse
import json
import os
import statistics
import subprocess  # noqa: TID251  (memory is measured in a process of its own)
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script

from sqlalchemy import select, text

from benchmarks.cpu_time import cpu_seconds
from lms.core.database import Database
from lms.core.model_base import new_public_ids
from lms.core.runtime import Carrel
from lms.grants.grants import Target, Term
from lms.migrations import upgrade
from lms.models.grants import OfferKind, Scope
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.organizations.staff_list_parser import read_file
from lms.seat_imports.jobs import LIST_JOBS, apply_now
from lms.seat_imports.read_models import ImportFacts
from lms.seat_imports.uploaded_list_lifecycle import NewList
from lms.seats.pools import NewPoolGrant, sell_seats
from tests.servers.postgres import postgres

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
BARS = {"sqlite": 0.7, "postgresql": 0.5}
EXPIRES = NOW + timedelta(days=14)
SEAT = "seat (id, public_id, pool_id, state, created_at)"
ASSIGNMENT = "assignment (seat_id, pool_id, email, email_key, name, state, created_at, expires_at)"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, in seconds."""

    cpu: float
    wall: float


def main() -> None:
    """Measure and print one line of JSON for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--alone", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        alone(options.alone, options.rows)
        return
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        print(json.dumps(measure(kind, options.rows, options.rounds)), flush=True)


def measure(kind: str, rows: int, rounds: int) -> dict[str, object]:
    """Return the figures for one kind of database."""
    with installation(kind) as (database, folder):
        path = staff_list(folder, rows)
        pool_id = a_pool(database, rows)
        ours: list[Cost] = []
        raw: list[Cost] = []
        staged: list[Cost] = []
        ready = same_rows(database, rows, pool_id)
        for _ in range(rounds + 1):
            emptied(database)
            with timed(database) as cost:
                write_raw(database, *ready)
            raw.extend(cost)
            emptied(database)
            with timed(database) as read:
                public_id = read_in(database, path, pool_id)
            with timed(database) as applying:
                apply_it(database, public_id, rows)
            staged.extend(read)
            ours.append(Cost(read[0].cpu + applying[0].cpu, read[0].wall + applying[0].wall))
        emptied(database)
        small, large = (peak_kb(database, count) for count in (rows // 10, rows))
    ours, raw, staged = ours[1:], raw[1:], staged[1:]  # the first round is a warm-up
    return {
        "metric": "B1",
        "database": kind,
        "ratio": round(median(raw, "cpu") / median(ours, "cpu"), 2),
        "ratio_wall": round(median(raw, "wall") / median(ours, "wall"), 2),
        "bar": BARS[kind],
        "yardstick": "executemany" if kind == "sqlite" else "COPY",
        "load": round(os.getloadavg()[0], 1),
        "rows": rows,
        "rows_per_cpu_s": round(rows / median(ours, "cpu")),
        "yardstick_rows_per_cpu_s": round(rows / median(raw, "cpu")),
        "reading_and_dry_run_cpu_s": round(median(staged, "cpu"), 2),
        "peak_mb": {
            str(rows // 10): round(small / 1024, 1),
            str(rows): round(large / 1024, 1),
        },
        "peak_ratio": round(large / small, 2),
    }


def read_in(database: Database, path: Path, pool_id: int) -> str:
    """Read, stage, and check a list."""
    carrel = cast("Carrel", SimpleNamespace(database=database))  # only this attribute is used
    with path.open("rb") as file:
        return LIST_JOBS.read_now(carrel, read_file(file), NewList(path.name, None, NOW, pool_id))


def apply_it(database: Database, public_id: str, rows: int) -> ImportFacts:
    """Apply the whole list."""
    done = apply_now(database, public_id, partial=False, actor=None, now=NOW)
    if done.seated != rows:
        raise SystemExit(f"{done.seated} of {rows} were seated")
    return done


def same_rows(
    database: Database, rows: int, pool_id: int
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return the seats and assignments that the list becomes, ready to be written."""
    created, expires = (
        moment.strftime("%Y-%m-%d %H:%M:%S.%f") if database.is_sqlite else moment
        for moment in (NOW, EXPIRES)
    )
    seats = [
        (number, public_id, pool_id, "taken", created)
        for number, public_id in enumerate(new_public_ids(rows), 1)
    ]
    people = [
        (
            number,
            pool_id,
            address(number),
            address(number),
            f"Pat Doe {number}",
            "invited",
            created,
            expires,
        )
        for number in range(1, rows + 1)
    ]
    return seats, people


def write_raw(
    database: Database, seats: list[tuple[Any, ...]], people: list[tuple[Any, ...]]
) -> None:
    """Write rows in one transaction by the driver's own bulk insert."""
    with database.transaction() as session:
        connection: Any = session.connection().connection.driver_connection
        cursor = connection.cursor()
        for table, rows in ((SEAT, seats), (ASSIGNMENT, people)):
            if database.is_sqlite:
                marks = ", ".join("?" * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
                continue
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


@contextmanager
def timed(database: Database) -> Iterator[list[Cost]]:
    """Append the cost of the block to the list that is yielded, the database's work included."""
    cost: list[Cost] = []
    wall, cpu = time.perf_counter(), used(database)
    yield cost
    cost.append(Cost(used(database) - cpu, time.perf_counter() - wall))


def used(database: Database) -> float:
    """Return the CPU seconds of this process and its database's backends."""
    with database.read_session() as session:
        return cpu_seconds(session)


def emptied(database: Database) -> None:
    """Empty the tables that an import writes, and reset the pool's count."""
    with database.transaction() as session:
        if database.is_sqlite:
            for table in ("assignment", "seat", "seat_import_row", "seat_import", "job"):
                session.execute(text(f"DELETE FROM {table}"))  # noqa: S608
        else:
            session.execute(text("TRUNCATE assignment, seat, seat_import, job CASCADE"))
        session.execute(text("UPDATE pool SET used = 0"))


def peak_kb(database: Database, rows: int) -> int:
    """Return the peak memory in KB of a process that only imports so many rows."""
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, __file__, "--alone", url, "--rows", str(rows)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=300)  # noqa: S603
    emptied(database)
    return int(done.stdout)


def alone(url: str, rows: int) -> None:
    """Import rows and print the peak memory in KB."""
    database = Database(url)
    with database.read_session() as session:
        pool_id = session.scalars(select(Pool.id)).one()
    with tempfile.TemporaryDirectory(prefix="carrel-import-") as folder:
        path = staff_list(Path(folder), rows)
        apply_it(database, read_in(database, path, pool_id), rows)
    # ru_maxrss includes the parent's peak from before exec
    status = Path("/proc/self/status").read_text()
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def a_pool(database: Database, seats: int) -> int:
    """Sell an organization a pool with so many seats."""
    with database.transaction() as session:
        organization = Organization(slug="elm-county", name="Elm County", created_at=NOW)
        session.add(organization)
        session.flush()
        new = NewPoolGrant(
            organization_id=organization.id,
            target=Target(Scope.EVERYTHING),
            seats=seats,
            term=Term(NOW - timedelta(days=1), NOW + timedelta(days=364)),
            kind=OfferKind.CONTRACT,
        )
        return sell_seats(session, new, actor=None, now=NOW).id


def staff_list(folder: Path, rows: int) -> Path:
    """Write a list as a spreadsheet program does."""
    path = folder / "staff.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write("E-mail;Name\r\n")
        file.writelines(f"{address(row)};Pat Doe {row}\r\n" for row in range(1, rows + 1))
    return path


def address(number: int) -> str:
    """Return one of many addresses."""
    return f"person{number}@branch{number % 50}.example.org"


@contextmanager
def installation(kind: str) -> Iterator[tuple[Database, Path]]:
    """Yield an empty installation on a database of that kind, and a directory."""
    with tempfile.TemporaryDirectory(prefix="carrel-import-") as name:
        folder = Path(name)
        if kind == "sqlite":
            database = Database(f"sqlite:///{folder / 'carrel.sqlite3'}")
            upgrade(database)
            yield database, folder
            database.dispose()
            return
        with postgres() as server:
            database = Database(server.create("import"))
            upgrade(database)
            yield database, folder
            database.dispose()


def median(costs: list[Cost], what: str) -> float:
    """Return the median of the CPU or the wall seconds."""
    return statistics.median(getattr(cost, what) for cost in costs)


if __name__ == "__main__":
    main()
