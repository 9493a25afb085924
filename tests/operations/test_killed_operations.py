"""A backup, restore, move or upgrade killed at any time never leaves a partial library in use.

Each is killed 20 times by SIGKILL, at times drawn with a fixed seed over its duration, and run
again after each kill; in CI 4 times.
"""

import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect

from benchmarks.next_version import BESIDE, EXPAND, add_unread_column, install_next
from lms import migrations
from lms.core.database import IN_USE, MOVED, Database
from lms.core.errors import Conflict
from lms.core.runtime import Carrel, open_carrel
from lms.migrations import current, fits, head, upgrade
from lms.operations import backup_restore, backups, database_move
from lms.operations.backup_verification import verify
from lms.operations.backups import BackupPlace, snapshots
from lms.operations.row_copy import has_rows, row_counts, sums_of
from lms.operations.start_checks import is_empty, refuse_dangerous_start
from lms.worker.web_and_worker_supervisor import ROOT
from tests.clock import NOW
from tests.operations.test_database_move import MINUTE
from tests.servers.databases import CHOICE
from tests.servers.postgres import Postgres

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        os.environ.get(CHOICE) == "postgresql", reason="each has its own databases, of both kinds"
    ),
]

KILLS = 20
SAMPLE = 4
SEED = 19
FORK = multiprocessing.get_context("fork")


@pytest.fixture(params=[SAMPLE, pytest.param(KILLS, marks=pytest.mark.exhaustive)])
def kills(request: pytest.FixtureRequest) -> int:
    """Return how often an operation is killed."""
    return int(request.param)


def killed_while(act: Callable[[], object], kills: int) -> Iterator[int]:
    """Run an operation in a process, once fully and then killed `kills` times; yield after each."""
    chance = random.Random(SEED)  # noqa: S311  (the same times in each run)
    began = time.monotonic()
    _do(act).join()
    whole_s = time.monotonic() - began
    yield 0
    for number in range(1, kills + 1):
        process = _do(act)
        process.join(chance.uniform(0, whole_s))
        process.kill()
        process.join()
        yield number


def _do(act: Callable[[], object]) -> "multiprocessing.process.BaseProcess":
    process = FORK.Process(target=act)
    process.start()
    return process


def refuses_to_start(carrel: Carrel) -> bool:
    try:
        refuse_dangerous_start(carrel)
    except Conflict:
        return True
    return False


def new_database(server: Postgres, name: str) -> str:
    """Create an empty PostgreSQL database, replacing one of the same name; return its address."""
    server.drop(name)
    return server.create(name)


def copied(library: Carrel, server: Postgres, engine: str, name: str) -> Carrel:
    """Return the library with a copy of its database on the given engine."""
    path = library.settings.data_dir / f"{name}.sqlite3"
    backups.write_snapshot(library.database, path)
    database = Database(f"sqlite:///{path}")
    if engine == "postgresql":
        source, database = database, Database(new_database(server, name))
        database_move.move(source, database, lasts=MINUTE, now=NOW)
        source.dispose()
    settings = replace(library.settings, database_url=database.url)
    return replace(library, database=database, settings=settings)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_killed_backups_are_complete_or_absent(
    engine: str, kills: int, library: Carrel, place: BackupPlace, postgres_server: Postgres
) -> None:
    library = copied(library, postgres_server, engine, "backed_up")
    moments = iter(range(2 * kills))

    def back_up() -> None:
        own = replace(library, database=Database(library.database.url))
        backups.create(own, place, now=NOW + number * MINUTE)
        own.database.dispose()

    number = next(moments)
    scratch = library.settings.scratch
    library.database.dispose()
    for _kill in killed_while(back_up, kills):
        for one in snapshots(place):
            assert verify(place, one, scratch, now=NOW, deep=False).is_good
        library.database.dispose()
        number = next(moments)
    assert any(snapshots(place))
    number = 2 * kills
    back_up()
    assert verify(place, backups.newest(place), scratch, now=NOW, deep=False).is_good


def new_home(library: Carrel, server: Postgres, engine: str, number: int) -> Carrel:
    """Return an empty library with the secret key of the given one."""
    place = library.settings.data_dir / f"home{number}"
    place.mkdir()
    url = f"sqlite:///{place}/carrel.sqlite3"
    if engine == "postgresql":
        url = new_database(server, place.name)
    storage = (place / "files").as_uri()
    settings = replace(library.settings, data_dir=place, scratch=place)
    return open_carrel(replace(settings, database_url=url, storage_url=storage))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_killed_restores_are_complete_or_do_not_start(
    engine: str, kills: int, library: Carrel, place: BackupPlace, postgres_server: Postgres
) -> None:
    backups.create(library, place, now=NOW)
    snapshot = backups.newest(place)
    with library.database.snapshot() as session:
        wanted = {name: one for name, one in sums_of(session).items() if name != "audit_entry"}
    library.database.dispose()
    homes = 0
    home = new_home(library, postgres_server, engine, homes)

    def restore() -> None:
        own = open_carrel(home.settings)
        backup_restore.restore(own, place, snapshot, new_secret_key=False)

    for _kill in killed_while(restore, kills):
        if is_empty(home.database):
            has_files = any(home.storage.list(""))
            assert refuses_to_start(home) is has_files
            home.database.dispose()
            continue
        with home.database.snapshot() as session:
            sums = sums_of(session)
        assert {name: sums[name] for name in wanted} == wanted
        assert not refuses_to_start(home)
        home.database.dispose()
        homes += 1
        home = new_home(library, postgres_server, engine, homes)
    assert homes > 0


def test_killed_moves_are_complete_or_leave_the_old_database_usable(
    kills: int, library: Carrel, postgres_server: Postgres
) -> None:
    source_url = library.database.url
    with library.database.snapshot() as session:
        wanted = sums_of(session)
    library.database.dispose()
    moves = 0
    url = new_database(postgres_server, "moved0")

    def move() -> None:
        database_move.move(Database(source_url), Database(url), lasts=MINUTE, now=NOW)

    for _kill in killed_while(move, kills):
        source, target = Database(source_url), Database(url)
        if source.freeze_mark == MOVED:
            with target.snapshot() as session:
                assert sums_of(session) == wanted
            source.set_freeze_mark(IN_USE)  # for the next move
            moves += 1
            url = new_database(postgres_server, f"moved{moves}")
        elif current(target) == head():
            with target.snapshot() as session:
                is_copied = has_rows(session)
                assert not is_copied or sums_of(session) == wanted
            started = replace(
                library, database=target, settings=replace(library.settings, database_url=url)
            )
            assert is_copied or refuses_to_start(started)
        with source.snapshot() as session:
            assert sums_of(session) == wanted
        source.dispose()
        target.dispose()
    assert moves > 0


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_killed_upgrades_are_complete_or_absent(
    engine: str, kills: int, postgres_server: Postgres, tmp_path: Path
) -> None:
    upgrades = 0

    def new_url() -> str:
        if engine == "postgresql":
            return new_database(postgres_server, f"upgraded{upgrades}")
        return f"sqlite:///{tmp_path}/{upgrades}.sqlite3"

    url = new_url()

    def bring_up_to_date() -> None:
        upgrade(Database(url))

    for _kill in killed_while(bring_up_to_date, kills):
        database = Database(url)
        revision = current(database)
        tables = set(inspect(database.engine).get_table_names()) - {"alembic_version"}
        assert bool(tables) is (revision is not None)
        database.dispose()
        if revision is not None:
            assert revision == head()
            upgrades += 1
            url = new_url()
    assert upgrades > 0


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The migrations of the next version."""
    for name in ("lms/migrations", "lms/models"):
        shutil.copytree(ROOT / name, tmp_path / "newer" / name)
    install_next(tmp_path / "newer")
    return tmp_path / "newer/lms/migrations"


def is_whole(database: Database) -> bool:
    """Tell whether the tables are those of the next version, after a kill at any time."""
    revision = current(database)
    assert revision in {head(), EXPAND, BESIDE}
    assert fits(database)  # this version works with the tables as they are
    indexes = {one["name"] for one in inspect(database.engine).get_indexes("playback_session")}
    assert revision != BESIDE or "ix_playback_session_beat_at" in indexes
    return revision == BESIDE


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_killed_upgrades_to_the_next_version_keep_all_rows_and_can_be_repeated(
    engine: str,
    kills: int,
    library: Carrel,
    postgres_server: Postgres,
    newer: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upgrades = 0

    def new_library() -> str:
        made = copied(library, postgres_server, engine, f"next{upgrades}").database
        add_unread_column(made)
        made.dispose()
        return made.url

    def bring_up_to_date() -> None:
        migrations.HERE = newer
        upgrade(Database(url))

    with library.database.read_session() as session:
        rows = row_counts(session)
    url = new_library()
    for _kill in killed_while(bring_up_to_date, kills):
        database = Database(url)
        with database.read_session() as session:
            assert row_counts(session) == rows
        whole = is_whole(database)
        with monkeypatch.context() as as_the_next:
            as_the_next.setattr(migrations, "HERE", newer)
            assert (
                fits(database) is whole
            )  # the next version doesn't start on partly upgraded tables
        database.dispose()
        if whole:
            upgrades += 1
            url = new_library()
    assert upgrades > 0
