"""Backups: snapshots of the database, and the files next to them, in a directory or a bucket.

    files/KEY                              each stored file, copied once
    snapshots/TIME/carrel.sqlite3          every row, whichever engine is in use
    snapshots/TIME/files.txt               the keys that were stored then
    snapshots/TIME/manifest.json           written last: a snapshot without it is not complete

Files are copied before and after the snapshot. A file deleted in between is still in the backup, so
nothing has to pause. A snapshot is always SQLite, so that it restores on both engines and stays
readable for years.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from lms import audit
from lms.core.database import MOVED, Database
from lms.core.errors import N_, Conflict, Moved, or_not_found
from lms.core.runtime import Carrel, derived_key, open_place
from lms.core.settings import Settings
from lms.core.version import VERSION
from lms.migrations import current, head, upgrade
from lms.operations.row_copy import copy_rows, row_counts
from lms.operations.sealed_secrets import seal
from lms.operations.start_checks import is_empty
from media.storage.errors_and_file_facts import Missing
from media.storage.storage_copy import Moved as MovedFiles
from media.storage.storage_copy import copy_new
from media.storage.storage_protocol import Storage

CREATED: Final = "backup.created"
SNAPSHOTS: Final = "snapshots/"
DATABASE: Final = "carrel.sqlite3"
KEYS: Final = "files.txt"
MANIFEST: Final = "manifest.json"
NAME_FORMAT: Final = "%Y%m%dT%H%M%SZ"
EMPTY: Final = N_(
    "The database is empty, so there's nothing to back up. To restore a backup: "
    "carrel backup restore URL"
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of a snapshot: its installation, time and content."""

    version: str
    head: str
    taken_at: str
    sha256: str
    size_bytes: int
    rows: Mapping[str, int]
    files: int
    key_fingerprint: str
    sealed_key: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A complete snapshot of a backup."""

    name: str
    manifest: Manifest

    @property
    def taken_at(self) -> datetime:
        """Return when it was taken."""
        return datetime.fromisoformat(self.manifest.taken_at)


@dataclass(frozen=True, slots=True)
class BackupPlace:
    """The location of backups: the snapshots, and the files that they share."""

    url: str
    whole: Storage
    files: Storage


@dataclass(frozen=True, slots=True)
class Created:
    """The result of a backup."""

    name: str
    rows: int
    files: int
    copied: int
    copied_bytes: int


def open_backup(settings: Settings, url: str) -> BackupPlace:
    """Open a backup location; raises ValueError for an unknown kind of address."""
    url = url.rstrip("/")
    return BackupPlace(url, open_place(settings, url), open_place(settings, f"{url}/files"))


def create(
    carrel: Carrel,
    place: BackupPlace,
    *,
    now: datetime,
    tell: Callable[[MovedFiles], None] = lambda _so_far: None,
) -> Created:
    """Back up the database and new files; return what was copied.

    It can be killed at any time and run again. Raises Moved for a database that was moved, and
    Conflict for an empty one, since these would be restored as the newest; Conflict if the tables
    aren't this version's; and Corrupt if a copied file differs from the original.
    """
    if carrel.database.freeze_mark == MOVED:
        raise Moved
    if is_empty(carrel.database):
        raise Conflict(EMPTY, code="empty_database")
    if current(carrel.database) != head():
        raise Conflict(
            N_("The tables don't match this version. Run: carrel db upgrade"), code="not_at_head"
        )
    place.files.prepare()
    scratch, name = carrel.settings.scratch, now.astimezone(UTC).strftime(NAME_FORMAT)
    before = copy_new(carrel.storage, place.files, scratch=scratch, tell=tell)
    with _folder(scratch) as folder:
        path = folder / DATABASE
        rows = write_snapshot(carrel.database, path)
        after = copy_new(carrel.storage, place.files, scratch=scratch, tell=tell)
        keys = sorted(carrel.storage.list(""))
        manifest = _manifest(carrel.settings, path, rows=rows, files=len(keys), now=now)
        at = SNAPSHOTS + name
        place.whole.put_bytes(
            f"{at}/{KEYS}", "".join(f"{key}\n" for key in keys).encode(), "text/plain"
        )
        place.whole.take_file(f"{at}/{DATABASE}", path, "application/vnd.sqlite3")
        _for_this_account_alone(place.whole.local_path(f"{at}/{DATABASE}"))
    text = json.dumps(asdict(manifest), indent=1)
    place.whole.put_bytes(f"{at}/{MANIFEST}", text.encode(), "application/json")
    with carrel.database.transaction() as session:
        audit.record(session, CREATED, "", actor=None, now=now, detail={"name": name})
    copied_bytes = before.copied_bytes + after.copied_bytes
    copied = before.copied + after.copied
    return Created(name, sum(rows.values()), len(keys), copied, copied_bytes)


def write_snapshot(database: Database, path: Path) -> Mapping[str, int]:
    """Write all rows as of one point in time into a new SQLite file; return the rows per table."""
    if database.is_sqlite:
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("VACUUM INTO ?", (str(path),))
        finally:
            connection.close()
    with opened(path) as snapshot:
        if not database.is_sqlite:
            upgrade(snapshot)
            with database.snapshot() as source, snapshot.transaction() as target:
                copy_rows(source, target)
        with snapshot.read_session() as session:
            return row_counts(session)


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """Open a SQLite file, and close it completely after the block."""
    database = Database(f"sqlite:///{path}")
    try:
        yield database
    finally:
        database.dispose()


def snapshots(place: BackupPlace) -> Iterator[Snapshot]:
    """Yield the complete snapshots, the newest first; raises Conflict for a damaged one."""
    ends = f"/{MANIFEST}"
    names = {key.split("/")[1] for key in place.whole.list(SNAPSHOTS) if key.endswith(ends)}
    for name in sorted(names, reverse=True):
        yield _snapshot(place, name)


def _snapshot(place: BackupPlace, name: str) -> Snapshot:
    with place.whole.open(f"{SNAPSHOTS}{name}/{MANIFEST}") as file:
        text = file.read()
    try:
        found = json.loads(text)
        # a later version may have added others
        return Snapshot(name, Manifest(**{one.name: found[one.name] for one in fields(Manifest)}))
    except (ValueError, LookupError, TypeError):
        raise Conflict(
            f"The manifest of the backup {name} is damaged. To use the others, move "
            f"{place.url}/{SNAPSHOTS}{name} elsewhere.",
            code="damaged",
        ) from None


def newest(place: BackupPlace) -> Snapshot:
    """Return the newest complete snapshot; raises NotFound if there is none."""
    return or_not_found(
        next(snapshots(place), None),
        f"There's no complete backup in {place.url}. Check the address, or create one: "
        "carrel backup create",
    )


def named(place: BackupPlace, name: str) -> Snapshot:
    """Return the complete snapshot with a name; raises NotFound if there is none."""
    found = next((one for one in snapshots(place) if one.name == name), None)
    return or_not_found(
        found, f"There's no complete backup {name} in {place.url}. To see all: carrel backup list"
    )


def keys_of(place: BackupPlace, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the keys of the files that were stored when a snapshot was taken.

    Raises Conflict if the list is missing.
    """
    try:
        with place.whole.open(f"{SNAPSHOTS}{snapshot.name}/{KEYS}") as file:
            return tuple(file.read().decode().splitlines())
    except Missing:
        raise _damaged(snapshot, KEYS) from None


@contextmanager
def fetched(place: BackupPlace, snapshot: Snapshot, scratch: Path) -> Iterator[Database]:
    """Copy a snapshot's database to scratch, check it, and upgrade its tables to this version.

    Raises Conflict if it is damaged or missing.
    """
    with _folder(scratch) as folder:
        path = folder / DATABASE
        try:
            place.whole.fetch(f"{SNAPSHOTS}{snapshot.name}/{DATABASE}", path)
        except Missing:
            raise _damaged(snapshot, DATABASE) from None
        if _sha256(path) != snapshot.manifest.sha256:
            raise _damaged(snapshot, DATABASE)
        with opened(path) as database:
            upgrade(database)
            yield database


def fingerprint(secret_key: str) -> str:
    """Return a fingerprint that reveals only whether two secret keys are equal."""
    return derived_key(secret_key, "backup fingerprint").hex()


def _damaged(snapshot: Snapshot, file: str) -> Conflict:
    return Conflict(
        f"{file} of the backup {snapshot.name} is damaged or missing. Use an older one by its "
        "name, which carrel backup list shows.",
        code="damaged",
    )


@contextmanager
def _folder(scratch: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=scratch, prefix="backup-") as folder:
        yield Path(folder)


def _manifest(
    settings: Settings, path: Path, *, rows: Mapping[str, int], files: int, now: datetime
) -> Manifest:
    phrase = settings.backup_passphrase
    return Manifest(
        version=VERSION,
        head=head(),
        taken_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        sha256=_sha256(path),
        size_bytes=path.stat().st_size,
        rows=rows,
        files=files,
        key_fingerprint=fingerprint(settings.secret_key),
        sealed_key=seal(settings.secret_key, phrase) if phrase else None,
    )


def _for_this_account_alone(path: Path | None) -> None:
    """Make the records unreadable for other accounts of the machine if the backup is a directory."""
    if path is not None:
        path.chmod(0o600)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
