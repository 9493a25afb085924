"""The PDF reader process: opens an untrusted PDF with PDFium in isolation.

Run by its path: `check FILE` prints facts as JSON, `picture FILE OUT WIDTH` draws the first page,
`pages FILE FOLDER FIRST LAST SECONDS` draws pages large and small until its time is up, and `texts FILE
MOST` prints the text of the pages, up to MOST characters.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
from PIL import Image
from pypdfium2 import raw

TALLEST = 3
LARGE_PX = 1600
SMALL_PX = 240
PAGE_LETTERS = 20_000


def main(act: str, source: str, *more: str) -> None:
    """Run one command and print its result."""
    try:
        with pypdfium2.PdfDocument(source) as pdf:
            if act == "check":
                print(json.dumps(facts(pdf)))  # noqa: T201
            elif act == "picture":
                draw(pdf[0], Path(more[0]), int(more[1]))
            elif act == "pages":
                draw_pages(
                    pdf, Path(more[0]), range(int(more[1]), int(more[2]) + 1), float(more[3])
                )
            else:
                print(json.dumps({"texts": list(texts(pdf, int(more[0])))}))  # noqa: T201
    except pypdfium2.PdfiumError as fault:
        locked = getattr(fault, "err_code", None) == raw.FPDF_ERR_PASSWORD
        print(json.dumps({"fault": "locked" if locked else "broken"}))  # noqa: T201


def facts(pdf: pypdfium2.PdfDocument) -> dict[str, object]:
    """Return the number of pages and the title."""
    return {"pages": len(pdf), "title": pdf.get_metadata_value("Title") or ""}


def draw(page: pypdfium2.PdfPage, out: Path, width: int) -> Image.Image:
    """Draw a page, `width` pixels wide and at most three times as high, as a JPEG."""
    wide, high = page.get_size()
    scale = min(width / wide, width * TALLEST / high)
    picture: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    picture.save(out, "JPEG", quality=85, optimize=True)
    return picture


def draw_pages(pdf: pypdfium2.PdfDocument, folder: Path, numbers: range, seconds: float) -> None:
    """Draw pages, counted from 1; each large picture is renamed last, so it and its small one are complete."""
    ends = time.monotonic() + seconds
    for number in numbers:
        page, unfinished = pdf[number - 1], folder / "unfinished"
        picture = draw(page, unfinished, LARGE_PX)
        page.close()
        picture.thumbnail((SMALL_PX, SMALL_PX))
        picture.save(folder / f"small-{number:04d}.jpg", "JPEG", quality=80, optimize=True)
        unfinished.rename(folder / f"page-{number:04d}.jpg")
        if time.monotonic() > ends:
            return


def texts(pdf: pypdfium2.PdfDocument, most: int) -> Iterator[str]:
    """Yield the text of each page, up to `most` characters in all."""
    for number in range(len(pdf)):
        page = pdf[number]
        said = page.get_textpage().get_text_bounded()[:PAGE_LETTERS]
        page.close()
        most -= len(said)
        if most < 0:
            return
        yield said


if __name__ == "__main__":
    main(*sys.argv[1:])
