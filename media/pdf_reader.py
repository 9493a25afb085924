"""Opens a PDF in a process of its own, for PDFium is C++ that reads what strangers send.

Run by its path: `check FILE` prints facts as JSON, `picture FILE OUT WIDTH` draws the first page.
"""

import json
import sys
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

TALLEST = 3


def main(act: str, source: str, *more: str) -> None:
    """Do one act and print its outcome."""
    try:
        with pypdfium2.PdfDocument(source) as pdf:
            if act == "check":
                print(json.dumps(facts(pdf)))  # noqa: T201
            else:
                draw(pdf, Path(more[0]), int(more[1]))
    except pypdfium2.PdfiumError as fault:
        locked = getattr(fault, "err_code", None) == raw.FPDF_ERR_PASSWORD
        print(json.dumps({"fault": "locked" if locked else "broken"}))  # noqa: T201


def facts(pdf: pypdfium2.PdfDocument) -> dict[str, object]:
    """Return the number of pages and the title."""
    return {"pages": len(pdf), "title": pdf.get_metadata_value("Title") or ""}


def draw(pdf: pypdfium2.PdfDocument, out: Path, width: int) -> None:
    """Draw the first page, `width` pixels wide and at most three times as high, as a JPEG."""
    page = pdf[0]
    wide, high = page.get_size()
    scale = min(width / wide, width * TALLEST / high)
    picture = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    picture.save(out, "JPEG", quality=85, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
