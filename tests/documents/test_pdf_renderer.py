"""PDFs of documents: read back by two libraries, tagged, and reproducible to the byte."""

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise

import pypdfium2
import pytest
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, PdfObject

from lms.core.pdf_documents import printable
from lms.documents.printed import TEST, printed_document
from lms.documents.snapshots import Snapshot, pack, unpack
from lms.documents.stored_pdfs import render_pdf
from tests.documents.printed_words import left_over, squeezed, words_of
from tests.documents.sample_snapshots import (
    A4_INVOICE,
    FORTY_LINES,
    INVOICE,
    LONG,
    LONG_NAMES,
    SAMPLES,
    STATEMENT,
    TEST_INVOICE,
    WIDE_WORDS,
)

AT = datetime(2026, 10, 6, 15, 30, tzinfo=UTC)
LETTER, A4 = (612, 792), (595, 842)
MARGIN = 56.6  # 20 mm in points
EVERY = pytest.mark.parametrize("snapshot", SAMPLES.values(), ids=SAMPLES)
RENDER = """
import hashlib
from tests.documents.test_pdf_renderer import INVOICE, logo, render
print(hashlib.sha256(render(INVOICE, logo())).hexdigest())
"""


def render(snapshot: Snapshot, logo: bytes | None = None) -> bytes:
    return render_pdf(snapshot, logo=logo, logo_type="image/png" if logo else None, at=AT)


def logo() -> bytes:
    made = BytesIO()
    Image.new("RGB", (300, 80), "#1c5b41").save(made, "PNG")
    return made.getvalue()


def by_pypdf(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def by_pdfium(pdf: bytes) -> list[str]:
    # pdfium returns U+FFFE for a hyphen at the end of a line
    texts = (page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    return [text.replace("\ufffe", "-") for text in texts]


def tags(pdf: bytes) -> list[DictionaryObject]:
    """Return the structure elements of a PDF in reading order."""

    def below(node: PdfObject | None) -> list[DictionaryObject]:
        node = node.get_object() if node is not None else None
        if isinstance(node, list):
            return [one for each in node for one in below(each)]
        if not isinstance(node, DictionaryObject):
            return []
        return [*([node] if "/S" in node else []), *below(node.get("/K"))]

    return below(PdfReader(BytesIO(pdf)).trailer["/Root"]["/StructTreeRoot"])


def roles(pdf: bytes) -> list[str]:
    return [str(tag["/S"]) for tag in tags(pdf)]


@EVERY
def test_two_libraries_can_read_every_word(snapshot: Snapshot) -> None:
    pdf = render(snapshot)
    for pages in (by_pypdf(pdf), by_pdfium(pdf)):
        text = squeezed("".join(pages))
        assert [word for word in words_of(printed_document(snapshot)) if word not in text] == []


@EVERY
def test_only_page_numbers_are_printed_besides_the_document(snapshot: Snapshot) -> None:
    rest = left_over("".join(by_pypdf(render(snapshot))), printed_document(snapshot))
    assert re.fullmatch(r"(·|Page\d*of\d*)*", rest)


@EVERY
def test_text_stays_within_the_margins(snapshot: Snapshot) -> None:
    document = pypdfium2.PdfDocument(render(replace(snapshot, livemode=True)))
    for page in document:
        width, _ = page.get_size()
        text = page.get_textpage()
        for at in range(text.count_chars()):
            left, bottom, right, _ = text.get_charbox(at)
            assert left >= MARGIN - 2, text.get_text_range(at, 20)
            assert right <= width - MARGIN + 2, text.get_text_range(max(0, at - 20), 21)
            assert bottom >= 18


@pytest.mark.parametrize("snapshot", [LONG_NAMES, WIDE_WORDS], ids=["long_names", "wide_words"])
def test_columns_do_not_overlap(snapshot: Snapshot) -> None:
    for page in pypdfium2.PdfDocument(render(snapshot)):
        text = page.get_textpage()
        boxes = [text.get_charbox(at, loose=True) for at in range(text.count_chars())]
        in_lines = sorted((round(bottom), left, right) for left, bottom, right, _ in boxes)
        overlaps = [
            (one, other)
            for one, other in pairwise(in_lines)
            if one[0] == other[0] and other[1] < one[2] - 2  # kerning
        ]
        assert overlaps == []


@pytest.mark.parametrize(("snapshot", "size"), [(INVOICE, LETTER), (A4_INVOICE, A4)])
def test_paper_is_letter_or_a4(snapshot: Snapshot, size: tuple[int, int]) -> None:
    assert pypdfium2.PdfDocument(render(snapshot))[0].get_size() == pytest.approx(size, abs=1)


@EVERY
def test_pdf_is_marked_as_pdf_ua_with_title_and_language(snapshot: Snapshot) -> None:
    reader = PdfReader(BytesIO(render(snapshot)))
    catalog = reader.trailer["/Root"]
    assert bool(catalog["/MarkInfo"]["/Marked"])
    assert catalog["/StructTreeRoot"]["/K"]
    assert catalog["/Lang"] == "en-US"
    assert bool(catalog["/ViewerPreferences"]["/DisplayDocTitle"])
    document = printed_document(snapshot)
    assert reader.metadata is not None
    assert reader.metadata.title == f"{document.name}, {document.brand}"
    assert reader.xmp_metadata is not None
    assert b"pdfuaid:part" in reader.xmp_metadata.stream.get_data()


def test_headings_tables_and_header_cells_are_tagged_in_reading_order() -> None:
    found = roles(render(STATEMENT))
    assert [role for role in found if role in ("/H1", "/H2", "/Table")] == [
        "/H1",
        *["/H2", "/H2"],  # bill to, and the seller
        *["/H2", "/Table"],  # activity
        *["/H2", "/Table"],  # aging
        *["/H2", "/H2", "/H2"],  # check, transfer, and notes
    ]
    assert found.count("/TH") == 10
    assert found.count("/TR") == (1 + 5) + (1 + 1)
    heads = [tag for tag in tags(render(STATEMENT)) if tag["/S"] == "/TH"]
    assert {head["/A"][0]["/Scope"] for head in heads} == {"/Column"}


def test_words_are_read_from_the_title_to_the_policies() -> None:
    text = squeezed("".join(by_pypdf(render(INVOICE))))
    places = [
        text.index(squeezed(words))
        for words in (
            "Invoice 2026-0412",
            "PO number",
            "Bill to",
            "From",
            "Date issued",
            "Description",
            "Before discounts",
            printed_document(INVOICE).payment[0].heading,
            "Notes",
            "Terms and policies",
        )
    ]
    assert places == sorted(places)


def test_logo_is_a_figure_with_the_sellers_name() -> None:
    (figure,) = (tag for tag in tags(render(INVOICE, logo())) if tag["/S"] == "/Figure")
    assert figure["/Alt"] == "Lantern Street Training"
    assert "/Figure" not in roles(render(INVOICE))


@pytest.mark.parametrize("kind", ["image/svg+xml", None])
def test_unsupported_logo_is_replaced_by_the_name(kind: str | None) -> None:
    pdf = render_pdf(INVOICE, logo=b"<svg/>", logo_type=kind, at=AT)
    assert pdf == render(INVOICE)


@EVERY
def test_same_snapshot_renders_to_the_same_bytes(snapshot: Snapshot) -> None:
    first = render(snapshot)
    assert render(unpack(pack(snapshot))) == first


def test_another_process_renders_the_same_bytes() -> None:
    command = [sys.executable, "-c", RENDER]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(render(INVOICE, logo())).hexdigest()


def test_forty_lines_repeat_the_header_and_number_the_pages() -> None:
    pages = by_pdfium(render(FORTY_LINES))
    assert len(pages) > 2
    with_lines = [page for page in pages if "Group seats, webinar" in page]
    assert all(page.count("Unit price") == 1 for page in with_lines)
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert "Invoice 2026-0412 · Lantern Street Training" in page


def test_line_is_not_split_across_pages() -> None:
    for page in by_pdfium(render(FORTY_LINES)):
        assert page.count("Group seats, webinar") == page.count("Service date: Oct 6, 2026")


def test_line_longer_than_a_page_continues_on_the_next() -> None:
    titles = [f"webinar-{number}" for number in range(1, 1001)]
    line = replace(INVOICE.lines[0], detail=", ".join(titles))
    pages = by_pypdf(render(replace(INVOICE, lines=(line,))))
    assert len(pages) > 1
    assert set(titles) <= set(re.findall(r"webinar-\d+", "".join(pages)))


def test_line_breaks_in_a_note_are_kept() -> None:
    seller = replace(INVOICE.seller, note="Closed December 24.\nOpen again January 2.")
    assert (
        "Closed December 24.\nOpen again January 2."
        in by_pypdf(render(replace(INVOICE, seller=seller)))[0]
    )


def test_every_page_of_a_test_document_is_marked() -> None:
    snapshot = replace(FORTY_LINES, livemode=False)
    for pages in (by_pypdf(render(snapshot)), by_pdfium(render(snapshot))):
        assert all(squeezed(TEST) in squeezed(page) for page in pages)
    assert not any(squeezed(TEST) in squeezed(page) for page in by_pypdf(render(FORTY_LINES)))


def test_screen_reader_text_says_that_a_test_document_is_not_real() -> None:
    real, test = roles(render(INVOICE)), roles(render(TEST_INVOICE))
    assert test.count("/P") == real.count("/P") + 1


@pytest.mark.parametrize("name", ["𒀭 Enlil", "😀 Friends", "@\u17cc", "\u202eevil", "A\u0301"])
def test_characters_missing_from_all_fonts_do_not_prevent_rendering(name: str) -> None:
    snapshot = replace(INVOICE, bill_to=replace(INVOICE.bill_to, name=name))
    text = squeezed("".join(by_pypdf(render(snapshot))))
    assert squeezed(printable(name))[:1] in text
    assert "$3,389.38" in text


def test_long_word_can_be_copied_without_hidden_characters() -> None:
    text = "".join(by_pypdf(render(LONG_NAMES)))
    assert squeezed(text).count(LONG) > 10
    assert "\u200b" not in text
