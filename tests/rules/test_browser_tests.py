"""Browser tests are marked in their own file, and no two of them share a sentence."""

import re
from collections import defaultdict

from tests.rules.source_files import ROOT
from tests.rules.test_wording import is_wording, plain, written

MARK = r"mark\.browser"
SOURCES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}


def test_only_test_files_are_marked_and_no_mark_is_imported() -> None:
    odd = [
        path
        for path, text in SOURCES.items()
        if re.search(r"^\s*(from|import) .*\bpytestmark\b", text, re.MULTILINE)
        or (re.search(MARK, text) and not path.name.startswith("test_"))
    ]
    assert odd == []


def test_dev_looks_for_the_mark() -> None:
    assert f'grep -rl "{MARK}" tests' in (ROOT / "dev").read_text(encoding="utf-8")


def test_each_sentence_is_in_only_one_file() -> None:
    files_of = defaultdict(set)
    for path, source in SOURCES.items():
        if re.search(MARK, source) or path.is_relative_to(ROOT / "tests/browser"):
            for _line, text in written(path):
                if is_wording(text):
                    files_of[plain(text).strip(" .,:;?!*")].add(path.name)
    repeated = {text: names for text, names in files_of.items() if len(names) > 1}
    assert repeated == {}, "find it by role, id, form action, or data-testid, or in one function"
