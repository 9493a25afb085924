"""The PDF cleaner process: removes active content from an untrusted PDF in isolation.

Run by its path with FILE and OUT: says as JSON what was found, and writes OUT if that is anything.
What is left is the pages, their links to places, to the web and to email addresses, and forms to fill in on paper.
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
# `file://server` tells a server the reader's password hash when it is pressed; without a scheme it is a file's name.
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
    """Look, clean where need be, look again at what was made, and print what was found."""
    try:
        with pikepdf.open(source) as pdf:
            answer = cleaned(pdf, Path(source), Path(out))
    except pikepdf.PasswordError:
        answer = {"fault": "locked"}
    except pikepdf.PdfError:
        answer = {"fault": "broken"}
    print(json.dumps(answer))  # noqa: T201


def cleaned(pdf: pikepdf.Pdf, source: Path, out: Path) -> dict[str, object]:
    """Write the PDF without what acts, if there is any; return the words for what that was."""
    if "/Collection" in pdf.Root:
        return {"fault": "portfolio"}
    found = take_out(pdf)
    if not found and has_scripts(source.read_bytes()):
        found = {"scripts"}  # in what no page leads to: writing the PDF anew leaves that behind
    if not found:
        return {"taken_out": []}
    pdf.save(out, encryption=False)
    with pikepdf.open(out) as made:
        if take_out(made):
            return {"fault": "scripts"}
    return {"taken_out": sorted(found)}


def take_out(pdf: pikepdf.Pdf) -> set[str]:
    """Take out of every object what acts; return the words for what that was."""
    found = set(in_names(pdf))
    if "/URI" in pdf.Root:  # what links are relative to
        del pdf.Root["/URI"]
        found.add("links")
    for each in pdf.objects:
        for part in dictionaries(each):
            found.update(in_annotations(part))
            found.update(in_dictionary(part))
    return found


def in_names(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Take the document's scripts and files out of its table of names."""
    names = pdf.Root.get("/Names")
    if isinstance(names, pikepdf.Dictionary):
        for tree, word in TREES.items():
            if tree in names:
                del names[tree]
                yield word


def in_dictionary(part: pikepdf.Object) -> Iterator[str]:
    """Empty an action that does more than go to a page or an address of the web."""
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
    """Tell whether a link leads to the web or to an email address."""
    return isinstance(target, pikepdf.String) and LINK.fullmatch(str(target).strip()) is not None


def in_annotations(page: pikepdf.Object) -> Iterator[str]:
    """Take attached files, films and sounds off a page."""
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
    """Yield the dictionaries of one object: itself and what lies in it, not what it refers to."""
    waiting = [whole]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (pikepdf.Dictionary, pikepdf.Stream)):
            waiting += direct(each.get(key) for key in list(each.keys()))
            yield each
        elif isinstance(each, pikepdf.Array):
            waiting += direct(each)


def direct(values: Iterable[object]) -> list[pikepdf.Object]:
    """Return what stands in its place itself and may hold more."""
    nested = (pikepdf.Dictionary, pikepdf.Array)
    return [each for each in values if isinstance(each, nested) and not each.is_indirect]


def has_scripts(data: bytes) -> bool:
    """Tell whether any object names a script, also in compressed objects and in disguise."""
    return any(SCRIPT.search(plain(part)) for part in parts(data))


def parts(data: bytes) -> Iterator[bytes]:
    """Yield the objects as they lie in the file, without streams, then the packed ones."""
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
    """Return names as they read: `/J#61vaScript` is `/JavaScript`."""
    return ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), data)


if __name__ == "__main__":
    main(*sys.argv[1:])
