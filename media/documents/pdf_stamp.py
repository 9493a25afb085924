"""The PDF stamp: a line at the foot of each page that names the copy's owner."""

from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from media.documents.document_check import UnusableDocument, read
from media.files.subprocesses import Limits
from media.video.watermarked_mp4 import letter

SECONDS: Final = 25.0
LETTER_PX: Final = 36
EDGE_PX: Final = 8
INK: Final = (40, 40, 40, 255)
PLATE: Final = (255, 255, 255, 215)
_STAMPER: Final = Path(__file__).with_name("pdf_stamper_process.py")
_LIMITS: Final = Limits(memory_bytes=2 << 30, cpu_seconds=20, file_bytes=512 << 20, nice=5)


class NotStamped(Exception):
    """The PDF could not be stamped within the time limit."""


def stamp(source: Path, out: Path, words: str) -> None:
    """Write a copy of a PDF with `words` at the foot of each page; raises NotStamped.

    The words may be in any script: they are added as a picture, dark on a light plate, to be readable
    on pages of any color. The source is not changed.
    """
    picture = out.with_suffix(".png")
    _draw(words).save(picture)
    try:
        files = (str(each.absolute()) for each in (source, picture, out))
        read(_STAMPER, *files, limits=_LIMITS, seconds=SECONDS)
    except UnusableDocument:
        raise NotStamped from None
    finally:
        picture.unlink()


def _draw(words: str) -> Image.Image:
    lettered = letter(words)
    font = ImageFont.truetype(str(lettered.font), LETTER_PX)
    left, top, right, bottom = font.getbbox(lettered.text or " ")
    size = (max(int(right - left), 1) + 2 * EDGE_PX, max(int(bottom - top), 1) + 2 * EDGE_PX)
    picture = Image.new("RGBA", size, (255, 255, 255, 0))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), EDGE_PX, fill=PLATE)
    pen.text((EDGE_PX - left, EDGE_PX - top), lettered.text, INK, font)
    return picture
