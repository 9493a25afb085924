"""Screenshots of every page, for each person who can visit it, at three widths, light and dark.

Run as `python -m tests.browser.page_pictures DIRECTORY [PART OF A PATH ...]` to write them, with
contact sheets of each width and theme.
"""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.person import Person
from tests.browser.route_walk import Stop, World, open_world, walk
from tests.contact_sheets import write_sheets
from tests.servers.chromium import running_chromium
from tests.servers.databases import databases

SIZES: Final[tuple[tuple[str, ViewportSize], ...]] = (
    ("phone", {"width": 390, "height": 844}),
    ("tablet", {"width": 820, "height": 1180}),
    ("desk", {"width": 1440, "height": 900}),
)
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
TALLEST: Final = 1600  # px of a page; the rest is cut off
COLUMNS: Final = {"phone": 8}  # per contact sheet of two rows; otherwise 4


def main(directory: Path, parts: list[str]) -> None:
    """Write the pictures and contact sheets."""
    directory.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place, databases() as made, running_chromium() as browser:
        with open_world(Path(place), made.prepared("carrel_pictures")) as world:
            stops = [
                stop
                for stop in walk(world).stops
                if not parts or any(part in stop.path for part in parts)
            ]
            for who in sorted({stop.who for stop in stops}):
                _take(browser, world, directory, [stop for stop in stops if stop.who == who])
        page = browser.new_page()
        for size, _viewport in SIZES:
            columns = COLUMNS.get(size, 4)
            for scheme in SCHEMES:
                look = f"{size}-{scheme}"
                pictures = [
                    (f"{stop.who} {stop.path}", _path(directory, stop, look)) for stop in stops
                ]
                write_sheets(
                    page, f"sheet-{look}", pictures, on_a_sheet=2 * columns, columns=columns
                )


def _take(browser: Browser, world: World, directory: Path, stops: list[Stop]) -> None:
    person = Person.arrive(
        browser, world.url, world.carrel, world.logins[stops[0].who], reduced_motion="reduce"
    )
    for stop in stops:
        person.page.goto(stop.path)
        for size, viewport in SIZES:
            for scheme in SCHEMES:
                path = _path(directory, stop, f"{size}-{scheme}")
                _picture(person.page, path, viewport, scheme)
    person.leave()


def _picture(page: Page, path: Path, size: ViewportSize, scheme: Literal["light", "dark"]) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    height = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(height, TALLEST)}
    page.screenshot(path=path, full_page=True, clip=clip)


def _path(directory: Path, stop: Stop, look: str) -> Path:
    place = re.sub(r"[^a-z0-9]+", "-", stop.path.lower()).strip("-") or "home"
    return directory / f"{look}-{stop.who}-{place[:90]}.png"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
