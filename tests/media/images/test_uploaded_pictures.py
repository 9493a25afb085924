import io
import struct
import zlib

import pytest
from PIL import Image

from media.images.uploaded_pictures import (
    BROKEN,
    NO_PICTURE,
    TOO_LARGE,
    TOO_MANY_PIXELS,
    UnusablePicture,
    clean_picture,
    picture_type,
)


def saved(picture, kind="JPEG", **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def photograph(size=(400, 200)):
    return Image.linear_gradient("L").resize(size).convert("RGB")


def refusal(data):
    with pytest.raises(UnusablePicture) as caught:
        clean_picture(data, 100)
    return caught.value.sentence


def opened(data):
    return Image.open(io.BytesIO(data))


def test_large_picture_is_scaled_down_in_its_proportions():
    with opened(clean_picture(saved(photograph()), 100)) as clean:
        assert (clean.format, clean.size) == ("JPEG", (100, 50))


def test_small_picture_is_not_enlarged():
    with opened(clean_picture(saved(photograph((40, 20))), 100)) as clean:
        assert clean.size == (40, 20)


def test_rotated_photo_becomes_upright_and_loses_its_metadata():
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90 degrees
    exif[0x010F] = "Camera of Maria Ortiz"
    data = saved(photograph(), exif=exif, comment=b"secret place")
    clean = clean_picture(data, 100)
    assert b"Maria" not in clean
    assert b"secret" not in clean
    with opened(clean) as picture:
        assert picture.size == (50, 100)
        assert not picture.getexif()


def test_a_transparent_logo_stays_transparent():
    clean = clean_picture(saved(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG"), 100)
    assert picture_type(clean) == "image/png"
    with opened(clean) as picture:
        assert picture.getpixel((0, 0))[3] == 0


def test_picture_with_a_palette_is_read():
    data = saved(Image.new("P", (20, 20)), "GIF")
    assert picture_type(clean_picture(data, 100)) == "image/png"


def test_a_photograph_as_webp_becomes_a_jpeg():
    assert picture_type(clean_picture(saved(photograph(), "WEBP"), 100)) == "image/jpeg"


def test_sixteen_bit_grayscale_is_read():
    data = saved(Image.new("I;16", (20, 20), 40_000), "PNG")
    assert picture_type(clean_picture(data, 100)) == "image/png"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Dear all",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        saved(Image.new("RGB", (9, 9)), "TIFF"),
    ],
)
def test_file_that_is_not_a_picture_is_refused(data):
    assert refusal(data) == NO_PICTURE


def test_truncated_picture_is_refused():
    data = saved(photograph())
    assert refusal(data[: len(data) // 2]) == BROKEN


@pytest.mark.parametrize("side", [7_500, 10_000, 15_000])
def test_decompression_bomb_is_refused_before_it_is_decoded(side):
    data = bytearray(saved(Image.new("1", (16, 16)), "PNG"))
    head = struct.pack(">II", side, side) + bytes(data[24:29])
    data[16:29] = head
    data[29:33] = struct.pack(">I", zlib.crc32(b"IHDR" + head))
    assert refusal(bytes(data)) == TOO_MANY_PIXELS


def test_file_that_is_too_large_is_refused():
    assert refusal(b"x" * (21 << 20)) == TOO_LARGE
