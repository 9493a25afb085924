"""Time from pressing play to the first frame in Chromium, compared with a bare hls.js page.

Both play the same files from the same `carrel serve`; the bare page is a video element with
unmodified hls.js and already has the address. They alternate, each in a new browser profile.
`ratio` is for a person who moves the pointer to the button and presses it a fifth of a second
later; `unannounced` is for a key press, which opens the session only then. Run: python -m
benchmarks.first_frame
"""

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lms.core.database import Database
from lms.migrations import upgrade
from media.video.transcoder import encode
from media.video.upload_probe import probe
from tests.browser.conftest import FILES, Film, Served, serving
from tests.browser.person import Person
from tests.factories import make_grant
from tests.servers.chromium import running_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    Press = Callable[[Page], None]

BAR: Final = 1.3
SLUG: Final = "first-frame"
PATH: Final = f"/webinars/{SLUG}/watch"
REACHES_MS: Final = 200
BARE: Final = """<!DOCTYPE html><title>Bare</title>
<script src="/static/vendor/hls.js/hls.min.js"></script>
<button id="play">Play</button><video width="960" height="540" playsinline></video>
<script>
  document.getElementById("play").addEventListener("click", () => {
    const video = document.querySelector("video"), hls = new Hls();
    hls.loadSource(decodeURIComponent(location.hash.slice(1)));
    hls.attachMedia(video);
    video.play();
  });
</script>"""
# the first frame presented after the press; one shown before doesn't count
WATCH_FOR_A_FRAME: Final = """
for (const name of ["click", "keydown"]) {
  document.addEventListener(name, (event) => {
    if (window.pressedAt || !event.isTrusted) return;
    window.pressedAt = event.timeStamp;
    document.querySelector("video").requestVideoFrameCallback((moment) => {
      window.firstFrame = moment - window.pressedAt;
    });
  }, {capture: true});
}
"""
OPEN: Final = """async () => {
    const {open, token} = document.querySelector("[data-watch]").dataset;
    const headers = {"Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token};
    const body = JSON.stringify({native: false, preview: false, take_over: true});
    const answer = await fetch(open, {method: "POST", headers, body});
    return (await answer.json()).hls;
}"""


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-first-frame-") as name:
        place = Path(name)
        source = FILES / "getting-the-most.mp4"
        encoded = encode(
            source,
            place / "run",
            probe(source),
            progress=lambda _share: None,
            canceled=lambda: False,
        )
        film, url = Film(place / "run", encoded), f"sqlite:///{place}/installation.db"
        database = Database(url)
        upgrade(database)
        database.dispose()
        with (
            serving(place, url, film) as served,
            running_chromium() as browser,
        ):
            print(json.dumps(measure(served, browser, options.rounds)))


def measure(served: Served, browser: "Browser", rounds: int) -> dict[str, object]:
    """Press play alternately in both; returns the medians and their ratios."""
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, SLUG, title="First frame")
        people = [served.add_person(session, name) for name in ("Alice", "Bob", "Carol")]
        for each in people:
            make_grant(session, each, webinar)
        alice, bob, carol = (each.id for each in people)
    ours: list[float] = []
    unannounced: list[float] = []
    bare: list[float] = []
    for number in range(rounds + 1):
        found = (
            _first_frame(served, browser, bob, _press_bare),
            _first_frame(served, browser, alice, _press_play),
            _first_frame(served, browser, carol, _press_a_key),
        )
        if number:  # the first round is a warm-up
            for each, times in zip(found, (bare, ours, unannounced), strict=True):
                times.append(each)
    yardstick = statistics.median(bare)
    return {
        "metric": "first frame",
        "ratio": round(statistics.median(ours) / yardstick, 2),
        "bar": BAR,
        "unannounced": round(statistics.median(unannounced) / yardstick, 2),
        "yardstick": "bare hls.js page on the same files",
        "load": round(os.getloadavg()[0], 1),
        "product_ms": round(statistics.median(ours)),
        "yardstick_ms": round(yardstick),
    }


def _first_frame(served: Served, browser: "Browser", login_id: int, press: "Press") -> float:
    person = Person.arrive(
        browser, served.url, served.carrel, login_id, viewport={"width": 1280, "height": 900}
    )
    try:
        person.page.add_init_script(WATCH_FOR_A_FRAME)
        person.page.goto(PATH)
        person.until("!!customElements.get('media-controller')")
        press(person.page)
        person.until("window.firstFrame !== undefined", within_s=30)
        return float(person.page.evaluate("window.firstFrame"))
    finally:
        person.page.goto("about:blank")  # leaving the page closes the session
        person.leave()


def _press_play(page: "Page") -> None:
    button = page.locator(".player-bar media-play-button")
    button.hover()
    page.wait_for_timeout(REACHES_MS)
    button.click()


def _press_a_key(page: "Page") -> None:
    page.keyboard.press("k")


def _press_bare(page: "Page") -> None:
    address = page.evaluate(OPEN)
    page.route("**/bare", lambda route: route.fulfill(body=BARE, content_type="text/html"))
    page.goto(f"/bare#{address}")
    button = page.locator("#play")
    button.hover()
    page.wait_for_timeout(REACHES_MS)
    button.click()


if __name__ == "__main__":
    main()
