"""The office reader process: opens an untrusted PowerPoint or Word file in isolation.

Run by its path with FILE: prints facts or a fault as JSON; with FILE MOST also what it says, slide
by slide and at most so many letters, and without reading what is not needed for that. No part is read further than it may be
long, none is unpacked to the disk, and nothing that the file names elsewhere is fetched.
"""

import json
import posixpath
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO
from urllib.parse import unquote
from xml.parsers import expat

MOST_PARTS = 20_000
MOST_BYTES = 1 << 30
MOST_XML_BYTES = 64 << 20
PIECE = 1 << 20
TYPES = "[Content_Types].xml"
OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = {
    OFFICE + "presentationml.presentation.main+xml": "pptx",
    OFFICE + "wordprocessingml.document.main+xml": "docx",
}
MACRO_TYPES = ("macroenabled", "vbaproject")
# What the reader's program shows or offers without fetching it first.
HARMLESS = ("hyperlink", "video", "audio", "media")
PACKED = re.compile(r"(?:^|/)(?:activeX|ctrlProps)/", re.IGNORECASE)
NATIVE = "\x01Ole10Native".encode("utf-16-le")
COMMAND_FIELD = re.compile(r"\bDDE(?:AUTO)?\b", re.IGNORECASE)

Found = Callable[[str, dict[str, str]], None]


class Fault(Exception):
    """The file can't be given out; the word says why."""


def main(source: str, most: str = "") -> None:
    """Print what the file is, or what it says."""
    answer: dict[str, object]
    try:
        with zipfile.ZipFile(source) as archive:
            answer = {"texts": list(texts(archive, int(most)))} if most else facts(archive)
    except Fault as fault:
        answer = {"fault": str(fault)}
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError):
        answer = {"fault": "broken"}
    print(json.dumps(answer))  # noqa: T201


def facts(archive: zipfile.ZipFile) -> dict[str, object]:
    """Return what kind of document it is, how many slides it has, and its title."""
    check_directory(archive)
    for part in archive.infolist():
        check_part(archive, part)
    kind, body = main_part(archive)
    for name in archive.namelist():
        if name.endswith(".rels"):
            check_links(archive, name)
    slides = len(slide_parts(archive, body)) if kind == "pptx" else 0
    if kind == "pptx" and not slides:
        raise Fault("no_slides")
    if kind == "docx" and COMMAND_FIELD.search(fields(archive, body)):
        raise Fault("active")
    return {"kind": kind, "pages": slides, "title": title(archive)}


def check_directory(archive: zipfile.ZipFile) -> None:
    """Look at what the archive says of its parts before any of them is opened."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
        raise Fault("bomb")
    names = {part.filename.lower() for part in parts}
    if TYPES.lower() not in names:
        raise Fault("other_zip")
    if len(names) < len(parts) or any(is_outside(part.filename) for part in parts):
        raise Fault("broken")
    if any(part.flag_bits & 1 for part in parts):
        raise Fault("locked")
    end = 0
    for part in sorted(parts, key=lambda each: each.header_offset):
        if part.header_offset < end:  # parts that share their bytes unpack to any size
            raise Fault("bomb")
        end = part.header_offset + part.compress_size


def is_outside(name: str) -> bool:
    """Tell whether a part would be unpacked outside its folder."""
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name)


def check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Read a part to its end, where its checksum is compared; look for programs in it."""
    name, kept = part.filename.lower(), b""
    if name.endswith((".xml", ".rels")) and part.file_size > MOST_XML_BYTES:
        raise Fault("bomb")
    if PACKED.search(name):
        raise Fault("active")
    if name.endswith("vbaproject.bin"):
        raise Fault("macros")
    with archive.open(part) as stream:
        while piece := stream.read(PIECE):
            if name.endswith(".bin") and NATIVE in kept + piece:
                raise Fault("active")
            kept = piece[-len(NATIVE) :]


def main_part(archive: zipfile.ZipFile) -> tuple[str, str]:
    """Return the kind of document and the name of its main part."""
    found: list[tuple[str, str]] = []

    def look(tag: str, said: dict[str, str]) -> None:
        media_type = said.get("ContentType", "")
        if any(word in media_type.lower() for word in MACRO_TYPES):
            raise Fault("macros")
        if tag == "Override" and media_type in KINDS:
            found.append((KINDS[media_type], said.get("PartName", "").lstrip("/")))

    read_tags(archive, TYPES, look)
    if not found:
        raise Fault("other_office")
    return found[0]


def check_links(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse what is fetched from elsewhere as soon as the document is opened."""

    def look(tag: str, said: dict[str, str]) -> None:
        if tag != "Relationship" or said.get("TargetMode", "").lower() != "external":
            return
        if said.get("Type", "").rpartition("/")[2].lower() not in HARMLESS:
            raise Fault("linked")

    read_tags(archive, name, look)


def slide_parts(archive: zipfile.ZipFile, body: str) -> list[str]:
    """Return the names of the slides' parts, in their order."""
    order: list[str] = []

    def look(tag: str, said: dict[str, str]) -> None:
        if tag == "sldId":
            order.extend(value for key, value in said.items() if key.endswith(":id"))

    read_tags(archive, body, look)
    targets = dict(targets_of(archive, body))
    return [targets[each] for each in order if each in targets]


def texts(archive: zipfile.ZipFile, most: int) -> Iterator[str]:
    """Yield the words of each slide, or all those of a Word document, until that is enough."""
    check_directory(archive)
    kind, body = main_part(archive)
    for name in slide_parts(archive, body) if kind == "pptx" else [body]:
        said: list[str] = []

        def paragraph(tag: str, _said: dict[str, str], into: list[str] = said) -> None:
            if tag in ("p", "br", "tab"):
                into.append(" ")

        read_tags(archive, name, paragraph, texts={"t": said.append})
        whole = "".join(said)[:most]
        most -= len(whole)
        yield whole


def targets_of(archive: zipfile.ZipFile, body: str) -> Iterator[tuple[str, str]]:
    """Yield the parts that one part refers to, by their ids."""
    folder, name = posixpath.split(body)
    links: list[dict[str, str]] = []

    def look(tag: str, said: dict[str, str]) -> None:
        if tag == "Relationship" and said.get("TargetMode", "").lower() != "external":
            links.append(said)

    read_tags(archive, f"{folder}/_rels/{name}.rels".lstrip("/"), look)
    for said in links:
        target = unquote(said.get("Target", ""))
        whole = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        yield said.get("Id", ""), whole


def fields(archive: zipfile.ZipFile, body: str) -> str:
    """Return the instructions of a document's fields, which Word carries out."""
    said: list[str] = []

    def look(tag: str, attributes: dict[str, str]) -> None:
        if tag == "fldSimple":
            said.extend(value for key, value in attributes.items() if key.endswith(":instr"))

    read_tags(archive, body, look, texts={"instrText": said.append})
    return "".join(said)


def title(archive: zipfile.ZipFile) -> str:
    """Return what the document calls itself, often nothing."""
    said: list[str] = []
    if "docProps/core.xml" in archive.namelist():
        read_tags(archive, "docProps/core.xml", lambda *_: None, texts={"title": said.append})
    return "".join(said)


def read_tags(
    archive: zipfile.ZipFile,
    name: str,
    found: Found,
    *,
    texts: dict[str, Callable[[str], None]] | None = None,
) -> None:
    """Go through a part: tags without their prefix, and the text in those that are named."""
    parser, open_tags = expat.ParserCreate(), list[str]()
    wanted = texts or {}

    def begin(tag: str, said: dict[str, str]) -> None:
        plain = tag.rpartition(":")[2]
        open_tags.append(plain)
        found(plain, said)

    def text(data: str) -> None:
        if open_tags and open_tags[-1] in wanted:
            wanted[open_tags[-1]](data)

    def declared(*_: object) -> None:
        raise Fault("broken")  # the format has no document types, and their entities are traps

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _tag: open_tags.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = declared
    with opened(archive, name) as stream:
        while piece := stream.read(PIECE):
            parser.Parse(piece)
    parser.Parse(b"", True)  # noqa: FBT003


def opened(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """Open a part by its name, whose letters' case does not count; a missing one is a fault."""
    if name in archive.NameToInfo:
        return archive.open(name)
    for part in archive.infolist():
        if part.filename.lower() == name.lower():
            return archive.open(part)
    raise Fault("broken")


if __name__ == "__main__":
    main(*sys.argv[1:])
