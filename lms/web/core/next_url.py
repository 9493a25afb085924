"""The next URL: validates where to redirect afterward; only paths of this site."""

import re
from typing import Final
from urllib.parse import urlsplit

from flask import request

HOME: Final = "/library"
LONGEST: Final = 1000
# Browsers strip tabs and line breaks from URLs, and treat a backslash as a slash.
_STRANGE: Final = re.compile(r"[\x00-\x20\x7f\\]")


def local_path(raw: str | None) -> str | None:
    """Return the path if every browser would resolve it to this site, else None."""
    if not raw or len(raw) > LONGEST or _STRANGE.search(raw):
        return None
    if not raw.startswith("/") or raw.startswith("//"):
        return None
    try:
        parts = urlsplit(raw)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else raw


def asked_onward() -> str | None:
    """Return the validated local path in this request's `next` parameter, or None."""
    return local_path(request.form.get("next") or request.args.get("next"))
