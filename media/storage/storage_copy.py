"""The storage copy: copies all files to another storage, verified and resumable."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media.storage.errors_and_file_facts import Missing
from media.storage.storage_protocol import Storage, content_type_of

PIECE: Final = 1 << 20
LISTED_MOST: Final = 1000


class Corrupt(Exception):
    """The written file differs from the source."""


@dataclass(slots=True)
class Moved:
    """The progress of a move: files and bytes copied now, and files copied and verified before."""

    copied: int = 0
    copied_bytes: int = 0
    before: int = 0


class Ledger:
    """The keys that were copied and verified, in a file that survives a kill at any moment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: set[bytes] = set()
        if path.exists():
            with path.open("r", encoding="utf-8", errors="replace") as lines:
                # An incomplete last line is ignored: that file is copied again.
                self._known = {_mark(line[:-1]) for line in lines if line.endswith("\n")}

    def __contains__(self, key: str) -> bool:
        return _mark(key) in self._known

    def note(self, key: str) -> None:
        """Record that a key is copied and verified."""
        begin = "\n" if self._is_cut_off() else ""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{begin}{key}\n")
        self._known.add(_mark(key))

    def forget(self) -> None:
        """Delete the ledger: the move is done."""
        self._path.unlink(missing_ok=True)

    def _is_cut_off(self) -> bool:
        if not self._path.exists() or not self._path.stat().st_size:
            return False
        with self._path.open("rb") as file:
            file.seek(-1, 2)
            return file.read(1) != b"\n"


def move(
    source: Storage,
    target: Storage,
    *,
    ledger: Ledger,
    scratch: Path,
    tell: Callable[[Moved], None],
) -> Moved:
    """Copy the files that the ledger doesn't name; the source may be read and written meanwhile.

    Each file is read back and its checksum compared before it is recorded in the ledger. Raises
    Corrupt.
    """
    moved = Moved()
    for key in source.list(""):
        if key in ledger:
            moved.before += 1
            continue
        try:
            moved.copied_bytes += _copy(source, target, key, scratch)
        except Missing:  # deleted since it was listed
            target.delete(key)
            continue
        ledger.note(key)
        moved.copied += 1
        tell(moved)
    return moved


def copy_new(
    source: Storage, target: Storage, *, scratch: Path, tell: Callable[[Moved], None]
) -> Moved:
    """Copy the files whose keys the target doesn't have; existing keys are never overwritten.

    Each is read back and its checksum compared. Raises Corrupt.
    """
    known = set(target.list(""))
    return copy_keys(
        (key for key in source.list("") if key not in known),
        source,
        target,
        scratch=scratch,
        tell=tell,
    )


def copy_keys(
    keys: Iterable[str],
    source: Storage,
    target: Storage,
    *,
    scratch: Path,
    tell: Callable[[Moved], None],
) -> Moved:
    """Copy these files, skipping those deleted meanwhile. Raises Corrupt."""
    copied = Moved()
    for key in keys:
        try:
            copied.copied_bytes += _copy(source, target, key, scratch)
        except Missing:
            continue
        copied.copied += 1
        tell(copied)
    return copied


def remove_moved(source: Storage, target: Storage, ledger: Ledger) -> tuple[int, tuple[str, ...]]:
    """Delete from the source the files that were copied and verified and are still in the target.

    Returns how many were deleted, and (at most a thousand) keys that stay.
    """
    gone = 0
    kept: list[str] = []
    for key in source.list(""):
        here, there = source.stat(key), target.stat(key)
        is_same = here is not None and there is not None and here.size == there.size
        if is_same and key in ledger:
            source.delete(key)
            gone += 1
        elif len(kept) < LISTED_MOST:
            kept.append(key)
    return gone, tuple(kept)


def _copy(source: Storage, target: Storage, key: str, scratch: Path) -> int:
    """Copy one file through the scratch directory; returns its size in bytes."""
    with tempfile.TemporaryDirectory(dir=scratch, prefix="move-") as folder:
        path = Path(folder) / "file"
        source.fetch(key, path)
        size = path.stat().st_size
        with path.open("rb") as file:
            wanted = hashlib.file_digest(file, "sha256").hexdigest()
        target.take_file(key, path, content_type_of(key))
    digest = hashlib.sha256()
    for piece in _pieces(target, key):
        digest.update(piece)
    if digest.hexdigest() != wanted:
        target.delete(key)
        raise Corrupt(key)
    return size


def _pieces(storage: Storage, key: str) -> Iterator[bytes]:
    with storage.open(key) as source:
        while piece := source.read(PIECE):
            yield piece


def _mark(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()[:16]
