"""Texts of the code on pages and in emails: tests name a text by its constant or place, and its wording can change."""

import re
from html import unescape

from lms.mail.passages import passages_of


def is_empty(page: str) -> bool:
    """Return whether a page says that a list has nothing in it, and what to do."""
    return 'class="empty"' in page


def notice_with(page: str, part: str) -> str:
    """Return the notice that has a part, such as a link; "" if none has it."""
    notices = re.findall(r'<div class="notice .*?</div>\s*</div>', page, re.DOTALL)
    return next((one for one in map(unescape, notices) if part in one), "")


def count_in_notice(page: str, part: str) -> int | None:
    """Return the number in the title of the notice that has a part; None if none has it."""
    title = re.search(r"<strong>([^<]*)", notice_with(page, part))
    return int("".join(re.findall(r"\d", title[1]))) if title else None


def told(page: str, kind: str = "done") -> str:
    """Return what a page says in toasts of a kind and beside "Undo"; "" if it has none."""
    toasts = page.partition("data-toasts>")[2]  # before it are empty ones, for scripts
    texts = rf'data-toast="{kind}">(?:(?!data-toast=).)*?<p>([^<]+)</p>|data-undo-text>([^<]+)<'
    return unescape(" ".join(map("".join, re.findall(texts, toasts, re.DOTALL))))


def start_of(text: str) -> str:
    """Return a text of the code up to its first value."""
    return text.partition("%(")[0].rstrip()


def as_shown(text: str) -> str:
    """Return a text of the code with typographic apostrophes, as pages have them."""
    return text.replace("'", "\u2019")


def shows(page: str, text: str) -> bool:
    """Return whether a page has a text of the code."""
    return as_shown(text) in unescape(page)


def says(body: str, kind: str, place: int, **values: object) -> bool:
    """Return whether an email has the passage at a place among those of its kind, with values.

    `body` is its text or its HTML.
    """
    said = unescape(re.sub(r"<[^>]*>", "", body))
    return passages_of(kind)[place].original % values in " ".join(said.split())
