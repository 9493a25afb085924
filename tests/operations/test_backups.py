"""Backups: their contents, what makes them unusable, and restoring a library from one."""

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from lms import audit
from lms.core.database import MOVED, Database
from lms.core.errors import Conflict, Moved, NotFound
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.models.accounts import Login
from lms.models.recordings import Recording
from lms.operations import backup_restore, backups
from lms.operations.backup_drill import drill
from lms.operations.backup_verification import Verified, verify
from lms.operations.backups import BackupPlace, create, newest, snapshots
from lms.operations.row_copy import sums_of
from lms.operations.start_checks import is_empty
from tests.clock import NOW
from tests.factories import make_grant

LATER = NOW + timedelta(hours=1)


class Killed(BaseException):
    """Raised in place of a kill."""


def verified(library: Carrel, place: BackupPlace, *, deep: bool = False) -> Verified:
    return verify(place, newest(place), library.settings.scratch, now=NOW, deep=deep)


@pytest.fixture
def new_home(tmp_path: Path, postgresql_url: str) -> Iterator[Carrel]:
    """An empty library on PostgreSQL with a secret key and a storage of its own."""
    made = open_carrel(
        Settings.from_env(
            {
                "CARREL_DATA_DIR": str(tmp_path / "new"),
                "CARREL_DATABASE_URL": postgresql_url,
                "CARREL_BACKUP_PASSPHRASE": "five random words for this",
            }
        )
    )
    yield made
    made.database.dispose()


def test_backup_has_every_row_and_every_file(library: Carrel, place: BackupPlace) -> None:
    made = create(library, place, now=NOW)
    assert verified(library, place).is_good
    assert sorted(place.files.list("")) == sorted(library.storage.list(""))
    assert made.copied == made.files > 0


def test_second_backup_copies_only_what_is_new(library: Carrel, place: BackupPlace) -> None:
    create(library, place, now=NOW)
    library.storage.put_bytes("originals/new", b"new", "video/mp4")
    assert create(library, place, now=LATER).copied == 1
    assert [one.name for one in snapshots(place)] == ["20260302T160000Z", "20260302T150000Z"]


def test_file_deleted_during_a_backup_is_backed_up(library: Carrel, place: BackupPlace) -> None:
    key = next(iter(library.storage.list("originals/")))

    def write_snapshot(database: Database, path: Path) -> object:
        rows = plain(database, path)
        library.storage.delete(key)
        return rows

    plain = backups.write_snapshot
    with patch.object(backups, "write_snapshot", write_snapshot):
        create(library, place, now=NOW)
    assert place.files.stat(key) is not None
    assert verified(library, place).is_good


def test_killed_backup_does_not_count_and_can_be_repeated(
    library: Carrel, place: BackupPlace
) -> None:
    def die(*_args: object, **_named: object) -> None:
        raise Killed

    for step in ("write_snapshot", "_manifest"):
        with patch.object(backups, step, die), pytest.raises(Killed):
            create(library, place, now=NOW)
        with pytest.raises(NotFound):
            newest(place)
    assert list(library.settings.scratch.iterdir()) == []
    create(library, place, now=NOW)
    assert verified(library, place).is_good


def test_library_that_was_moved_away_is_not_backed_up(library: Carrel, place: BackupPlace) -> None:
    create(library, place, now=NOW)
    library.database.set_freeze_mark(MOVED)
    with pytest.raises(Moved):
        create(library, place, now=LATER)
    assert newest(place).taken_at == NOW


def test_empty_library_is_not_backed_up(
    library: Carrel, place: BackupPlace, new_home: Carrel
) -> None:
    create(library, place, now=NOW)
    with pytest.raises(Conflict) as refused:  # without tables, as before a restore
        create(new_home, place, now=LATER)
    assert refused.value.code == "empty_database"
    upgrade(new_home.database)
    with pytest.raises(Conflict) as refused:  # as left by a server that was started too early
        create(new_home, place, now=LATER)
    assert refused.value.code == "empty_database"
    assert newest(place).taken_at == NOW


def test_missing_and_damaged_files_are_found(library: Carrel, place: BackupPlace) -> None:
    create(library, place, now=NOW)
    key = next(iter(library.storage.list("originals/")))
    place.files.delete(key)
    assert verified(library, place).missing == (key,)
    place.files.put_bytes(key, bytes(10), "video/mp4")
    found = verified(library, place)
    assert not found.is_good
    assert [fault.key for fault in found.faults] == [key]


def test_damaged_database_is_found(library: Carrel, place: BackupPlace) -> None:
    made = create(library, place, now=NOW)
    place.whole.put_bytes(f"snapshots/{made.name}/carrel.sqlite3", b"damaged", "x/x")
    with pytest.raises(Conflict):
        verified(library, place)


def test_secret_key_is_encrypted_in_a_backup(library: Carrel, place: BackupPlace) -> None:
    create(library, place, now=NOW)
    text = json.dumps(newest(place).manifest.sealed_key)
    assert library.settings.secret_key not in text
    without = replace(library, settings=replace(library.settings, backup_passphrase=None))
    create(without, place, now=LATER)
    assert newest(place).manifest.sealed_key is None


def test_library_is_restored_on_another_database_engine(
    library: Carrel, place: BackupPlace, new_home: Carrel
) -> None:
    create(library, place, now=NOW)
    snapshot = newest(place)
    key = backup_restore.key_to_restore(new_home.settings, snapshot)
    assert key == library.settings.secret_key
    home = replace(new_home, settings=replace(new_home.settings, secret_key=key))
    done = backup_restore.restore(home, place, snapshot, new_secret_key=False)
    assert done.has_old_key
    assert sorted(home.storage.list("")) == sorted(library.storage.list(""))
    with library.database.snapshot() as old, home.database.snapshot() as new:
        before, after = sums_of(old), sums_of(new)
    assert {name for name in before if before[name] != after[name]} == {"audit_entry"}  # the backup


def test_another_secret_key_is_refused_unless_requested(
    library: Carrel, place: BackupPlace, new_home: Carrel
) -> None:
    create(library, place, now=NOW)
    snapshot = newest(place)
    with pytest.raises(Conflict) as refused:
        backup_restore.restore(new_home, place, snapshot, new_secret_key=False)
    assert refused.value.code == "other_secret_key"
    assert is_empty(new_home.database)
    done = backup_restore.restore(new_home, place, snapshot, new_secret_key=True)
    assert not done.has_old_key


def test_wrong_passphrase_is_refused(library: Carrel, place: BackupPlace, new_home: Carrel) -> None:
    create(library, place, now=NOW)
    settings = replace(new_home.settings, backup_passphrase="another five random words")
    with pytest.raises(Conflict) as refused:
        backup_restore.key_to_restore(settings, newest(place))
    assert refused.value.code == "wrong_passphrase"


def test_restoring_over_a_library_is_refused(
    library: Carrel, place: BackupPlace, new_home: Carrel
) -> None:
    create(library, place, now=NOW)
    with pytest.raises(Conflict):
        backup_restore.restore(library, place, newest(place), new_secret_key=True)
    new_home.storage.put_bytes("originals/other", b"film", "video/mp4")
    with pytest.raises(Conflict) as refused:
        backup_restore.restore(new_home, place, newest(place), new_secret_key=True)
    assert refused.value.code == "not_empty"


def test_killed_restore_leaves_an_empty_database_and_can_be_repeated(
    library: Carrel, place: BackupPlace, new_home: Carrel
) -> None:
    create(library, place, now=NOW)

    def die(*_args: object, **_named: object) -> None:
        raise Killed

    def die_after_a_file(_so_far: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        backup_restore.restore(
            new_home, place, newest(place), new_secret_key=True, tell=die_after_a_file
        )
    with patch.object(backup_restore, "copy_rows", die), pytest.raises(Killed):
        backup_restore.restore(new_home, place, newest(place), new_secret_key=True)
    assert is_empty(new_home.database)
    done = backup_restore.restore(new_home, place, newest(place), new_secret_key=True)
    assert done.files == len(list(library.storage.list("")))
    assert not is_empty(new_home.database)


def test_restore_lists_files_missing_from_the_backup(
    library: Carrel, place: BackupPlace, new_home: Carrel
) -> None:
    create(library, place, now=NOW)
    lost, *others = sorted(library.storage.list(""))
    place.files.delete(lost)
    done = backup_restore.restore(new_home, place, newest(place), new_secret_key=True)
    assert (done.missing, done.files) == ((lost,), len(others))
    assert sorted(new_home.storage.list("")) == others


def test_drill_compares_access_and_plays_a_segment(library: Carrel, place: BackupPlace) -> None:
    create(library, place, now=NOW)
    with library.database.transaction() as session:
        for recording in session.query(Recording):
            recording.is_current = recording.run is not None and recording.original_key.endswith(
                "recording.mp4"
            )
    done = drill(library, place, newest(place), now=LATER)
    assert (done.is_good, done.wrong, done.changed) == (True, 0, 0)
    assert done.compared > 0
    assert done.played is not None


def test_drill_tells_wrong_answers_from_later_changes(library: Carrel, place: BackupPlace) -> None:
    create(library, place, now=NOW)
    with (
        library.database.transaction() as session
    ):  # not an act of anyone: the backup must be wrong
        for login in session.query(Login):
            make_grant(session, login)
    done = drill(library, place, newest(place), now=LATER)
    assert not done.is_good
    assert done.wrong > 0
    with library.database.transaction() as session:
        audit.record(session, "grant.given", "", actor=None, now=LATER)
    done = drill(library, place, newest(place), now=LATER)
    assert (done.wrong, done.changed > 0) == (0, True)


def test_drill_fails_if_a_recording_cannot_be_read(library: Carrel, place: BackupPlace) -> None:
    create(library, place, now=NOW)
    for key in list(place.files.list("renditions/")):
        place.files.delete(key)
    assert not drill(library, place, newest(place), now=LATER).is_good


def test_snapshot_cannot_be_read_by_other_users_of_the_machine(
    library: Carrel, place: BackupPlace, tmp_path: Path
) -> None:
    made = create(library, place, now=NOW)
    path = tmp_path / "backup/snapshots" / made.name / "carrel.sqlite3"
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0
