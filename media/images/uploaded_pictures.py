"""Uploaded pictures: validated, resized, and rewritten without metadata."""

import io
from typing import Final, cast

from PIL import Image, ImageOps, UnidentifiedImageError

from media.files.translation_marks import N_

LARGEST_BYTES: Final = 20 << 20
MOST_PIXELS: Final = 50_000_000
_READ: Final = ("JPEG", "PNG", "WEBP", "GIF")

TOO_LARGE: Final = N_("This image is larger than 20 MB. Save a smaller version.")
TOO_MANY_PIXELS: Final = N_("This image has more than 50 million pixels. Save a smaller version.")
NO_PICTURE: Final = N_("We can't use this file as an image. Choose a JPEG, PNG, or WebP file.")
BROKEN: Final = N_("This image is damaged. Export it again.")


class UnusablePicture(Exception):
    """The file can't be used as a picture; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def clean_picture(data: bytes, max_px: int) -> bytes:
    """Return the picture rewritten, upright, no side longer than `max_px`, and without metadata.

    A photograph is returned as JPEG, a picture with sharp edges or transparency as PNG; see
    `picture_type`. Raises UnusablePicture.
    """
    if len(data) > LARGEST_BYTES:
        raise UnusablePicture(TOO_LARGE)
    try:
        with Image.open(io.BytesIO(data), formats=_READ) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise UnusablePicture(TOO_MANY_PIXELS)
            opened.draft("RGB", (max_px, max_px))
            is_photograph = opened.format == "JPEG" or (opened.format == "WEBP" and _opaque(opened))
            upright = ImageOps.exif_transpose(opened)
            plain = upright.convert("RGB" if is_photograph else "RGBA")
    except UnidentifiedImageError:
        raise UnusablePicture(NO_PICTURE) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnusablePicture(TOO_MANY_PIXELS) from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise UnusablePicture(BROKEN) from None
    plain.thumbnail((max_px, max_px), Image.Resampling.LANCZOS)
    return _written(plain, is_photograph=is_photograph)


def as_photograph(data: bytes) -> bytes:
    """Return a picture from `clean_picture` as a JPEG, with white instead of transparency."""
    if picture_type(data) == "image/jpeg":
        return data
    with Image.open(io.BytesIO(data)) as opened:
        seen = opened.convert("RGBA")
    ground = Image.new("RGB", seen.size, "white")
    ground.paste(seen, mask=seen.getchannel("A"))
    return _written(ground, is_photograph=True)


def picture_type(data: bytes) -> str:
    """Return the media type of a picture from `clean_picture`."""
    return "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"


def _opaque(picture: Image.Image) -> bool:
    return not picture.has_transparency_data


def _written(picture: Image.Image, *, is_photograph: bool) -> bytes:
    # A new picture, so that no metadata of the opened one is copied.
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    out = io.BytesIO()
    if is_photograph:
        bare.save(out, "JPEG", quality=85, optimize=True, progressive=True)
    else:
        lowest, _ = cast("tuple[int, int]", bare.getchannel("A").getextrema())
        shown = bare if lowest < 255 else bare.convert("RGB")
        shown.save(out, "PNG", optimize=True)
    return out.getvalue()
