"""Short descriptions of browsers."""

import pytest

from lms.web.core.browser_names import describe

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"{WINDOWS}; rv:148.0) Gecko/20100101 Firefox/148.0", "Firefox on Windows"),
        (f"{WINDOWS}) {WEBKIT} Chrome/150.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS}) {WEBKIT} Chrome/150.0.0.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari on an iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/19.0 Safari/605.1.15",
            "Safari on a Mac",
        ),
        (f"Mozilla/5.0 (Linux; Android 15) {WEBKIT} Chrome/150.0 Safari/537", "Chrome on Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64) {WEBKIT} Chrome/150.0 Safari/537", "Chrome on ChromeOS"),
        ("curl/8.5", "A browser"),
        ("", "A browser"),
        ("<script>alert(1)</script>" * 100, "A browser"),
    ],
)
def test_browser_is_described_by_its_name_and_system(agent: str, words: str) -> None:
    assert describe(agent) == words
