"""A page of the tool in the platform's page, which grants `lti.frameResize` requests."""

import os
import re
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Frame, Page

from tests.browser.lti.two_sites import Library
from tests.platform.platform import Platform

FIXED = "framed-fixed"
FRAMES = ((390, 544), (1440, 652))  # Moodle's frames on a phone and on a desktop
TALLER = "document.scrollingElement.scrollHeight - window.innerHeight"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
FRAMED = """([path, origin, back, kind]) => {
    document.querySelector("main").innerHTML = `<div class="framed ${kind}" data-framed data-target="">
      <iframe data-tool name="tool" title="Tool" allow="fullscreen; autoplay"></iframe></div>`;
    const page = document.querySelector("[data-framed]");
    page.dataset.origins = JSON.stringify([origin]);
    page.dataset.back = back;
    page.dataset.begins = origin + path;
    const script = document.createElement("script");
    script.type = "module";
    script.src = "/static/framed.js";
    document.body.append(script);
}"""


def frame_in(
    page: Page, library: Library, platform: Platform, path: str, *, kind: str = ""
) -> Frame:
    """Load a page of the tool in the platform's frame, even if it fails; returns the frame."""
    page.goto(platform.url)
    page.evaluate(FRAMED, [path, library.url, platform.url, kind])
    page.wait_for_function("window.platformMessages")
    frame = page.frame("tool")
    assert frame is not None
    return frame


def framed(page: Page, library: Library, platform: Platform, path: str, *, kind: str = "") -> Frame:
    """Show a page of the tool in the platform's, and wait until it has requested its height.

    With `kind` FIXED, the frame's height doesn't change: 652 px, or 544 px on a phone.
    """
    frame = frame_in(page, library, platform, path, kind=kind)
    page.wait_for_function("window.platformMessages.some((one) => one.counts)")
    frame.wait_for_load_state("load")
    frame.evaluate("document.fonts.ready")
    return frame


def sizes(page: Page) -> list[dict[str, Any]]:
    """Return the tool's resize requests so far."""
    said: list[dict[str, Any]] = page.evaluate("window.platformMessages")
    return [one for one in said if one["subject"] == "lti.frameResize"]


def give_whole_width(page: Page, height: int | None = None) -> None:
    """Let the frame fill the platform's page, with this height if given."""
    given = f"height: {height}px !important" if height else ""
    page.add_style_tag(
        content="main { max-width: none !important; padding: 0 !important }"
        " .framed { margin: 0 !important }"
        f" iframe[data-tool] {{ border: 0 !important; {given} }}"
    )


def inner_size(frame: Frame) -> list[int]:
    """Return a frame's inner width and height."""
    size: list[int] = frame.evaluate("[window.innerWidth, window.innerHeight]")
    return size


def path_name(name: str) -> str:
    """Return the file name for a state's picture."""
    return re.sub(r"[^a-z]+", "-", name)


def take_picture(page: Page, name: str) -> None:
    """Take a picture of the frame (CARREL_SCREENSHOTS=directory)."""
    if place := os.environ.get("CARREL_SCREENSHOTS"):
        page.locator("iframe[data-tool]").screenshot(path=Path(place) / f"{name}.png")


def take_pictures(page: Page, name: str) -> None:
    """Take a picture of the frame in each theme (CARREL_SCREENSHOTS=directory)."""
    if "CARREL_SCREENSHOTS" in os.environ:
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            take_picture(page, f"{name}-{theme}")
