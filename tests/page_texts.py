"""Texts of the code on pages: tests name a text by its constant, and its wording can change."""

import re
from html import unescape


def is_empty(page: str) -> bool:
    """Return whether a page says that a list has nothing in it, and what to do."""
    return 'class="empty"' in page


def told(page: str, kind: str = "done") -> str:
    """Return what a page says in toasts of a kind and beside "Undo"; "" if it has none."""
    toasts = page.partition("data-toasts>")[2]  # before it are empty ones, for scripts
    texts = rf'data-toast="{kind}">(?:(?!data-toast=).)*?<p>([^<]+)</p>|data-undo-text>([^<]+)<'
    return unescape(" ".join(map("".join, re.findall(texts, toasts, re.DOTALL))))


def start_of(text: str) -> str:
    """Return a text of the code up to its first value."""
    return text.partition("%(")[0].rstrip()


def shows(page: str, text: str) -> bool:
    """Return whether a page has a text of the code, with typographic apostrophes as pages have them."""
    return text.replace("'", "\u2019") in unescape(page)
