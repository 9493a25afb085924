"""Where files are kept: a local directory or an S3 bucket, behind one protocol.

Keys are immutable by agreement: who has something new to say writes a new key. Writes are
atomic: a reader sees all of a file or none of it.
"""

import contextlib
import io
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol, cast
from urllib.parse import unquote, urlsplit

from media.keys import BadKey, checked_key, content_type_of, new_key_id

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

__all__ = [
    "BadKey",
    "LocalStorage",
    "Missing",
    "S3Storage",
    "Stat",
    "Storage",
    "content_type_of",
    "new_key_id",
    "open_storage",
    "version_of",
]

PIECE: Final = 1 << 20
_INCOMING: Final = ".incoming"


class Missing(LookupError):
    """Nothing is stored under that key."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What is known of a stored file; `size` in bytes, `etag` quoted as HTTP wants it."""

    size: int
    content_type: str
    etag: str
    modified: datetime


class Storage(Protocol):
    """A place for files by key. Every method raises BadKey for a key that is none."""

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """Store a copy of the file, whole or not at all; what stood there is replaced."""

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
    """Files below one directory of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._incoming = self._root / _INCOMING
        self._incoming.mkdir(parents=True, exist_ok=True)

    def put_file(self, key: str, path: Path, content_type: str) -> None:  # noqa: ARG002 - S3 wants it
        """See Storage."""
        with path.open("rb") as source:
            self._write(key, source)

    def put_bytes(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002 - S3 wants it
        """See Storage."""
        self._write(key, io.BytesIO(data))

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See Storage."""
        path = self._path(key)
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
        path = self._path(key)
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if path.is_dir():
            return None
        return Stat(
            size=found.st_size,
            content_type=content_type_of(key),
            etag=version_of(found),
            modified=datetime.fromtimestamp(found.st_mtime, UTC),
        )

    def delete(self, key: str) -> None:
        """See Storage."""
        path = self._path(key)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            path.unlink()
        with contextlib.suppress(OSError):  # the first folder that still holds something
            for folder in path.parents:
                if folder == self._root:
                    break
                folder.rmdir()

    def list(self, prefix: str) -> Iterator[str]:
        """See Storage."""
        folder = _folder_of(prefix)
        start = self._path(folder) if folder else self._root
        return self._walk(start, f"{folder}/" if folder else "", prefix)

    def local_path(self, key: str) -> Path | None:
        """See Storage."""
        return self._path(key)

    def _path(self, key: str) -> Path:
        return self._root / checked_key(key)

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
        path = self._path(key)
        part = self._incoming / secrets.token_hex(16)
        try:
            with part.open("xb") as target:
                shutil.copyfileobj(source, target, PIECE)
                target.flush()
                os.fsync(target.fileno())
            self._settle(part, path)
        finally:
            part.unlink(missing_ok=True)

    def _settle(self, part: Path, path: Path) -> None:
        for _ in range(5):  # a delete beside us may take the emptied folder away
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                part.replace(path)
            except FileNotFoundError:
                continue
            break
        else:
            raise FileNotFoundError(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where a bucket is and who asks; empty endpoint means Amazon's own."""

    bucket: str
    prefix: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str


class S3Storage:
    """Files in a bucket, below a prefix. The client is made at first use, once a process."""

    def __init__(self, place: S3Place) -> None:
        self._place = place
        self._made: tuple[int, S3Client] | None = None

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """See Storage."""
        self._client.upload_file(
            str(path), self._place.bucket, self._full(key), ExtraArgs={"ContentType": content_type}
        )

    def put_bytes(self, key: str, data: bytes, content_type: str) -> None:
        """See Storage."""
        self._client.put_object(
            Bucket=self._place.bucket, Key=self._full(key), Body=data, ContentType=content_type
        )

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See Storage."""
        full = self._full(key)
        if length == 0:
            if self.stat(key) is None:
                raise Missing(key)
            return io.BytesIO()
        end = "" if length is None else str(start + length - 1)
        try:
            answer = self._client.get_object(
                Bucket=self._place.bucket, Key=full, Range=f"bytes={start}-{end}"
            )
        except self._client.exceptions.ClientError as fault:
            code = _status(fault)
            if code == 404:
                raise Missing(key) from None
            if code == 416:
                return io.BytesIO()
            raise
        return cast("BinaryIO", answer["Body"])

    def fetch(self, key: str, path: Path) -> None:
        """See Storage."""
        try:
            self._client.download_file(self._place.bucket, self._full(key), str(path))
        except self._client.exceptions.ClientError as fault:
            if _status(fault) == 404:
                raise Missing(key) from None
            raise

    def stat(self, key: str) -> Stat | None:
        """See Storage."""
        try:
            found = self._client.head_object(Bucket=self._place.bucket, Key=self._full(key))
        except self._client.exceptions.ClientError as fault:
            if _status(fault) == 404:
                return None
            raise
        return Stat(
            size=found["ContentLength"],
            content_type=content_type_of(key),
            etag=found["ETag"],
            modified=found["LastModified"],
        )

    def delete(self, key: str) -> None:
        """See Storage."""
        self._client.delete_object(Bucket=self._place.bucket, Key=self._full(key))

    def list(self, prefix: str) -> Iterator[str]:
        """See Storage."""
        above = self._above
        _folder_of(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._place.bucket, Prefix=above + prefix
        )
        for page in pages:
            for found in page.get("Contents", ()):
                yield found["Key"][len(above) :]

    def local_path(self, key: str) -> Path | None:
        """See Storage."""
        checked_key(key)
        return None

    def _full(self, key: str) -> str:
        return self._above + checked_key(key)

    @property
    def _above(self) -> str:
        return f"{self._place.prefix}/" if self._place.prefix else ""

    @property
    def _client(self) -> "S3Client":
        # Connections must not be shared with a process that forked off.
        if self._made is None or self._made[0] != os.getpid():
            self._made = (os.getpid(), _s3_client(self._place))
        return self._made[1]


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


def version_of(found: os.stat_result) -> str:
    """Return the etag of a local file."""
    return f'"{found.st_mtime_ns:x}-{found.st_size:x}"'


def _folder_of(prefix: str) -> str:
    folder = prefix.rpartition("/")[0]
    return checked_key(folder) if folder else ""


def _status(fault: "ClientError") -> int:
    return int(fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _s3_client(place: S3Place) -> "S3Client":
    import boto3  # noqa: PLC0415 - half a second that only those with S3 should pay
    from botocore.config import Config  # noqa: PLC0415 - as above

    return boto3.client(
        "s3",
        endpoint_url=place.endpoint or None,
        region_name=place.region,
        aws_access_key_id=place.access_key or None,
        aws_secret_access_key=place.secret_key or None,
        config=Config(
            connect_timeout=5,
            read_timeout=30,
            max_pool_connections=128,
            retries={"mode": "standard", "max_attempts": 3},
            s3={"addressing_style": "path"} if place.endpoint else {},
            # Older servers answer 501 to the newer checksum trailers.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
