"""Odd and hostile handouts, generated from scratch, and the outcome of each.

`python -m tests.handouts.document_cases` makes them all, takes each through the real check and
prints the table.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from media.documents.document_check import UnusableDocument, check_document
from tests.handouts.odd_document import Odd, taken
from tests.handouts.office_cases import OFFICE_CASES
from tests.handouts.pdf_cases import PDF_CASES

ODD: tuple[Odd, ...] = PDF_CASES + OFFICE_CASES


def become(odd: Odd, folder: Path) -> str:
    """Make an odd file, check it, and return the outcome."""
    path = folder / "sent"
    path.write_bytes(odd.make())
    try:
        found = check_document(path, folder / "clean")
    except UnusableDocument as refused:
        return refused.sentence
    return taken(found.kind, found.pages, *found.taken_out)


def table() -> Iterator[tuple[str, str]]:
    """Yield each odd file's name and its outcome."""
    for odd in ODD:
        with tempfile.TemporaryDirectory(prefix="carrel-odd-") as folder:
            yield odd.name, become(odd, Path(folder))


if __name__ == "__main__":
    for name, outcome in table():
        print(f"{name:<38} {outcome}", flush=True)  # noqa: T201  (the table)
