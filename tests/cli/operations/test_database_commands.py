"""carrel db status and carrel db move, and starts that are refused because data looks lost."""

from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from lms.cli.root_command import CHECK_ADDRESS
from lms.core.database import Database
from lms.migrations import head
from media.storage.storage_protocol import Storage
from tests.cli.command_runner import Shell
from tests.cli.operations.open_port import free_bind


@pytest.fixture
def on_sqlite(monkeypatch: pytest.MonkeyPatch, source: Database) -> Database:
    """The filled SQLite library as the one that the settings name."""
    monkeypatch.setenv("CARREL_DATABASE_URL", source.url)
    return source


def state(carrel_command: Shell) -> str:
    return str(carrel_command("db", "status", "--json").answer["state"])


def test_status_names_the_state_and_hides_the_password(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch, postgresql_url: str
) -> None:
    monkeypatch.setenv("CARREL_DATABASE_URL", postgresql_url.replace("@", ":secret@"))
    answer = carrel_command("db", "status", "--json").answer
    assert (answer["state"], answer["revision"], answer["head"]) == ("empty", None, head())
    assert "secret" not in answer["database"]
    assert answer["database"].startswith("postgresql://")
    carrel_command("db", "upgrade")
    assert state(carrel_command) == "current"


@pytest.mark.parametrize(
    "command",
    [
        ("db", "status"),
        ("db", "move", "--abort"),
        ("doctor",),
        ("worker",),
        ("backup", "create"),
        ("job", "list"),
    ],
)
def test_mistyped_database_name_creates_no_database(
    carrel_command: Shell,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: tuple[str, ...],
) -> None:
    file = tmp_path / "carel.sqlite3"
    monkeypatch.setenv("CARREL_DATABASE_URL", f"sqlite:///{file}")
    monkeypatch.setenv("CARREL_BACKUP", f"file://{tmp_path / 'backup'}")
    refused = carrel_command(*command, "--json")
    assert (refused.code, refused.complaint["code"]) == (4, "no_database")
    assert str(file) in refused.complaint["message"]
    assert "carrel db upgrade" in refused.complaint["message"]
    assert not file.exists()


def test_upgrade_creates_the_file_of_a_new_database(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CARREL_DATABASE_URL", f"sqlite:///{tmp_path / 'new.sqlite3'}")
    assert carrel_command("db", "upgrade").code == 0
    assert state(carrel_command) == "current"


def test_serve_and_worker_do_not_create_postgresql_tables(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch, postgresql_url: str
) -> None:
    monkeypatch.setenv("CARREL_DATABASE_URL", postgresql_url)
    for command in (("serve", "--bind", free_bind()), ("worker",)):
        refused = carrel_command(*command, "--json")
        assert (refused.code, refused.complaint["code"]) == (4, "unavailable")
        assert "carrel db upgrade" in refused.complaint["message"]
    assert state(carrel_command) == "empty"


def test_upgrade_leaves_tables_of_a_later_version_unchanged(
    carrel_command: Shell, on_sqlite: Database
) -> None:
    with on_sqlite.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '20991231_later'"))
    assert state(carrel_command) == "later_version"
    assert carrel_command("db", "upgrade", "--json").answer == {
        "before": "20991231_later",
        "after": "20991231_later",
    }


def test_library_is_moved_and_its_old_database_is_not_served(
    carrel_command: Shell,
    on_sqlite: Database,
    monkeypatch: pytest.MonkeyPatch,
    postgresql_url: str,
) -> None:
    assert state(carrel_command) == "current"
    ran = carrel_command("db", "move", "--to", postgresql_url, "--json")
    assert (ran.code, ran.answer["moved"]) == (0, True)
    assert state(carrel_command) == "moved"
    for command in (("serve", "--bind", free_bind()), ("worker",), ("db", "move", "--abort")):
        refused = carrel_command(*command, "--json")
        assert (refused.code, refused.complaint["code"]) == (1, "database_moved")
        assert "CARREL_DATABASE_URL" in refused.complaint["message"]
    monkeypatch.setenv("CARREL_DATABASE_URL", postgresql_url)
    assert state(carrel_command) == "current"


def test_failed_move_says_that_the_old_database_stays_in_use(
    carrel_command: Shell, on_sqlite: Database
) -> None:
    ran = carrel_command("db", "move", "--to", f"postgresql://carrel@{free_bind()}/new", "--json")
    assert (ran.code, ran.complaint["code"]) == (4, "unavailable")
    assert CHECK_ADDRESS in ran.complaint["message"]
    assert "Nothing was moved." in ran.complaint["message"]
    assert state(carrel_command) == "current"


def test_move_says_what_to_do_next(
    carrel_command: Shell, on_sqlite: Database, postgresql_url: str
) -> None:
    said = carrel_command("db", "move", "--to", postgresql_url).out
    assert "Next: set CARREL_DATABASE_URL=postgresql://" in said


def test_rows_refused_by_postgresql_are_listed_and_nothing_changes(
    carrel_command: Shell, on_sqlite: Database, postgresql_url: str
) -> None:
    with on_sqlite.transaction() as session:
        session.connection().exec_driver_sql("UPDATE job SET kind = ?", ("x" * 61,))
    ran = carrel_command("db", "move", "--to", postgresql_url, "--json")
    assert (ran.code, ran.answer["moved"]) == (1, False)
    assert [one["why"] for one in ran.answer["unfit"]] == ["too_long"]
    assert "longer than the column" in carrel_command("db", "move", "--to", postgresql_url).out
    assert state(carrel_command) == "current"


def test_interrupted_move_is_aborted(carrel_command: Shell, on_sqlite: Database) -> None:
    on_sqlite.set_freeze_mark(30_000_000)
    assert state(carrel_command) == "frozen"
    assert carrel_command("db", "move", "--abort", "--json").answer == {"was_frozen": True}
    assert state(carrel_command) == "current"


@pytest.mark.parametrize("arguments", [(), ("--to", "postgresql://x/y", "--abort"), ("--to", "x")])
def test_move_needs_exactly_one_action(carrel_command: Shell, arguments: tuple[str, ...]) -> None:
    assert carrel_command("db", "move", *arguments).code == 2


def test_empty_database_next_to_a_filled_file_is_not_served(
    carrel_command: Shell,
    source: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgresql_url: str,
) -> None:
    monkeypatch.setenv("CARREL_DATA_DIR", str(tmp_path))  # has the filled carrel.sqlite3
    monkeypatch.setenv("CARREL_DATABASE_URL", postgresql_url)
    for command in (("serve", "--bind", free_bind()), ("worker",)):
        refused = carrel_command(*command, "--json")
        assert (refused.code, refused.complaint["code"]) == (1, "empty_database")
        assert "carrel db move" in refused.complaint["message"]


def test_empty_database_with_stored_files_is_not_served(
    carrel_command: Shell, storage: Storage
) -> None:
    storage.put_bytes("originals/x", b"film", "video/mp4")
    refused = carrel_command("serve", "--bind", free_bind(), "--json")
    assert (refused.code, refused.complaint["code"]) == (1, "empty_database")
    assert "carrel backup restore" in refused.complaint["message"]


def test_no_orphan_is_removed_if_the_database_names_no_file(
    carrel_command: Shell, storage: Storage
) -> None:
    storage.put_bytes("originals/x", b"film", "video/mp4")
    refused = carrel_command("media", "check", "--remove-orphans", "--yes", "--json")
    assert (refused.code, refused.complaint["code"]) == (1, "names_nothing")
    assert storage.stat("originals/x") is not None


def test_missing_database_is_not_reported_as_an_older_version(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch, postgresql_url: str
) -> None:
    url = make_url(postgresql_url).set(database="carell")
    monkeypatch.setenv("CARREL_DATABASE_URL", url.render_as_string(hide_password=False))
    ran = carrel_command("job", "list", "--json")
    assert (ran.code, ran.complaint["code"]) == (4, "unavailable")
    assert "db upgrade" not in ran.complaint["message"]
    assert CHECK_ADDRESS in ran.complaint["message"]
