"""A page of the tool inside the platform's, which does as `lti.frameResize` asks."""

from typing import Any

from playwright.sync_api import Frame, Page

from tests.browser.lti.two_sites import Library
from tests.platform.platform import Platform

FIXED = "framed-fixed"
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
    """Put a page of the tool into the platform's; returns its frame, whatever became of it."""
    page.goto(platform.url)
    page.evaluate(FRAMED, [path, library.url, platform.url, kind])
    page.wait_for_function("window.platformMessages")
    frame = page.frame("tool")
    assert frame is not None
    return frame


def framed(page: Page, library: Library, platform: Platform, path: str, *, kind: str = "") -> Frame:
    """Show a page of the tool in the platform's, and wait until it has asked for its height.

    `kind` FIXED is a frame whose height nothing changes: 652 px, on a telephone 544 px.
    """
    frame = frame_in(page, library, platform, path, kind=kind)
    page.wait_for_function("window.platformMessages.some((one) => one.counts)")
    frame.wait_for_load_state("load")
    frame.evaluate("document.fonts.ready")
    return frame


def sizes(page: Page) -> list[dict[str, Any]]:
    """Return what the tool has told of its height so far."""
    said: list[dict[str, Any]] = page.evaluate("window.platformMessages")
    return [one for one in said if one["subject"] == "lti.frameResize"]
