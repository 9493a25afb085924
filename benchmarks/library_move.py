"""What 200 viewers notice while an installation moves to PostgreSQL and S3, or is upgraded.

The installation has a million rows on SQLite, and `carrel serve` is behind the socket of its unit,
as in docs/operating.md and docs/stored-files.md. To move, `carrel media move` copies the files,
`carrel db move` the rows, and a restart with the new settings completes it. To upgrade, the next
version is installed, `carrel db upgrade` changes the tables, and a reload completes it. Prints
failed requests (no response, or a server error), requests refused with 503 and Retry-After and for
how long, seconds watched that the database doesn't have at the end, seconds that players stalled,
and the longest wait of a heartbeat. Run: python -m benchmarks.library_move [--act move|upgrade]
[--viewers 200] [--rows 1000000]. Prints one line of JSON.
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks import large_library
from benchmarks.concurrent_viewers import READERS, warm
from benchmarks.concurrent_viewers_library import Person, fill_installation, kept_seconds
from benchmarks.faults import Pace, watch_through
from benchmarks.heartbeat import environ_of
from benchmarks.next_version import add_unread_column, install, install_next
from benchmarks.programs import Program
from benchmarks.served_product import HOST, come_to_rest
from benchmarks.simulated_viewer import Seen
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.operations.row_copy import row_counts
from tests.servers.postgres import DURABLE, postgres
from tests.servers.s3 import seaweed

ROWS_A_SECOND: Final = 2_500  # at least, besides viewers; decides how long these stay
BACKLOG: Final = 2_048


@dataclass(slots=True)
class Installation:
    """The installation, its settings before and after a move, and how long each command took."""

    folder: Path
    held: socket.socket
    before: Mapping[str, str]
    after: Mapping[str, str]
    programs: list[Program] = field(default_factory=list)
    took_s: dict[str, float] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """The port of the open socket."""
        return int(self.held.getsockname()[1])

    @property
    def root(self) -> Path:
        """Where the product is installed."""
        return self.folder / "carrel"

    def serve(self, environ: Mapping[str, str]) -> Program:
        """Start `carrel serve`, and wait until it responds."""
        words = ("serve", "--bind", f"{HOST}:{self.port}", "--json")
        log = self.folder / f"serve{len(self.programs)}.log"
        made = Program(words, environ, log, self.port, root=self.root, held=self.held)
        self.programs.append(made)
        made.start()
        return made

    def run(self, *words: str) -> None:
        """Run a command and wait until it exits."""
        name, began = "_".join(words[:2]), time.perf_counter()
        program = Program(words, self.before, self.folder / f"{name}.log", root=self.root)
        program.start()
        program.wait()
        self.took_s[name] = round(time.perf_counter() - began, 1)

    def move(self) -> None:
        """Move the files and the rows, and restart with the new settings."""
        self.run("media", "move", "--to", self.after["CARREL_STORAGE"])
        self.run("db", "move", "--to", self.after["CARREL_DATABASE_URL"])
        began = time.perf_counter()
        self.programs[-1].stop()
        self.serve(self.after)
        self.took_s["restart"] = round(time.perf_counter() - began, 1)

    def upgrade(self) -> None:
        """Upgrade to the next version, and reload."""
        install_next(self.root)
        self.run("db", "upgrade")
        self.programs[-1].renew()


@contextmanager
def installation_of() -> Iterator[Installation]:
    """Yield an installation on SQLite and a directory, with PostgreSQL and S3 to move to."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="carrel-move-")))
        server = opened.enter_context(postgres(DURABLE))
        s3 = opened.enter_context(seaweed())
        held = opened.enter_context(socket.create_server((HOST, 0), backlog=BACKLOG))
        before = {
            **environ_of(folder, f"sqlite:///{folder}/carrel.sqlite3"),
            "CARREL_BASE_URL": f"http://{HOST}:{held.getsockname()[1]}",
            "CARREL_S3_ENDPOINT": s3.endpoint,
            "CARREL_S3_ACCESS_KEY": s3.access_key,
            "CARREL_S3_SECRET_KEY": s3.secret_key,
        }
        after = {
            **before,
            "CARREL_DATABASE_URL": server.create("carrel"),
            "CARREL_STORAGE": s3.url("files"),
            "CARREL_STORAGE_FORMER": (folder / "files").as_uri(),
        }
        installation = Installation(folder, held, before, after)
        install(installation.root)
        yield installation
        for program in installation.programs:
            program.stop()


def fill(installation: Installation, people: int, rows: int) -> tuple[list[Person], str, int]:
    """Fill it; returns people with access, a word to search for, and the number of rows."""
    carrel = open_carrel(Settings.from_env(installation.before))
    upgrade(carrel.database)
    # a seat has two rows, because it is assigned
    size = large_library.Size(rows // 5, rows * 3 // 10, rows // 4, 20)
    large_library.fill(carrel.database, size)
    found, word = fill_installation(carrel, people)
    with carrel.database.read_session() as session:
        count = sum(row_counts(session).values())
    carrel.database.dispose()
    return found, word, count


def measure(act: str, viewers: int, rows: int) -> None:
    """Run viewers, move or upgrade meanwhile, and print a line of JSON."""
    with installation_of() as installation:
        people, word, count = fill(installation, viewers + READERS, rows)
        if act == "upgrade":
            carrel = open_carrel(Settings.from_env(installation.before))
            add_unread_column(carrel.database)
            carrel.database.dispose()
        come_to_rest(installation.serve(installation.before).pid)
        watching, reading = people[:viewers], people[viewers:]
        asyncio.run(warm(installation.port, reading, word))
        acting = installation.move if act == "move" else installation.upgrade
        pace = Pace(watch_s=120 + rows / ROWS_A_SECOND)
        seen, _told = asyncio.run(
            watch_through(installation.port, watching, reading, word, acting, pace)
        )
        carrel = open_carrel(
            Settings.from_env(installation.after if act == "move" else installation.before)
        )
        kept = kept_seconds(carrel)
        carrel.database.dispose()
        told = {"metric": f"library {act}", "rows": count, "viewers": viewers}
        print(json.dumps(told | figures(seen, watching, kept) | installation.took_s), flush=True)


def figures(seen: Seen, people: Sequence[Person], kept: Mapping[int, float]) -> dict[str, object]:
    """Return what these viewers measured."""
    short = [seen.played_s.get(one.login_id, 0.0) - kept.get(one.login_id, 0.0) for one in people]
    waits = [one for one in seen.failed if one[1].endswith("Retry-After")]
    failed = Counter(what for _, what in seen.failed if not what.endswith("Retry-After"))
    moments = [at for at, _ in waits] or [0.0]
    return {
        "came_to_the_end": len(seen.played_s),
        "requests": sum(seen.statuses.values()),
        "failed": failed.total(),
        "what": failed,
        "no_answer": {name: n for name, n in seen.statuses.items() if " none" in name},
        "lost_s": round(sum(each for each in short if each > 0)),
        "stalled_s": round(seen.stalled_s, 1),
        "told_to_come_again": dict(Counter(what for _, what in waits)),
        "for_s": round(max(moments) - min(moments), 1),
        "longest_beat_s": round(max(seen.waits["beat"]), 1),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--act", choices=("move", "upgrade"), default="move")
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    measure(options.act, options.viewers, options.rows)


if __name__ == "__main__":
    main()
