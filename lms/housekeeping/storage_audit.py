"""The storage audit: compares database and stored files, and deletes files no row names.

Both sides are read in batches, so that memory doesn't grow with the size of the library.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from sqlalchemy import Column, String, Table, select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.model_base import Base
from lms.models.handouts import Handout
from lms.models.jobs import Job, JobState
from lms.models.recordings import Recording
from lms.recordings.encode_job import SWEEP
from media.storage.storage_protocol import Missing, Storage
from media.video.hls_playlist_parser_and_writer import parse_playlist
from media.video.transcoder import MASTER

BATCH: Final = 500
LISTED_MOST: Final = 1000
YOUNG: Final = timedelta(days=1)
PIECE: Final = 1 << 20
NAMES: Final = (
    "key",
    "original_key",
    "preview_key",
    "poster_key",
    "picture_key",
    "file_key",
    "answer_file_key",
    "pdf_key",
    "source_key",
)
# Files of these tables may not be in storage yet: they are still being uploaded.
ARRIVING: Final = ("upload",)
# The key columns with a recorded size and checksum, and the checksum's column.
CHECKSUMS: Final = {
    "key": "sha256",
    "original_key": "sha256",
    "file_key": "sha256",
    "pdf_key": "pdf_sha256",
}
_RUN: Final = re.compile(r"renditions/([^/]+)/([^/]+)/[^/]+")
_OF_HANDOUT: Final = re.compile(r"handouts/([^/]+)/[^/]+")
_URI: Final = re.compile(r'^(?:#EXT-X-MEDIA:.*URI="([^"]+)".*|([^#\s].*))$', re.MULTILINE)


class Wrong(StrEnum):
    """The faults of a file that the database names."""

    MISSING = "missing"
    SIZE = "wrong_size"
    CHECKSUM = "wrong_checksum"
    PLAYLIST = "broken_playlist"


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that differs from the database; `named_by` is the row: its table and its id."""

    key: str
    wrong: Wrong
    named_by: str


@dataclass(frozen=True, slots=True)
class Orphan:
    """A stored file that no row names; a young one may not be recorded yet."""

    key: str
    size_bytes: int
    modified: datetime
    is_young: bool


@dataclass(slots=True)
class Inventory:
    """The result; at most a thousand of each are listed, but all are counted."""

    named: int = 0
    stored: int = 0
    fault_count: int = 0
    orphan_count: int = 0
    orphan_bytes: int = 0
    faults: list[Fault] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)

    def note_fault(self, fault: Fault) -> None:
        """Count a fault, and list it if the list isn't full."""
        self.fault_count += 1
        if len(self.faults) < LISTED_MOST:
            self.faults.append(fault)

    def note_orphan(self, orphan: Orphan) -> None:
        """Count an orphan, and list it if the list isn't full."""
        self.orphan_count += 1
        self.orphan_bytes += orphan.size_bytes
        if len(self.orphans) < LISTED_MOST:
            self.orphans.append(orphan)


def take_inventory(
    database: Database,
    storage: Storage,
    *,
    now: datetime,
    deep: bool,
    tell: Callable[[Inventory], None] = lambda _so_far: None,
) -> Inventory:
    """Compare the database with storage, both ways; `deep` also verifies all checksums.

    `tell` is called after every batch. Nothing is changed.
    """
    found = Inventory()
    for batch in _batched(_named(database)):
        for wanted in batch:
            found.named += 1
            wrong = wanted.examine(storage, deep=deep)
            if wrong is not None:
                found.note_fault(Fault(wanted.key, wrong, wanted.named_by))
        tell(found)
    for keys in _batched(storage.list("")):
        found.stored += len(keys)
        with database.read_session() as session:
            loose = _unnamed(session, keys)
        for key in loose:
            stat = storage.stat(key)
            if stat is not None:  # else deleted meanwhile
                is_young = stat.modified > now - YOUNG
                found.note_orphan(Orphan(key, stat.size, stat.modified, is_young))
        tell(found)
    return found


def remove_orphans(
    database: Database, storage: Storage, orphans: Iterable[Orphan]
) -> tuple[Orphan, ...]:
    """Delete files older than a day that no row names; returns those deleted.

    Each is looked up in the database again, as a row may name it by now.
    """
    gone = []
    for batch in _batched(one for one in orphans if not one.is_young):
        with database.read_session() as session:
            loose = set(_unnamed(session, [one.key for one in batch]))
        for one in batch:
            if one.key in loose:
                storage.delete(one.key)
                gone.append(one)
    return tuple(gone)


@dataclass(frozen=True, slots=True)
class _Named:
    key: str
    named_by: str
    size: int | None
    sha256: str | None

    def examine(self, storage: Storage, *, deep: bool) -> Wrong | None:
        stat = storage.stat(self.key)
        if stat is None:
            return Wrong.MISSING
        if self.size is not None and stat.size != self.size:
            return Wrong.SIZE
        if self.key.endswith(f"/{MASTER}"):
            return _examine_run(storage, self.key)
        if deep and self.sha256 and sha256_of(storage, self.key) != self.sha256:
            return Wrong.CHECKSUM
        return None


def sha256_of(storage: Storage, key: str) -> str:
    """Return the SHA-256 of a stored file in hex, reading it piece by piece; raises Missing."""
    digest = hashlib.sha256()
    with storage.open(key) as source:
        while piece := source.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _examine_run(storage: Storage, master: str) -> Wrong | None:
    """Check that every range in the playlists of a run is within its file."""
    folder = master.rpartition("/")[0]
    try:
        listed = _URI.findall(_text(storage, master))
        for name in {one or other.strip() for one, other in listed}:
            playlist = parse_playlist(_text(storage, f"{folder}/{name}"))
            end = playlist.header + sum(each.length for each in playlist.segments)
            stat = storage.stat(f"{folder}/{playlist.file}")
            if stat is None:
                return Wrong.MISSING
            if stat.size < end:
                return Wrong.SIZE
    except Missing:
        return Wrong.MISSING
    except ValueError:
        return Wrong.PLAYLIST
    return None


def _text(storage: Storage, key: str) -> str:
    with storage.open(key) as source:
        return source.read().decode()


def _columns() -> Iterator[tuple[Table, Column[Any]]]:
    """Yield every database column with the key of a stored file."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name in NAMES and isinstance(column.type, String):
                yield table, column


def _named(database: Database) -> Iterator[_Named]:
    for table, column in _columns():
        if table.name not in ARRIVING:
            yield from _named_in(database, table, column)
    yield from _runs(database)


def _named_in(database: Database, table: Table, column: Column[Any]) -> Iterator[_Named]:
    checksum = CHECKSUMS.get(column.name)
    size = table.c.get("size_bytes") if checksum else None
    sha256 = table.c.get(checksum) if checksum else None
    wanted = [table.c.id, column, *(one for one in (size, sha256) if one is not None)]
    last = 0
    while True:
        query = select(*wanted).where(column.is_not(None), column != "", table.c.id > last)
        with database.read_session() as session:
            rows = session.execute(query.order_by(table.c.id).limit(BATCH)).all()
        for row in rows:
            last = row.id
            facts = row._mapping  # noqa: SLF001  (SQLAlchemy's public name)
            yield _Named(
                facts[column],
                f"{table.name} {row.id}",
                None if size is None else facts[size],
                None if sha256 is None else facts[sha256],
            )
        if len(rows) < BATCH:
            return


def _runs(database: Database) -> Iterator[_Named]:
    last = 0
    while True:
        query = select(Recording.id, Recording.public_id, Recording.run)
        query = query.where(Recording.run.is_not(None), Recording.id > last)
        with database.read_session() as session:
            rows = session.execute(query.order_by(Recording.id).limit(BATCH)).all()
        for row in rows:
            last = row.id
            key = f"renditions/{row.public_id}/{row.run}/{MASTER}"
            yield _Named(key, f"recording {row.id}", None, None)
        if len(rows) < BATCH:
            return


def _unnamed(session: Session, keys: Sequence[str]) -> list[str]:
    """Return the keys that no row accounts for."""
    named = set(_dropped_later(session))
    for _table, column in _columns():
        named.update(session.scalars(select(column).where(column.in_(keys))))
    rest = [key for key in keys if key not in named]
    runs = {key: found for key in rest if (found := _RUN.fullmatch(key))}
    kept_runs = _kept_runs(session, {found[1] for found in runs.values()})
    handouts = {key: found[1] for key in rest if (found := _OF_HANDOUT.fullmatch(key))}
    kept_handouts = set(
        session.scalars(
            select(Handout.public_id).where(Handout.public_id.in_(set(handouts.values())))
        )
    )
    return [
        key
        for key in rest
        if not (key in runs and kept_runs(runs[key][1], runs[key][2]))
        and handouts.get(key) not in kept_handouts
    ]


def _kept_runs(session: Session, recordings: set[str]) -> Callable[[str, str], bool]:
    """Return a function that tells whether a run of a recording is played, being made, or swept later."""
    if not recordings:
        return lambda _recording, _run: False
    rows = session.execute(
        select(Recording.public_id, Recording.run).where(Recording.public_id.in_(recordings))
    )
    played = {row.public_id: row.run for row in rows}
    waiting = session.execute(
        select(Job.subject, Job.kind, Job.payload).where(
            Job.subject.in_(recordings), Job.state.in_((JobState.QUEUED, JobState.RUNNING))
        )
    ).all()
    swept = {(row.subject, row.payload.get("run")) for row in waiting if row.kind == SWEEP}
    worked_on = {row.subject for row in waiting if row.kind != SWEEP}

    def is_kept(recording: str, run: str) -> bool:
        is_being_made = recording in worked_on and run != "captions"
        return is_being_made or played.get(recording) == run or (recording, run) in swept

    return is_kept


def _dropped_later(session: Session) -> Iterator[str]:
    """Yield the keys that a queued job will delete."""
    waiting = select(Job.payload).where(Job.kind.like("%.drop"), Job.state == JobState.QUEUED)
    for payload in session.scalars(waiting):
        if "key" in payload:
            yield str(payload["key"])


def _batched(items: Iterable[Any]) -> Iterator[list[Any]]:
    source = iter(items)
    while batch := list(islice(source, BATCH)):
        yield batch
