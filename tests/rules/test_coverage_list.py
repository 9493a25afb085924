"""The list of files that tests must fully cover."""

from tests.rules.source_files import ROOT

LIST = "tests/fully_covered.txt"


def test_every_file_that_must_be_covered_exists() -> None:
    named = (ROOT / LIST).read_text(encoding="utf-8").split()
    assert named == sorted(set(named))
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_coverage_gate_reads_the_list() -> None:
    assert f"paste -sd, {LIST}" in (ROOT / "dev").read_text(encoding="utf-8")
