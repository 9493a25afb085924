"""`lti.frameResize`: the page says how high it is, to its platform alone, and not for ever."""

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

BORDERS = 2  # the platform's own, which its frame loses of what was asked for
SETTLED_MS = 600
A_WHILE_MS = 3_000
# Higher in a low frame, lower in a high one: a layout that answers its own frame.
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
    """An instructor's page in a frame; nobody has opened the link yet."""
    path = open_state(library.served, "course of nobody", platform.url, slug=slug)
    return framed(page, library, platform, path)


def test_the_frame_is_as_high_as_the_page_and_follows_it(
    page: Page, library: Library, course: Frame
) -> None:
    page.wait_for_timeout(SETTLED_MS)
    said = sizes(page)
    first = said[-1]["height"]
    assert 1 <= len(said) <= 4
    assert {one["origin"] for one in said} == {library.url}
    assert len({one["height"] for one in said}) == len(said)
    page.wait_for_timeout(A_WHILE_MS)
    assert sizes(page) == said  # no more than there is to tell
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


def test_a_layout_that_answers_its_own_frame_comes_to_rest_and_a_low_frame_has_a_bar(
    page: Page, course: Frame
) -> None:
    page.wait_for_timeout(SETTLED_MS)
    before = len(sizes(page))
    course.evaluate(UNSTABLE)
    page.wait_for_timeout(A_WHILE_MS)
    settled = sizes(page)
    assert len(settled) - before <= 2
    page.wait_for_timeout(A_WHILE_MS)
    assert sizes(page) == settled
    course.evaluate("document.adoptedStyleSheets = []")
    page.add_style_tag(content="iframe[data-tool] { max-height: 200px }")  # as a platform may
    page.wait_for_timeout(SETTLED_MS)
    course.evaluate("window.scrollTo(0, 99)")
    assert course.evaluate("window.scrollY") == 99


def test_a_page_that_another_site_frames_is_not_there_and_tells_nothing(
    page: Page, library: Library, platform: Platform
) -> None:
    path = open_state(
        library.served, "course of nobody", "https://lms.example.edu", slug="resize-elsewhere"
    )
    frame_in(page, library, platform, path)
    page.wait_for_timeout(A_WHILE_MS)
    assert sizes(page) == []


def test_an_error_in_the_frame_says_how_high_it_is_too(
    page: Page, library: Library, platform: Platform
) -> None:
    path = open_state(library.served, "session that is over", platform.url, slug="resize-over")
    frame = framed(page, library, platform, path)
    expect(frame.get_by_role("heading", name="This page is no longer available")).to_be_visible()
    page.wait_for_timeout(SETTLED_MS)
    assert frame.evaluate("window.innerHeight") == sizes(page)[-1]["height"] - BORDERS
