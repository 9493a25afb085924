"""A1: how long a decision takes against reading one row by its primary key, same session.

Fills a house with logins, grants, seats and webinars (1 million, 2 million, 250,000 and 10,000
unless told otherwise; the issue's size is --grants 1000000), seats in pools of fifty of which
some are invited to and some may be claimed by mail domain, then asks for decisions of random people on random webinars and, in turn with them,
reads one login by its key. Run: python -m benchmarks.decide [--database sqlite|postgresql]
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.orm import Session

from lms.access import Action, decide
from lms.cases import load_case
from lms.db import Base, Database, new_public_id
from lms.migrations import upgrade
from lms.models.catalogue import Webinar, WebinarState
from lms.models.holdings import Grant, OfferKind, Scope
from lms.models.people import Login, Organisation
from lms.models.seats import (
    Assignment,
    AssignmentState,
    ClaimPolicy,
    Pool,
    Seat,
    SeatState,
    VerifiedDomain,
    WaitingEntry,
)
from tests.servers.postgres import postgres

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
BATCH = 50_000
SEATS_IN_A_POOL = 50
POOLS_OF_AN_ORGANISATION = 5
STRIDE = 7919  # a prime: who has the seats is spread over the logins
BY_KEY = select(Login.public_id).where(Login.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class Size:
    """How large the house is."""

    logins: int
    grants: int
    seats: int
    webinars: int

    @property
    def pools(self) -> int:
        """Return how many pools of organisations there are."""
        return self.seats // SEATS_IN_A_POOL

    @property
    def organisations(self) -> int:
        """Return how many organisations hold them."""
        return self.pools // POOLS_OF_AN_ORGANISATION


def main() -> None:
    """Measure and print one line of JSON: a list with one entry for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--logins", type=int, default=1_000_000)
    parser.add_argument("--grants", type=int, default=2_000_000)
    parser.add_argument("--seats", type=int, default=250_000)
    parser.add_argument("--webinars", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5_000)
    options = parser.parse_args()
    size = Size(options.logins, options.grants, options.seats, options.webinars)
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    print(json.dumps([measure(kind, size, options.rounds) for kind in kinds]))


def measure(kind: str, size: Size, rounds: int) -> dict[str, object]:
    """Return the figures for one kind of database."""
    with house(kind) as database:
        fill(database, size)
        decisions, keys = time_both(database, size, rounds)
    return {
        "metric": "A1",
        "database": kind,
        "ratio": round(statistics.median(decisions) / statistics.median(keys), 2),
        "ratio_p99": round(p99(decisions) / p99(keys), 2),
        "yardstick": "SELECT by primary key through the same session",
        "decision_us": {"p50": micro(statistics.median(decisions)), "p99": micro(p99(decisions))},
        "yardstick_us": {"p50": micro(statistics.median(keys)), "p99": micro(p99(keys))},
        "logins": size.logins,
        "grants": size.grants,
        "seats": size.seats,
        "webinars": size.webinars,
    }


def time_both(database: Database, size: Size, rounds: int) -> tuple[list[float], list[float]]:
    """Time decisions and primary-key reads in turn; seconds each."""
    chance = random.Random(7)
    decisions: list[float] = []
    keys: list[float] = []
    with database.read_session() as session:
        for count in range(rounds + rounds // 10):
            login_id = chance.randrange(1, size.logins + 1)
            webinar_id = chance.randrange(1, size.webinars + 1)
            begin = time.perf_counter()
            case = load_case(session, login_id=login_id, webinar_id=webinar_id)
            decide(case.login, case.webinar, Action.RECORDING, NOW)
            middle = time.perf_counter()
            session.execute(BY_KEY, {"id": chance.randrange(1, size.logins + 1)}).scalar_one()
            end = time.perf_counter()
            if count >= rounds // 10:  # after warming up
                decisions.append(middle - begin)
                keys.append(end - middle)
    return decisions, keys


def fill(database: Database, size: Size) -> None:
    """Fill the house in batches, then let the database look at what it holds."""
    chance = random.Random(3)
    with database.transaction() as session:
        _insert(session, Login, (_login(number, size) for number in range(size.logins)))
        _insert(session, Webinar, (_webinar(number) for number in range(size.webinars)))
        _insert(session, Grant, (_grant(chance, size) for _ in range(size.grants)))
        _insert(session, Organisation, (_organisation(at) for at in range(size.organisations)))
        _insert(session, VerifiedDomain, (_domain(at) for at in range(size.organisations)))
        _insert(session, Pool, (_pool(at, size) for at in range(size.pools)))
        contracts = (_contract(at, size) for at in range(size.pools))
        _insert(session, Grant, contracts, first=size.grants + 1)
        _insert(session, Seat, (_seat(at) for at in range(size.seats)))
        _insert(session, Assignment, (_assignment(at, size) for at in range(size.seats)))
        _insert(session, WaitingEntry, (_waiting(at, size) for at in range(size.pools)))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _insert(
    session: Session, model: type[Base], rows: Iterator[dict[str, object]], first: int = 1
) -> None:
    batch: list[dict[str, object]] = []
    for number, row in enumerate(rows, first):
        batch.append({"id": number, **row})
        if len(batch) == BATCH:
            session.execute(insert(model.__table__), batch)  # type: ignore[arg-type]  # a Table
            batch = []
    if batch:
        session.execute(insert(model.__table__), batch)  # type: ignore[arg-type]  # a Table


def _login(number: int, size: Size) -> dict[str, object]:
    email = f"person{number}@{_domain_of(number % (2 * size.organisations))}"
    return {
        "public_id": new_public_id(),
        "email": email,
        "email_key": email,
        "name": "Pat Doe",
        "is_staff": False,
        "confirmed_at": NOW,
        "created_at": NOW,
    }


def _domain_of(organisation: int) -> str:
    return f"library{organisation}.example.org"


def _webinar(number: int) -> dict[str, object]:
    return {
        "public_id": new_public_id(),
        "slug": f"webinar-{number}",
        "title": f"Webinar {number}",
        "summary": "",
        "overview": "",
        "agenda": "",
        "held_at": NOW - timedelta(days=number % 2000),
        "zone": "America/New_York",
        "minutes": 60,
        "free": False,
        "state": WebinarState.ANNOUNCED,
        "created_at": NOW,
        "updated_at": NOW,
    }


def _grant(chance: random.Random, size: Size) -> dict[str, object]:
    is_pass = chance.random() < 0.1
    return {
        "public_id": new_public_id(),
        "login_id": chance.randrange(1, size.logins + 1),
        "kind": OfferKind.PASS if is_pass else OfferKind.SINGLE,
        "scope": Scope.EVERYTHING if is_pass else Scope.WEBINAR,
        "webinar_id": None if is_pass else chance.randrange(1, size.webinars + 1),
        "starts_at": NOW - timedelta(days=100),
        "ends_at": NOW + timedelta(days=265) if is_pass else None,
        "created_at": NOW,
    }


def _organisation(at: int) -> dict[str, object]:
    name = f"Library {at}"
    return {"public_id": new_public_id(), "slug": f"library-{at}", "name": name, "created_at": NOW}


def _domain(at: int) -> dict[str, object]:
    return {
        "public_id": new_public_id(),
        "organisation_id": at + 1,
        "domain": _domain_of(at),
        "verified_at": NOW,
    }


def _scope(at: int, size: Size) -> dict[str, object]:
    """Return what a pool covers: each fifth is a contract for everything, one webinar else."""
    if at % POOLS_OF_AN_ORGANISATION == 0:
        return {"scope": Scope.EVERYTHING, "webinar_id": None}
    return {"scope": Scope.WEBINAR, "webinar_id": at % size.webinars + 1}


def _pool(at: int, size: Size) -> dict[str, object]:
    return {
        "public_id": new_public_id(),
        "organisation_id": at // POOLS_OF_AN_ORGANISATION + 1,
        **_scope(at, size),
        "is_permanent": at % POOLS_OF_AN_ORGANISATION != 0,
        "capacity": SEATS_IN_A_POOL + at % 2,
        "used": SEATS_IN_A_POOL,
        "claim_policy": ClaimPolicy.DOMAIN if at % 2 else ClaimPolicy.INVITATION,
        "created_at": NOW,
    }


def _contract(at: int, size: Size) -> dict[str, object]:
    is_dated = at % POOLS_OF_AN_ORGANISATION == 0
    return {
        "public_id": new_public_id(),
        "pool_id": at + 1,
        "kind": OfferKind.CONTRACT if is_dated else OfferKind.GROUP_SEATS,
        "seats": SEATS_IN_A_POOL + at % 2,
        **_scope(at, size),
        "starts_at": NOW - timedelta(days=100),
        "ends_at": NOW + timedelta(days=265) if is_dated else None,
        "created_at": NOW,
    }


def _seat(at: int) -> dict[str, object]:
    pool_id = at // SEATS_IN_A_POOL + 1
    state = SeatState.TAKEN
    return {"public_id": new_public_id(), "pool_id": pool_id, "state": state, "created_at": NOW}


def _assignment(at: int, size: Size) -> dict[str, object]:
    """Return who has a seat; each tenth is still invited, by address."""
    person = at * STRIDE % size.logins
    email = _login(person, size)["email"]
    is_claimed = at % 10 != 0
    return {
        "seat_id": at + 1,
        "pool_id": at // SEATS_IN_A_POOL + 1,
        "login_id": person + 1 if is_claimed else None,
        "email": email,
        "email_key": email,
        "name": "",
        "state": AssignmentState.CLAIMED if is_claimed else AssignmentState.INVITED,
        "expires_at": None if is_claimed else NOW + timedelta(days=14),
        "claimed_at": NOW - timedelta(days=90) if is_claimed else None,
        "created_at": NOW - timedelta(days=100),
    }


def _waiting(at: int, size: Size) -> dict[str, object]:
    return {
        "public_id": new_public_id(),
        "pool_id": at + 1,
        "login_id": at * STRIDE % size.logins + 1,
        "name": "",
        "joined_at": NOW,
    }


@contextmanager
def house(kind: str) -> Iterator[Database]:
    """Give an empty house on a real database of that kind."""
    with tempfile.TemporaryDirectory(prefix="carrel-decide-") as folder:
        if kind == "sqlite":
            database = Database(f"sqlite:///{Path(folder) / 'carrel.sqlite3'}")
            yield _upgraded(database)
            database.dispose()
            return
        with postgres() as server:
            database = Database(server.create("decide"))
            yield _upgraded(database)
            database.dispose()


def _upgraded(database: Database) -> Database:
    upgrade(database)
    return database


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(values, n=100)[98]


def micro(seconds: float) -> float:
    """Return microseconds, one decimal."""
    return round(seconds * 1e6, 1)


if __name__ == "__main__":
    main()
