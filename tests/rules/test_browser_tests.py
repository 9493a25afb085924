"""Browser tests are marked in their own file, by which ./dev finds them."""

import re

from tests.rules.source_files import ROOT

MARK = r"mark\.browser"
SOURCES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}


def test_only_tests_are_marked_and_no_mark_is_imported() -> None:
    odd = [
        path
        for path, text in SOURCES.items()
        if re.search(r"^\s*(from|import) .*\bpytestmark\b", text, re.MULTILINE)
        or (re.search(MARK, text) and not path.name.startswith("test_"))
    ]
    assert odd == []


def test_dev_looks_for_the_mark() -> None:
    assert f'grep -rl "{MARK}" tests' in (ROOT / "dev").read_text(encoding="utf-8")
