"""The PDF stamper process: writes a line at the foot of each page, in isolation.

Run by its path with FILE, PICTURE and OUT: the picture (PNG, with transparency) shows the line.
"""

import io
import json
import sys

import pikepdf
from PIL import Image

HEIGHT = 11.0  # points: characters of about seven
MARGIN = 9.0
MOST_OF_THE_WIDTH = 0.9


def main(source: str, picture: str, out: str) -> None:
    """Write the stamped PDF; print a fault if that fails."""
    try:
        with pikepdf.open(source) as pdf, pikepdf.open(line_of(picture)) as line:
            stamp = pdf.copy_foreign(line.pages[0].as_form_xobject())
            wide, high = (float(side) for side in line.pages[0].mediabox[2:])
            for page in pdf.pages:
                page.add_overlay(stamp, foot_of(page, wide / high))
            pdf.save(out, encryption=False)
        answer = {}
    except pikepdf.PdfError:
        answer = {"fault": "broken"}
    print(json.dumps(answer))  # noqa: T201


def line_of(picture: str) -> io.BytesIO:
    """Return a one-page PDF of the picture, with its transparency."""
    with Image.open(picture) as whole:
        wide, high = whole.size
        colors, mask = whole.convert("RGB").tobytes(), whole.getchannel("A").tobytes()
    made = pikepdf.new()
    see_through = pikepdf.Stream(made, mask)
    image = pikepdf.Stream(made, colors)
    for stream, space in ((see_through, pikepdf.Name.DeviceGray), (image, pikepdf.Name.DeviceRGB)):
        stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        stream.Width, stream.Height = wide, high
        stream.ColorSpace, stream.BitsPerComponent = space, 8
    image.SMask = made.make_indirect(see_through)
    page = made.add_blank_page(page_size=(wide, high))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Line=image))
    page.Contents = pikepdf.Stream(made, b"q %d 0 0 %d 0 0 cm /Line Do Q" % (wide, high))
    out = io.BytesIO()
    made.save(out)
    out.seek(0)
    return out


def foot_of(page: pikepdf.Page, ratio: float) -> pikepdf.Rectangle:
    """Return the line's rectangle: at the foot of the page as displayed, rotated or not."""
    left, bottom, right, top = (float(side) for side in page.cropbox)
    turned = int(page.obj.get("/Rotate", 0)) % 360
    length = (top - bottom) if turned in (90, 270) else (right - left)
    # On very small and very large pages, the line is scaled with the page.
    high = min(max(HEIGHT, length / 110), MOST_OF_THE_WIDTH * length / ratio)
    wide = high * ratio
    gap = min(MARGIN, high)
    if turned == 90:
        return pikepdf.Rectangle(right - gap - high, bottom + gap, right - gap, bottom + gap + wide)
    if turned == 180:
        return pikepdf.Rectangle(right - gap - wide, top - gap - high, right - gap, top - gap)
    if turned == 270:
        return pikepdf.Rectangle(left + gap, top - gap - wide, left + gap + high, top - gap)
    return pikepdf.Rectangle(left + gap, bottom + gap, left + gap + wide, bottom + gap + high)


if __name__ == "__main__":
    main(*sys.argv[1:])
