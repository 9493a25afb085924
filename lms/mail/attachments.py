"""Attachments: stored files that go out with an email, read from storage when it is sent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from typing import Final

from lms.core.errors import N_, Invalid
from lms.mail.transport import RefusedForGood, RefusedForNow
from media.storage.object_keys import own_name
from media.storage.storage_protocol import Missing, Storage, StorageAway

MOST_FILES: Final = 10
MOST_BYTES: Final = 10_000_000  # sent as 14 MB; many mail servers refuse more than 20
_CONTENT_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*")

TOO_MANY_FILES = N_("Attach up to 10 files.")


class FilesAway(RefusedForNow):
    """No attached file can be read now because storage can't be reached."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file to attach: its storage key, its name in the email, and its media type.

    The file has to stay in storage for as long as the email may be sent again. Raises ValueError for an
    invalid media type and for one with parameters.
    """

    key: str
    name: str
    content_type: str

    def __post_init__(self) -> None:
        """Check the media type."""
        if not _CONTENT_TYPE.fullmatch(self.content_type):
            raise ValueError("a media type is like application/pdf, without parameters")


def packed(attachments: Sequence[Attachment]) -> list[dict[str, str]]:
    """Return attachments as stored with an email; raises Invalid for too many."""
    if len(attachments) > MOST_FILES:
        raise Invalid(TOO_MANY_FILES)
    return [asdict(one) | {"name": _file_name(one.name)} for one in attachments]


def unpacked(kept: Sequence[Mapping[str, str]] | None) -> tuple[Attachment, ...]:
    """Return attachments from the form that `packed` stores."""
    return tuple(Attachment(**one) for one in kept or ())


def read_files(storage: Storage, attachments: Sequence[Attachment]) -> tuple[bytes, ...]:
    """Return the bytes of each file.

    Raises RefusedForNow if a file is missing, FilesAway if storage can't be reached, and RefusedForGood
    if the files exceed 10 MB together.
    """
    files: list[bytes] = []
    left = MOST_BYTES
    for one in attachments:
        files.append(_read(storage, one, left + 1))
        left -= len(files[-1])
        if left < 0:
            raise RefusedForGood("The attachments are larger than 10 MB in total.")
    return tuple(files)


def attach(
    message: EmailMessage, attachments: Sequence[Attachment], files: Sequence[bytes]
) -> None:
    """Add the files to a message."""
    for one, data in zip(attachments, files, strict=True):
        maintype, _, subtype = one.content_type.partition("/")
        params = {"charset": "utf-8"} if maintype == "text" else {}
        message.add_attachment(
            data, maintype=maintype, subtype=subtype, filename=one.name, params=params
        )


def _read(storage: Storage, one: Attachment, most: int) -> bytes:
    try:
        with storage.open(one.key, 0, most) as file:
            return file.read()
    except Missing as error:
        raise RefusedForNow(f"The attachment {one.name} is missing from storage.") from error
    except StorageAway as error:
        raise FilesAway(f"We can't read the attachment {one.name} right now.") from error


def _file_name(name: str) -> str:
    # a line break in a header would start another header
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", own_name(name)).strip() or "file"
