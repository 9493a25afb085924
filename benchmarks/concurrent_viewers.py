"""2,000 viewers for five minutes, on the same processors as the product and its database.

`carrel serve` runs with its worker on a database that writes to disk, with one web process per
processor, as docs/operating.md recommends for many viewers. Viewers arrive over a minute. Each
opens the watch page with a sign-in cookie, opens a playback session, reads playlists and segments
as the player's buffer needs them (picture and sound, 96 kbit/s), sends a heartbeat every 15 s with
what was played and not yet acknowledged, and closes at the end. Late segments stall playback, and
the next heartbeat repeats what a failed one reported, as in the player. Scripts and styles are
already cached. Meanwhile others read pages at a steady rate, without waiting for earlier responses;
a response time counts from when the request was due.

At the end, the seconds saved for each viewer are compared with the seconds played. Run: python -m
benchmarks.concurrent_viewers [--viewers 2000] [--seconds 300] [--database sqlite|postgresql|both]
[--processes 2]. Prints one line of JSON for each database.
"""

import argparse
import asyncio
import gc
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Final

from benchmarks.concurrent_viewers_library import Person, fill_installation, kept_seconds
from benchmarks.cpu_time import used_by
from benchmarks.delivery_servers import tree
from benchmarks.heartbeat import environ_of
from benchmarks.served_product import HOST, at_share, come_to_rest, cpu_of, told_in, whole_product
from benchmarks.simulated_viewer import NO_ANSWER, Browser, Seen, Viewer
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from tests.servers.postgres import DURABLE, postgres
from tests.servers.process import free_port

RAMP_S: Final = 60.0
WARM_S: Final = 8.0
PAGES_A_SECOND: Final = 10
READERS: Final = 40
BAR: Final = {"viewers": 2000, "seconds": 300, "lost_seconds": 0, "server_errors": 0}
FAILED: Final = ("request_overrun", "request_failed", "database_away", "beat_not_kept")
SHARES: Final = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "longest_ms": 1.0}


async def read_pages(
    port: int,
    readers: Sequence[Person],
    word: str,
    seen: Seen,
    over: asyncio.Event,
    a_second: float = PAGES_A_SECOND,
) -> None:
    """Read pages at a steady rate until the viewers leave."""
    browsers = cycle([(Browser(port, each.cookie, seen), each) for each in readers])
    asked = cycle(("home", "library", "watch", "search"))
    began, number = time.perf_counter(), 0
    async with asyncio.TaskGroup() as all_of_them:
        while not over.is_set():
            due = began + number / a_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            (browser, person), name = next(browsers), next(asked)
            paths = {
                "home": "/",
                "library": "/library",
                "watch": f"/webinars/{person.slug}/watch",
                "search": f"/webinars?q={word}",
            }
            all_of_them.create_task(_read(browser, name, paths[name], seen, due))
            number += 1


async def warm(port: int, readers: Sequence[Person], word: str) -> None:
    """Read each page several times first, because each process compiles templates once."""
    over = asyncio.Event()
    reading = asyncio.create_task(read_pages(port, readers, word, Seen(), over))
    await asyncio.sleep(WARM_S)
    over.set()
    await reading


async def _read(browser: Browser, name: str, path: str, seen: Seen, due: float) -> None:
    try:
        await browser.get(f"read-{name}", path)
    except NO_ANSWER:
        return
    seen.waits["read"].append(time.perf_counter() - due)


async def come(port: int, people: Sequence[Person], word: str, viewers: int, seconds: int) -> Seen:
    """Run viewers and readers; returns their measurements."""
    seen, over = Seen(), asyncio.Event()
    reading = asyncio.create_task(read_pages(port, people[viewers:], word, seen, over))
    ramp = min(RAMP_S, seconds / 5)
    began = time.perf_counter()

    async def visit(number: int) -> None:
        await asyncio.sleep(began + number * ramp / viewers - time.perf_counter())
        browser = Browser(port, people[number].cookie, seen)
        await Viewer(browser, people[number], seen).watch(seconds)
        browser.close()

    async with asyncio.TaskGroup() as audience:
        for number in range(viewers):
            audience.create_task(visit(number))
    over.set()
    await reading
    return seen


def measure(kind: str, viewers: int, seconds: int, processes: int) -> None:
    """Fill an installation, run the viewers, and print a line of JSON."""
    with (
        tempfile.TemporaryDirectory(prefix="carrel-audience-") as name,
        _database(kind, name) as at,
    ):
        url, server = at
        port = free_port()
        environ = {**environ_of(Path(name), url), "CARREL_BASE_URL": f"http://{HOST}:{port}"}
        carrel = open_carrel(Settings.from_env(environ))
        upgrade(carrel.database)
        people, word = fill_installation(carrel, viewers + READERS)
        carrel.database.dispose()
        gc.freeze()
        with whole_product(Path(name), environ, port, processes) as process:
            come_to_rest(process)
            asyncio.run(warm(port, people[viewers:], word))
            before = cpu_of(process), _cpu_of_all(server), time.process_time()
            began = time.perf_counter()
            seen = asyncio.run(come(port, people, word, viewers, seconds))
            took = time.perf_counter() - began
            after = cpu_of(process), _cpu_of_all(server), time.process_time()
        spent = [round((now - then) / took, 2) for now, then in zip(after, before, strict=True)]
        told = told_in(Path(name) / "log", FAILED)
        figures = {
            "metric": "audience",
            "database": kind,
            "web_processes": processes,
            "viewers": viewers,
            "seconds": seconds,
            **_kept(carrel, people[:viewers], seen),
            **_answers(seen),
            "told_in_log": told,
            "took_s": round(took, 1),
            "processors_of_product": spent[0],
            "processors_of_database": spent[1],
            "processors_of_crowd": spent[2],
            "processors": os.cpu_count(),
            "bar": BAR,
            "load": round(os.getloadavg()[0], 1),
        }
        carrel.database.dispose()
    print(json.dumps(figures), flush=True)


def _kept(carrel: Carrel, people: Sequence[Person], seen: Seen) -> dict[str, object]:
    """Compare what was saved for each viewer with what they played."""
    kept = kept_seconds(carrel)
    short = [
        seen.played_s.get(each.login_id, 0.0) - kept.get(each.login_id, 0.0) for each in people
    ]
    return {
        "came_to_the_end": len(seen.played_s),
        "watching_at_once": seen.most_watching,
        "played_s": round(sum(seen.played_s.values())),
        "kept_s": round(sum(kept.get(each.login_id, 0.0) for each in people)),
        "lost_s": round(sum(each for each in short if each > 0)),
        "who_lost": sum(each > 0 for each in short),
        "never_played_s": round(-sum(each for each in short if each < 0)),
        "stalled_s": round(seen.stalled_s, 1),
    }


def _answers(seen: Seen) -> dict[str, object]:
    return {
        "server_errors": seen.count("5"),
        "refused": seen.count("4", "refused"),
        "timed_out": sum(n for name, n in seen.statuses.items() if "TimeoutError" in name),
        "no_answer": seen.count("none"),
        "verdicts": dict(seen.verdicts),
        "statuses": dict(sorted(seen.statuses.items())),
        "pages": _times(seen.waits["read"]),
        "waits": {kind: _times(found) for kind, found in sorted(seen.waits.items())},
    }


def _times(found: list[float]) -> dict[str, float]:
    ranked = sorted(found)
    return {name: round(at_share(ranked, share) * 1000, 1) for name, share in SHARES.items()}


def _cpu_of_all(server: int | None) -> float:
    return sum(map(used_by, tree(server))) if server else 0.0


@contextmanager
def _database(kind: str, folder: str) -> Iterator[tuple[str, int | None]]:
    """Yield the URL of an empty database that writes to disk, and its server process."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/installation.db", None
        return
    with postgres(DURABLE) as server:
        told = (server.directory / "data" / "postmaster.pid").read_text()
        yield server.create("carrel"), int(told.split()[0])


def main() -> None:
    """Measure and print one line of JSON for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=300, help="how long each watches")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="that serve the web")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        measure(kind, options.viewers, options.seconds, options.processes)


if __name__ == "__main__":
    main()
