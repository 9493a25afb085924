"""Storage during a migration: reads the new storage first and then the former one."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from media.storage.errors_and_file_facts import Missing, Stat
from media.storage.resumable_uploads import Intake

if TYPE_CHECKING:
    from media.storage.storage_protocol import Storage


class StoragePair:
    """Writes go to the new storage; files it doesn't have yet are read from the former one."""

    def __init__(self, new: "Storage", former: "Storage") -> None:
        self._new = new
        self._former = former

    @property
    def intake(self) -> Intake:
        """See Storage: files are received by the new storage."""
        return self._new.intake

    def prepare(self) -> None:
        """See Storage: files are written to the new storage."""
        self._new.prepare()

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """See Storage."""
        self._new.put_file(key, path, content_type)

    def take_file(self, key: str, path: Path, content_type: str) -> None:
        """See Storage."""
        self._new.take_file(key, path, content_type)

    def put_bytes(self, key: str, data: bytes, content_type: str) -> None:
        """See Storage."""
        self._new.put_bytes(key, data, content_type)

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See Storage."""
        try:
            return self._new.open(key, start, length)
        except Missing:
            return self._former.open(key, start, length)

    def fetch(self, key: str, path: Path) -> None:
        """See Storage."""
        try:
            self._new.fetch(key, path)
        except Missing:
            self._former.fetch(key, path)

    def stat(self, key: str) -> Stat | None:
        """See Storage."""
        return self._new.stat(key) or self._former.stat(key)

    def delete(self, key: str) -> None:
        """See Storage: deletes from both."""
        self._former.delete(key)
        self._new.delete(key)

    def list(self, prefix: str) -> Iterator[str]:
        """See Storage: every key once, from either."""
        yield from self._new.list(prefix)
        for key in self._former.list(prefix):
            if self._new.stat(key) is None:
                yield key

    def local_path(self, key: str) -> Path | None:
        """See Storage: None if only a remote storage could have it."""
        paths = [place.local_path(key) for place in (self._new, self._former)]
        here = [path for path in paths if path is not None]
        there = next((path for path in here if path.exists()), None)
        if there is not None or len(here) < len(paths):
            return there
        return here[0]

    def address(self, key: str, seconds: int, content_type: str, wanted: str) -> str | None:
        """See Storage: the address in the storage that has the file."""
        place = self._former if self._new.stat(key) is None else self._new
        return place.address(key, seconds, content_type, wanted)

    def let_pages_read(self, origin: str) -> None:
        """See Storage."""
        self._new.let_pages_read(origin)
        self._former.let_pages_read(origin)
