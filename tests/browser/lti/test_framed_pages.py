"""Every page in a learning system's frame: readable at any width and in both colors, in one piece."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Film
from tests.browser.lti.framed_states import STATES, open_state
from tests.browser.lti.tool_frame import framed, sizes
from tests.browser.lti.two_sites import Library, library_at
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.servers.axe import axe_faults
from tests.servers.databases import Databases

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WIDTHS = (320, 390, 820, 1440)
LOOKED_INTO = (390, 1440)  # as cards, and as tables
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
OVERFLOWS = """() => {
    const root = document.documentElement;
    const wide = root.scrollWidth > root.clientWidth;
    const bars = root.clientWidth < window.innerWidth || root.scrollHeight > window.innerHeight + 8;
    const faults = [];
    if (wide) faults.push(`wider than the frame: ${root.scrollWidth} > ${root.clientWidth}`);
    if (bars) faults.push(`scrolls in itself: ${root.scrollHeight} > ${window.innerHeight}`);
    return faults.join("; ");
}"""


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, made_databases: Databases, worker_id: str, film: Film
) -> Iterator[Library]:
    place = tmp_path_factory.mktemp("library")
    with library_at(place, made_databases.prepared(f"carrel_frames_{worker_id}"), film) as made:
        yield made


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with running_platform() as made:
        yield made


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
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            if width in LOOKED_INTO and (said := axe_faults(frame)):
                faults.append(f"{width} px, {theme}: {said}")
            take_picture(page, f"{path_name(name)}-{width}-{theme}")
    context.close()
    assert faults == []


def path_name(name: str) -> str:
    """Return how a picture of a state is called."""
    return re.sub(r"[^a-z]+", "-", name)


def _settle(page: Page, width: int) -> None:
    """Give the platform's page a width, and the tool's the time to ask for its height."""
    page.set_viewport_size({"width": width, "height": 900})
    said = None
    while said != (said := sizes(page)):
        page.wait_for_timeout(250)


def take_picture(page: Page, name: str) -> None:
    """Take a picture of the frame where somebody wants to look (CARREL_SCREENSHOTS=directory)."""
    if place := os.environ.get("CARREL_SCREENSHOTS"):
        page.locator("iframe[data-tool]").screenshot(path=Path(place) / f"{name}.png")
