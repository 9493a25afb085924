"""Local storage in a directory of this machine."""

import contextlib
import errno
import io
import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from media.storage.errors_and_file_facts import Missing, Stat, StorageAway
from media.storage.object_keys import checked_key, folder_of
from media.storage.resumable_uploads_local import LocalIntake

PIECE: Final = 1 << 20
SETTLE_TRIES: Final = 100
_INCOMING: Final = ".incoming"
_ARRIVING: Final = ".arriving"


class _Slice(io.RawIOBase):
    """The first `length` bytes of an open stream; closing it closes the stream."""

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self._stream = stream
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - what RawIOBase says
        wanted = min(len(buffer), self._left)
        data = self._stream.read(wanted) if wanted else b""
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class LocalStorage:
    """Files below one directory of this machine, which only writing makes."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._incoming = self._root / _INCOMING
        self.intake = LocalIntake(
            self._root / _ARRIVING,
            stored=lambda key: self.local_path(key).is_file(),
            settle=lambda path, key: self._settle(path, self.local_path(key)),
        )

    def prepare(self) -> None:
        """See Storage."""
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{self._root} can't be written to: {error.strerror}"
            raise StorageAway(message, "directory") from error

    def put_file(self, key: str, path: Path, content_type: str) -> None:  # noqa: ARG002 - S3 wants it
        """See Storage."""
        with path.open("rb") as source:
            self._write(key, source)

    def take_file(self, key: str, path: Path, content_type: str) -> None:
        """See Storage."""
        target, part = self.local_path(key), self._new_part()
        try:
            path.rename(part)
        except OSError as fault:
            if fault.errno != errno.EXDEV:
                raise
            self.put_file(key, path, content_type)
            path.unlink()
            return
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        self._settle(part, target)

    def put_bytes(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002 - S3 wants it
        """See Storage."""
        self._write(key, io.BytesIO(data))

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See Storage."""
        path = self.local_path(key)
        try:
            stream = path.open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise Missing(key) from None
        stream.seek(start)
        return stream if length is None else cast("BinaryIO", _Slice(stream, length))

    def fetch(self, key: str, path: Path) -> None:
        """See Storage."""
        with self.open(key) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, PIECE)

    def stat(self, key: str) -> Stat | None:
        """See Storage."""
        path = self.local_path(key)
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if path.is_dir():
            return None
        return Stat(
            size=found.st_size,
            etag=version_of(found),
            modified=datetime.fromtimestamp(found.st_mtime, UTC),
        )

    def delete(self, key: str) -> None:
        """See Storage."""
        path = self.local_path(key)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            path.unlink()
        with contextlib.suppress(OSError):  # stops at the first folder that isn't empty
            for folder in path.parents:
                if folder == self._root:
                    break
                folder.rmdir()

    def list(self, prefix: str) -> Iterator[str]:
        """See Storage."""
        if not self._root.is_dir():
            raise StorageAway(f"There is no directory {self._root}.", "directory")
        folder = folder_of(prefix)
        start = self.local_path(folder) if folder else self._root
        return self._walk(start, f"{folder}/" if folder else "", prefix)

    def local_path(self, key: str) -> Path:
        """See Storage."""
        return self._root / checked_key(key)

    def address(self, key: str, seconds: int, content_type: str, wanted: str) -> str | None:  # noqa: ARG002 - S3 wants it
        """See Storage: a directory has no addresses."""
        return None

    def let_pages_read(self, origin: str) -> None:
        """See Storage: nothing to do."""

    def _new_part(self) -> Path:
        """Return a path for a file that is being written."""
        self.prepare()
        return self._incoming / secrets.token_hex(16)

    def _walk(self, folder: Path, above: str, prefix: str) -> Iterator[str]:
        try:
            with os.scandir(folder) as found:
                entries = sorted((entry.name + ("/" if entry.is_dir() else "")) for entry in found)
        except (FileNotFoundError, NotADirectoryError):
            return
        for name in entries:
            key = above + name
            if name.startswith(".") or not (key.startswith(prefix) or prefix.startswith(key)):
                continue
            if name.endswith("/"):
                yield from self._walk(folder / name, key, prefix)
            else:
                yield key

    def _write(self, key: str, source: BinaryIO) -> None:
        path = self.local_path(key)
        part = self._new_part()
        try:
            with part.open("xb") as target:
                shutil.copyfileobj(source, target, PIECE)
                target.flush()
                os.fsync(target.fileno())
            self._settle(part, path)
        finally:
            part.unlink(missing_ok=True)

    def _settle(self, part: Path, path: Path) -> None:
        for _ in range(SETTLE_TRIES):  # a concurrent delete may remove the empty folder
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                part.replace(path)
            except (FileNotFoundError, FileExistsError):
                continue
            break
        else:
            raise FileNotFoundError(path)
        self._keep_entry(path.parent)

    @staticmethod
    def _keep_entry(folder: Path) -> None:
        """Sync the folder itself to disk, unless a delete has removed it already."""
        try:
            opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            return
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def version_of(found: os.stat_result) -> str:
    """Return the etag of a local file, equal to nginx's for the same file, as either may send it."""
    return f'"{int(found.st_mtime):x}-{found.st_size:x}"'
