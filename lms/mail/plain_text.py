"""The plain text of an email, made from its HTML, so that each sentence is written once."""

import re
from html.parser import HTMLParser
from typing import Final

# In templates, `data-text="none"` leaves an element out of the text, `data-text="--"` begins the signature.
UNSEEN: Final = "none"
SIGNATURE: Final = "--"
_PARAGRAPHS: Final = frozenset({"p", "div", "h1", "h2", "h3", "ul", "ol", "table", "blockquote"})
_LINES: Final = {"br": "\n", "tr": "\n", "li": "\n- "}


def text_of(html: str) -> str:
    """Return an email's text: paragraphs apart, lists with dashes, and each link after its words."""
    reader = _Reader()
    reader.feed(html[max(0, html.find("<body")) :])
    reader.close()
    lines = (re.sub(" +", " ", line).strip() for line in "".join(reader.said).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._unseen = ""  # the tag of an element that is left out, while it is open
        self._keeps_lines = False
        self._link = ("", 0)  # its address, and where its words begin

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._unseen:
            return
        if given.get("data-text") == UNSEEN:
            self._unseen = tag
            return
        if tag == "a":
            self._link = (given.get("href") or "", len(self.said))
        self._keeps_lines = "pre-line" in (given.get("style") or "")
        self.said.append("\n\n" if tag in _PARAGRAPHS else _LINES.get(tag, ""))
        if given.get("data-text") == SIGNATURE:
            self.said.append("--\n")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen = "" if tag == self._unseen else self._unseen
            return
        if tag == "a":
            self._end_link()
        self._keeps_lines = False
        self.said.append("\n\n" if tag in _PARAGRAPHS else "")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data if self._keeps_lines else re.sub(r"\s+", " ", data))

    def _end_link(self) -> None:
        href, start = self._link
        words = "".join(self.said[start:]).strip()
        if not words:
            self.said.append(href)
        if words in href:  # an address, or one to write to
            return
        begins_line = "".join(self.said[:start]).rstrip(" ").endswith("\n")
        self.said.append(f":\n{href}\n" if begins_line else f" ({href})")
