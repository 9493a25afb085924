"""How fast staff find a person among 250,000 accounts and 250,000 invited people (bar: 300 ms).

Each search is that of the People page and of "Why can't they watch?": one page of accounts, and the
first invited people without an account. Every fourth invited person has an account meanwhile.
Run: python -m benchmarks.people_search [--database sqlite|postgresql|both] [--people N]
"""

import argparse
import json
import os
import random
import statistics
import time
from datetime import timedelta
from typing import Final

from sqlalchemy import insert, text

from benchmarks.cpu_time import cpu_seconds
from benchmarks.large_library import NOW, house
from lms.core.database import Database
from lms.core.model_base import new_public_ids
from lms.models.accounts import Login
from lms.models.seats import Assignment, AssignmentState, Pool, Seat, SeatState
from lms.people.invited_people import find_invited
from lms.people.login_search import find_people
from tests.factories import make_organization, make_pool
from tests.servers.postgres import ROOMY

ROUNDS: Final = 7
AT_ONCE: Final = 10_000
FIRST: Final = ("Ann", "Bob", "Carla", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "Ines", "Jo")
SYLLABLES: Final = ("ba", "den", "fi", "gor", "hal", "ker", "lin", "mo", "nor", "per", "sul", "ton")
QUERIES: Final = {
    "one": "person-{some}@",
    "whole address": "guest-{some}@library-7.example.org",
    "name": "Elena Halkerton",
    "part of a name": "kerlin",
    "common word": "example",
    "two letters": "jo",
    "nobody": "zzzzzz",
}


def main() -> None:
    """Measure, and print one line of JSON for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--people", type=int, default=250_000)
    options = parser.parse_args()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        with house(kind, ROOMY) as database:
            fill(database, options.people)
            print(json.dumps({"database": kind, **measure(database, options.people)}), flush=True)


def measure(database: Database, people: int) -> dict[str, object]:
    """Return the mean CPU milliseconds of each search, and of the slowest, which a busy machine doesn't change.

    `wall` is the median of what a person waited, accounts and invited people together.
    """
    found = {}
    for name, query in QUERIES.items():
        asked, waited = query.format(some=people // 2), []
        used = {"accounts": 0.0, "invited": 0.0}
        for _round in range(ROUNDS):
            began = time.perf_counter()
            with database.read_session() as session:
                before = cpu_seconds(session)
                find_people(session, asked, limit=50)
                between = cpu_seconds(session)
                find_invited(session, asked, limit=5)
                used["accounts"] += between - before
                used["invited"] += cpu_seconds(session) - between
            waited.append(time.perf_counter() - began)
        found[name] = {part: round(1000 * each / ROUNDS, 1) for part, each in used.items()}
        found[name]["wall"] = round(1000 * statistics.median(waited), 1)
    worst = max(each["accounts"] + each["invited"] for each in found.values())
    return {**found, "worst_cpu_ms": round(worst, 1), "load": round(os.getloadavg()[0], 1)}


def fill(database: Database, people: int) -> None:
    """Write accounts, and as many invitations in one organization's pool."""
    chance = random.Random(7)
    with database.transaction() as session:
        pool = make_pool(session, make_organization(session, "elm"), capacity=None)
        pool_id = pool.id
    for first in range(0, people, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, people))
        with database.transaction() as session:
            session.execute(insert(Login), logins(numbers, chance))
            seats = [
                {
                    "id": number + 1,
                    "public_id": public_id,
                    "pool_id": pool_id,
                    "state": SeatState.TAKEN,
                    "created_at": NOW,
                }
                for number, public_id in zip(numbers, new_public_ids(len(numbers)), strict=True)
            ]
            session.execute(insert(Seat), seats)
            session.execute(insert(Assignment), [invitation(n, pool_id, chance) for n in numbers])
    with database.transaction() as session:
        session.get_one(Pool, pool_id).used = people
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def logins(numbers: range, chance: random.Random) -> list[dict[str, object]]:
    """Return the rows of some accounts."""
    return [
        {
            "public_id": public_id,
            "email": f"person-{number}@library-{number % 4000}.example.org",
            "email_key": f"person-{number}@library-{number % 4000}.example.org",
            "name": name_by(chance),
            "confirmed_at": NOW,
            "created_at": NOW,
        }
        for number, public_id in zip(numbers, new_public_ids(len(numbers)), strict=True)
    ]


def invitation(number: int, pool_id: int, chance: random.Random) -> dict[str, object]:
    """Return the row of one invited person; every fourth has an account."""
    kind = "person" if number % 4 == 0 else "guest"
    email = f"{kind}-{number}@library-{number % 4000}.example.org"
    return {
        "seat_id": number + 1,
        "pool_id": pool_id,
        "email": email,
        "email_key": email,
        "name": name_by(chance),
        "state": AssignmentState.INVITED,
        "created_at": NOW - timedelta(minutes=number),
        "expires_at": NOW + timedelta(days=14),
    }


def name_by(chance: random.Random) -> str:
    """Return an invented name."""
    return f"{chance.choice(FIRST)} {''.join(chance.choices(SYLLABLES, k=3)).title()}"


if __name__ == "__main__":
    main()
