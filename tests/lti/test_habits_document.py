"""The table of LMS habits names existing tests and includes every simulated product."""

import re
from pathlib import Path

from tests.platform.product_quirks import BY_NAME

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs/lti-habits.md").read_text()


def test_named_tests_exist() -> None:
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", TABLE)
    assert len(named) > 20
    missing = [
        f"{file}::{test}"
        for file, test in named
        if f"def {test}(" not in (ROOT / "tests" / file).read_text()
    ]
    assert missing == []


def test_simulated_products_are_listed() -> None:
    words = TABLE.replace(" ", "_").lower()
    assert [name for name in BY_NAME if name != "plain" and name not in words] == []
