"""S3 storage in a bucket; imported only if configured, as boto3 takes half a second."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from media.storage.errors_and_file_facts import Missing, Stat
from media.storage.object_keys import checked_key, folder_of
from media.storage.resumable_uploads_s3 import BucketIntake
from media.storage.s3_errors import reaching, status_of

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CORSRuleOutputTypeDef, CORSRuleTypeDef

CORS_RULE: Final = "carrel"
MOST_CONNECTIONS: Final = 1024  # as many as a web process has threads


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket and its credentials; an empty endpoint means Amazon's."""

    bucket: str
    prefix: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str


class _Body(io.RawIOBase):
    """The body of a response; raises StorageAway if the server breaks off or stops responding."""

    def __init__(self, body: "StreamingBody") -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    @reaching()
    def read(self, size: int = -1) -> bytes:
        return self._body.read(None if size < 0 else size)

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - what RawIOBase says
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


class S3Storage:
    """Files in a bucket, below a prefix. The client is made at first use, once per process."""

    def __init__(self, place: S3Place) -> None:
        self._place = place
        self._made: tuple[int, S3Client] | None = None

    def prepare(self) -> None:
        """See Storage: nothing to do."""

    @reaching()
    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """See Storage."""
        self._client.upload_file(
            str(path), self._place.bucket, self._full(key), ExtraArgs={"ContentType": content_type}
        )

    def take_file(self, key: str, path: Path, content_type: str) -> None:
        """See Storage."""
        self.put_file(key, path, content_type)
        path.unlink()

    @reaching()
    def put_bytes(self, key: str, data: bytes, content_type: str) -> None:
        """See Storage."""
        self._client.put_object(
            Bucket=self._place.bucket, Key=self._full(key), Body=data, ContentType=content_type
        )

    @reaching()
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
        except ClientError as fault:
            code = status_of(fault)
            if code == 404:
                raise Missing(key) from None
            if code == 416:
                return io.BytesIO()
            raise
        return cast("BinaryIO", _Body(answer["Body"]))

    @reaching()
    def fetch(self, key: str, path: Path) -> None:
        """See Storage."""
        try:
            self._client.download_file(self._place.bucket, self._full(key), str(path))
        except ClientError as fault:
            if status_of(fault) == 404:
                raise Missing(key) from None
            raise

    @reaching()
    def stat(self, key: str) -> Stat | None:
        """See Storage."""
        try:
            found = self._client.head_object(Bucket=self._place.bucket, Key=self._full(key))
        except ClientError as fault:
            if status_of(fault) == 404:
                return None
            raise
        return Stat(
            size=found["ContentLength"],
            etag=found["ETag"],
            modified=found["LastModified"],
        )

    @reaching()
    def delete(self, key: str) -> None:
        """See Storage."""
        self._client.delete_object(Bucket=self._place.bucket, Key=self._full(key))

    def list(self, prefix: str) -> Iterator[str]:
        """See Storage."""
        above = self._above
        folder_of(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._place.bucket, Prefix=above + prefix
        )
        with reaching():
            for page in pages:
                for found in page.get("Contents", ()):
                    yield found["Key"][len(above) :]

    def local_path(self, key: str) -> Path | None:
        """See Storage."""
        checked_key(key)
        return None

    @reaching()
    def address(self, key: str, seconds: int, content_type: str, wanted: str) -> str | None:
        """See Storage."""
        place = {"Bucket": self._place.bucket, "Key": self._full(key), "Range": wanted}
        says = {"ResponseContentType": content_type, "ResponseCacheControl": "private, no-store"}
        return self._client.generate_presigned_url(
            "get_object", Params=place | says, ExpiresIn=seconds
        )

    @reaching()
    def let_pages_read(self, origin: str) -> None:
        """Allow pages of one origin to fetch films by presigned addresses (CORS).

        Other rules stay. The credentials need the permission to change the bucket's configuration.
        """
        try:
            kept = self._client.get_bucket_cors(Bucket=self._place.bucket)["CORSRules"]
        except ClientError as fault:
            if status_of(fault) != 404:
                raise
            kept = []
        rule: CORSRuleTypeDef = {
            "ID": CORS_RULE,
            "AllowedMethods": ["GET", "HEAD"],
            "AllowedOrigins": [origin],
            "AllowedHeaders": ["Range"],
            "ExposeHeaders": ["Content-Length", "Content-Range", "ETag"],
            "MaxAgeSeconds": 3600,
        }
        rules: list[CORSRuleTypeDef | CORSRuleOutputTypeDef] = [
            *(one for one in kept if one.get("ID") != CORS_RULE),
            rule,
        ]
        self._client.put_bucket_cors(
            Bucket=self._place.bucket, CORSConfiguration={"CORSRules": rules}
        )

    @property
    def intake(self) -> BucketIntake:
        """See Storage."""
        return BucketIntake(self._client, self._place.bucket, self._above)

    def _full(self, key: str) -> str:
        return self._above + checked_key(key)

    @property
    def _above(self) -> str:
        return f"{self._place.prefix}/" if self._place.prefix else ""

    @property
    def _client(self) -> "S3Client":
        # Connections must not be shared with a forked process.
        if self._made is None or self._made[0] != os.getpid():
            self._made = (os.getpid(), _s3_client(self._place))
        return self._made[1]


def _s3_client(place: S3Place) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=place.endpoint or None,
        region_name=place.region,
        aws_access_key_id=place.access_key or None,
        aws_secret_access_key=place.secret_key or None,
        config=Config(
            signature_version="s3v4",  # the older version doesn't sign the range of an address
            connect_timeout=5,
            read_timeout=30,
            max_pool_connections=MOST_CONNECTIONS,
            retries={"mode": "standard", "max_attempts": 3},
            s3={"addressing_style": "path"} if place.endpoint else {},
            # Older servers answer 501 to the newer checksum trailers.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
