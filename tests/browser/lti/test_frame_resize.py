"""`lti.frameResize`: a page reports its height to its platform only, and stops when it settles."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.lti.framed_states import open_state
from tests.browser.lti.tool_frame import frame_in, framed, sizes
from tests.browser.lti.two_sites import Library
from tests.platform.platform import Platform

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BORDERS = 2  # the platform's borders, which reduce the requested height
SETTLED_MS = 600
A_WHILE_MS = 3_000
# A layout that gets higher in a low frame and lower in a high one.
UNSTABLE = """() => {
    const sheet = new CSSStyleSheet();
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    sheet.insertRule("body::after { content: ''; display: block; flex: none; height: 300px }", 0);
    sheet.insertRule(`@media (min-height: ${height + 100}px) { body::after { display: none } }`, 1);
    document.adoptedStyleSheets = [sheet];
}"""


@pytest.fixture
def page(browser: "Browser") -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 820, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def course(library: Library, platform: Platform, page: Page, slug: str) -> Frame:
    """An instructor's page in a frame; no learner has opened the link yet."""
    path = open_state(library.served, "course of nobody", platform.url, slug=slug)
    return framed(page, library, platform, path)


def test_frame_height_follows_the_page(page: Page, library: Library, course: Frame) -> None:
    page.wait_for_timeout(SETTLED_MS)
    said = sizes(page)
    first = said[-1]["height"]
    assert 1 <= len(said) <= 4
    assert {one["origin"] for one in said} == {library.url}
    assert len({one["height"] for one in said}) == len(said)
    page.wait_for_timeout(A_WHILE_MS)
    assert sizes(page) == said  # no reports without changes
    assert course.evaluate("window.innerHeight") == first - BORDERS
    has_no_bar(course)

    course.get_by_text("Grading rule").click()
    page.wait_for_timeout(SETTLED_MS)
    opened = sizes(page)[-1]["height"]
    assert opened > first
    assert course.evaluate("window.innerHeight") == opened - BORDERS
    course.get_by_text("Grading rule").click()
    page.wait_for_timeout(SETTLED_MS)
    assert sizes(page)[-1]["height"] == first

    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_timeout(SETTLED_MS)
    assert sizes(page)[-1]["height"] > first
    page.set_viewport_size({"width": 820, "height": 900})
    page.wait_for_timeout(SETTLED_MS)
    assert sizes(page)[-1]["height"] == first
    assert course.evaluate("window.innerHeight") == first - BORDERS


def has_no_bar(course: Frame) -> None:
    assert course.evaluate("document.documentElement.clientWidth === window.innerWidth")
    course.evaluate("window.scrollTo(0, 99)")
    assert course.evaluate("window.scrollY") <= BORDERS


def test_unstable_layout_settles_and_a_low_frame_scrolls(page: Page, course: Frame) -> None:
    page.wait_for_timeout(SETTLED_MS)
    before = len(sizes(page))
    course.evaluate(UNSTABLE)
    page.wait_for_timeout(A_WHILE_MS)
    settled = sizes(page)
    assert len(settled) - before <= 2
    page.wait_for_timeout(A_WHILE_MS)
    assert sizes(page) == settled
    course.evaluate("document.adoptedStyleSheets = []")
    page.add_style_tag(content="iframe[data-tool] { max-height: 200px }")  # as platforms can
    page.wait_for_timeout(SETTLED_MS)
    course.evaluate("window.scrollTo(0, 99)")
    assert course.evaluate("window.scrollY") == 99


def test_page_framed_by_another_site_reports_no_height(
    page: Page, library: Library, platform: Platform
) -> None:
    path = open_state(
        library.served, "course of nobody", "https://lms.example.edu", slug="resize-elsewhere"
    )
    frame_in(page, library, platform, path)
    page.wait_for_timeout(A_WHILE_MS)
    assert sizes(page) == []


def test_error_page_in_the_frame_reports_its_height(
    page: Page, library: Library, platform: Platform
) -> None:
    path = open_state(library.served, "session that is over", platform.url, slug="resize-over")
    frame = framed(page, library, platform, path)
    expect(frame.get_by_role("heading", name="This page is no longer available")).to_be_visible()
    page.wait_for_timeout(SETTLED_MS)
    assert frame.evaluate("window.innerHeight") == sizes(page)[-1]["height"] - BORDERS
