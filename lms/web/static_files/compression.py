"""Compression with brotli and gzip: static files once, pages on each response."""

import gzip
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

import brotli
from werkzeug.datastructures import Accept

LEAST_BYTES: Final = 1000  # smaller bodies fit into one packet anyway
# In order of preference: static files are compressed as well as possible, pages quickly.
ONCE: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": lambda body: brotli.compress(body, quality=11),
    "gzip": lambda body: gzip.compress(body, 9, mtime=0),
}
EACH_TIME: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
_COMPRESSIBLE: Final = frozenset(
    {"application/json", "application/rss+xml", "application/atom+xml", "image/svg+xml"}
)


def is_compressible(content_type: str | None, size: int) -> bool:
    """Return whether a body of a type and size in bytes is worth compressing; pictures and fonts aren't."""
    kind = (content_type or "").partition(";")[0]
    return size >= LEAST_BYTES and (kind.startswith("text/") or kind in _COMPRESSIBLE)


def preferred(accepted: Accept) -> str | None:
    """Return the encoding to use for an Accept-Encoding header; None to send it uncompressed."""
    return next((name for name in EACH_TIME if accepted[name] > 0), None)


class CompressedFiles:
    """Compresses each file when it is first requested, into a directory that processes share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, bytes] = {}
        self._lock = (
            Lock()
        )  # of a hundred simultaneous requests after an upgrade, only one compresses

    def body(self, digest: str, encoding: str, body: bytes) -> bytes:
        """Return a compressed body; `digest` identifies the body."""
        name = f"{digest}.{encoding}"
        if name not in self._read:
            with self._lock:
                if name not in self._read:
                    self._read[name] = self._made(name, encoding, body)
        return self._read[name]

    def _made(self, name: str, encoding: str, body: bytes) -> bytes:
        with suppress(OSError):
            return (self._folder / name).read_bytes()
        made = ONCE[encoding](body)
        with suppress(OSError):  # the disk is full: the next process compresses it again
            self._write(name, made)
        return made

    def _write(self, name: str, made: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            file.write(made)
        os.replace(file.name, self._folder / name)
