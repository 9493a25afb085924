"""The PDF cleaner process: removes active content from an untrusted PDF in isolation.

Run by its path with FILE and OUT: prints what it found as JSON, and writes OUT if it found anything. It
leaves the pages, their links to places, the web and email addresses, and forms to fill in on paper.
"""

import json
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pikepdf

INFLATE_BYTES = 64 << 20
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
SCRIPT = re.compile(rb"/(?:JavaScript|JS)(?![A-Za-z0-9])")
# Following `file://server` sends the reader's password hash to the server; a target without a scheme
# is a file name.
LINK = re.compile(r"(?:https?://[^\s/\\]|mailto:)[^\x00-\x1f]*", re.IGNORECASE)
ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
ACTIONS = {
    "/JavaScript": "scripts",
    "/Launch": "programs",
    "/GoToR": "programs",
    "/Thread": "programs",
    "/GoToE": "files",
    "/SubmitForm": "sending",
    "/ImportData": "sending",
    "/Rendition": "films",
    "/RichMediaExecute": "films",
    "/Movie": "films",
    "/Sound": "films",
    "/GoTo3DView": "films",
}
ANNOTATIONS = {
    "/FileAttachment": "files",
    "/RichMedia": "films",
    "/Screen": "films",
    "/Movie": "films",
    "/Sound": "films",
    "/3D": "films",
}
ENTRIES = {"/JS": "scripts", "/EF": "files", "/XFA": "sending"}
TREES = {"/JavaScript": "scripts", "/EmbeddedFiles": "files"}


def main(source: str, out: str) -> None:
    """Check the file, clean it if needed, check the result again, and print what was found."""
    try:
        with pikepdf.open(source) as pdf:
            answer = cleaned(pdf, Path(source), Path(out))
    except pikepdf.PasswordError:
        answer = {"fault": "locked"}
    except pikepdf.PdfError:
        answer = {"fault": "broken"}
    print(json.dumps(answer))  # noqa: T201


def cleaned(pdf: pikepdf.Pdf, source: Path, out: Path) -> dict[str, object]:
    """Write the PDF without active content, if it has any; return the words for what was found."""
    if "/Collection" in pdf.Root:
        return {"fault": "portfolio"}
    found = take_out(pdf)
    if not found and has_scripts(source.read_bytes()):
        found = {"scripts"}  # in objects that no page refers to: saving the PDF drops them
    if not found:
        return {"taken_out": []}
    pdf.save(out, encryption=False)
    with pikepdf.open(out) as made:
        if take_out(made):
            return {"fault": "scripts"}
    return {"taken_out": sorted(found)}


def take_out(pdf: pikepdf.Pdf) -> set[str]:
    """Remove the active content of every object; return the words for what was found."""
    found = set(in_names(pdf))
    if "/URI" in pdf.Root:  # the base of relative links
        del pdf.Root["/URI"]
        found.add("links")
    for each in pdf.objects:
        for part in dictionaries(each):
            found.update(in_annotations(part))
            found.update(in_dictionary(part))
    return found


def in_names(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Remove the document's scripts and files from its name tree."""
    names = pdf.Root.get("/Names")
    if isinstance(names, pikepdf.Dictionary):
        for tree, word in TREES.items():
            if tree in names:
                del names[tree]
                yield word


def in_dictionary(part: pikepdf.Object) -> Iterator[str]:
    """Empty an action that does more than go to a page or a web address."""
    act = part.get("/S")
    if isinstance(act, pikepdf.Name) and part.get("/Type") != pikepdf.Name.StructElem:
        word = ACTIONS.get(str(act))
        if act == pikepdf.Name.URI and not leads_to_the_web(part.get("/URI")):
            word = "links"
        if word is not None:
            for key in list(part.keys()):
                del part[key]
            yield word
    for entry, word in ENTRIES.items():
        if entry in part:
            del part[entry]
            yield word


def leads_to_the_web(target: object) -> bool:
    """Return whether a link leads to the web or to an email address."""
    return isinstance(target, pikepdf.String) and LINK.fullmatch(str(target).strip()) is not None


def in_annotations(page: pikepdf.Object) -> Iterator[str]:
    """Remove attached files, films and sounds from a page."""
    notes = page.get("/Annots")
    if not isinstance(notes, pikepdf.Array):
        return
    kept = []
    for note in notes:
        kind = note.get("/Subtype") if isinstance(note, pikepdf.Dictionary) else None
        word = ANNOTATIONS.get(str(kind))
        if word is None:
            kept.append(note)
        else:
            yield word
    if len(kept) < len(notes):
        page["/Annots"] = pikepdf.Array(kept)


def dictionaries(whole: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Yield the dictionaries of one object: itself and nested ones, not referenced ones."""
    waiting = [whole]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (pikepdf.Dictionary, pikepdf.Stream)):
            waiting += direct(each.get(key) for key in list(each.keys()))
            yield each
        elif isinstance(each, pikepdf.Array):
            waiting += direct(each)


def direct(values: Iterable[object]) -> list[pikepdf.Object]:
    """Return the direct values that may contain others."""
    nested = (pikepdf.Dictionary, pikepdf.Array)
    return [each for each in values if isinstance(each, nested) and not each.is_indirect]


def has_scripts(data: bytes) -> bool:
    """Return whether any object names a script, including compressed objects and escaped names."""
    return any(SCRIPT.search(plain(part)) for part in parts(data))


def parts(data: bytes) -> Iterator[bytes]:
    """Yield the file's content without streams, then its compressed objects."""
    yield STREAM.sub(b"", data)
    left = INFLATE_BYTES
    for found in STREAM.finditer(data):
        if b"/ObjStm" in data[max(0, found.start() - 1000) : found.start()] and left > 0:
            try:
                unpacked = zlib.decompressobj().decompress(found[1], left)
            except zlib.error:
                continue
            left -= len(unpacked)
            yield unpacked


def plain(data: bytes) -> bytes:
    """Return data with names unescaped: `/J#61vaScript` is `/JavaScript`."""
    return ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), data)


if __name__ == "__main__":
    main(*sys.argv[1:])
