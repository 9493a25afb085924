"""The office reader process: opens an untrusted PowerPoint or Word file in isolation.

Run by its path: `check FILE OUT` prints facts or a fault as JSON, and writes OUT if links had to be
removed; `texts FILE MOST` prints the text, slide by slide, up to MOST characters. The archive check has
limited the file before. Nothing is unpacked to disk, and no external reference in the file is fetched.
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
from xml.sax.saxutils import quoteattr

PIECE = 1 << 20
TYPES = "[Content_Types].xml"
OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = {
    OFFICE + "presentationml.presentation.main+xml": "pptx",
    OFFICE + "wordprocessingml.document.main+xml": "docx",
}
MACRO_TYPES = ("macroenabled", "vbaproject")
# External targets that the reader's program shows without fetching them first.
HARMLESS = ("hyperlink", "video", "audio", "media")
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
LINK = re.compile(r"(?:https?://[^\s/\\]|mailto:)[^\x00-\x1f]*", re.IGNORECASE)
ADDRESS = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|[\\/]{2})", re.IGNORECASE)
# A link needs a target, or Office calls the file damaged; this name never resolves (RFC 2606).
NOWHERE = "https://link-removed.invalid/"
COMMAND_FIELD = re.compile(r"\bDDE(?:AUTO)?\b", re.IGNORECASE)
FIELD_WORD = re.compile(r'"([^"]*)"|(\S+)')
INCLUDING = ("INCLUDE", "INCLUDEPICTURE", "INCLUDETEXT", "IMPORT", "LINK", "RD")
ON_A_SERVER = re.compile(r"(?:file:)?(?:\\{2,}[^\\]|/{2}[^/]|/{4,})", re.IGNORECASE)
WITH_A_WORD = ("\\l", "\\o", "\\t")

Found = Callable[[str, dict[str, str]], None]


class Fault(Exception):
    """The file can't be published; the word is the reason."""


def main(act: str, source: str, more: str) -> None:
    """Print the facts of the file, or its text."""
    answer: dict[str, object]
    try:
        with zipfile.ZipFile(source) as archive:
            is_text = act == "texts"
            answer = {"texts": list(texts(archive, int(more)))} if is_text else facts(archive, more)
    except Fault as fault:
        answer = {"fault": str(fault)}
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError):
        answer = {"fault": "broken"}
    print(json.dumps(answer))  # noqa: T201


def facts(archive: zipfile.ZipFile, out: str) -> dict[str, object]:
    """Return the kind of document, its number of slides, and its title."""
    kind, body = main_part(archive)
    cleaned = dict(cleaned_links(archive))
    slides = len(slide_parts(archive, body)) if kind == "pptx" else 0
    if kind == "pptx" and not slides:
        raise Fault("no_slides")
    if kind == "docx":
        for name in archive.namelist():
            if name == body or (name.lower().startswith("word/") and name.lower().endswith(".xml")):
                check_fields(archive, name)
    found = {"kind": kind, "pages": slides, "title": title(archive)}
    if cleaned:
        write_cleaned(archive, cleaned, out)
    return found | {"taken_out": ["links"] if cleaned else []}


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


def cleaned_links(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Yield parts with links to other targets than the web and email addresses, with those replaced.

    Raises Fault for a target that is fetched as soon as the document is opened.
    """
    for name in archive.namelist():
        if not name.lower().endswith(".rels"):
            continue
        links = relations_of(archive, name)
        bad = [said for said in links if is_bad_link(said)]
        for said in bad:
            said["Target"] = NOWHERE
        if bad:
            rows = "".join(
                f"<Relationship {attributes_of(said)}/>" for said in links if "Id" in said
            )
            yield name, f'<Relationships xmlns="{RELATIONS}">{rows}</Relationships>'.encode()


def relations_of(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    """Return the attributes of each relationship of a part."""
    links: list[dict[str, str]] = []

    def look(tag: str, said: dict[str, str]) -> None:
        if tag == "Relationship":
            links.append(said)

    read_tags(archive, name, look)
    return links


def is_bad_link(said: dict[str, str]) -> bool:
    """Return whether a relationship leads elsewhere than to the web; raises Fault if it is fetched."""
    target = said.get("Target", "")
    if said.get("TargetMode", "").strip().lower() != "external" and not ADDRESS.match(target):
        return False
    if said.get("Type", "").rpartition("/")[2].lower() not in HARMLESS:
        raise Fault("linked")
    return not LINK.fullmatch(target.strip())


def attributes_of(said: dict[str, str]) -> str:
    """Return the attributes of a relationship as XML."""
    plain = {key: value for key, value in said.items() if not key.startswith("xmlns")}
    return " ".join(f"{key}={quoteattr(value)}" for key, value in plain.items())


def write_cleaned(archive: zipfile.ZipFile, cleaned: dict[str, bytes], out: str) -> None:
    """Write a copy of the archive with the cleaned parts."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for part in archive.infolist():
            if part.filename in cleaned:
                made.writestr(part.filename, cleaned[part.filename])
                continue
            kept = zipfile.ZipInfo(part.filename, part.date_time)
            kept.compress_type = part.compress_type
            kept.file_size = part.file_size
            with archive.open(part) as stream, made.open(kept, "w") as copy:
                while piece := stream.read(PIECE):
                    copy.write(piece)


def slide_parts(archive: zipfile.ZipFile, body: str) -> list[str]:
    """Return the names of the slides' parts, in order."""
    order: list[str] = []

    def look(tag: str, said: dict[str, str]) -> None:
        if tag == "sldId":
            order.extend(value for key, value in said.items() if key.endswith(":id"))

    read_tags(archive, body, look)
    targets = dict(targets_of(archive, body))
    return [targets[each] for each in order if each in targets]


def texts(archive: zipfile.ZipFile, most: int) -> Iterator[str]:
    """Yield the text of each slide, or of a Word document, up to `most` characters in all."""
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
    """Yield the parts that one part refers to, with their ids."""
    folder, name = posixpath.split(body)
    for said in relations_of(archive, f"{folder}/_rels/{name}.rels".lstrip("/")):
        if said.get("TargetMode", "").lower() == "external":
            continue
        target = unquote(said.get("Target", ""))
        whole = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        yield said.get("Id", ""), whole


def check_fields(archive: zipfile.ZipFile, name: str) -> None:
    """Check the fields of a Word part, which Word executes, and links on shapes."""
    fields = Fields()
    read_tags(archive, name, fields.look, texts={"instrText": fields.instruct})
    if COMMAND_FIELD.search("".join(text for field in fields.all for text in field)):
        raise Fault("active")
    for field in fields.all:
        check_field("".join(field))


class Fields:
    """The instructions of a part's fields, each in pieces; a field may be nested in another."""

    def __init__(self) -> None:
        self.all: list[list[str]] = [[]]
        self.open = [self.all[0]]

    def look(self, tag: str, said: dict[str, str]) -> None:
        """Track where fields begin and end."""
        words = {key.rpartition(":")[2]: value for key, value in said.items()}
        if not is_harmless_link(words.get("href", "")):
            raise Fault("links")
        if tag == "fldSimple":
            self.all.append([words.get("instr", "")])
        mark = words.get("fldCharType") if tag == "fldChar" else None
        if mark == "begin":
            self.all.append([])
            self.open.append(self.all[-1])
        elif mark == "end" and len(self.open) > 1:
            self.open.pop()

    def instruct(self, text: str) -> None:
        """Add the next piece of an instruction."""
        self.open[-1].append(text)


def check_field(instruction: str) -> None:
    """Raise Fault for a field that links elsewhere than to the web, or fetches from a server share."""
    kind, *words = [quoted or bare for quoted, bare in FIELD_WORD.findall(instruction)] or [""]
    if kind.upper() in INCLUDING and any(ON_A_SERVER.match(word) for word in words):
        raise Fault("linked")
    if kind.upper() != "HYPERLINK":
        return
    is_said = False  # whether this word is the argument of the switch before it
    for word in words:
        if not is_said and not (len(word) == len("\\l") and word.startswith("\\")):
            if not is_harmless_link(word):
                raise Fault("links")
            return
        is_said = not is_said and word.lower() in WITH_A_WORD


def is_harmless_link(target: str) -> bool:
    """Return whether a link stays in the document, or leads to the web or an email address."""
    return not target or target.startswith("#") or LINK.fullmatch(target.strip()) is not None


def title(archive: zipfile.ZipFile) -> str:
    """Return the document's title, which is often empty."""
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
    """Parse a part: report tags without their prefix, and the text in the tags that `texts` names."""
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
        raise Fault("dtd")  # the format never has one, and its entities can be used for an attack

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _tag: open_tags.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = declared
    with opened(archive, name) as stream:
        while piece := stream.read(PIECE):
            parser.Parse(piece)
    parser.Parse(b"", True)  # noqa: FBT003


def opened(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """Open a part by its name, ignoring case; raises Fault if it is missing."""
    if name in archive.NameToInfo:
        return archive.open(name)
    for part in archive.infolist():
        if part.filename.lower() == name.lower():
            return archive.open(part)
    raise Fault("broken")


if __name__ == "__main__":
    main(*sys.argv[1:])
