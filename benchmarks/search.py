"""T1: the cost of searching what is said: a medium word, and the worst case.

Fills an installation with 600,000 passages of half a minute (5,000 hours, 45 million words with the
frequencies of speech, by Zipf's law), and searches as the search page does: which webinars mention
the words, the best 24 of them, and three highlighted quotations of each. A medium word is in one
passage of 200. The worst case is the slowest of these: a word that is almost everywhere, two such
words, three letters that begin one word in thirty, a word that doesn't occur, and a mistyped word,
for which the closest word is found and searched.

Run: python -m benchmarks.search [--database sqlite|postgresql|both] [--webinars N]. Prints one line
of JSON for each metric, with elapsed and CPU time (the database's own included where it can be
measured). Filling takes some minutes.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from benchmarks.cpu_time import cpu_seconds
from benchmarks.large_library import NOW, installation
from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.models.catalog import Webinar, WebinarState
from lms.models.search import WEBINAR_BITS, Passage, PassageKind
from lms.search import passages, spelling
from tests.servers.postgres import ROOMY

PASSAGES: Final = 120
WORDS: Final = 75
VOCABULARY: Final = 30_000
PAGE: Final = 24
ROUNDS: Final = 41
AT_ONCE: Final = 20
BARS: Final = {"medium": (15, 5), "worst": (350, 170)}
ONSETS: Final = "bdfgklmnprtvz"
VOWELS: Final = "aeiou"


def main() -> None:
    """Measure and print one line of JSON for each metric and database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--webinars", type=int, default=5_000)
    options = parser.parse_args()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        with installation(kind, ROOMY) as database:
            measure(kind, database, options.webinars)


def measure(kind: str, database: Database, webinars: int) -> None:
    """Fill an installation and search."""
    words = vocabulary()
    fill(database, words, webinars)
    # the word that is in 1 of 200 passages; frequencies fall as 1 / rank
    harmonic = sum(1 / rank for rank in range(1, VOCABULARY + 1))
    medium = round(WORDS * 200 / harmonic)
    asked = {
        "medium": [(words[medium + step],) for step in range(8)],
        "everywhere": [(words[0],)],
        "two everywhere": [(words[0], words[1])],
        "beginning": [(words[2][:3],)],
        "nowhere": [("xylophone",)],
    }
    took: dict[str, tuple[float, float]] = {}
    with database.read_session() as session:
        for name, queries in asked.items():
            took[name] = ask(session, queries, search)
        mistyped = [(each[:3] + each[4] + each[3] + each[5:],) for each in words[medium:][:8]]
        took["mistyped"] = ask(session, mistyped, correct)
    report(kind, webinars, took)


def report(kind: str, webinars: int, took: dict[str, tuple[float, float]]) -> None:
    """Print the two metrics, and which query is the worst."""
    worst = max((name for name in took if name != "medium"), key=lambda name: took[name][0])
    for metric, name in (("medium", "medium"), ("worst", worst)):
        clock, cpu = took[name]
        ahead, limit = BARS[metric]
        print(
            json.dumps(
                {
                    "metric": f"T1 {metric}",
                    "database": kind,
                    "passages": webinars * PASSAGES,
                    "query": name,
                    "p50_ms": round(clock, 2),
                    "cpu_ms": round(cpu, 2),
                    "ahead_ms": ahead,
                    "limit_ms": limit,
                    "all_ms": {each: round(took[each][0], 2) for each in took},
                }
            ),
            flush=True,
        )


def ask(
    session: Session,
    queries: Sequence[tuple[str, ...]],
    search: Callable[[Session, tuple[str, ...]], None],
) -> tuple[float, float]:
    """Return the median elapsed and the mean CPU milliseconds of a search."""
    clock = []
    cpu = cpu_seconds(session)
    for turn in range(ROUNDS):
        began = time.perf_counter()
        search(session, queries[turn % len(queries)])
        clock.append((time.perf_counter() - began) * 1000)
    return statistics.median(clock), (cpu_seconds(session) - cpu) * 1000 / ROUNDS


def search(session: Session, words: tuple[str, ...]) -> None:
    """Search as the search page does."""
    spoken = passages.hits(words, session.get_bind().dialect.name)
    best = (
        select(spoken.c.webinar_id, spoken.c.first).order_by(spoken.c.passages.desc()).limit(PAGE)
    )
    found = session.execute(best).all()
    passages.quote(session, words, {row.webinar_id: row.first for row in found})


def correct(session: Session, words: tuple[str, ...]) -> None:
    """Find nothing, then search with the closest spelling."""
    search(session, words)
    search(session, next(spelling.corrections(session, words)))


def vocabulary() -> list[str]:
    """Return invented words, most frequent first, none a prefix of another."""
    chance = random.Random(7)
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        syllables = (chance.choice(ONSETS) + chance.choice(VOWELS) for _ in range(3))
        found["".join(syllables) + "k"] = None
    return list(found)


def fill(database: Database, words: Sequence[str], webinars: int) -> None:
    """Add webinars with an hour of speech each."""
    with database.transaction() as session:
        spelling.learn(session, words)
        session.execute(
            insert(Webinar),
            [
                {
                    "public_id": new_public_id(),
                    "slug": f"talk-{number}",
                    "title": f"Talk {number}",
                    "held_at": NOW,
                    "zone": "UTC",
                    "minutes": 60,
                    "state": WebinarState.ANNOUNCED,
                    "created_at": NOW,
                    "updated_at": NOW,
                }
                for number in range(webinars)
            ],
        )
        ids = session.scalars(select(Webinar.id).order_by(Webinar.id)).all()
    chance = random.Random(11)
    shares: list[float] = []
    total = 0.0
    for rank in range(1, len(words) + 1):
        total += 1 / rank
        shares.append(total)
    for first in range(0, len(ids), AT_ONCE):
        with database.transaction() as session:
            rows = [
                row
                for one in ids[first : first + AT_ONCE]
                for row in talk(one, words, shares, chance)
            ]
            session.execute(insert(Passage), rows)
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.execute(
                text("INSERT INTO passage_search(passage_search) VALUES ('optimize')")
            )
            connection.commit()
        else:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                text("VACUUM ANALYZE passage")
            )


def talk(
    webinar_id: int, words: Sequence[str], shares: Sequence[float], chance: random.Random
) -> Iterator[dict[str, object]]:
    """Return the passages of one hour."""
    source = new_public_id()
    for number in range(PASSAGES):
        yield {
            "id": (webinar_id << WEBINAR_BITS) + number,
            "webinar_id": webinar_id,
            "kind": PassageKind.TRANSCRIPT,
            "source": source,
            "language": "en",
            "starts_s": number * 30.0,
            "page": None,
            "text": " ".join(chance.choices(words, cum_weights=shares, k=WORDS)),
        }


if __name__ == "__main__":
    main()
