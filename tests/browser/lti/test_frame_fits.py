"""The pages that people meet in a frame fit the frame that a learning system gives, and are whole in it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lti.framed_states import STATES, open_state
from tests.browser.lti.tool_frame import (
    FIXED,
    FRAMES,
    TALLER,
    THEMES,
    framed,
    give_whole_width,
    inner_size,
    path_name,
    take_picture,
)
from tests.browser.lti.two_sites import Library
from tests.platform.platform import Platform

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

COMPACT = (360, 640)  # wide
# Inside the page that fits, something under the film may be cut off as well.
CUT = "(document.querySelector('.watch-bar')?.scrollHeight ?? 0) - (document.querySelector('.watch-bar')?.clientHeight ?? 0)"


@pytest.fixture
def page(browser: "Browser") -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        reduced_motion="reduce",
        timezone_id="America/New_York",
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", sorted(STATES))
def test_no_second_scroll_bar_stands_in_a_frame_that_keeps_its_height(
    page: Page, library: Library, platform: Platform, name: str
) -> None:
    path = open_state(library.served, name, platform.url, slug=f"fits-{path_name(name)}")
    frame = framed(page, library, platform, path, kind=FIXED)
    faults = []
    for width, height in FRAMES:
        page.set_viewport_size({"width": width, "height": 900})
        give_whole_width(page)
        page.wait_for_timeout(300)
        assert inner_size(frame) == [width, height]
        if (taller := frame.evaluate(TALLER)) > 0:
            faults.append(f"{width} px: {taller} px too high")
        if (cut := frame.evaluate(CUT)) > 0:
            faults.append(f"{width} px: {cut} px cut off under the film")
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            take_picture(page, f"fits-{path_name(name)}-{width}-{theme}")
    assert faults == []


@pytest.mark.parametrize("name", ["watch", "watch without a name", "watch a clip"])
def test_in_a_compact_frame_the_film_has_most_of_the_room(
    page: Page, library: Library, platform: Platform, name: str
) -> None:
    path = open_state(library.served, name, platform.url, slug=f"compact-{path_name(name)}")
    frame = framed(page, library, platform, path, kind=FIXED)
    give_whole_width(page, height=360)
    for width in COMPACT:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        film = frame.locator(".watch-film").bounding_box()
        assert film is not None
        assert frame.evaluate(TALLER) <= 0
        assert frame.evaluate(CUT) <= 0
        assert film["height"] >= min(0.6 * 360, 0.5 * width)
        expect(frame.get_by_role("heading", level=1)).to_be_visible()
        for button in frame.get_by_role("button", name="Handouts").all():
            box = button.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= width
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            take_picture(page, f"compact-{path_name(name)}-{width}-{theme}")
