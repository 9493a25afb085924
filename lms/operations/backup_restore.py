"""Restoring a backup into an empty installation: its secret key, its files, and last its database.

The rows come last and in one transaction. So a restore that is killed leaves an empty database,
with which nothing starts (lms/operations/start_checks.py), and it can be run again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lms.core.errors import N_, Conflict
from lms.core.runtime import Carrel
from lms.core.settings import Settings, kept_secret_key_path
from lms.migrations import upgrade
from lms.operations.backups import BackupPlace, Snapshot, fetched, fingerprint, keys_of
from lms.operations.row_copy import copy_rows
from lms.operations.sealed_secrets import unseal
from lms.operations.start_checks import is_empty
from media.storage.storage_copy import Moved, copy_keys

NOT_EMPTY = N_(
    "The database at CARREL_DATABASE_URL isn't empty. Restore a backup into an empty one."
)
OTHER_FILES = N_(
    "CARREL_STORAGE has files that aren't in this backup. Restore a backup into an empty location."
)
OTHER_KEY = N_(
    "This secret key isn't the one the backup was made with, so we can't read the keys "
    "for LMSs and badges. Set CARREL_SECRET_KEY to the old key, or "
    "CARREL_BACKUP_PASSPHRASE if the backup was made with one. To continue without those "
    "keys, add --new-secret-key."
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and the keys of files that the backup lost; `has_old_key`: the secret key is the backup's."""

    name: str
    taken_at: datetime
    rows: int
    files: int
    missing: tuple[str, ...]
    has_old_key: bool


def key_to_restore(settings: Settings, snapshot: Snapshot) -> str | None:
    """Return the backup's secret key if it replaces the one in the data directory, or else None.

    CARREL_SECRET_KEY is never replaced. Raises Conflict for another passphrase.
    """
    sealed, phrase = snapshot.manifest.sealed_key, settings.backup_passphrase
    if fingerprint(settings.secret_key) == snapshot.manifest.key_fingerprint:
        return None
    path = kept_secret_key_path(settings.data_dir)
    is_kept = path.is_file() and path.read_text(encoding="ascii").strip() == settings.secret_key
    return unseal(sealed, phrase) if sealed and phrase and is_kept else None


def restore(
    carrel: Carrel,
    place: BackupPlace,
    snapshot: Snapshot,
    *,
    new_secret_key: bool,
    tell: Callable[[Moved], None] = lambda _so_far: None,
) -> Restored:
    """Restore a snapshot into an empty database and an empty storage.

    What is left of a backup that lost files is restored, and `missing` has their keys. Raises Conflict if
    either place isn't empty, if the secret key differs and `new_secret_key` isn't set, or if the list of
    files or the database of the backup is damaged; and Corrupt if a copied file differs from the original.
    """
    keys = keys_of(place, snapshot)
    has_old_key = fingerprint(carrel.settings.secret_key) == snapshot.manifest.key_fingerprint
    if not is_empty(carrel.database):
        raise Conflict(NOT_EMPTY, code="not_empty")
    stored = set(carrel.storage.list(""))
    if not stored <= set(keys):
        raise Conflict(OTHER_FILES, code="not_empty")
    if not has_old_key and not new_secret_key:
        raise Conflict(OTHER_KEY, code="other_secret_key")
    scratch = carrel.settings.scratch
    with fetched(place, snapshot, scratch) as database:
        wanted = [key for key in keys if key not in stored]
        copy_keys(wanted, place.files, carrel.storage, scratch=scratch, tell=tell)
        upgrade(carrel.database)
        with database.snapshot() as source, carrel.database.transaction() as target:
            sums = copy_rows(source, target)
    rows = sum(one.rows for one in sums.values())
    missing = sorted(set(keys).difference(carrel.storage.list("")))
    files = len(keys) - len(missing)
    return Restored(snapshot.name, snapshot.taken_at, rows, files, tuple(missing), has_old_key)
