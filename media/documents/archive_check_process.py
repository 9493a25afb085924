"""The archive check process: limits how much an untrusted Office file unpacks to, in isolation.

Run by its path with FILE: prints a fault as JSON, or an empty object. The sizes in the directory are
added up before anything is unpacked; then each part is unpacked in memory, piece by piece, and must
match its declared size. The same applies to nested archives.
"""

import io
import json
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

MOST_PARTS = 20_000
MOST_BYTES = 1 << 30
MOST_XML_BYTES = 64 << 20
MOST_NESTED_BYTES = 200 << 20
MOST_DEPTH = 3
PIECE = 1 << 18
TYPES = "[Content_Types].xml"
ZIP = b"PK\x03\x04"
NOT_HERE = 0xFFFFFFFF  # the size is in another field
SIZES_FOLLOW = 8
XML_NAMES = (".xml", ".rels")
BEFORE_XML = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
PACKED = re.compile(r"(?:^|/)(?:activeX|ctrlProps)/", re.IGNORECASE)
NATIVE = "\x01Ole10Native".encode("utf-16-le")
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError)


class Fault(Exception):
    """The file can't be published; the word is the reason."""


class Room:
    """How much may still be unpacked, of the file and its nested archives."""

    def __init__(self) -> None:
        self.parts, self.bytes = MOST_PARTS, MOST_BYTES

    def take(self, parts: list[zipfile.ZipInfo]) -> None:
        """Count the parts that a directory declares; raises Fault if they are too many or too large."""
        self.parts -= len(parts)
        self.bytes -= sum(part.file_size for part in parts)
        if self.parts < 0 or self.bytes < 0:
            raise Fault("bomb")


def main(source: str) -> None:
    """Print what is wrong with the archive, if anything."""
    answer = {}
    try:
        with open(source, "rb") as file:
            check_document(file)
    except Fault as fault:
        answer = {"fault": str(fault)}
    except DAMAGED:
        answer = {"fault": "broken"}
    print(json.dumps(answer))  # noqa: T201


def check_document(file: BinaryIO) -> None:
    """Check the directory, then each part; XML parts must not declare a document type."""
    room = Room()
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        check_directory(parts, room)
        names = {part.filename.lower() for part in parts}
        if TYPES.lower() not in names:
            raise Fault("other_zip")
        if len(names) < len(parts) or any(is_outside(part.filename) for part in parts):
            raise Fault("broken")
        if any(part.flag_bits & 1 for part in parts):
            raise Fault("locked")
        for part in parts:
            check_name(part)
            check_part(file, part, room)


def check_directory(parts: list[zipfile.ZipInfo], room: Room) -> None:
    """Check what an archive declares about its parts before any of them is unpacked."""
    room.take(parts)
    end = 0
    for part in sorted(parts, key=lambda each: each.header_offset):
        if part.header_offset < end:  # overlapping parts can unpack to any size
            raise Fault("bomb")
        end = part.header_offset + part.compress_size


def is_outside(name: str) -> bool:
    """Return whether a part would be unpacked outside its folder."""
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name)


def check_name(part: zipfile.ZipInfo) -> None:
    """Raise Fault for a part whose name shows forbidden content."""
    name = part.filename.lower()
    if name.endswith(XML_NAMES) and part.file_size > MOST_XML_BYTES:
        raise Fault("bomb")
    if PACKED.search(name):
        raise Fault("active")
    if name.endswith("vbaproject.bin"):
        raise Fault("macros")


def check_part(file: BinaryIO, part: zipfile.ZipInfo, room: Room) -> None:
    """Unpack a part completely and check it for programs, document types and archives."""
    name, kept = part.filename.lower(), b""
    prolog, nested = Prolog(must_be_xml=name.endswith(XML_NAMES)), Nested(part)
    for piece in unpacked(file, part):
        if name.endswith(".bin") and NATIVE in kept + piece:
            raise Fault("active")
        kept = piece[-len(NATIVE) :]
        prolog.read(piece)
        nested.read(piece)
    check_nested(nested, room, 1)


class Nested:
    """A nested archive, stored in memory while it is checked."""

    def __init__(self, part: zipfile.ZipInfo) -> None:
        self.size = part.file_size
        self.has_begun = False
        self.file: io.BytesIO | None = None

    def read(self, piece: bytes) -> None:
        """Store the next piece if the part begins like an archive."""
        if not self.has_begun and piece.startswith(ZIP):
            if self.size > MOST_NESTED_BYTES:
                raise Fault("bomb")
            self.file = io.BytesIO()
        self.has_begun = True
        if self.file is not None:
            self.file.write(piece)


def check_nested(nested: Nested, room: Room, depth: int) -> None:
    """Limit what a nested archive and those in it unpack to; a damaged one can't be opened anyway."""
    if nested.file is None:
        return
    if depth > MOST_DEPTH:
        raise Fault("bomb")
    try:
        with zipfile.ZipFile(nested.file) as archive:
            check_directory(archive.infolist(), room)
            for part in archive.infolist():
                if part.flag_bits & 1:  # password-protected
                    continue
                inner = Nested(part)
                for piece in unpacked(nested.file, part):
                    inner.read(piece)
                check_nested(inner, room, depth + 1)
    except DAMAGED:
        return


def unpacked(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part piece by piece; raises Fault if it doesn't match its directory entry."""
    find(file, part)
    left, crc, waiting = part.file_size, 0, b""
    for piece in inflated(file, part):
        left -= len(piece)
        if left < 0:
            raise Fault("broken")
        crc = zlib.crc32(piece, crc)
        waiting += piece
        if len(waiting) >= PIECE:  # so that the first piece is long enough to show the part's type
            yield waiting
            waiting = b""
    if left or crc != part.CRC:
        raise Fault("broken")
    yield waiting


def find(file: BinaryIO, part: zipfile.ZipInfo) -> None:
    """Seek to where a part's data begins; raises Fault if its header disagrees with the directory."""
    file.seek(part.header_offset)
    head = file.read(30)
    mark, flags, method, size_packed, size, name, extra = struct.unpack("<4s2xHH8xLLHH", head)
    if mark != ZIP or method != part.compress_type:
        raise Fault("broken")
    if not flags & SIZES_FOLLOW:
        for said, known in ((size_packed, part.compress_size), (size, part.file_size)):
            if said not in (known, NOT_HERE):
                raise Fault("broken")
    file.seek(name + extra, io.SEEK_CUR)


def inflated(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the unpacked content of a part, a piece at a time."""
    if part.compress_type == zipfile.ZIP_STORED:
        yield from packed(file, part.compress_size)
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:  # Office uses no other method
        raise Fault("broken")
    packer = zlib.decompressobj(-zlib.MAX_WBITS)
    for each in packed(file, part.compress_size):
        left = each
        while (piece := packer.decompress(left, PIECE)) or packer.unconsumed_tail:
            yield piece
            left = packer.unconsumed_tail
    if packer.unused_data or not packer.eof:  # another program might unpack trailing data
        raise Fault("broken")


def packed(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield this many bytes from the file's current position."""
    while size:
        piece = file.read(min(PIECE, size))
        if not piece:
            raise Fault("broken")
        size -= len(piece)
        yield piece


class Prolog:
    """The part before the first tag, where a document type would be declared."""

    def __init__(self, *, must_be_xml: bool) -> None:
        self.must_be_xml = must_be_xml
        self.is_over = self.has_begun = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.declared

    def end(self, *_: object) -> None:
        """Stop reading."""
        self.is_over = True

    def declared(self, *_: object) -> None:
        """Raise Fault: Office files never declare one, and its entities can be used for an attack."""
        raise Fault("dtd")

    def read(self, piece: bytes) -> None:
        """Parse up to the first tag; a part that isn't XML is skipped."""
        begin = piece.lstrip(BEFORE_XML)
        if begin and not self.has_begun:
            self.is_over = not self.must_be_xml and not begin.startswith(b"<")
            self.has_begun = True
        if self.is_over:
            return
        try:
            self.parser.Parse(piece)
        except expat.ExpatError:
            if self.must_be_xml and not self.is_over:
                raise Fault("broken") from None
            self.is_over = True


if __name__ == "__main__":
    main(*sys.argv[1:])
