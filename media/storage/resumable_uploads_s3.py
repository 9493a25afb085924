"""Resumable uploads in an S3 bucket: each chunk is a part of a multipart upload.

The server's list of parts is the only record of an upload. A part's number gives its position in the
file, in steps of `step_bytes`. So a part that arrives late, when others have filled its place, does no
harm: it replaces the part that began there, or no chain leads to it and it is ignored. The positions of
parts numbered consecutively, as in earlier versions, are unknown, so such files are sent again.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from media.storage.object_keys import checked_key, content_type_of
from media.storage.resumable_uploads import Arriving, Found, NotBegun, OutOfPlace
from media.storage.s3_errors import reaching, status_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MIB: Final = 1024 * 1024
LEAST_PART: Final = 5 * MIB  # S3's own limit; the last part may be smaller
MOST_PARTS: Final = 10_000


class BucketIntake:
    """Receives files as multipart uploads below `above`, the prefix of all keys."""

    def __init__(self, client: "S3Client", bucket: str, above: str) -> None:
        self._client = client
        self._bucket = bucket
        self._above = above

    @reaching()
    def begin(self, key: str, size: int) -> Arriving:
        """See Intake."""
        begun = self._client.create_multipart_upload(
            Bucket=self._bucket,
            Key=self._above + checked_key(key),
            ContentType=content_type_of(key),
        )
        return Arriving(key, begun["UploadId"], size)

    def least_bytes(self, size: int) -> int:
        """See Intake."""
        step = self.step_bytes(size)
        return math.ceil(LEAST_PART / step) * step

    def step_bytes(self, size: int) -> int:
        """See Intake."""
        step = MIB
        while step * MOST_PARTS < size:
            step *= 2
        return step

    @reaching()
    def kept(self, arriving: Arriving) -> int:
        """See Intake."""
        return sum(size for _number, _etag, size in self._parts(arriving))

    @reaching()
    def add(self, arriving: Arriving, at: int, piece: bytes) -> int:
        """See Intake."""
        parts = self._parts(arriving)
        kept = sum(size for _number, _etag, size in parts)
        if kept != at:
            raise OutOfPlace(kept)
        try:
            number = at // self.step_bytes(arriving.size_bytes) + 1
            self._client.upload_part(**self._named(arriving), PartNumber=number, Body=piece)
        except ClientError as fault:
            raise _fault(fault, arriving) from fault
        return at + len(piece)

    @reaching()
    def finish(self, arriving: Arriving) -> None:
        """See Intake."""
        try:
            found = self._all_parts(arriving)
            self._client.complete_multipart_upload(
                **self._named(arriving),
                MultipartUpload={
                    "Parts": [{"PartNumber": number, "ETag": etag} for number, etag, _size in found]
                },
            )
        except (ClientError, NotBegun) as fault:
            if isinstance(fault, ClientError) and not _is_gone(fault):
                raise
            if not self._is_stored(arriving):
                raise NotBegun(arriving.key) from fault

    @reaching()
    def discard(self, arriving: Arriving) -> None:
        """See Intake."""
        try:
            self._client.abort_multipart_upload(**self._named(arriving))
        except ClientError as fault:
            if not _is_gone(fault):
                raise

    def unfinished(self) -> Iterator[Found]:
        """See Intake."""
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self._bucket, Prefix=self._above
        )
        with reaching():
            for page in pages:
                for found in page.get("Uploads", ()):
                    key = found["Key"][len(self._above) :]
                    yield Found(Arriving(key, found["UploadId"]), found["Initiated"])

    def free_bytes(self) -> int | None:
        """See Intake."""
        return None

    def _named(self, arriving: Arriving) -> Any:  # noqa: ANN401 - three of the client's keywords
        return {
            "Bucket": self._bucket,
            "Key": self._above + checked_key(arriving.key),
            "UploadId": arriving.mark,
        }

    def _all_parts(self, arriving: Arriving) -> list[tuple[int, str, int]]:
        """Return the parts of a complete file; raises NotBegun, also if some are missing."""
        found = self._parts(arriving)
        if sum(size for _number, _etag, size in found) != arriving.size_bytes:
            raise NotBegun(arriving.key)
        return found

    def _parts(self, arriving: Arriving) -> list[tuple[int, str, int]]:
        """Return number, etag and size of each contiguous part from the start; raises NotBegun."""
        pages = self._client.get_paginator("list_parts").paginate(**self._named(arriving))
        try:
            listed = {
                part["PartNumber"]: (part["PartNumber"], part["ETag"], part["Size"])
                for page in pages
                for part in page.get("Parts", ())
            }
        except ClientError as fault:
            raise _fault(fault, arriving) from fault
        found, at, step = [], 0, self.step_bytes(arriving.size_bytes)
        sizes = {number: size for number, _etag, size in listed.values()}
        if self._are_counted(sizes, arriving.size_bytes):
            raise NotBegun(arriving.key)
        while at % step == 0 and (part := listed.get(at // step + 1)) and part[2]:
            found.append(part)
            at += part[2]
        return found

    def _are_counted(self, sizes: dict[int, int], whole: int) -> bool:
        """Return whether parts were numbered consecutively, judging by their numbers and sizes.

        If every part is one step long, both numberings are the same, and the answer is no.
        """
        step = self.step_bytes(whole)
        second = self.least_bytes(whole) // step + 1  # the first part is no smaller
        if any(1 < number < second for number in sizes):
            return True
        if any(
            size % step and (number - 1) * step + size != whole for number, size in sizes.items()
        ):
            return True  # a part's length is a multiple of the step, unless it is the last
        *before, last = sorted(sizes) or [0]
        has_gaps = last != len(sizes)
        return bool(before) and not has_gaps and all(sizes[number] > step for number in before)

    def _is_stored(self, arriving: Arriving) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._above + arriving.key)
        except ClientError as fault:
            if status_of(fault) == 404:
                return False
            raise
        return True


def _is_gone(fault: ClientError) -> bool:
    return fault.response.get("Error", {}).get("Code") == "NoSuchUpload" or status_of(fault) == 404


def _fault(fault: ClientError, arriving: Arriving) -> Exception:
    return NotBegun(arriving.key) if _is_gone(fault) else fault
