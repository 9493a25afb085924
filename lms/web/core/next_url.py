"""The next URL: validates the path to go to afterward; only paths of this site."""

import re
from typing import Final
from urllib.parse import urlsplit

from flask import request

HOME: Final = "/library"
LONGEST: Final = 1000
# Browsers drop tabs and line ends from addresses, and read a backslash as a slash.
_STRANGE: Final = re.compile(r"[\x00-\x20\x7f\\]")


def local_path(raw: str | None) -> str | None:
    """Return the path if it stays in this house whatever a browser makes of it, else None."""
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
    """Return the local path that this request asks to go to afterwards, if it asks for one."""
    return local_path(request.form.get("next") or request.args.get("next"))
