"""The texts of a page that a person reads or hears."""

import re
from html.parser import HTMLParser
from typing import Final

WORD: Final = re.compile(r"[A-Za-z]{3,}")
SILENT: Final = frozenset({"script", "style", "svg", "kbd", "code"})
SAID: Final = ("aria-label", "placeholder", "title", "alt", "data-label")


class Texts(HTMLParser):
    """A parser for the texts of a page that a person reads or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._within.append(tag)
        self.found |= {value for name, value in attrs if name in SAID and value}

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.found.add(" ".join(data.split()))


def texts_of(page: str) -> set[str]:
    """Return the texts of a page that contain a word."""
    read = Texts()
    read.feed(page)
    return {text for text in read.found if WORD.search(text)}
