"""carrel backup and carrel doctor, from a lost library to a restored one."""

import os
import stat
from pathlib import Path

import pytest

from lms.audit import last_act
from lms.cli.operations.doctor import CheckAnswer, DoctorAnswer
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.operations.backups import CREATED
from lms.operations.findings import State
from lms.operations.health_checks import NO_WORKER, START_WORKER
from tests.cast import Cast
from tests.cli.command_runner import Shell


@pytest.fixture
def backup_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A library with its secret key in its data directory; returns an address for backups."""
    url = (tmp_path / "backup").as_uri()
    monkeypatch.delenv("CARREL_SECRET_KEY")
    monkeypatch.setenv("CARREL_BACKUP", url)
    monkeypatch.setenv("CARREL_BACKUP_PASSPHRASE", "five random words for this")
    return url


def test_backup_needs_an_address(carrel_command: Shell, cast: Cast) -> None:
    assert carrel_command("backup", "create").code == 2
    assert carrel_command("backup", "create", "--to", "ftp://x").code == 2
    assert "CARREL_BACKUP" in carrel_command("backup", "list").err


def test_backup_is_created_listed_verified_and_drilled(
    carrel_command: Shell, cast: Cast, backup_url: str, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "backup").mkdir()
    none = carrel_command("backup", "drill")
    assert none.code == 3
    assert "create one: carrel backup create" in none.err
    made = carrel_command("backup", "create", "--json").answer
    items = carrel_command("backup", "list", "--json").answer["items"]
    assert [(one["name"], one["has_secret_key"]) for one in items] == [(made["name"], True)]
    drilled = carrel_command("backup", "drill")
    assert drilled.code == 1  # the recording of the cast has no file
    assert "NOT restorable as of" in drilled.out
    verified = carrel_command("backup", "verify", made["name"], "--json")
    assert (verified.code, len(verified.answer["faults"])) == (1, 2)
    assert carrel_command("backup", "verify", "20200101T000000Z").code == 3
    with database.read_session() as session:
        entry = last_act(session, CREATED)
    assert entry is not None
    assert entry.detail == {"name": made["name"]}


def test_lost_library_is_restored_with_its_secret_key(
    carrel_command: Shell,
    cast: Cast,
    backup_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    carrel_command("backup", "create")
    key = (tmp_path / "house/secret_key").read_text()
    home = tmp_path / "new"
    monkeypatch.setenv("CARREL_DATA_DIR", str(home))
    monkeypatch.setenv("CARREL_DATABASE_URL", f"sqlite:///{home}/carrel.sqlite3")
    ran = carrel_command("backup", "restore", backup_url)
    assert ran.code == 0
    assert "were restored from" in ran.out
    assert "Carrel 0" in ran.out  # the output of doctor
    assert (home / "secret_key").read_text() == key
    assert stat.S_IMODE(os.stat(home / "secret_key").st_mode) == 0o600
    assert "OK_PERMANENT" in carrel_command("why", cast.alice.email, cast.slug).out
    assert carrel_command("backup", "restore", backup_url).code == 1  # not over a library


def test_restore_with_missing_files_names_the_next_command(
    carrel_command: Shell,
    carrel: Carrel,
    cast: Cast,
    backup_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    carrel.storage.put_bytes("originals/lost", b"film", "video/mp4")
    carrel_command("backup", "create")
    (tmp_path / "backup/files/originals/lost").unlink()
    home = tmp_path / "new"
    monkeypatch.setenv("CARREL_DATA_DIR", str(home))
    monkeypatch.setenv("CARREL_DATABASE_URL", f"sqlite:///{home}/carrel.sqlite3")
    ran = carrel_command("backup", "restore", backup_url)
    assert ran.code == 1
    assert "Missing from the backup: originals/lost" in ran.out
    assert "carrel media check" in ran.out
    assert "OK_PERMANENT" in carrel_command("why", cast.alice.email, cast.slug).out


@pytest.mark.parametrize(
    "command",
    [
        "backup list --from",
        "backup verify --from",
        "backup drill --from",
        "backup restore",
        "media move --remove-former",
    ],
)
def test_mistyped_directory_is_refused_and_not_created(
    carrel_command: Shell, cast: Cast, tmp_path: Path, command: str
) -> None:
    place = tmp_path / "mistyped"
    ran = carrel_command(*command.split(), place.as_uri())
    assert ran.code == 4
    assert f"There is no directory {place}" in ran.err
    assert "Check its address" in ran.err
    assert not place.exists()


def test_mistyped_former_storage_is_refused(
    carrel_command: Shell, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "mistyped"
    monkeypatch.setenv("CARREL_STORAGE_FORMER", place.as_uri())
    ran = carrel_command("media", "move")
    assert ran.code == 4
    assert f"There is no directory {place}" in ran.err
    assert not place.exists()


def test_doctor_gives_advice_for_faults(carrel_command: Shell, cast: Cast) -> None:
    ran = carrel_command("doctor")
    assert ran.code == 1
    assert NO_WORKER in ran.out
    assert START_WORKER in ran.out
    answer = carrel_command("doctor", "--json").answer
    states = {one["name"]: one["state"] for one in answer["items"]}
    assert states["database"] == states["storage"] == states["tables"] == "ok"
    assert not answer["is_healthy"]


@pytest.mark.parametrize(
    ("states", "ending"),
    [
        ((State.OK, State.ATTENTION, State.FAULT), "Something needs to be fixed."),
        ((State.OK, State.ATTENTION), "Nothing is broken. Lines with ! need your attention."),
        ((State.OK,), "Everything is OK."),
    ],
)
def test_doctor_ends_with_the_worst_state_it_found(states: tuple[State, ...], ending: str) -> None:
    found = tuple(CheckAnswer(one.value, one, "A sentence.", "") for one in states)
    assert DoctorAnswer("1", "http://localhost", True, found).lines[-1] == ending


def test_doctor_skips_other_checks_if_the_database_is_unavailable(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARREL_DATABASE_URL", "postgresql://carrel@127.0.0.1:9/none")
    ran = carrel_command("doctor", "--json")
    assert ran.code == 1
    states = {one["name"]: one["state"] for one in ran.answer["items"]}
    assert states["database"] == "fault"
    assert "worker" not in states
