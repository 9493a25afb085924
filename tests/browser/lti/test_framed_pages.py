"""Every page in an LMS frame: accessible and fitting at any width, in both themes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

import pytest
from playwright.sync_api import Frame, Page, expect
from sqlalchemy import select, update

from lms.models.organizations import Organization
from lti.models.launches import FrameSession
from tests.browser.lti.framed_states import STATES, open_state
from tests.browser.lti.tool_frame import (
    FIXED,
    FRAMES,
    TALLER,
    framed,
    give_whole_width,
    inner_size,
    path_name,
    sizes,
    take_pictures,
)
from tests.browser.lti.two_sites import Library
from tests.platform.platform import Platform
from tests.servers.axe import axe_faults

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

IS_SPANISH = """document.documentElement.lang === "es-US"
    || document.body.innerText.includes("solo está disponible en inglés")"""
WIDTHS = (320, 390, 820, 1440)
# widths at which axe checks the page, as cards and as tables, and the theme
LOOKED_INTO: Final[dict[int, Literal["light", "dark"]]] = {390: "dark", 1440: "light"}
COMPACT = (360, 640)  # as wide as a desktop
# Even in a page that fits, something under the video can be cut off.
CUT = "(document.querySelector('.watch-bar')?.scrollHeight ?? 0) - (document.querySelector('.watch-bar')?.clientHeight ?? 0)"
# A page requests its height 80 ms after its layout changed.
HAS_ASKED = """() => new Promise((asked) => requestAnimationFrame(
    () => requestAnimationFrame(() => setTimeout(asked, 120))))"""
HAS_SIZE = """async ([width, height]) => {
    const isSo = () => window.innerWidth === width && window.innerHeight === height;
    for (let frames = 0; !isSo() && frames < 120; frames += 1)
        await new Promise(requestAnimationFrame);
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}"""
OVERFLOWS = """() => {
    const root = document.documentElement;
    const wide = root.scrollWidth > root.clientWidth;
    const bars = root.clientWidth < window.innerWidth || root.scrollHeight > window.innerHeight + 8;
    const faults = [];
    if (wide) faults.push(`wider than the frame: ${root.scrollWidth} > ${root.clientWidth}`);
    if (bars) faults.push(`scrolls in itself: ${root.scrollHeight} > ${window.innerHeight}`);
    return faults.join("; ");
}"""


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
def test_framed_page_fits_and_is_accessible(
    page: Page, library: Library, platform: Platform, name: str
) -> None:
    path = open_state(library.served, name, platform.url)
    frame = framed(page, library, platform, path, kind=FIXED)
    faults = _faults_at_a_height_that_stays(page, frame, name)
    frame = framed(page, library, platform, path)
    faults += _faults_where_it_grows(page, frame, name)
    faults += _faults_in_spanish(page, frame, library, path, name)
    assert faults == []


def _faults_at_a_height_that_stays(page: Page, frame: Frame, name: str) -> list[str]:
    """Return what overflows or is cut off in a fixed-height frame, as in Moodle."""
    faults = []
    for width, height in FRAMES:
        page.set_viewport_size({"width": width, "height": 900})
        give_whole_width(page)
        frame.evaluate(HAS_SIZE, [width, height])
        assert inner_size(frame) == [width, height]
        if (taller := frame.evaluate(TALLER)) > 0:
            faults.append(f"{width} px: {taller} px too high")
        if (cut := frame.evaluate(CUT)) > 0:
            faults.append(f"{width} px: {cut} px cut off under the film")
        take_pictures(page, f"fits-{path_name(name)}-{width}")
    return faults


def _faults_where_it_grows(page: Page, frame: Frame, name: str) -> list[str]:
    """Return what overflows or isn't accessible in a frame that grows with its page."""
    frame.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    faults = []
    for width in WIDTHS:
        if said := _overflow(page, frame, width):
            faults.append(f"{width} px: {said}")
        if theme := LOOKED_INTO.get(width):
            page.emulate_media(color_scheme=theme)
            faults += [f"{width} px, {theme}: {found}" for found in axe_faults(frame)]
        take_pictures(page, f"{path_name(name)}-{width}")
    return faults


def _faults_in_spanish(
    page: Page, frame: Frame, library: Library, path: str, name: str
) -> list[str]:
    """Return what doesn't fit on a phone in Spanish, or isn't marked as English."""
    organization = select(Organization.id).where(Organization.slug == f"{path_name(name)}-library")
    with library.served.carrel.database.transaction() as session:
        session.execute(
            update(FrameSession)
            .where(FrameSession.organization_id.in_(organization))
            .values(locale="es-MX")
        )
    frame.goto(f"{library.url}{path}")
    if not frame.evaluate(IS_SPANISH):
        return ["isn't in Spanish, and doesn't say so"]
    said = _overflow(page, frame, 390)
    take_pictures(page, f"{path_name(name)}-390-es")
    return [f"390 px, in Spanish: {said}"] if said else []


def _overflow(page: Page, frame: Frame, width: int) -> str:
    """Set the platform page's width and wait for the height request; returns what doesn't fit.

    On a busy machine the request can be late, so overflow is measured a second time.
    """
    page.set_viewport_size({"width": width, "height": 900})
    for _ in range(2):
        told = None
        while told != (told := sizes(page)):
            frame.evaluate(HAS_ASKED)
        if not (said := str(frame.evaluate(OVERFLOWS))):
            break
    return said


@pytest.mark.parametrize("name", ["watch", "watch without a name", "watch a clip"])
def test_video_gets_most_of_a_compact_frame(
    page: Page, library: Library, platform: Platform, name: str
) -> None:
    path = open_state(library.served, name, platform.url, slug=f"compact-{path_name(name)}")
    frame = framed(page, library, platform, path, kind=FIXED)
    give_whole_width(page, height=360)
    for width in COMPACT:
        page.set_viewport_size({"width": width, "height": 900})
        frame.evaluate(HAS_SIZE, [width, 360])
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
        take_pictures(page, f"compact-{path_name(name)}-{width}")
