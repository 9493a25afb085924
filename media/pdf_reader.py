"""Opens a PDF in a process of its own, for PDFium is C++ that reads what strangers send.

Run by its path: `check FILE` prints facts as JSON, `picture FILE OUT WIDTH` draws the first page.
"""

import json
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

INFLATE_BYTES = 64 << 20
TALLEST = 3
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
SCRIPT = re.compile(rb"/(?:JavaScript|JS)(?![A-Za-z0-9])")
ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")


def main(act: str, source: str, *more: str) -> None:
    """Do one act and print its outcome."""
    try:
        with pypdfium2.PdfDocument(source) as pdf:
            if act == "check":
                print(json.dumps(facts(pdf, Path(source))))  # noqa: T201
            else:
                draw(pdf, Path(more[0]), int(more[1]))
    except pypdfium2.PdfiumError as fault:
        locked = getattr(fault, "err_code", None) == raw.FPDF_ERR_PASSWORD
        print(json.dumps({"fault": "locked" if locked else "broken"}))  # noqa: T201


def facts(pdf: pypdfium2.PdfDocument, path: Path) -> dict[str, object]:
    """Return the number of pages, the title, and whether scripts are in it."""
    scripts = raw.FPDFDoc_GetJavaScriptActionCount(pdf.raw) > 0 or has_scripts(path.read_bytes())
    return {
        "pages": len(pdf),
        "title": pdf.get_metadata_value("Title") or "",
        "scripts": scripts,
    }


def draw(pdf: pypdfium2.PdfDocument, out: Path, width: int) -> None:
    """Draw the first page, `width` pixels wide and at most three times as high, as a JPEG."""
    page = pdf[0]
    wide, high = page.get_size()
    scale = min(width / wide, width * TALLEST / high)
    picture = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    picture.save(out, "JPEG", quality=85, optimize=True)


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
