"""Each planted fault still has the line that it changes."""

from tests.planted_faults.draw import ROOT, read


def test_line_of_every_planted_fault_is_in_its_file() -> None:
    gone = []
    for number, (_, file, line, *_) in enumerate(read("faults.tsv"), 1):
        there = (ROOT / file).read_text(encoding="utf-8").splitlines()
        if [one.strip() for one in there].count(line) != 1:
            gone.append(f"{number} {file}: {line}")
    assert gone == []
