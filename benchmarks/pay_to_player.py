"""B-M1: time from pressing Pay on the card provider's page to a playing recording, in Chromium.

A new customer without an account buys one webinar by card on the simulated Stripe, returns, and
presses **Watch now** and play as soon as each appears. `checkout_ms` is the time before: from
pressing **Pay** at checkout to the provider's page. Each buyer has a new browser profile. Run:
python -m benchmarks.pay_to_player
"""

import argparse
import json
import os
import re
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lms.core.clock import now
from lms.core.database import Database
from lms.migrations import upgrade
from lms.models.grants import OfferKind
from lms.pricing.price_list import Price, set_prices
from lms.seller.settings import edit_seller
from media.video.transcoder import encode
from media.video.upload_probe import probe
from tests.browser.buying.shopper import choose, enter_person
from tests.browser.conftest import FILES, Film, Served, serving
from tests.browser.person import Person
from tests.seller.seller_settings import COMPLETE
from tests.servers.chromium import running_chromium
from tests.servers.stripe import running_stripe

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BAR_MS: Final = 5_000
SLUG: Final = "pay-to-player"
CARD: Final = "4242 4242 4242 4242"


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-pay-to-player-") as name:
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
            running_stripe() as stripe,
            serving(place, url, film, stripe_url=stripe.url) as served,
            running_chromium() as browser,
        ):
            print(json.dumps(measure(served, browser, options.rounds)))


def measure(served: Served, browser: "Browser", rounds: int) -> dict[str, object]:
    """Let buyers pay and watch, one after the other; returns medians and maximums."""
    yesterday = now() - timedelta(days=1)
    with served.carrel.database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=yesterday)
        prices = (Price(OfferKind.SINGLE, 1, 9900, "USD"),)
        set_prices(session, prices, actor=None, now=yesterday)
        served.add_webinar(session, SLUG, title="Pay to player")
    # the first buyer is a warm-up
    found = [_buy(served, browser, number) for number in range(rounds + 1)][1:]
    times = [each for _checkout, each in found]
    return {
        "metric": "pay to player",
        "ms": round(statistics.median(times)),
        "bar_ms": BAR_MS,
        "slowest_ms": round(max(times)),
        "checkout_ms": round(statistics.median(each for each, _time in found)),
        "load": round(os.getloadavg()[0], 1),
    }


def _buy(served: Served, browser: "Browser", number: int) -> tuple[float, float]:
    person = Person.arrive(
        browser, served.url, served.carrel, None, viewport={"width": 1280, "height": 900}
    )
    page = person.page
    try:
        page.goto(f"/webinars/{SLUG}")
        choose(page, "me")
        enter_person(page, "Sam Ortiz", f"sam-{number}@example.org")
        began = time.monotonic()
        page.get_by_role("button", name="Pay $99.00").click()
        page.get_by_label("Card number").fill(CARD)
        checked_out = time.monotonic()
        page.get_by_role("button", name=re.compile("^Pay")).click()
        page.get_by_role("link", name="Watch now").click()
        page.locator("media-controller .player-bar media-play-button").click()
        person.until("document.querySelector('video').currentTime > 0", within_s=30)
        played = time.monotonic()
        return (checked_out - began) * 1000, (played - checked_out) * 1000
    finally:
        page.goto("about:blank")
        person.leave()


if __name__ == "__main__":
    main()
