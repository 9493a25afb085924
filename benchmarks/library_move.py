"""What 200 viewers notice while a library of a million rows on SQLite moves to PostgreSQL and S3, or is upgraded.

Done as docs/operating.md and docs/stored-files.md say, with `carrel serve` behind the socket that its unit
holds. To move, `carrel media move` copies the files, `carrel db move` the rows, and a restart with the new
settings ends it. To upgrade, the next version is installed over this one, `carrel db upgrade` changes the
tables, and a reload ends it. Told are requests that failed (no answer, or a fault of the server), those told
to come again (503 with Retry-After), for how long, seconds watched that the database doesn't have in the end,
seconds that films stood still, and how long a heartbeat waited at most.
Run: python -m benchmarks.library_move [--act move|upgrade] [--viewers 200] [--rows 1000000]
Prints one line of JSON.
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
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from benchmarks import large_library
from benchmarks.concurrent_viewers import READERS, warm
from benchmarks.concurrent_viewers_library import fill_house, kept_seconds
from benchmarks.faults import Pace, watch_through
from benchmarks.heartbeat import environ_of
from benchmarks.next_version import add_unread_column, install, install_next
from benchmarks.programs import Program
from benchmarks.served_product import HOST, come_to_rest
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.operations.row_copy import row_counts
from tests.servers.postgres import DURABLE, postgres
from tests.servers.s3 import seaweed

ROWS_A_SECOND: Final = 2_500  # at least, beside the viewers: how long they stay
BACKLOG: Final = 2_048


def large(rows: int) -> large_library.Size:
    """Return a library with about that many rows: a seat counts twice, for it is given to somebody."""
    return large_library.Size(rows // 5, rows * 3 // 10, rows // 4, 20)


def measure(act: str, viewers: int, rows: int) -> None:
    """Fill a library, let people come, move or upgrade it in their midst, and print a line of JSON."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="carrel-move-")))
        server = opened.enter_context(postgres(DURABLE))
        s3 = opened.enter_context(seaweed())
        held = opened.enter_context(socket.create_server((HOST, 0), backlog=BACKLOG))
        port = int(held.getsockname()[1])
        before = {
            **environ_of(folder, f"sqlite:///{folder}/carrel.sqlite3"),
            "CARREL_BASE_URL": f"http://{HOST}:{port}",
            "CARREL_S3_ENDPOINT": s3.endpoint,
            "CARREL_S3_ACCESS_KEY": s3.access_key,
            "CARREL_S3_SECRET_KEY": s3.secret_key,
        }
        url, files = server.create("carrel"), s3.url("files")
        after = before | {
            "CARREL_DATABASE_URL": url,
            "CARREL_STORAGE": files,
            "CARREL_STORAGE_FORMER": (folder / "files").as_uri(),
        }
        carrel = open_carrel(Settings.from_env(before))
        upgrade(carrel.database)
        large_library.fill(carrel.database, large(rows))
        people, word = fill_house(carrel, viewers + READERS)
        with carrel.database.read_session() as session:
            all_rows = sum(row_counts(session).values())
        root = install(folder / "carrel")
        if act == "upgrade":
            add_unread_column(carrel.database)
        carrel.database.dispose()
        serving = ("serve", "--bind", f"{HOST}:{port}", "--json")
        old, new = (
            Program(serving, environ, folder / name, port, root=root, held=held)
            for environ, name in ((before, "old.log"), (after, "new.log"))
        )
        opened.callback(new.stop)
        opened.callback(old.stop)
        took: dict[str, float] = {}

        def run(name: str, *arguments: str) -> None:
            began = time.perf_counter()
            program = Program(arguments, before, folder / f"{name}.log", root=root)
            program.start()
            program.wait()
            took[name] = round(time.perf_counter() - began, 1)

        def move() -> None:
            run("media_move_s", "media", "move", "--to", files)
            run("db_move_s", "db", "move", "--to", url)
            began = time.perf_counter()
            old.stop()
            new.start()
            took["restart_s"] = round(time.perf_counter() - began, 1)

        def upgrade_to_the_next() -> None:
            install_next(root)
            run("db_upgrade_s", "db", "upgrade")
            began = time.perf_counter()
            old.renew()
            took["reload_s"] = round(time.perf_counter() - began, 1)

        old.start()
        come_to_rest(old.pid)
        watching, reading = people[:viewers], people[viewers:]
        asyncio.run(warm(port, reading, word))
        pace = Pace(watch_s=120 + rows / ROWS_A_SECOND)
        acting = move if act == "move" else upgrade_to_the_next
        seen, _told = asyncio.run(watch_through(port, watching, reading, word, acting, pace))
        carrel = open_carrel(Settings.from_env(after if act == "move" else before))
        kept = kept_seconds(carrel)
        carrel.database.dispose()
    short = [seen.played_s.get(one.login_id, 0.0) - kept.get(one.login_id, 0.0) for one in watching]
    waits = [one for one in seen.failed if one[1].endswith("Retry-After")]
    failed = Counter(what for _, what in seen.failed if not what.endswith("Retry-After"))
    moments = [at for at, _ in waits] or [0.0]
    print(
        json.dumps(
            {
                "metric": f"library {act}",
                "rows": all_rows,
                "viewers": viewers,
                "came_to_the_end": len(seen.played_s),
                "requests": sum(seen.statuses.values()),
                "failed": failed.total(),
                "what": failed,
                "lost_s": round(sum(each for each in short if each > 0)),
                "stalled_s": round(seen.stalled_s, 1),
                "told_to_come_again": dict(Counter(what for _, what in waits)),
                "for_s": round(max(moments) - min(moments), 1),
                "longest_beat_s": round(max(seen.waits["beat"]), 1),
                **took,
                "load": round(os.getloadavg()[0], 1),
            }
        ),
        flush=True,
    )


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
