"""Slots: small numbers that the running processes have, so that their files are used again."""

import fcntl
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from typing import Final

# A lock lasts as long as its file is open: until the process ends, however it does.
_locked: Final[list[TextIOWrapper]] = []


def metrics_folder(scratch: Path) -> Path:
    """Return where the processes of this machine write what they have counted."""
    return scratch / "metrics"


def take_slot(folder: Path) -> int:
    """Return the smallest number that no other running process has; this one has it to its end."""
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
    """Delete what was counted before; called before any process counts."""
    for file in folder.glob("*.db"):
        file.unlink()
