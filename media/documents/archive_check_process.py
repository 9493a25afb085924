"""The archive check process: bounds what an untrusted Office file unpacks to, in isolation.

Run by its path with FILE: prints a fault as JSON, or nothing to object to. What the directory says is added up before
anything is unpacked, then each part is unpacked in memory, piece by piece, and must keep to it. So must archives in archives.
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
    """The file can't be given out; the word says why."""


class Room:
    """How much may still be unpacked, of the file and of what is packed into it."""

    def __init__(self) -> None:
        self.parts, self.bytes = MOST_PARTS, MOST_BYTES

    def take(self, parts: list[zipfile.ZipInfo]) -> None:
        """Count what a directory promises; raises Fault when that is too much."""
        self.parts -= len(parts)
        self.bytes -= sum(part.file_size for part in parts)
        if self.parts < 0 or self.bytes < 0:
            raise Fault("bomb")


def main(source: str) -> None:
    """Print what is wrong with the archive, if anything is."""
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
    """Look at the directory, then at each part, of which XML declares no document type."""
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
    """Look at what an archive says of its parts before any of them is unpacked."""
    room.take(parts)
    end = 0
    for part in sorted(parts, key=lambda each: each.header_offset):
        if part.header_offset < end:  # parts that share their bytes unpack to any size
            raise Fault("bomb")
        end = part.header_offset + part.compress_size


def is_outside(name: str) -> bool:
    """Tell whether a part would be unpacked outside its folder."""
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name)


def check_name(part: zipfile.ZipInfo) -> None:
    """Refuse what the name of a part says that it is."""
    name = part.filename.lower()
    if name.endswith(XML_NAMES) and part.file_size > MOST_XML_BYTES:
        raise Fault("bomb")
    if PACKED.search(name):
        raise Fault("active")
    if name.endswith("vbaproject.bin"):
        raise Fault("macros")


def check_part(file: BinaryIO, part: zipfile.ZipInfo, room: Room) -> None:
    """Unpack a part to its end; look for programs, document types and archives in it."""
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
    """An archive that is a part of another, kept in memory while it is looked at."""

    def __init__(self, part: zipfile.ZipInfo) -> None:
        self.size = part.file_size
        self.has_begun = False
        self.file: io.BytesIO | None = None

    def read(self, piece: bytes) -> None:
        """Keep the next piece if the part began as an archive does."""
        if not self.has_begun and piece.startswith(ZIP):
            if self.size > MOST_NESTED_BYTES:
                raise Fault("bomb")
            self.file = io.BytesIO()
        self.has_begun = True
        if self.file is not None:
            self.file.write(piece)


def check_nested(nested: Nested, room: Room, depth: int) -> None:
    """Bound what a packed archive unpacks to, and those in it; a damaged one opens nowhere."""
    if nested.file is None:
        return
    if depth > MOST_DEPTH:
        raise Fault("bomb")
    try:
        with zipfile.ZipFile(nested.file) as archive:
            check_directory(archive.infolist(), room)
            for part in archive.infolist():
                if part.flag_bits & 1:  # under a password
                    continue
                inner = Nested(part)
                for piece in unpacked(nested.file, part):
                    inner.read(piece)
                check_nested(inner, room, depth + 1)
    except DAMAGED:
        return


def unpacked(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part piece by piece; raises Fault where it is not what both its headers say."""
    find(file, part)
    left, crc, waiting = part.file_size, 0, b""
    for piece in inflated(file, part):
        left -= len(piece)
        if left < 0:
            raise Fault("broken")
        crc = zlib.crc32(piece, crc)
        waiting += piece
        if len(waiting) >= PIECE:  # so that the first has all that tells what the part is
            yield waiting
            waiting = b""
    if left or crc != part.CRC:
        raise Fault("broken")
    yield waiting


def find(file: BinaryIO, part: zipfile.ZipInfo) -> None:
    """Go to where a part begins; raises Fault where its own header disagrees with the directory."""
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
    """Yield what the packed bytes of a part hold, a piece at a time, to where they end."""
    if part.compress_type == zipfile.ZIP_STORED:
        yield from packed(file, part.compress_size)
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:  # Office packs in no other way
        raise Fault("broken")
    packer = zlib.decompressobj(-zlib.MAX_WBITS)
    for each in packed(file, part.compress_size):
        left = each
        while (piece := packer.decompress(left, PIECE)) or packer.unconsumed_tail:
            yield piece
            left = packer.unconsumed_tail
    if packer.unused_data or not packer.eof:  # what follows, another program may unpack
        raise Fault("broken")


def packed(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield so many bytes from the file's place on."""
    while size:
        piece = file.read(min(PIECE, size))
        if not piece:
            raise Fault("broken")
        size -= len(piece)
        yield piece


class Prolog:
    """What stands before the first tag of a part, where a document type would be declared."""

    def __init__(self, *, must_be_xml: bool) -> None:
        self.must_be_xml = must_be_xml
        self.is_over = self.has_begun = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.declared

    def end(self, *_: object) -> None:
        """Read no further."""
        self.is_over = True

    def declared(self, *_: object) -> None:
        """Refuse it: Office declares none, and their entities are traps."""
        raise Fault("dtd")

    def read(self, piece: bytes) -> None:
        """Read on to the first tag; a part that is no XML is passed over."""
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
