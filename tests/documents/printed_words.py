"""The words of a printed document, to compare with what was read from its PDF or page."""

import unicodedata
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from lms.documents.printed import PrintedDocument

NOT_READ = ("link", "kind")  # link targets and column layout


def words_of(document: PrintedDocument) -> list[str]:
    """Return all texts of a document in reading order."""
    return [squeezed(text) for text in _texts(asdict(document)) if text]


def squeezed(text: str) -> str:
    """Return a text without spaces and line breaks, which depend on the layout."""
    return "".join(unicodedata.normalize("NFC", text).split())


def left_over(text: str, document: PrintedDocument) -> str:
    """Return what a text contains besides the words of a document."""
    rest = squeezed(text)
    for word in sorted(words_of(document), key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, one in value.items():
                if name not in NOT_READ:
                    yield from _texts(one)
        case list() | tuple():
            for one in value:
                yield from _texts(one)
