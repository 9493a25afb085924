"""The guards name files and tests that exist, and cover every folder with long tests."""

import re

from tests.rules.source_files import ROOT

WORDS = {"all", "fork", "postgresql"}
GUARDS = [
    line.split("\t")
    for line in (ROOT / "tests/guards.tsv").read_text(encoding="utf-8").splitlines()
]


def test_every_guarded_file_and_its_tests_exist() -> None:
    named = {guarded for guarded, _, _ in GUARDS} | _tests()
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_long_test_guards_a_file() -> None:
    long = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if re.search(r"mark\.slow\b", path.read_text(encoding="utf-8"))
    }
    assert {path for path in long if not path.startswith(tuple(_tests()))} == set()


def _tests() -> set[str]:
    return {word for _, tests, _ in GUARDS for word in tests.split()} - WORDS
