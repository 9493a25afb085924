"""The Accessibility Conformance Report: its table is complete and names tests that exist."""

import io
from pathlib import Path

import pypdf

from lms.seller.accessibility_report import EVALUATED_ON, RESULTS, read_criteria, read_tables
from lms.web.public.accessibility_and_privacy import _pdf
from tests.visitor import Visitor

TESTS = Path(__file__).parents[2]
# WCAG 2.2, levels A and AA, and 4.1.1 of WCAG 2.1
A_AND_AA = {
    "1.1": (1,),
    "1.2": (1, 2, 3, 4, 5),
    "1.3": (1, 2, 3, 4, 5),
    "1.4": (1, 2, 3, 4, 5, 10, 11, 12, 13),
    "2.1": (1, 2, 4),
    "2.2": (1, 2),
    "2.3": (1,),
    "2.4": (1, 2, 3, 4, 5, 6, 7, 11),
    "2.5": (1, 2, 3, 4, 7, 8),
    "3.1": (1, 2),
    "3.2": (1, 2, 3, 4, 6),
    "3.3": (1, 2, 3, 4, 7, 8),
    "4.1": (1, 2, 3),
}


def test_report_is_linked_from_the_accessibility_and_purchasing_pages(client: Visitor) -> None:
    for path in ("/accessibility", "/purchasing"):
        assert 'href="/accessibility/report"' in client.get(path).text
    answer = client.get("/accessibility/report")
    assert answer.status_code == 200
    assert str(EVALUATED_ON.year) in answer.text
    assert answer.text.count("<tr>") >= len(read_criteria())


def test_report_is_also_a_tagged_pdf(client: Visitor) -> None:
    answer = client.get("/accessibility/report.pdf")
    assert answer.mimetype == "application/pdf"
    reader = pypdf.PdfReader(io.BytesIO(answer.data))
    assert reader.xmp_metadata is not None
    assert b"pdfuaid:part" in reader.xmp_metadata.stream.get_data()
    words = "".join(page.extract_text() for page in reader.pages)
    assert "1.2.5" in words
    assert "Does not support" in words


def test_pdf_is_in_english_even_if_first_requested_in_spanish(client: Visitor) -> None:
    _pdf.cache_clear()
    client.get("/language/es-US")
    reader = pypdf.PdfReader(io.BytesIO(client.get("/accessibility/report.pdf").data))
    assert (
        f"{EVALUATED_ON:%b} {EVALUATED_ON.day}, {EVALUATED_ON.year}"
        in reader.pages[0].extract_text()
    )


def test_spanish_page_explains_the_english_terms_of_the_table(client: Visitor) -> None:
    client.get("/language/es-US")
    page = client.get("/accessibility/report").text
    assert "“Not evaluated” significa" in page
    assert "“No evaluado”" not in page


def test_each_wcag_criterion_is_listed_once() -> None:
    found = [one.number for one in read_criteria() if not one.is_508]
    assert found == [f"{guideline}.{one}" for guideline, all_ in A_AND_AA.items() for one in all_]
    assert sum(len(one.criteria) for one in read_tables()) == len(read_criteria())


def test_each_result_is_one_of_the_terms_and_has_a_remark() -> None:
    for one in read_criteria():
        assert one.result in RESULTS, one.number
        assert one.remark.endswith("."), one.number


def test_supported_criteria_name_a_test_except_two() -> None:
    untested = {one.number for one in read_criteria() if one.result == "Supports" and not one.tests}
    assert untested == {"4.1.1", "302.6"}  # 4.1.1 is obsolete; nothing needs speech


def test_each_named_test_file_exists() -> None:
    named = {test for one in read_criteria() for test in one.tests}
    assert len(named) > 15
    assert [test for test in sorted(named) if not (TESTS / test).is_file()] == []


def test_the_accessibility_page_says_when_public_entities_must_conform(client: Visitor) -> None:
    page = client.get("/accessibility").text
    for date in ("April 26, 2027", "April 26, 2028"):
        assert date in page
