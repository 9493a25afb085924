"""Seat claims under load: no overselling, and claims a second (C1).

64 processes claim the last 10 of 10 seats at once, round after round; then one person clicks in all
64. A control run that counts and then inserts does oversell, so the test would detect it. C1
compares claims on one pool by 8 processes with the bare conditional UPDATE and its commit. The same
four rows, written by the driver without any checks, show the least that a claim can cost
(docs/decisions/seat-claims.md).

Run: python -m benchmarks.seats [--database sqlite|postgresql]. Prints one line of JSON for each
metric.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.grants.grants import Target, Term
from lms.migrations import upgrade
from lms.models.accounts import Login
from lms.models.grants import OfferKind, Scope
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentState, Pool, Seat, SeatState
from lms.seats import claims as seat_claims
from lms.seats import pools
from lms.seats.pools import NewPoolGrant
from tests.servers.postgres import DURABLE, postgres

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
CROWD = 64
SEATS = 10
HOT_WORKERS = 8
COUNT = "UPDATE pool SET used = used + 1 WHERE id = :pool AND (capacity IS NULL OR used < capacity)"
BARE = text(COUNT)
SEAT = (
    "INSERT INTO seat (public_id, pool_id, state, created_at)"
    " VALUES (:seat, :pool, 'taken', :now) RETURNING id"
)
ASSIGNED = (
    "INSERT INTO assignment (pool_id, seat_id, login_id, email, email_key, name, state, created_at,"
    " claimed_at) SELECT :pool, {seat}, id, email, email_key, '', 'claimed', :now, :now"
    " FROM login WHERE id = :login"
)
TOLD = (
    "INSERT INTO audit_entry (at, act, role, subject, detail)"
    " SELECT :now, 'seat.claimed', 'command_line', :seat, '{}'"
)
ROWS_ON_SQLITE = [
    CompiledStatement(text(one)) for one in (ASSIGNED.format(seat=":seat_id"), COUNT, TOLD)
]
ROWS_ON_POSTGRESQL = CompiledStatement(
    text(
        f"WITH seated AS ({SEAT}),"  # noqa: S608  (words of this file alone)
        f" sitting AS ({ASSIGNED.format(seat='(SELECT id FROM seated)')} RETURNING pool_id),"
        f" counted AS ({COUNT} AND id = (SELECT pool_id FROM sitting) RETURNING id)"
        f" {TOLD} FROM counted"
    )
)
SEAT_ON_SQLITE = CompiledStatement(text(SEAT))
FORKING = multiprocessing.get_context("fork")  # 64 processes share imported modules


@dataclass(frozen=True, slots=True)
class Task:
    """A process's task: what to do, in which pool, from which login on, and how often."""

    how: str
    pool_id: int
    login_id: int
    times: int = 1


@dataclass(frozen=True, slots=True)
class Worker:
    """A process and the connection to it."""

    process: BaseProcess
    line: Connection


def main() -> None:
    """Measure, and fail if a single seat too many or too few was assigned."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--rounds", type=int, help="100 on PostgreSQL and 20 on SQLite otherwise")
    parser.add_argument("--claims", type=int, default=1_600, help="for C1, in each turn")
    parser.add_argument("--turns", type=int, default=7, help="of each, for C1")
    options = parser.parse_args()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    exact = True
    for kind in kinds:
        rounds = options.rounds or (100 if kind == "postgresql" else 20)
        with installation(kind) as database:
            logins = _fill(database, max(CROWD, options.claims * options.turns))
            exact &= _crowds(kind, database, logins, rounds)
            _hot_pool(kind, database, logins, options.claims, options.turns)
    if not exact:
        raise SystemExit("seats: a round was not exact")


def _crowds(kind: str, database: Database, first_login: int, rounds: int) -> bool:
    with workers(database, CROWD) as crowd:
        fair = [
            _round(database, crowd, [Task("claim", pool_id, first_login + n) for n in range(CROWD)])
            for pool_id in (_pool(database, SEATS) for _ in range(rounds))
        ]
        clicks = [
            _round(database, crowd, [Task("claim", pool_id, first_login)] * CROWD)
            for pool_id in (_pool(database, SEATS) for _ in range(rounds))
        ]
        naive = [
            _round(database, crowd, [Task("naive", pool_id, first_login + n) for n in range(CROWD)])
            for pool_id in (_pool(database, SEATS) for _ in range(rounds))
        ]
    last_seats = {"Claimed": SEATS, "Full": CROWD - SEATS, "sitting": SEATS}
    one_person = {"Claimed": 1, "Already": CROWD - 1, "sitting": 1}
    exact_rounds = sum(found == last_seats for found in fair)
    exact_clicks = sum(found == one_person for found in clicks)
    oversold = [found["sitting"] - SEATS for found in naive]
    _print(
        metric="seats: 64 processes, the last 10 of 10",
        database=kind,
        rounds=rounds,
        exact=exact_rounds,
        errors=sum(found["error"] for found in fair),
        worst=None if exact_rounds == rounds else [dict(one) for one in fair if one != last_seats],
    )
    _print(
        metric="seats: one person clicks 64 times",
        database=kind,
        rounds=rounds,
        exact=exact_clicks,
        errors=sum(found["error"] for found in clicks),
    )
    _print(
        metric="seats: control, count and then insert",
        database=kind,
        rounds=rounds,
        oversold_rounds=sum(more > 0 for more in oversold),
        most_seats_too_many=max(oversold),
    )
    return exact_rounds == exact_clicks == rounds and any(more > 0 for more in oversold)


def _hot_pool(kind: str, database: Database, first_login: int, claims: int, turns: int) -> None:
    share = claims // HOT_WORKERS
    wanted = {"claim": "Claimed", "bare": "counted", "rows": "written"}
    rates: dict[str, list[float]] = {how: [] for how in wanted}
    with workers(database, HOT_WORKERS) as crew:
        for turn in range(turns):
            for how in wanted:
                pool_id = _pool(database, 1_000_000)
                start = first_login + turn * claims
                tasks = [
                    Task(how, pool_id, start + number * share, share)
                    for number in range(HOT_WORKERS)
                ]
                begin = time.perf_counter()
                answers = _answers(crew, tasks)
                seconds = time.perf_counter() - begin
                if answers != {wanted[how]: share * HOT_WORKERS}:
                    raise SystemExit(f"seats: {how} answered {dict(answers)}")
                rates[how].append(share * HOT_WORKERS / seconds)
    _print(
        metric="C1",
        database=kind,
        ratio=_ratio(rates["claim"], rates["bare"]),
        bar=0.45,
        yardstick="bare conditional UPDATE with commit, 8 workers, one hot pool",
        load=round(os.getloadavg()[0], 1),
        claims_a_second=round(statistics.median(rates["claim"])),
        yardstick_a_second=round(statistics.median(rates["bare"])),
        rows_alone=_ratio(rates["rows"], rates["bare"]),
        of_rows_alone=_ratio(rates["claim"], rates["rows"]),
    )


def _ratio(rates: list[float], others: list[float]) -> float:
    pairs = [one / other for one, other in zip(rates, others, strict=True)]
    return round(statistics.median(pairs), 2)


def _round(database: Database, crowd: list[Worker], tasks: list[Task]) -> Counter[str]:
    found = _answers(crowd, tasks)
    with database.read_session() as session:
        sitting = select(func.count(Assignment.id)).where(
            Assignment.pool_id == tasks[0].pool_id, Assignment.ended_at.is_(None)
        )
        found["sitting"] = session.scalar(sitting) or 0
        if tasks[0].how == "claim":
            used = session.scalar(select(Pool.used).where(Pool.id == tasks[0].pool_id))
            found["miscounted"] = found["sitting"] - (used or 0)
    return +found


def _answers(crowd: list[Worker], tasks: list[Task]) -> Counter[str]:
    for worker, task in zip(crowd, tasks, strict=True):
        worker.line.send(task)
    found: Counter[str] = Counter()
    for worker in crowd:
        found.update(worker.line.recv())
    return found


@contextmanager
def workers(database: Database, number: int) -> Iterator[list[Worker]]:
    """Yield so many processes with their own connections, which start each task together."""
    database.dispose()  # a forked process must not share a connection
    barrier = FORKING.Barrier(number)
    crew = []
    for _ in range(number):
        ours, theirs = FORKING.Pipe()
        process = FORKING.Process(target=_work, args=(database.url, theirs, barrier), daemon=True)
        process.start()
        crew.append(Worker(process, ours))
    try:
        yield crew
    finally:
        for worker in crew:
            worker.line.send(None)
        for worker in crew:
            worker.process.join()


def _work(url: str, line: Connection, barrier: Barrier) -> None:
    database = Database(url)
    with database.read_session() as session:
        session.execute(text("SELECT 1"))
    while (task := line.recv()) is not None:
        barrier.wait()
        line.send(Counter(_act(database, task, number) for number in range(task.times)))
    database.dispose()


def _act(database: Database, task: Task, number: int) -> str:
    try:
        if task.how == "naive":
            return _claim_naively(database, task.pool_id, task.login_id + number)
        with database.transaction() as session:
            if task.how == "bare":
                session.execute(BARE, {"pool": task.pool_id})
                return "counted"
            if task.how == "rows":
                return _write_rows(session, task.pool_id, task.login_id + number)
            done = seat_claims.claim(
                session, task.pool_id, task.login_id + number, actor=None, now=NOW
            )
        return type(done).__name__
    except Exception as error:  # noqa: BLE001  (whatever it is, it is counted)
        return f"error: {error}"[:300] if task.times > 1 else "error"


def _write_rows(session: Session, pool_id: int, login_id: int) -> str:
    """Write the rows of a claim without checks, with the driver's cursor."""
    driver = Driver.of(session)
    values: dict[str, object] = {
        "pool": pool_id,
        "login": login_id,
        "seat": new_public_id(),
        "now": NOW,
    }
    if driver.dialect.name == "postgresql":
        ROWS_ON_POSTGRESQL.count(driver, values)
        return "written"
    values["now"] = NOW.isoformat(" ")
    SEAT_ON_SQLITE.count(driver, values)
    (values["seat_id"],) = driver.cursor.fetchone() or (None,)
    for statement in ROWS_ON_SQLITE:
        statement.count(driver, values)
    return "written"


def _claim_naively(database: Database, pool_id: int, login_id: int) -> str:
    """Count, then insert, as the product must not do."""
    with database.read_session() as session:
        capacity = session.scalar(select(Pool.capacity).where(Pool.id == pool_id)) or 0
        sitting = session.scalar(
            select(func.count(Assignment.id)).where(
                Assignment.pool_id == pool_id, Assignment.ended_at.is_(None)
            )
        )
    if (sitting or 0) >= capacity:
        return "Full"
    with database.transaction() as session:
        seat = Seat(pool_id=pool_id, state=SeatState.TAKEN, created_at=NOW)
        session.add(seat)
        session.flush()
        session.add(
            Assignment(
                pool_id=pool_id,
                seat_id=seat.id,
                login_id=login_id,
                state=AssignmentState.CLAIMED,
                created_at=NOW,
                claimed_at=NOW,
            )
        )
    return "Claimed"


@contextmanager
def installation(kind: str) -> Iterator[Database]:
    """Yield an empty installation on a database of that kind, with durable commits."""
    with tempfile.TemporaryDirectory(prefix="carrel-seats-") as folder:
        if kind == "sqlite":
            database = Database(f"sqlite:///{Path(folder) / 'carrel.sqlite3'}")
            upgrade(database)
            yield database
            database.dispose()
            return
        with postgres(DURABLE) as server:
            database = Database(server.create("seats"))
            upgrade(database)
            yield database
            database.dispose()


def _fill(database: Database, logins: int) -> int:
    """Add an organization and so many people; returns the first login."""
    with database.transaction() as session:
        session.add(Organization(slug="elm-county", name="Elm County", created_at=NOW))
        _insert_logins(session, logins)
        first = session.scalar(select(func.min(Login.id)))
    return first or 0


def _insert_logins(session: Session, number: int) -> None:
    rows = [
        {
            "public_id": new_public_id(),
            "email": f"person{one}@example.org",
            "email_key": f"person{one}@example.org",
            "name": "Pat Doe",
            "confirmed_at": NOW,
            "created_at": NOW,
        }
        for one in range(number)
    ]
    session.execute(insert(Login.__table__), rows)  # type: ignore[arg-type]  # a Table


def _pool(database: Database, capacity: int) -> int:
    """Sell another organization so many seats; returns the pool."""
    with database.transaction() as session:
        buyer = Organization(slug=new_public_id(), name="Elm County", created_at=NOW)
        session.add(buyer)
        session.flush()
        term = Term(NOW - timedelta(days=1))
        target = Target(Scope.EVERYTHING)
        new = NewPoolGrant(buyer.id, target, capacity, term, OfferKind.GROUP_SEATS)
        return pools.sell_seats(session, new, actor=None, now=NOW).id


def _print(**figures: object) -> None:
    print(
        json.dumps({key: value for key, value in figures.items() if value is not None}), flush=True
    )


if __name__ == "__main__":
    main()
