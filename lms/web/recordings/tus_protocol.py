"""The tus protocol 1.0.0 for resumable uploads: parses and writes its headers.

Source: https://tus.io/protocols/resumable-upload, with the extensions creation, creation-with-upload,
expiration, checksum and termination.
"""

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from flask import Response, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.http import http_date

from lms.core.errors import N_, Conflict, Forbidden, Gone, Invalid, NotFound, Refused, Unavailable
from lms.uploads.chunks import Body, Checksum, Cut
from lms.uploads.uploads import (
    LARGEST_BYTES,
    Busy,
    Damaged,
    NoRoom,
    TooLarge,
    WrongKind,
    WrongPlace,
)

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,expiration,checksum,termination"
ALGORITHMS: Final = ("sha256", "sha1", "md5")
PIECE_TYPE: Final = "application/offset+octet-stream"
MOST_DIGITS: Final = 18
# the protocol's own statuses, where they differ from the usual ones
STATUS: Final[Mapping[type[Refused], int]] = {
    Busy: 423,
    Damaged: 460,
    TooLarge: 413,
    WrongKind: 415,
    WrongPlace: 409,
    NoRoom: 507,
    Gone: 410,
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    Unavailable: 503,
}
UNLIKELY: Final = N_("{name} is missing or invalid. Follow tus 1.0.0.")


class WrongVersion(Invalid):
    """The client uses another version of the protocol, or none."""

    code = "wrong_version"


class WrongContent(Invalid):
    """A chunk has another media type than the protocol requires."""

    code = "wrong_content"


def check_version() -> None:
    """Raise WrongVersion unless the request uses the supported version."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise WrongVersion(N_("This URL supports tus 1.0.0. Set Tus-Resumable to 1.0.0."))


def status_of(refusal: Refused) -> int:
    """Return the protocol's status for a refusal."""
    if isinstance(refusal, WrongVersion):
        return 412
    if isinstance(refusal, WrongContent):
        return 415
    return next((STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS), 400)


def add_headers(response: Response) -> Response:
    """Add the protocol's headers to every response, and its capabilities to OPTIONS."""
    response.headers["Tus-Resumable"] = VERSION
    response.headers.setdefault("Cache-Control", "no-store")
    if request.method == "OPTIONS":
        response.headers["Tus-Version"] = VERSION
        response.headers["Tus-Extension"] = EXTENSIONS
        response.headers["Tus-Max-Size"] = str(LARGEST_BYTES)
        response.headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
        response.status_code = 204
        response.set_data(b"")
    if response.status_code == 412:
        response.headers["Tus-Version"] = VERSION
    return response


def progress_headers(kept: int, expires_at: datetime) -> dict[str, str]:
    """Return the headers for the current offset and the expiry of an upload."""
    return {"Upload-Offset": str(kept), "Upload-Expires": http_date(expires_at)}


def number_in(name: str) -> int:
    """Return the number of bytes in a header; raises Invalid."""
    raw = request.headers.get(name, "")
    if not (raw.isascii() and raw.isdigit() and len(raw) <= MOST_DIGITS):
        raise _unlikely(name)
    return int(raw)


def metadata() -> Mapping[str, str]:
    """Return the fields of Upload-Metadata; raises Invalid."""
    found: dict[str, str] = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _, value = pair.strip().partition(" ")
        if not name:
            continue
        try:
            found[name] = b64decode(value.strip(), validate=True).decode("utf-8")
        except ValueError:  # not base64, or not UTF-8
            raise _unlikely("Upload-Metadata") from None
        if "\x00" in found[name]:
            raise _unlikely("Upload-Metadata")
    return found


def piece() -> Body:
    """Return the request's chunk; raises WrongContent, and Invalid for an invalid checksum."""
    if request.mimetype != PIECE_TYPE:
        raise WrongContent(N_("Send chunks as application/offset+octet-stream."))
    return Body(_Stream(), request.content_length, _checksum())


def _checksum() -> Checksum | None:
    raw = request.headers.get("Upload-Checksum")
    if raw is None:
        return None
    algorithm, _, digest = raw.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise _unlikely("Upload-Checksum")
    try:
        return Checksum(algorithm, b64decode(digest.strip(), validate=True))
    except ValueError:
        raise _unlikely("Upload-Checksum") from None


class _Stream:
    """The request's body, whose client may disconnect."""

    def read(self, size: int, /) -> bytes:
        try:
            return request.stream.read(size)
        except (ClientDisconnected, RequestEntityTooLarge, OSError):
            raise Cut from None


def _unlikely(name: str) -> Invalid:
    return Invalid(UNLIKELY.format(name=name))
