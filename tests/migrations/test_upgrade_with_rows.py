"""Migrations on a database with rows: up, down, failing, and started at the same time."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, make_url, text
from sqlalchemy.exc import IntegrityError

from lms import audit, migrations
from lms.core.database import Database
from lms.core.errors import Conflict
from lms.core.model_base import Base
from lms.migrations import current, fits, upgrade
from tests.cast import assemble
from tests.clock import NOW
from tests.factories import make_organization
from tests.servers.databases import Databases

NEWEST = migrations.head()
LATER = "20991231_later"
AT_ONCE = 4
BESIDE = """\
with migrations.beside_writers():
        op.create_index(
            "ix_organization_notes",
            "organization",
            ["name"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.execute("SELECT 1")"""
# what a killed CREATE INDEX CONCURRENTLY leaves: an index that exists but isn't valid
UNFINISHED = "CREATE UNIQUE INDEX CONCURRENTLY ix_organization_notes ON organization ((1))"
VALID = (
    "SELECT indisvalid, indnatts FROM pg_index WHERE indexrelid = 'ix_organization_notes'::regclass"
)
# SQLite can't alter a table this way: alembic copies the rows to a new one and drops the old one.
REBUILD = """\
with op.batch_alter_table("organization") as table:
        table.add_column(sa.Column("stars", sa.Integer(), server_default="3", nullable=False))
        table.create_check_constraint(op.f("ck_organization_stars_positive"), "stars > 0")"""
UNDO = """\
with op.batch_alter_table("organization") as table:
        table.drop_constraint(op.f("ck_organization_stars_positive"), type_="check")
        table.drop_column("stars")"""
FAIL = """
    op.execute("DELETE FROM membership")
    raise OSError("full")"""
TAKE_TIME = """
    import time
    time.sleep(0.3)"""
WAIT_FOR = """
    import time
    from pathlib import Path
    while not Path("{}").exists():
        time.sleep(0.01)"""
Add = Callable[..., None]


@pytest.fixture
def add_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Return a function that adds a migration, from our template, to a copy of our migrations."""
    place = shutil.copytree(migrations.HERE, tmp_path / "migrations")
    monkeypatch.setattr(migrations, "HERE", place)

    def add(upgrades: str, downgrades: str = "pass", imports: str = "") -> None:
        scripts = ScriptDirectory.from_config(migrations._config())
        scripts.generate_revision(
            LATER, "Later", head="head", imports=imports, upgrades=upgrades, downgrades=downgrades
        )

    return add


@pytest.fixture
def lived_in(made_databases: Databases, worker_id: str) -> Iterator[Database]:
    """Return a database of this version that contains the cast and an audit entry."""
    name = f"carrel_lived_in_{worker_id}"
    database = Database(made_databases.prepared(name))
    with database.transaction() as session:
        assemble(session)
        audit.record(session, "branding.changed", "0" * 26, actor=None, now=NOW)
    yield database
    database.dispose()
    made_databases.drop(name)


def test_rows_survive_a_rebuilt_table(lived_in: Database, add_migration: Add) -> None:
    before = _rows(lived_in)
    add_migration(REBUILD, UNDO)
    assert upgrade(lived_in) == migrations.Upgrade(NEWEST, LATER)
    assert _rows(lived_in) == before
    with lived_in.read_session() as session:
        assert set(session.scalars(text("SELECT stars FROM organization"))) == {3}
    _downgrade(lived_in, NEWEST)
    assert _rows(lived_in) == before
    assert "stars" not in _columns(lived_in, "organization")


def test_foreign_keys_hold_after_a_rebuilt_table(lived_in: Database, add_migration: Add) -> None:
    add_migration(REBUILD, UNDO)
    upgrade(lived_in)
    with pytest.raises(IntegrityError), lived_in.transaction() as session:
        session.execute(text("UPDATE membership SET organization_id = -1"))


def test_constraints_survive_a_rebuilt_table(lived_in: Database, add_migration: Add) -> None:
    before = _names(lived_in, "organization")
    add_migration(REBUILD, UNDO)
    upgrade(lived_in)
    assert _names(lived_in, "organization") == before | {"ck_organization_stars_positive"}
    _downgrade(lived_in, NEWEST)
    assert _names(lived_in, "organization") == before


def test_failed_migration_changes_nothing(lived_in: Database, add_migration: Add) -> None:
    before = _rows(lived_in)
    add_migration(REBUILD + FAIL)
    with pytest.raises(OSError, match="full"):
        upgrade(lived_in)
    assert current(lived_in) == NEWEST
    assert _rows(lived_in) == before
    assert "stars" not in _columns(lived_in, "organization")


def test_migration_that_leaves_a_dangling_row_is_rejected(
    lived_in: Database, add_migration: Add
) -> None:
    before = _rows(lived_in)
    add_migration("op.execute('UPDATE membership SET organization_id = -1')")
    # SQLite is checked after the migration; PostgreSQL refuses the statement
    with pytest.raises((RuntimeError, IntegrityError), match="membership"):
        upgrade(lived_in)
    assert current(lived_in) == NEWEST
    assert _rows(lived_in) == before


def test_one_of_several_upgrades_runs_and_the_others_wait(
    lived_in: Database, add_migration: Add
) -> None:
    add_migration(REBUILD + TAKE_TIME)
    start = Barrier(AT_ONCE)

    def run(_: int) -> migrations.Upgrade:
        database = Database(lived_in.url)
        try:
            start.wait()
            return upgrade(database)
        finally:
            database.dispose()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        done = sorted(threads.map(run, range(AT_ONCE)), key=lambda one: str(one.before))
    worked, waited = migrations.Upgrade(NEWEST, LATER), migrations.Upgrade(LATER, LATER)
    assert done == [worked, *(AT_ONCE - 1) * [waited]]


def test_index_is_created_while_others_write(lived_in: Database, add_migration: Add) -> None:
    before = _rows(lived_in)
    add_migration(BESIDE, imports="from lms import migrations")
    assert upgrade(lived_in) == migrations.Upgrade(NEWEST, LATER)
    assert "ix_organization_notes" in _names(lived_in, "organization")
    assert _rows(lived_in) == before


def test_index_that_a_killed_upgrade_left_unfinished_is_created_again(
    lived_in: Database, add_migration: Add
) -> None:
    if lived_in.is_sqlite:
        pytest.skip("an upgrade is one transaction there")
    with lived_in.transaction() as session:
        make_organization(session, "second")  # prevents the index from being unique
    with lived_in.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        with pytest.raises(IntegrityError):
            connection.execute(text(UNFINISHED))
        assert connection.execute(text(VALID)).one() == (False, 1)
    add_migration(BESIDE, imports="from lms import migrations")
    assert upgrade(lived_in) == migrations.Upgrade(NEWEST, LATER)
    (index,) = (
        one
        for one in inspect(lived_in.engine).get_indexes("organization")
        if one["name"] == "ix_organization_notes"
    )
    assert index["column_names"] == ["name"]
    with lived_in.read_session() as session:
        assert session.execute(text(VALID)).one() == (True, 1)


def test_index_that_a_killed_upgrade_finished_is_accepted(
    lived_in: Database, add_migration: Add
) -> None:
    with lived_in.engine.begin() as connection:
        connection.execute(text("CREATE INDEX ix_organization_notes ON organization (name)"))
    add_migration(BESIDE, imports="from lms import migrations")
    assert upgrade(lived_in) == migrations.Upgrade(NEWEST, LATER)


def test_upgrade_that_waits_for_a_table_does_not_block_readers(
    lived_in: Database, add_migration: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    if lived_in.is_sqlite:
        pytest.skip("readers never wait there")
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "SET lock_timeout = '300ms'")
    monkeypatch.setattr(migrations, "LOCK_PAUSE_S", 0.2)
    add_migration(REBUILD, UNDO)
    with ThreadPoolExecutor(1) as thread:
        with lived_in.engine.begin() as reading:  # for example a backup, until the block ends
            reading.execute(text("SELECT 1 FROM organization"))
            upgrading = thread.submit(upgrade, lived_in)
            ends = time.monotonic() + 3
            while (
                time.monotonic() < ends
            ):  # it would wait for the upgrade, which waits for the block
                with lived_in.read_session() as session:
                    session.execute(text("SELECT name FROM organization"))
                time.sleep(0.02)
            assert not upgrading.done()
        assert upgrading.result(60) == migrations.Upgrade(NEWEST, LATER)


def test_sqlite_upgrade_blocks_writers_but_not_readers(
    lived_in: Database, add_migration: Add, tmp_path: Path
) -> None:
    if not lived_in.is_sqlite:
        pytest.skip("no one waits there")
    go_on = tmp_path / "go-on"
    add_migration(f"{REBUILD}{WAIT_FOR.format(go_on)}")

    def write() -> None:
        with lived_in.transaction() as session:
            session.execute(text("UPDATE organization SET name = name"))

    with ThreadPoolExecutor(2) as threads:
        upgrading = threads.submit(upgrade, lived_in)
        while not _is_locked(lived_in):
            time.sleep(0.01)
        writing = threads.submit(write)
        with lived_in.read_session() as session:
            assert session.scalar(text("SELECT count(*) FROM organization"))
        time.sleep(0.3)
        assert not writing.done()
        go_on.touch()
        writing.result(60)
        assert upgrading.result(60) == migrations.Upgrade(NEWEST, LATER)


def _is_locked(database: Database) -> bool:
    path = str(make_url(database.url).database)
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


def test_later_tables_work_with_this_version_but_earlier_ones_do_not(
    lived_in: Database,
) -> None:
    assert fits(lived_in)
    for revision, is_fit in ((LATER, True), ("20200101_earlier", False)):
        with lived_in.transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
        assert fits(lived_in) == is_fit


def test_running_process_ignores_newer_migration_files(add_migration: Add) -> None:
    running = migrations.head()
    add_migration("pass")
    assert migrations.head() == running


def test_database_of_an_unknown_version_is_rejected(lived_in: Database) -> None:
    with lived_in.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": LATER})
    with pytest.raises(Conflict, match=LATER):
        upgrade(lived_in)
    assert current(lived_in) == LATER


def test_database_of_a_development_version_is_rejected(lived_in: Database) -> None:
    with lived_in.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '20261128_baseline'"))
    with pytest.raises(Conflict, match="development version") as refused:
        upgrade(lived_in)
    assert refused.value.code == "development_revision"


def test_baseline_goes_down_and_up_again(lived_in: Database) -> None:
    made = _objects(lived_in)
    _downgrade(lived_in, "base")
    assert _objects(lived_in) == {"alembic_version"}
    assert upgrade(lived_in).before is None
    assert _objects(lived_in) == made


def _downgrade(database: Database, revision: str) -> None:
    with migrations._alone(database) as connection:
        command.downgrade(migrations._config(connection), revision)


def _rows(database: Database) -> dict[str, list[str]]:
    """Return the rows of each table of the models, without columns that a migration added."""
    with database.engine.connect() as connection:
        return {
            name: sorted(str(row) for row in connection.execute(table.select()))
            for name, table in Base.metadata.tables.items()
        }


def _columns(database: Database, table: str) -> set[str]:
    return {column["name"] for column in inspect(database.engine).get_columns(table)}


def _names(database: Database, table: str) -> set[str]:
    """Return the names of a table's constraints and indexes."""
    see = inspect(database.engine)
    found = [
        see.get_pk_constraint(table),
        *see.get_foreign_keys(table),
        *see.get_unique_constraints(table),
        *see.get_check_constraints(table),
        *see.get_indexes(table),
    ]
    return {str(one["name"]) for one in found}


def _objects(database: Database) -> set[str]:
    """Return the names of all tables, triggers and functions; on SQLite of indexes as well."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            named = text("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_autoindex_%'")
        else:
            named = text(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'S')"
                " AND relnamespace = 'public'::regnamespace"
                " UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
                " UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            )
        return set(connection.scalars(named))
