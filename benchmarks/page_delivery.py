"""B-W1: what pages transfer from `carrel serve`, and when they are painted on slow 3G in Chromium.

Slow 3G is 400 kb/s with 400 ms of latency. Each of nine kinds of pages is opened with an empty
cache: `kb` is the kilobytes transferred with headers and without pictures, `files` their number,
`fcp_s` and `lcp_s` the first and the largest contentful paint, `cls` the layout shift until loading
ends. The processor isn't slowed; `load` is the machine's load. Run: python -m
benchmarks.page_delivery
"""

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lms.core.database import Database
from lms.migrations import upgrade
from tests.browser.delivered_pages import KINDS, Wire, opened, serving_world
from tests.browser.route_walk import World
from tests.servers.chromium import running_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SLOW_3G: Final = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
}
BARS: Final = {"kb": 120, "fcp_s": 2, "lcp_s": 4, "cls": 0.02}
WATCH_KB: Final = 350
VIEWPORTS: Final = {
    "phone": {"width": 390, "height": 844},
    "desk": {"width": 1440, "height": 900},
}
OBSERVE: Final = """
window.painted = {fcp: 0, lcp: 0, cls: 0};
const seen = (type, act) => new PerformanceObserver((list) => list.getEntries().forEach(act))
    .observe({type, buffered: true});
seen("paint", (e) => { if (e.name === "first-contentful-paint") painted.fcp = e.startTime; });
seen("largest-contentful-paint", (e) => { painted.lcp = e.startTime; });
seen("layout-shift", (e) => { if (!e.hadRecentInput) painted.cls += e.value; });
"""


def main() -> None:
    """Print one line of JSON for each kind of page and width."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=tuple(KINDS), help="one kind of page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-page-delivery-") as name:
        url = f"sqlite:///{name}/installation.db"
        database = Database(url)
        upgrade(database)
        database.dispose()
        with serving_world(Path(name), url) as world, running_chromium() as browser:
            for kind in (options.only,) if options.only else KINDS:
                for width in VIEWPORTS:
                    print(
                        json.dumps(measure(browser, world, kind, width, options.rounds)), flush=True
                    )


def measure(
    browser: "Browser", world: World, kind: str, width: str, rounds: int
) -> dict[str, object]:
    """Open a page several times with an empty cache; returns medians."""
    _open(browser, world, kind, width)  # generated files are ready
    found = [_open(browser, world, kind, width) for _ in range(rounds)]
    bars = BARS | ({"kb": WATCH_KB} if kind == "watch" else {})
    figures = {name: round(statistics.median(each[name] for each in found), 3) for name in found[0]}
    return {
        "metric": "B-W1",
        "page": kind,
        "width": width,
        **figures,
        "is_within": all(figures[name] <= bar for name, bar in bars.items()),
        "load": round(os.getloadavg()[0], 1),
    }


def _open(browser: "Browser", world: World, kind: str, width: str) -> dict[str, float]:
    with opened(browser, world, kind, viewport=VIEWPORTS[width]) as (person, path):
        person.page.add_init_script(OBSERVE)
        wire = Wire(person.page)
        wire.session.send("Network.emulateNetworkConditions", SLOW_3G)
        answer = person.page.goto(path, wait_until="load", timeout=120_000)
        if answer is None or answer.status != 200:
            raise SystemExit(f"page_delivery: {path} was not shown")
        wire.wait_until_quiet()
        painted: dict[str, Any] = person.page.evaluate("window.painted")
        came = wire.arrival()
    return {
        "kb": came.total / 1000,
        "files": len(came.files),
        "fcp_s": painted["fcp"] / 1000,
        "lcp_s": painted["lcp"] / 1000,
        "cls": painted["cls"],
    }


if __name__ == "__main__":
    main()
