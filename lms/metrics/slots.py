"""Slots: small numbers of the running processes, so that their files are reused."""

import fcntl
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from typing import Final

# A lock lasts as long as its file is open: until the process ends in any way.
_locked: Final[list[TextIOWrapper]] = []


def metrics_folder(scratch: Path) -> Path:
    """Return where the processes of this machine write their counts."""
    return scratch / "metrics"


def take_slot(folder: Path) -> int:
    """Return the smallest number that no other running process has; it is kept until the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in count():
        file = (folder / f"{number}.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        _locked.append(file)
        return number
    raise AssertionError("numbers have an end")


def forget_counts(folder: Path) -> None:
    """Delete former counts; called before any process counts."""
    for file in folder.glob("*.db"):
        file.unlink()
