"""The storage protocol: a local directory or an S3 bucket behind one interface.

Keys are immutable by convention: new content gets a new key. Writes are atomic: a reader sees all of a
file or none of it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from media.storage.errors_and_file_facts import Missing, Stat, StorageAway
from media.storage.local_storage import LocalStorage
from media.storage.object_keys import BadKey, content_type_of
from media.storage.resumable_uploads import Intake

__all__ = [
    "BadKey",
    "Missing",
    "Stat",
    "Storage",
    "StorageAway",
    "content_type_of",
    "open_storage",
]


class Storage(Protocol):
    """Stores files by key. Every method raises BadKey for an invalid key.

    Every method raises StorageAway while the storage can't be reached.
    """

    @property
    def intake(self) -> Intake:
        """Return the receiver of resumable uploads."""

    def prepare(self) -> None:
        """Make the directory that files are written to, if there is none; a bucket is never made."""

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """Store a copy of the file atomically, replacing any file with this key."""

    def take_file(self, key: str, path: Path, content_type: str) -> None:
        """Store the file itself: like `put_file`, but the original is removed.

        On the same disk nothing is copied.
        """

    def put_bytes(self, key: str, data: bytes, content_type: str) -> None:
        """Store the bytes atomically, replacing any file with this key."""

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """Open for reading from byte `start`, at most `length` bytes; raises Missing."""

    def fetch(self, key: str, path: Path) -> None:
        """Copy the stored file to a local path; raises Missing."""

    def stat(self, key: str) -> Stat | None:
        """Return size, version and time of the stored file, None if there is none."""

    def delete(self, key: str) -> None:
        """Delete the file; no error if there is none."""

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with the prefix; the order depends on the storage.

        A directory or bucket that doesn't exist is away, not empty.
        """

    def local_path(self, key: str) -> Path | None:
        """Return the file's path on this machine, None if storage is remote."""

    def address(self, key: str, seconds: int, content_type: str, wanted: str) -> str | None:
        """Return an address by which anyone may fetch one range for that many seconds.

        `wanted` is the only Range header that is answered. None if the storage has no addresses.
        """

    def let_pages_read(self, origin: str) -> None:
        """Allow the pages of an origin to fetch by such addresses; does nothing without addresses."""


def open_storage(
    url: str, *, endpoint: str = "", region: str = "", access_key: str = "", secret_key: str = ""
) -> Storage:
    """Return the storage that `file:///directory` or `s3://bucket/prefix` names.

    Raises ValueError for any other address. Doesn't contact an S3 server yet, and creates nothing.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path:
        return LocalStorage(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        from media.storage.s3_storage import S3Place, S3Storage  # noqa: PLC0415  (boto3 takes half a second)

        return S3Storage(
            S3Place(
                bucket=parts.netloc,
                prefix=parts.path.strip("/"),
                endpoint=endpoint,
                region=region or "us-east-1",
                access_key=access_key,
                secret_key=secret_key,
            )
        )
    raise ValueError("storage is file:///directory or s3://bucket/prefix")
