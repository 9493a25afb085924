"""What an operator's command prints when something is wrong: the cause, and what to do next."""

import errno
import sqlite3
from pathlib import Path

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from lms.cli.root_command import run, weigh
from lms.core.database import Database
from lms.metrics import start
from media.storage.errors_and_file_facts import Missing
from media.storage.local_storage import LocalStorage
from media.storage.storage_protocol import Storage
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.components import made_up_component

FULL = sqlite3.OperationalError("database or disk is full")
ADVICE = [
    (OSError(errno.ENOSPC, "No space left on device"), "df -h"),
    (OSError(errno.EROFS, "Read-only file system", "/mnt/x"), "/mnt/x"),
    (
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/mnt/x"),
        "directory that exists",
    ),
    (PermissionError(errno.EACCES, "Permission denied", "/mnt/x"), "chown"),
    (FULL, "df -h"),
    (sqlite3.OperationalError("disk I/O error"), "df -h"),
    (OperationalError("INSERT", {}, FULL), "df -h"),
    (OperationalError("x", {}, sqlite3.OperationalError("database is locked")), "in a minute"),
    (
        OperationalError("x", {}, sqlite3.OperationalError("attempt to write a readonly database")),
        "able to write",
    ),
    (
        ProgrammingError("x", {}, InsufficientPrivilege("permission denied for schema public")),
        "OWNER TO",
    ),
]


@pytest.mark.parametrize(("error", "advice"), ADVICE)
def test_each_system_error_says_what_to_do(error: Exception, advice: str) -> None:
    assert advice in weigh(error).message


def test_internal_error_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed"))

    monkeypatch.setattr("lms.cli.root_command.build", fail)
    with pytest.raises(IntegrityError):
        run((made_up_component("none"),), ("job", "list"))


def test_database_in_a_missing_directory_names_its_setting(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CARREL_DATABASE_URL", f"sqlite:///{tmp_path}/missing/carrel.sqlite3")
    ran = carrel_command("db", "status", "--json")
    assert ran.code == 4
    assert "CARREL_DATABASE_URL: its directory must exist" in ran.complaint["message"]


def test_file_that_is_not_a_database_is_reported_as_damaged(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "carrel.sqlite3").write_bytes(b"no database" * 1000)
    monkeypatch.setenv("CARREL_DATABASE_URL", f"sqlite:///{tmp_path}/carrel.sqlite3")
    for command in (("db", "status"), ("settings", "check"), ("export", str(tmp_path / "out"))):
        ran = carrel_command(*command, "--json")
        assert ran.code == 4
        assert "Restore a backup" in ran.complaint["message"]


def test_unavailable_storage_is_not_reported_as_the_database(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARREL_STORAGE", "file:///dev/null/files")
    for command in ("settings check", "media check"):
        ran = carrel_command(*command.split(), "--json")
        assert ran.code == 4
        message = ran.complaint["message"]
        assert "/dev/null/files can't be written to" in message
        assert "Check its address" in message
        assert "database" not in message


def test_unknown_name_asks_to_check_the_spelling(carrel_command: Shell) -> None:
    ran = carrel_command("job", "show", "x")
    assert ran.code == 3
    assert "Check the spelling" in ran.err


def test_export_reports_a_directory_it_cannot_create(carrel_command: Shell) -> None:
    ran = carrel_command("export", "/proc/x", "--json")
    assert ran.code == 4
    assert "/proc/x" in ran.complaint["message"]


def test_doctor_reports_unopenable_storage_with_all_other_checks(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [one["name"] for one in carrel_command("doctor", "--json").answer["items"]]
    monkeypatch.setenv("CARREL_STORAGE", "file:///dev/null/files")
    ran = carrel_command("doctor", "--json")
    assert ran.code == 1
    found = {one["name"]: one for one in ran.answer["items"]}
    assert list(found) == names
    assert "/dev/null/files can't be written to" in found["storage"]["message"]
    assert "chown" in found["storage"]["advice"]


def test_full_disk_stops_a_backup_with_advice_and_leaves_no_partial_backup(
    carrel_command: Shell, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = (tmp_path / "backup").as_uri()

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as filled:
        filled.setattr(LocalStorage, "_settle", full)
        ran = carrel_command("backup", "create", "--to", url, "--json")
    assert (ran.code, ran.complaint["code"]) == (4, "unavailable")
    assert "df -h" in ran.complaint["message"]
    ran = carrel_command("backup", "verify", "--from", url, "--json")
    assert (ran.code, ran.complaint["code"]) == (3, "not_found")
    assert url in ran.complaint["message"]
    assert carrel_command("backup", "create", "--to", url).code == 0


def test_doctor_distinguishes_a_full_disk_from_a_wrong_address(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(LocalStorage, "_settle", full)
    items = carrel_command("doctor", "--json").answer["items"]
    (storage,) = (one for one in items if one["name"] == "storage")
    assert storage["state"] == "fault"
    assert "df -h" in storage["advice"]


def test_missing_or_damaged_backup_says_how_to_find_another(
    carrel_command: Shell, cast: Cast, tmp_path: Path
) -> None:
    place = tmp_path / "backup"
    url = place.as_uri()
    name = carrel_command("backup", "create", "--to", url, "--json").answer["name"]
    ran = carrel_command("backup", "restore", url, "20200101T000000Z", "--json")
    assert ran.code == 3
    assert "carrel backup list" in ran.complaint["message"]
    (place / "snapshots" / name / "files.txt").unlink()
    ran = carrel_command("backup", "verify", "--from", url, "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "damaged")
    (place / "snapshots" / name / "manifest.json").write_text('{"version": ')
    for command in (("list", "--from", url), ("restore", url)):
        ran = carrel_command("backup", *command, "--json")
        assert (ran.code, ran.complaint["code"]) == (1, "damaged")
        assert f"move {url}/snapshots/{name} elsewhere" in ran.complaint["message"]


def test_export_skips_a_file_deleted_during_it(
    carrel_command: Shell,
    cast: Cast,
    database: Database,
    storage: Storage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storage.put_bytes("originals/x", b"film", "video/mp4")
    storage.put_bytes("originals/y", b"film", "video/mp4")
    fetch = LocalStorage.fetch

    def fetch_what_is_left(self: LocalStorage, key: str, path: Path) -> None:
        if key == "originals/x":
            raise Missing(key)
        fetch(self, key, path)

    monkeypatch.setattr(LocalStorage, "fetch", fetch_what_is_left)
    done = carrel_command("export", str(tmp_path / "out"), "--json").answer
    assert done["files"] == 1
    assert (tmp_path / "out/files/originals/y").is_file()


def test_monitor_without_its_package_is_a_settings_error(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "find_spec", lambda _package: None)
    monkeypatch.setenv("CARREL_SENTRY_DSN", "https://key@sentry.example.org/1")
    for command in (("settings", "check"), ("serve", "--bind", "127.0.0.1:0")):
        ran = carrel_command(*command, "--json")
        assert (ran.code, ran.complaint["code"]) == (1, "settings")
        assert "pip install --editable '.[sentry]'" in ran.complaint["message"]
