"""Audio posters for recordings without video, and thumbnail sheets with their WebVTT track."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

_SIZE: Final = (1280, 720)
_PAPER: Final = "#f4efe6"
_INK: Final = "#2f5d50"
# The outline of a spoken phrase, in percent of the height.
_VOICE: Final = (8, 14, 22, 34, 52, 40, 62, 84, 70, 46, 58, 76, 50, 30, 44, 66, 48, 28, 18, 10)


def draw_sound_poster(path: Path) -> None:
    """Draw the poster of a recording without video, as a JPEG of 1280 x 720."""
    picture = Image.new("RGB", _SIZE, _PAPER)
    draw = ImageDraw.Draw(picture)
    width, height = _SIZE
    step = 36
    left = (width - step * len(_VOICE)) // 2
    for place, share in enumerate(_VOICE):
        x, half = left + place * step, share * height // 400
        box = (x, height // 2 - half, x + step // 2, height // 2 + half)
        draw.rounded_rectangle(box, radius=step // 4, fill=_INK)
    picture.save(path, "JPEG", quality=85)


def put_into_sheets(
    singles: Sequence[Path], sheets: Path, *, across: int, size: tuple[int, int]
) -> None:
    """Put pictures of `size` into sheets of `across` by `across`, deleting them one by one.

    `sheets` has a number from 1 in its name (`%03d`); the rest of the last one is black.
    """
    width, height = size
    for number, begin in enumerate(range(0, len(singles), across * across), start=1):
        sheet = Image.new("RGB", (width * across, height * across))
        for cell, path in enumerate(singles[begin : begin + across * across]):
            row, column = divmod(cell, across)
            with Image.open(path) as single:
                sheet.paste(single, (column * width, row * height))
            path.unlink()
        sheet.save(str(sheets) % number, "JPEG", quality=80)


def thumbnail_track(
    seconds: float, *, every: int, across: int, size: tuple[int, int], sheet: str
) -> str:
    """Return WebVTT that names the part of a sheet to show for each interval of the recording.

    A sheet is `across` by `across` pictures of `size` pixels, `sheet` its name with a number from 1 in
    it (`%03d`), and each picture is for `every` seconds.
    """
    cues = ["WEBVTT", ""]
    width, height = size
    for place in range(max(1, -(-int(seconds * 1000) // (every * 1000)))):
        number, cell = divmod(place, across * across)
        row, column = divmod(cell, across)
        start, end = place * every, min((place + 1) * every, seconds)
        area = f"{column * width},{row * height},{width},{height}"
        cues += [
            f"{stamp(start)} --> {stamp(end)}",
            f"{sheet % (number + 1)}#xywh={area}",
            "",
        ]
    return "\n".join(cues)


def stamp(seconds: float) -> str:
    """Return a time in WebVTT format."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{thousandths:03d}"
