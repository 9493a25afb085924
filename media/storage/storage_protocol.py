"""The storage protocol: a local directory or an S3 bucket behind one interface.

Keys are immutable by agreement: who has something new to say writes a new key. Writes are
atomic: a reader sees all of a file or none of it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from media.storage.errors_and_file_facts import Missing, Stat, StorageAway
from media.storage.local_storage import LocalStorage
from media.storage.object_keys import BadKey, content_type_of, new_key_id
from media.storage.resumable_uploads import Intake

__all__ = [
    "BadKey",
    "Missing",
    "Stat",
    "Storage",
    "StorageAway",
    "content_type_of",
    "new_key_id",
    "open_storage",
]


class Storage(Protocol):
    """A place for files by key. Every method raises BadKey for a key that is none.

    And StorageAway while the place can't be reached.
    """

    @property
    def intake(self) -> Intake:
        """Return the way to take in a file piece by piece."""

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """Store a copy of the file, whole or not at all; what stood there is replaced."""

    def take_file(self, key: str, path: Path, content_type: str) -> None:
        """Store the file itself: as `put_file`, and afterwards it is gone from where it was.

        On the same disk nothing is copied.
        """

    def put_bytes(self, key: str, data: bytes, content_type: str) -> None:
        """Store the bytes, whole or not at all; what stood there is replaced."""

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """Open for reading from byte `start`, at most `length` bytes; raises Missing."""

    def fetch(self, key: str, path: Path) -> None:
        """Copy the stored file to a local path; raises Missing."""

    def stat(self, key: str) -> Stat | None:
        """Return size, type and version of the stored file, None when there is none."""

    def delete(self, key: str) -> None:
        """Remove the file; it is no fault when there is none."""

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with the prefix, in no order that all storages share."""

    def local_path(self, key: str) -> Path | None:
        """Return where the file lies on this machine, None where storage is elsewhere."""

    def address(self, key: str, seconds: int, content_type: str, wanted: str) -> str | None:
        """Return an address by which anybody may fetch one range for so many seconds.

        `wanted` is the Range header, and no other is answered. None where storage has no addresses.
        """

    def let_pages_read(self, origin: str) -> None:
        """Let the pages of an origin fetch by such addresses; nothing to do without addresses."""


def open_storage(
    url: str, *, endpoint: str = "", region: str = "", access_key: str = "", secret_key: str = ""
) -> Storage:
    """Return the storage that `file:///directory` or `s3://bucket/prefix` names.

    Raises ValueError for any other address. Nothing is asked of an S3 server yet.
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
