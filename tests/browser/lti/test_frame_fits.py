"""The pages that people meet in a frame fit the frame that a learning system gives, and are whole in it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.conftest import Film
from tests.browser.lti.framed_states import STATES, open_state
from tests.browser.lti.test_framed_pages import THEMES, path_name, take_picture
from tests.browser.lti.tool_frame import FIXED, framed
from tests.browser.lti.two_sites import Library, library_at
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.servers.databases import Databases

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

FRAMES = ((390, 544), (1440, 652))  # what Moodle gives on a telephone, and on a desk
COMPACT = (360, 640)  # wide
FITTING = ("watch", "preview", "part of", "picker", "refused", "not in", "nothing", "session")
TALLER = "document.scrollingElement.scrollHeight - window.innerHeight"
# Inside the page that fits, something under the film may be cut off as well.
CUT = "(document.querySelector('.watch-bar')?.scrollHeight ?? 0) - (document.querySelector('.watch-bar')?.clientHeight ?? 0)"


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, made_databases: Databases, worker_id: str, film: Film
) -> Iterator[Library]:
    place = tmp_path_factory.mktemp("library")
    with library_at(place, made_databases.prepared(f"carrel_fits_{worker_id}"), film) as made:
        yield made


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with running_platform() as made:
        yield made


@pytest.fixture
def page(browser: "Browser") -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        reduced_motion="reduce",
        timezone_id="America/New_York",
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", [one for one in sorted(STATES) if one.startswith(FITTING)])
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


def give_whole_width(page: Page, height: int | None = None) -> None:
    """Let the frame have all of the platform's page, and its height, or another, to itself."""
    given = f"height: {height}px !important" if height else ""
    page.add_style_tag(
        content="main { max-width: none !important; padding: 0 !important }"
        " .framed { margin: 0 !important }"
        f" iframe[data-tool] {{ border: 0 !important; {given} }}"
    )


def inner_size(frame: Frame) -> list[int]:
    size: list[int] = frame.evaluate("[window.innerWidth, window.innerHeight]")
    return size
