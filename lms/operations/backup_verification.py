"""Backup verification: the database is intact, and every file that it names is there."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from lms.housekeeping.storage_audit import Fault, take_inventory
from lms.operations.backups import BackupPlace, Snapshot, fetched, keys_of
from lms.operations.row_copy import row_counts

LISTED_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of a verification, with at most 1,000 missing keys and faults."""

    name: str
    taken_at: datetime
    rows: int
    files: int
    different_tables: tuple[str, ...]
    missing: tuple[str, ...]
    faults: tuple[Fault, ...]

    @property
    def is_good(self) -> bool:
        """Return whether the installation can be completely restored from it."""
        return not (self.different_tables or self.missing or self.faults)


def verify(
    place: BackupPlace,
    snapshot: Snapshot,
    scratch: Path,
    *,
    now: datetime,
    deep: bool,
) -> Verified:
    """Check whether a snapshot can be restored; `deep` reads every file that has a checksum.

    Raises Conflict if the database itself is damaged or missing.
    """
    manifest = snapshot.manifest
    with fetched(place, snapshot, scratch) as database:
        with database.read_session() as session:
            counts = row_counts(session)
        found = take_inventory(database, place.files, now=now, deep=deep)
    stored = set(place.files.list(""))
    keys = keys_of(place, snapshot)
    missing = [key for key in keys if key not in stored]
    return Verified(
        name=snapshot.name,
        taken_at=snapshot.taken_at,
        rows=sum(counts.values()),
        files=len(keys),
        different_tables=tuple(
            name for name, rows in manifest.rows.items() if counts.get(name, rows) != rows
        ),
        missing=tuple(missing[:LISTED_MOST]),
        faults=tuple(found.faults),
    )
