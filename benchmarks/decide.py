"""A1 and A2: the cost of an access decision compared with a primary-key read, and table scans.

Fills an installation (by default 1 million accounts and grants, 250,000 seats, 10,000 webinars),
then decides for random people and webinars, alternating with reads of one login by its key through
the same session. A1 compares elapsed time (p50 and p99) and CPU time, the database's included. A2
reads the plans of the hot statements.

Run: python -m benchmarks.decide [--database sqlite|postgresql]. Prints one line of JSON for each
metric. It takes five minutes, most of them for filling.
"""

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from benchmarks.cpu_time import cpu_seconds
from benchmarks.large_library import NOW, Size, fill, installation
from benchmarks.query_plans import scans
from lms.access.decision_facts import load_case
from lms.access.policy import Action, decide
from lms.models.accounts import Login

BY_KEY: Final = select(Login.public_id).where(Login.id == bindparam("id"))
TURNS: Final = 11
BARS: Final = {"sqlite": 7, "postgresql": 3.1}


@dataclass(frozen=True, slots=True)
class Times:
    """Elapsed seconds of each call, and CPU seconds per call in each round."""

    clock: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print one line of JSON for each metric and database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--logins", type=int, default=1_000_000)
    parser.add_argument("--grants", type=int, default=1_000_000)
    parser.add_argument("--seats", type=int, default=250_000)
    parser.add_argument("--webinars", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5_500, help="decisions that are timed")
    options = parser.parse_args()
    size = Size(options.logins, options.grants, options.seats, options.webinars)
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        measure(kind, size, options.rounds)


def measure(kind: str, size: Size, rounds: int) -> None:
    """Print the figures for one kind of database."""
    with installation(kind) as database:
        begin = time.perf_counter()
        fill(database, size)
        filled = time.perf_counter() - begin
        with database.read_session() as session:
            decisions, keys = time_both(session, size, rounds)
        found = scans(database)
    _print(
        metric="A1",
        database=kind,
        ratio=_ratio(decisions.clock, keys.clock, statistics.median),
        ratio_p99=_ratio(decisions.clock, keys.clock, p99),
        ratio_cpu=_ratio(decisions.cpu, keys.cpu, statistics.median),
        bar=BARS[kind],
        yardstick="SELECT by primary key through the same session",
        decision_us=_micro(decisions),
        yardstick_us=_micro(keys),
        logins=size.logins,
        grants=size.grants + size.pools,
        seats=size.seats,
        webinars=size.webinars,
        filled_in_s=round(filled),
        load=round(os.getloadavg()[0], 1),
    )
    _print(metric="A2", database=kind, scans=sum(map(len, found.values())), bar=0, where=found)


def time_both(session: Session, size: Size, rounds: int) -> tuple[Times, Times]:
    """Time decisions and primary-key reads alternately, after a warm-up of each."""
    chance = random.Random(7)

    def ask() -> None:
        login_id = chance.randrange(1, size.logins + 1)
        webinar_id = chance.randrange(1, size.webinars + 1)
        case = load_case(session, login_id=login_id, webinar_id=webinar_id)
        decide(case.login, case.webinar, Action.RECORDING, NOW)

    def read() -> None:
        session.execute(BY_KEY, {"id": chance.randrange(1, size.logins + 1)}).scalar_one()

    decisions, keys = Times(), Times()
    for turn in range(TURNS + 1):
        for act, times in ((ask, decisions), (read, keys)):
            _take_turn(session, act, times if turn else Times(), rounds // TURNS)
    return decisions, keys


def _take_turn(session: Session, act: Callable[[], None], times: Times, count: int) -> None:
    before = cpu_seconds(session)
    for _ in range(count):
        begin = time.perf_counter()
        act()
        times.clock.append(time.perf_counter() - begin)
    times.cpu.append((cpu_seconds(session) - before) / count)


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(values, n=100)[98]


def _ratio(ours: list[float], theirs: list[float], of: Callable[[list[float]], float]) -> float:
    return round(of(ours) / of(theirs), 2)


def _micro(times: Times) -> dict[str, float]:
    seconds = {
        "p50": statistics.median(times.clock),
        "p99": p99(times.clock),
        "cpu": statistics.median(times.cpu),
    }
    return {name: round(value * 1e6, 1) for name, value in seconds.items()}


def _print(**figures: object) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
