"""The edges of the video: nothing behind it is visible."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.conftest import Served, Visit
from tests.factories import make_grant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SLUG = "film-edges"
WIDTHS = (821, 1283, 1440)  # some of which place the video between pixels
AROUND = 3
CORNER = 8
DARK = 200  # out of 255; both the page and the poster are lighter
SHOWS_POSTER = """async () => {
    const shown = new Image();
    shown.src = document.querySelector("video").poster;
    await shown.decode();
    const {left, right, top, bottom} = document.querySelector(".watch-film").getBoundingClientRect();
    return [left, right, top, bottom];
}"""


def _dark_edges(page: Page, scale: float) -> list[str]:
    """Return edges with a dark pixel in the middle, and dark corners, above the controls."""
    left, right, top, bottom = (side * scale for side in page.evaluate(SHOWS_POSTER))
    shot = Image.open(BytesIO(page.screenshot())).convert("L")
    across, down = round((left + right) / 2), round((top + bottom) / 2)
    strips = {
        "left": (int(left) - AROUND, down, int(left) + AROUND, down + 1),
        "right": (int(right) - AROUND, down, int(right) + AROUND, down + 1),
        "top": (across, int(top) - AROUND, across + 1, int(top) + AROUND),
        "top left": (int(left), int(top), int(left) + CORNER, int(top) + CORNER),
        "top right": (int(right) - CORNER, int(top), int(right), int(top) + CORNER),
    }
    pixels = {edge: list(shot.crop(strip).tobytes()) for edge, strip in strips.items()}
    return [f"{edge}: {found}" for edge, found in pixels.items() if min(found) < DARK]


@pytest.mark.parametrize("scale", [1, 1.5])
def test_no_dark_line_shows_next_to_a_light_poster(
    served: Served, visit: Visit, scale: float
) -> None:
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, f"{SLUG}-{int(scale * 10)}", title="Film edges")
        alice = served.add_person(session, "Alice")
        make_grant(session, alice, webinar)
        slug, login_id = webinar.slug, alice.id
    page = visit(login_id, device_scale_factor=scale, color_scheme="light").page
    page.goto(f"/webinars/{slug}/watch")
    faults = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        faults += [f"at {width} px, {each}" for each in _dark_edges(page, scale)]
    assert faults == []


def test_video_has_square_corners_on_a_phone(served: Served, visit: Visit) -> None:
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, f"{SLUG}-phone", title="Film edges")
        alice = served.add_person(session, "Alice")
        make_grant(session, alice, webinar)
        slug, login_id = webinar.slug, alice.id
    page = visit(login_id, viewport={"width": 390, "height": 844}, color_scheme="light").page
    page.goto(f"/webinars/{slug}/watch")
    film = page.locator(".watch-film")
    looks = "it => [getComputedStyle(it).borderRadius, getComputedStyle(it).clipPath]"
    assert film.evaluate(looks) == ["0px", "none"]
