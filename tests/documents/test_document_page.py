"""The page of a document: it matches the PDF, prints without site navigation, and fits a phone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from jinja2 import Environment
from playwright.sync_api import Browser, Page, Route
from pypdf import PdfReader

from lms.documents.printed import TEST, printed_document
from lms.documents.snapshots import Snapshot
from tests.design import specimen
from tests.documents.printed_words import left_over, squeezed, words_of
from tests.documents.sample_snapshots import FORTY_LINES, INVOICE, SAMPLES
from tests.servers.axe import faults_at_widths

EVERY = pytest.mark.parametrize("snapshot", SAMPLES.values(), ids=SAMPLES)
STATIC = specimen.ROOT / "lms/static"
TELEPHONE = {"width": 390, "height": 844}


class TextOfPage(HTMLParser):
    """Collects the text between the tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def environment() -> Environment:
    """Return the application's Jinja environment, without flashed messages."""
    made = specimen.environment()
    made.globals["get_flashed_messages"] = lambda with_categories: []
    return made


def article(snapshot: Snapshot, logo_url: str | None = None) -> str:
    template = environment().get_template("documents/_printed_document.html")
    return str(template.module.printed_document(printed_document(snapshot), logo_url))


def text_of(html: str) -> str:
    return "".join(TextOfPage(html).found)


@EVERY
def test_page_has_every_word_of_the_document_and_nothing_else(snapshot: Snapshot) -> None:
    document, text = printed_document(snapshot), text_of(article(snapshot))
    assert [word for word in words_of(document) if word not in squeezed(text)] == []
    assert left_over(text, document) == ""


def test_logo_has_the_sellers_name() -> None:
    assert '<img src="/logo?v=1" alt="Lantern Street Training">' in article(INVOICE, "/logo?v=1")
    assert "<img" not in article(INVOICE)


def test_customer_text_is_escaped() -> None:
    payer = replace(INVOICE.bill_to, name="<b>Elm</b>", address=("<script>",))
    html = article(replace(INVOICE, bill_to=payer))
    assert "&lt;b&gt;Elm&lt;/b&gt;" in html
    assert "<script>" not in html


def serve(route: Route) -> None:
    """Respond with a static file, or with the page of the sample of that name."""
    path = urlsplit(route.request.url).path
    file = STATIC / path.removeprefix("/static/")
    if file.is_file():
        route.fulfill(path=file)
    elif path.strip("/") in SAMPLES:
        document = printed_document(SAMPLES[path.strip("/")])
        template = environment().get_template("documents/document.html")
        values = {
            **specimen.values(),
            "document": document,
            "document_id": "1",
            "standing": ("Due Nov 30, 2026", "soon"),
            "may_open": lambda _: True,
        }
        route.fulfill(body=template.render(values), content_type="text/html")
    else:
        route.fulfill(status=404)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(base_url="http://documents.example", viewport=TELEPHONE)
    context.route("**/*", serve)
    yield context.new_page()
    context.close()


@pytest.mark.browser
def test_page_fits_a_phone(page: Page) -> None:
    wide = {}
    for name in SAMPLES:
        page.goto(f"/{name}")
        wide[name] = page.evaluate("document.documentElement.scrollWidth")
    assert wide == dict.fromkeys(SAMPLES, TELEPHONE["width"])


@pytest.mark.browser
def test_page_has_no_axe_violations(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    for name in ("test_invoice", "receipt", "statement"):
        page.goto(f"/{name}")
        assert faults_at_widths(page, (390, 1440)) == [], name


@pytest.mark.browser
@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_printed_page_has_only_the_document(page: Page, paper: str) -> None:
    page.goto("/forty_lines")
    pages = PdfReader(BytesIO(page.pdf(format=paper))).pages
    texts = [squeezed(one.extract_text()) for one in pages]
    document = printed_document(FORTY_LINES)
    assert [word for word in words_of(document) if word not in "".join(texts)] == []
    assert re.fullmatch(r"(Page\d*of\d*)*", left_over("".join(texts), document))
    assert f"Page1of{len(texts)}" in texts[0]
    for text in texts:  # a line is on one page, below its column headings
        assert text.count("Groupseats,webinar") == text.count("Servicedate:")
        assert ("Groupseats,webinar" in text) == ("Unitprice" in text)


@pytest.mark.browser
def test_printed_test_document_is_marked_on_every_page(page: Page) -> None:
    page.goto("/test_invoice")
    page.add_style_tag(content=".document { min-height: 300vh }")
    pages = PdfReader(BytesIO(page.pdf(format="Letter"))).pages
    assert len(pages) > 1
    assert all(squeezed(TEST) in squeezed(one.extract_text()) for one in pages)
