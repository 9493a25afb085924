"""A minimal client of the tus protocol, so each header can be wrong."""

import hashlib
import os
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from tests.visitor import Visitor

TUS = {"Tus-Resumable": "1.0.0"}
PIECE_TYPE = "application/offset+octet-stream"
MIB = 1024 * 1024
BEGIN = b"\x00\x00\x00\x18ftypmp42"  # as an MP4 file starts


def film(size: int) -> bytes:
    """Return bytes that start like a recording."""
    return BEGIN + os.urandom(size - len(BEGIN))


def described(**told: str) -> str:
    return ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in told.items())


@dataclass(frozen=True, slots=True)
class Sender:
    """A person who uploads files to one webinar."""

    visitor: Visitor
    slug: str

    def create(
        self, size: int, name: str = "Talk.mp4", *, headers: Any = (), data: Any = None, **told: str
    ) -> TestResponse:
        sent = {
            **TUS,
            "Upload-Length": str(size),
            "Upload-Metadata": described(filename=name, **told),
            **dict(headers),
        }
        return self.visitor.post(
            f"/staff/webinars/{self.slug}/uploads",
            headers=sent,
            data=data,
            content_type=PIECE_TYPE if data is not None else None,
        )

    def begin(self, size: int, name: str = "Talk.mp4", **told: str) -> str:
        """Start an upload and return its address."""
        answer = self.create(size, name, **told)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return str(answer.headers["Location"])

    def patch(
        self, address: str, at: int, piece: bytes, *, content_type: str = PIECE_TYPE, **headers: str
    ) -> TestResponse:
        sent = {**TUS, "Upload-Offset": str(at)}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.visitor.patch(address, data=piece, headers=sent, content_type=content_type)

    def head(self, address: str) -> TestResponse:
        return self.visitor.head(address, headers=TUS)

    def at(self, address: str) -> int:
        return int(self.head(address).headers["Upload-Offset"])

    def delete(self, address: str) -> TestResponse:
        return self.visitor.delete(address, headers=TUS)

    def send(
        self, whole: bytes, name: str = "Talk.mp4", *, piece: int = 6 * MIB, **told: str
    ) -> str:
        """Send a whole file in pieces and return its address."""
        address = self.begin(len(whole), name, **told)
        for at in range(0, len(whole), piece):
            answer = self.patch(address, at, whole[at : at + piece])
            assert answer.status_code == 204, answer.get_data(as_text=True)
        return address


def sha256(piece: bytes) -> str:
    """Return an Upload-Checksum."""
    return f"sha256 {b64encode(hashlib.sha256(piece).digest()).decode()}"
