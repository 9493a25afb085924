"""The database's disk is lost at any time: its continuous copy lost less than a minute.

Litestream, and PostgreSQL with the archive, run by the commands of deploy/compose.yaml while acts
are recorded. At 20 random times the copy is saved as it is then; each is restored as
docs/operating.md says, and the acts in it are counted.
"""

import os
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from lms import audit
from lms.core.clock import now
from lms.core.database import Database
from lms.migrations import upgrade
from lms.models.audit import AuditEntry
from tests.deploy.compose_services import Containers
from tests.deploy.test_compose import (
    DURABLE,
    LOST_AT_MOST_S,
    archive,
    containers,
    port,
    postgres_with_archive,
    restored_from,
    stack,
)
from tests.servers.postgres import postgres
from tests.servers.process import found_program
from tests.wait_until import until

__all__ = ["archive", "containers", "port", "stack"]

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive, pytest.mark.timeout(1200)]

ACT = "disk.tried"
MOMENTS = 20
SEED = 19
FIRST_S, LAST_S = 35.0, 155.0
PAUSE_S = 1.5  # between acts, on average

Kept = Mapping[float, Path]


class Acts:
    """Acts recorded one after the other, with the time of each commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._over = threading.Event()
        self.committed: list[float] = []

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record acts until the block is left."""
        thread = threading.Thread(target=self._record)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _record(self) -> None:
        chance = random.Random(SEED)  # noqa: S311  (the same pauses in each run)
        while not self._over.wait(chance.expovariate(1 / PAUSE_S)):
            detail = {"number": len(self.committed)}
            with self._database.transaction() as session:
                audit.record(session, ACT, "", actor=None, now=now(), detail=detail)
            self.committed.append(time.monotonic())

    def lost_s(self, moment: float, survived: int) -> float:
        """Return how long before a given time the first lost act was committed."""
        lost = [at for at in self.committed[survived:] if at < moment]
        return moment - lost[0] if lost else 0.0


def kept_at_random(acts: Acts, copy: Path, place: Path) -> Kept:
    """Save the copy as it is at each of the random times, while acts are recorded."""
    chance = random.Random(SEED)  # noqa: S311  (the same times in each run)
    began, kept = time.monotonic(), {}
    with acts.recorded():
        for number, due in enumerate(
            sorted(chance.uniform(FIRST_S, LAST_S) for _ in range(MOMENTS))
        ):
            time.sleep(max(0.0, began + due - time.monotonic()))
            target = place / f"kept{number}"
            link_tree(copy, target)
            kept[time.monotonic()] = target
    return kept


def link_tree(source: Path, target: Path) -> None:
    """Copy a directory by hard links: none of its files is ever written to again."""
    target.mkdir(mode=0o755)
    for path in sorted(source.iterdir()):  # merged files are in a later directory first
        if path.is_dir():
            link_tree(path, target / path.name)
        elif not path.name.endswith((".part", ".tmp")):
            try:
                os.link(path, target / path.name)
            except FileNotFoundError:
                continue


def numbers_in(database: Database) -> int:
    """Return how many acts a restored database has, checking that they are the first ones."""
    with database.read_session() as session:
        found = session.scalars(
            select(AuditEntry.detail).where(AuditEntry.act == ACT).order_by(AuditEntry.id)
        ).all()
    database.dispose()
    assert [one["number"] for one in found] == list(range(len(found)))
    return len(found)


def check(acts: Acts, kept: Kept, restored: Callable[[Path], int]) -> None:
    lost = [acts.lost_s(moment, restored(place)) for moment, place in kept.items()]
    print("lost seconds:", [round(one, 1) for one in lost])  # noqa: T201  (the figures of this machine)
    assert len(lost) == MOMENTS
    assert len(acts.committed) > MOMENTS
    assert max(lost) <= LOST_AT_MOST_S


def test_litestream_loses_less_than_a_minute_of_sqlite(
    containers: Containers, tmp_path: Path
) -> None:
    litestream = found_program("litestream")
    if litestream is None:
        pytest.skip("litestream is not installed here")
    database = Database(f"sqlite:///{containers.home}/data/carrel.sqlite3")
    upgrade(database)
    copy = containers.home / "backup/litestream"
    words = [litestream, *containers.command("litestream")]
    containers.start("litestream", command=words, ready=lambda: any(copy.rglob("*.ltx")))
    acts = Acts(database)
    kept = kept_at_random(acts, copy, tmp_path)
    database.dispose()

    def restored(copy: Path) -> int:
        path = copy.with_suffix(".sqlite3")
        subprocess.run([litestream, "restore", "-o", path, f"file://{copy}"], check=True)
        return numbers_in(Database(f"sqlite:///{path}"))

    check(acts, kept, restored)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that PostgreSQL's own account can reach."""
    with tempfile.TemporaryDirectory(prefix="carrel-kept-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_archive_loses_less_than_a_minute_of_postgresql(
    containers: Containers, archive: Path, place: Path
) -> None:
    server = postgres_with_archive(containers, archive)
    database = Database(server.create("carrel"))
    upgrade(database)
    containers.start("archive", ready=lambda: any(archive.glob("base/*/base.tar.gz")))
    acts = Acts(database)
    kept = kept_at_random(acts, archive, place)
    database.dispose()

    def restored(copy: Path) -> int:
        with postgres(DURABLE, restore=restored_from(copy)) as again:
            url = again.url("carrel")
            until(lambda: not is_recovering(url))
            return numbers_in(Database(url))

    check(acts, kept, restored)


def is_recovering(url: str) -> bool:
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            return bool(connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one())
    finally:
        database.dispose()
