"""B-F1: what 200 viewers notice while parts of a larger installation fail or are renewed.

Two nodes of `carrel serve` behind nginx as in deploy/nginx-nodes.conf, two workers, PostgreSQL that
writes to disk, Valkey, and recordings in S3. For each fault, another 200 people watch and send
heartbeats as the player does, while others read pages; a part fails meanwhile, and they leave when
all works again. Prints failed requests (no response, or a server error), requests refused with 503
and Retry-After, seconds watched that the database doesn't have at the end, seconds that players
stalled, and how long after the fault the last request failed. Run: python -m benchmarks.faults
[--viewers 200] [--fault NAME ...]. Prints one line of JSON for each fault.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.concurrent_viewers import PAGES_A_SECOND, READERS, read_pages, warm
from benchmarks.concurrent_viewers_library import Person, fill_installation, kept_seconds
from benchmarks.delivery_servers import tree
from benchmarks.heartbeat import environ_of
from benchmarks.next_version import add_unread_column, install, install_next
from benchmarks.programs import Part, Program
from benchmarks.served_product import HOST, come_to_rest
from benchmarks.simulated_viewer import Browser, Seen, Viewer
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from tests.servers.nginx import before_nodes
from tests.servers.postgres import DURABLE, postgres
from tests.servers.process import free_ports
from tests.servers.s3 import seaweed
from tests.servers.valkey import valkey

S3_GONE_S: Final = 23.0
REDIS_FROZEN_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Pace:
    """In how many seconds people arrive, when the fault begins, and how long they watch.

    Viewers are told how long when they arrive: the longest fault and two heartbeats.
    """

    ramp_s: float = 8.0
    calm_s: float = 20.0
    watch_s: float = 88.0
    pages_a_second: float = PAGES_A_SECOND


@dataclass(frozen=True, slots=True)
class Installation:
    """All parts of the installation, and the directory in which the product is installed."""

    root: Path
    upgrade: Program
    nodes: Sequence[Program]
    workers: Sequence[Program]
    database: Part
    redis: Part
    s3: Part


def nothing(_house: Installation) -> None:
    """Nothing fails; for comparison."""
    time.sleep(5)


def rolling_restart(installation: Installation) -> None:
    """Each node is stopped by SIGTERM and started again, one after the other."""
    for node in installation.nodes:
        node.stop()
        node.start()


def renewal(installation: Installation) -> None:
    """Each node is reloaded by SIGHUP, one after the other."""
    for node in installation.nodes:
        node.renew()


def upgrade_to_the_next(installation: Installation) -> None:
    """The next version is installed, upgrades the tables, and reloads each program."""
    install_next(installation.root)
    installation.upgrade.start()
    installation.upgrade.wait()
    for node in installation.nodes:
        node.renew()
    for worker in installation.workers:
        worker.stop()
        worker.start()


def web_killed(installation: Installation) -> None:
    """The web process of one node is killed."""
    os.kill(
        max(tree(installation.nodes[0].pid)), signal.SIGKILL
    )  # the youngest is gunicorn's worker


def worker_killed(installation: Installation) -> None:
    """One worker is killed, and restarted as its unit would."""
    installation.workers[0].stop(signal.SIGKILL)
    time.sleep(2)
    installation.workers[0].start()


def database_restarted(installation: Installation) -> None:
    """PostgreSQL is restarted at once, which ends all connections."""
    installation.database.end(signal.SIGINT)
    installation.database.start()


def redis_frozen(installation: Installation) -> None:
    """Redis accepts connections but doesn't respond."""
    os.kill(installation.redis.pid, signal.SIGSTOP)
    time.sleep(REDIS_FROZEN_S)
    os.kill(installation.redis.pid, signal.SIGCONT)


def redis_gone(installation: Installation) -> None:
    """Redis is killed, and restarted empty."""
    installation.redis.end(signal.SIGKILL)
    time.sleep(REDIS_FROZEN_S)
    installation.redis.start()


def storage_gone(installation: Installation) -> None:
    """S3 is killed, and restarted with its files."""
    installation.s3.end(signal.SIGKILL)
    time.sleep(S3_GONE_S)
    installation.s3.start()


FAULTS: Final[Mapping[str, Callable[[Installation], None]]] = {
    one.__name__: one
    for one in (
        nothing,
        rolling_restart,
        renewal,
        web_killed,
        worker_killed,
        database_restarted,
        redis_frozen,
        redis_gone,
        storage_gone,
        upgrade_to_the_next,  # last, because it changes the installed version
    )
}


@dataclass(slots=True)
class Told:
    """When a fault began and ended."""

    began: float = 0.0
    ended: float = 0.0
    over: asyncio.Event = field(default_factory=asyncio.Event)


async def watch_through(
    port: int,
    people: Sequence[Person],
    readers: Sequence[Person],
    word: str,
    fault: Callable[[], None],
    pace: Pace = Pace(),
) -> tuple[Seen, Told]:
    """Let people watch while a part fails, until it works again."""
    seen, told = Seen(), Told()
    reading = asyncio.create_task(
        read_pages(port, readers, word, seen, told.over, pace.pages_a_second)
    )
    began = time.perf_counter()

    async def visit(number: int) -> None:
        await asyncio.sleep(began + number * pace.ramp_s / len(people) - time.perf_counter())
        browser = Browser(port, people[number].cookie, seen)
        await Viewer(browser, people[number], seen).watch(pace.watch_s)
        browser.close()

    async def fail() -> None:
        await asyncio.sleep(pace.calm_s)
        told.began = time.perf_counter()
        await asyncio.to_thread(fault)
        told.ended = time.perf_counter()

    async with asyncio.TaskGroup() as audience:
        audience.create_task(fail())
        for number in range(len(people)):
            audience.create_task(visit(number))
    told.over.set()
    await reading
    return seen, told


@contextmanager
def installation_of(
    folder: Path, viewers: int
) -> Iterator[tuple[Installation, Carrel, int, list[Person], str]]:
    """Run an installation with people for every fault."""
    ports = free_ports(2)
    with ExitStack() as opened:
        server = opened.enter_context(postgres((*DURABLE, "max_connections=400")))
        redis = opened.enter_context(valkey())
        s3 = opened.enter_context(seaweed())
        port = opened.enter_context(before_nodes(ports, folder))
        environ = {
            **environ_of(folder, server.create("carrel")),
            "CARREL_BASE_URL": f"http://{HOST}:{port}",
            "CARREL_REDIS_URL": redis,
            **s3.settings("files"),
            "CARREL_TRUSTED_PROXIES": HOST,
        }
        carrel = open_carrel(Settings.from_env(environ))
        upgrade(carrel.database)
        add_unread_column(carrel.database)
        people, word = fill_installation(carrel, viewers * len(FAULTS) + READERS)
        carrel.database.dispose()
        root = install(folder / "carrel")
        nodes = [
            Program(
                ("serve", "--bind", f"{HOST}:{each}", "--workers", "1", "--no-worker", "--json"),
                environ,
                folder / f"node{number}.log",
                each,
                root=root,
            )
            for number, each in enumerate(ports)
        ]
        workers = [
            Program(("worker",), environ, folder / f"worker{n}.log", root=root) for n in range(2)
        ]
        upgrading = Program(("db", "upgrade"), environ, folder / "upgrade.log", root=root)
        for program in (*nodes, *workers):
            program.start()
            opened.callback(program.stop)
        redis_port = redis.rpartition(":")[2].partition("/")[0]
        postmaster = (server.directory / "data/postmaster.pid").read_text().split()[0]
        parts = [
            Part(int(postmaster)),
            Part(_pid_with(f":{redis_port}"), ("--bind", HOST, "--port", redis_port, "--save", "")),
            Part(_pid_with(f"-s3.port={s3.endpoint.rpartition(':')[2]}")),
        ]
        for part in parts:
            opened.callback(part.close)
        yield Installation(root, upgrading, nodes, workers, *parts), carrel, port, people, word


def _pid_with(word: str) -> int:
    """Return the process with this text in its arguments or title."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in place.joinpath("cmdline").read_bytes():
                return int(place.name)
    raise LookupError(word)


def measure(names: Sequence[str], viewers: int) -> None:
    """Cause one fault after the other, and print a line of JSON for each."""
    with (
        tempfile.TemporaryDirectory(prefix="carrel-faults-") as name,
        installation_of(Path(name), viewers) as (installation, carrel, port, people, word),
    ):
        readers = people[viewers * len(FAULTS) :]
        for node in installation.nodes:
            come_to_rest(node.pid)
        asyncio.run(warm(port, readers, word))
        for number, each in enumerate(names):
            some = people[number * viewers : (number + 1) * viewers]
            fault = FAULTS[each]
            seen, told = asyncio.run(
                watch_through(port, some, readers, word, lambda fault=fault: fault(installation))  # type: ignore[misc]  # bound now
            )
            print(json.dumps(figures(each, carrel, some, seen, told)), flush=True)
        carrel.database.dispose()


def figures(
    name: str, carrel: Carrel, people: Sequence[Person], seen: Seen, told: Told
) -> Mapping[str, object]:
    """Return the result for each viewer, and for all requests."""
    kept = kept_seconds(carrel)
    short = [seen.played_s.get(one.login_id, 0.0) - kept.get(one.login_id, 0.0) for one in people]
    waits = [one for one in seen.failed if one[1].endswith("Retry-After")]
    failed = [one for one in seen.failed if not one[1].endswith("Retry-After")]
    last = max((at for at, _ in seen.failed), default=told.began)
    return {
        "metric": "B-F1",
        "fault": name,
        "viewers": len(people),
        "came_to_the_end": len(seen.played_s),
        "requests": sum(seen.statuses.values()),
        "failed": len(failed),
        "told_to_come_again": len(waits),
        "lost_s": round(sum(each for each in short if each > 0)),
        "who_lost": sum(each > 0 for each in short),
        "stalled_s": round(seen.stalled_s, 1),
        "fault_s": round(told.ended - told.began, 1),
        "last_failure_after_s": round(max(0.0, last - told.began), 1),
        "what": dict(Counter(what for _, what in seen.failed)),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Measure, and print one line of JSON for each fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--fault", action="append", choices=list(FAULTS), help="these alone")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    measure(options.fault or list(FAULTS), options.viewers)


if __name__ == "__main__":
    main()
