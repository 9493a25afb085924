import json
import zlib

import pytest
from PIL import Image

from media import pdf_reader
from media.documents import (
    BROKEN,
    EMPTY,
    LARGEST_BYTES,
    LOCKED,
    NO_PDF,
    SCRIPTED,
    TOO_LARGE,
    Pdf,
    UnusableDocument,
    check_pdf,
    first_page,
)


def pdf(*extra, catalogue="", title="", size=(612, 792), pages=1):
    """Write a PDF by hand: catalogue, pages, information, then the extra objects from 10 on."""
    kids = " ".join(f"{20 + number} 0 R" for number in range(pages))
    draw = b"1 0 0 rg 0 0 300 792 re f"
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>".encode(),
        2: f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        3: f"<< /Title ({title}) >>".encode(),
        4: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(draw), draw),
    }
    for number in range(pages):
        box = f"[0 0 {size[0]} {size[1]}]"
        objects[20 + number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 4 0 R >>".encode()
        )
    objects |= {10 + place: each for place, each in enumerate(extra)}
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    last = max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % last
    for number in range(1, last):
        used = number in places
        out += b"%010d %05d %s \n" % (places.get(number, 0), 0, b"n" if used else b"f")
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        last,
        table,
    )
    return bytes(out)


@pytest.fixture
def kept(tmp_path):
    def keep(data, name="slides.pdf"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return keep


def refusal(path):
    with pytest.raises(UnusableDocument) as caught:
        check_pdf(path)
    return caught.value.sentence


def test_a_pdf_tells_its_pages_and_title(kept):
    assert check_pdf(kept(pdf(title="  Media literacy\t2026 ", pages=3))) == Pdf(
        3, "Media literacy 2026"
    )


def test_a_pdf_without_title_has_none(kept):
    assert check_pdf(kept(pdf())).title == ""


def test_an_empty_file_is_refused(kept):
    assert refusal(kept(b"")) == EMPTY


def test_a_vast_file_is_refused(tmp_path):
    path = tmp_path / "vast.pdf"
    with path.open("wb") as stream:
        stream.truncate(LARGEST_BYTES + 1)
    assert refusal(path) == TOO_LARGE


@pytest.mark.parametrize("data", [b"Dear all", b"PK\x03\x04 slides.pptx", b"<html>%pdf</html>"])
def test_another_kind_of_file_is_refused(kept, data):
    assert refusal(kept(data)) == NO_PDF


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.7\nnothing more %%EOF", pdf(pages=0)])
def test_a_broken_pdf_is_refused(kept, data):
    assert refusal(kept(data)) == BROKEN


@pytest.mark.parametrize(
    "data",
    [
        pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>", catalogue="/OpenAction 10 0 R"),
        pdf(b"<< /S /J#61vaScript /J#53 (app.alert(1)) >>", catalogue="/OpenAction 10 0 R"),
        pdf(
            b"<< /Names [(a) 11 0 R] >>",
            b"<< /S /JavaScript /JS (app.alert(1)) >>",
            catalogue="/Names << /JavaScript 10 0 R >>",
        ),
    ],
)
def test_a_pdf_with_scripts_is_refused(kept, data):
    assert refusal(kept(data)) == SCRIPTED


def test_a_script_in_packed_objects_is_found(kept):
    packed = zlib.compress(b"12 0 << /S /JavaScript /JS (app.alert(1)) >>")
    head = b"<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length %d >>" % len(packed)
    assert refusal(kept(pdf(head + b"\nstream\n" + packed + b"\nendstream"))) == SCRIPTED


def test_a_page_that_speaks_of_scripts_is_not_refused(kept):
    words = b"BT /F1 12 Tf (write /JavaScript and /JS) Tj ET"
    said = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words)
    assert check_pdf(kept(pdf(said))).pages == 1


def test_a_locked_pdf_is_refused(kept):
    key = b"<" + b"28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a" + b">"
    lock = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O %s /U %s >>" % (key, key)
    data = pdf(lock).replace(
        b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 10 0 R /ID [<00112233> <00112233>]"
    )
    assert refusal(kept(data)) == LOCKED


def test_the_first_page_becomes_a_picture(kept, tmp_path):
    first_page(kept(pdf()), tmp_path / "page.jpg", 320)
    with Image.open(tmp_path / "page.jpg") as picture:
        assert picture.format == "JPEG"
        assert abs(picture.width - 320) <= 1
        red, _, blue = picture.getpixel((10, 100))
        assert (red > 200, blue < 60) == (True, True)


@pytest.mark.parametrize("size", [(14400, 1), (1, 14400), (14400, 14400), (3, 3)])
def test_a_page_of_strange_size_is_drawn_small(kept, tmp_path, size):
    first_page(kept(pdf(size=size)), tmp_path / "page.jpg", 320)
    with Image.open(tmp_path / "page.jpg") as picture:
        assert picture.width <= 321
        assert picture.height <= 3 * 320 + 1


class TestTheReader:
    """The same acts in this process, as the other one does them."""

    def said(self, capsys, *words):
        pdf_reader.main(*map(str, words))
        return json.loads(capsys.readouterr().out or "{}")

    def test_it_tells_facts(self, kept, capsys):
        found = self.said(capsys, "check", kept(pdf(title="Slides", pages=2)))
        assert found == {"pages": 2, "title": "Slides", "scripts": False}

    def test_it_draws(self, kept, tmp_path, capsys):
        assert self.said(capsys, "picture", kept(pdf()), tmp_path / "page.jpg", 100) == {}
        assert (tmp_path / "page.jpg").exists()

    def test_it_tells_what_is_broken(self, kept, capsys):
        assert self.said(capsys, "check", kept(b"%PDF-1.7\n")) == {"fault": "broken"}

    def test_it_passes_over_packing_that_is_broken(self):
        head = b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n"
        assert not pdf_reader.has_scripts(head + b"not packed at all\nendstream")


def test_no_picture_is_made_of_what_is_broken(kept, tmp_path):
    with pytest.raises(UnusableDocument):
        first_page(kept(b"%PDF-1.7\n"), tmp_path / "page.jpg", 320)
    assert not (tmp_path / "page.jpg").exists()
