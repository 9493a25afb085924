"""Every page in a learning system's frame: readable at any width and in both colors, in one piece."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Frame, Page
from sqlalchemy import update

from lti.models.launches import FrameSession
from tests.browser.lti.framed_states import STATES, open_state
from tests.browser.lti.tool_frame import framed, path_name, sizes, take_picture
from tests.browser.lti.two_sites import Library
from tests.platform.platform import Platform
from tests.servers.axe import axe_faults

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

IS_SPANISH = """document.documentElement.lang === "es-US"
    || document.body.innerText.includes("solo está disponible en inglés")"""
WIDTHS = (320, 390, 820, 1440)
LOOKED_INTO = (390, 1440)  # as cards, and as tables
# each with the rules of axe to try: by lamplight, a page has other colors and nothing else
AXE_RULES: Mapping[Literal["light", "dark"], Sequence[str]] = {
    "light": (),
    "dark": ("color-contrast",),
}
OVERFLOWS = """() => {
    const root = document.documentElement;
    const wide = root.scrollWidth > root.clientWidth;
    const bars = root.clientWidth < window.innerWidth || root.scrollHeight > window.innerHeight + 8;
    const faults = [];
    if (wide) faults.push(`wider than the frame: ${root.scrollWidth} > ${root.clientWidth}`);
    if (bars) faults.push(`scrolls in itself: ${root.scrollHeight} > ${window.innerHeight}`);
    return faults.join("; ");
}"""


@pytest.mark.parametrize("name", sorted(STATES))
def test_a_framed_page_fits_and_is_accessible(
    browser: "Browser", library: Library, platform: Platform, name: str
) -> None:
    path = open_state(library.served, name, platform.url)
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    frame = framed(page, library, platform, path)
    frame.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    faults = []
    for width in WIDTHS:
        _settle(page, width)
        if said := frame.evaluate(OVERFLOWS):
            faults.append(f"{width} px: {said}")
        for theme, rules in AXE_RULES.items():
            page.emulate_media(color_scheme=theme)
            if width in LOOKED_INTO and (said := axe_faults(frame, only=rules)):
                faults.append(f"{width} px, {theme}: {said}")
            take_picture(page, f"{path_name(name)}-{width}-{theme}")
    faults += _in_spanish(page, frame, library, path)
    take_picture(page, f"{path_name(name)}-390-es")
    context.close()
    assert faults == []


def _in_spanish(page: Page, frame: Frame, library: Library, path: str) -> list[str]:
    """Return what doesn't fit on a phone in Spanish, or says so in English."""
    with library.served.carrel.database.transaction() as session:
        session.execute(update(FrameSession).values(locale="es-MX"))
    frame.goto(f"{library.url}{path}")
    if not frame.evaluate(IS_SPANISH):
        return ["isn't in Spanish, and doesn't say so"]
    _settle(page, 390)
    said = frame.evaluate(OVERFLOWS)
    return [f"390 px, in Spanish: {said}"] if said else []


def _settle(page: Page, width: int) -> None:
    """Give the platform's page a width, and the tool's the time to ask for its height."""
    page.set_viewport_size({"width": width, "height": 900})
    said = None
    while said != (said := sizes(page)):
        page.wait_for_timeout(250)
