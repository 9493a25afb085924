"""Resumable uploads in a local directory: one growing file, locked for each chunk."""

import contextlib
import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from media.storage.object_keys import checked_key
from media.storage.resumable_uploads import Arriving, Found, NoRoomLeft, NotBegun, OutOfPlace

_MARK: Final = re.compile(r"[0-9a-f]{32}")


class LocalIntake:
    """Receives files in one folder; `settle` moves a complete file to its key, on the same disk."""

    def __init__(self, folder: Path, stored: Callable[[str], bool], settle: "Settle") -> None:
        self._folder = folder
        self._stored = stored
        self._settle = settle

    def begin(self, key: str, size: int) -> Arriving:
        """See Intake."""
        arriving = Arriving(checked_key(key), secrets.token_hex(16), size)
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._path(arriving).open("xb") as made:
            os.fsync(made.fileno())
        _keep_entries(self._folder)
        return arriving

    def least_bytes(self, size: int) -> int:  # noqa: ARG002 - S3 asks it
        """See Intake."""
        return 1

    def step_bytes(self, size: int) -> int:  # noqa: ARG002 - S3 asks it
        """See Intake."""
        return 1

    def kept(self, arriving: Arriving) -> int:
        """See Intake."""
        with self._opened(arriving) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits until no piece is being written
            os.fsync(descriptor)  # the reported bytes are on disk
            return os.fstat(descriptor).st_size

    def add(self, arriving: Arriving, at: int, piece: bytes) -> int:
        """See Intake."""
        with self._opened(arriving) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # the lock of a killed program is released
            end = os.fstat(descriptor).st_size
            if end != at:
                raise OutOfPlace(end)
            try:
                _write(descriptor, at, piece)
                os.fsync(descriptor)
            except OSError as fault:
                os.ftruncate(descriptor, at)
                if fault.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise NoRoomLeft(*fault.args) from fault
                raise
            return at + len(piece)

    def finish(self, arriving: Arriving) -> None:
        """See Intake."""
        path = self._path(arriving)
        if path.exists():
            with self._opened(arriving) as descriptor:
                os.fsync(descriptor)
                if os.fstat(descriptor).st_size != arriving.size_bytes:
                    raise NotBegun(arriving.key)
            self._settle(path, arriving.key)
        elif not self._stored(arriving.key):
            raise NotBegun(arriving.key)

    def discard(self, arriving: Arriving) -> None:
        """See Intake."""
        self._path(arriving).unlink(missing_ok=True)

    def unfinished(self) -> Iterator[Found]:
        """See Intake."""
        if not self._folder.exists():
            return
        for path in sorted(self._folder.iterdir()):
            with contextlib.suppress(FileNotFoundError):
                touched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield Found(Arriving("", path.name), touched)

    def free_bytes(self) -> int | None:
        """See Intake."""
        existing = next(one for one in (self._folder, *self._folder.parents) if one.exists())
        return shutil.disk_usage(existing).free

    def _path(self, arriving: Arriving) -> Path:
        if not _MARK.fullmatch(arriving.mark):
            raise NotBegun(arriving.mark)
        return self._folder / arriving.mark

    @contextlib.contextmanager
    def _opened(self, arriving: Arriving) -> Iterator[int]:
        try:
            descriptor = os.open(self._path(arriving), os.O_RDWR)
        except FileNotFoundError:
            raise NotBegun(arriving.key) from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)


Settle = Callable[[Path, str], None]


def _write(descriptor: int, at: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        written = os.pwrite(descriptor, left, at)
        at += written
        left = left[written:]


def _keep_entries(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
