"""The cookie reader: reads one cookie of a request, without decoding the others."""

from collections.abc import Mapping, Sequence
from typing import Any


def first_cookie_in(environ: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """Return the value of the first of these cookies that a WSGI environ has, None without any."""
    values = (cookie_in(environ, name) for name in names)
    return next((value for value in values if value is not None), None)


def cookie_in(environ: Mapping[str, Any], name: str) -> str | None:
    """Return the value of the first cookie of this name in a WSGI environ, None where there is none.

    Nothing is decoded: other software on the same host may set a cookie in any encoding, and ours
    are compared as they came. Quotation marks around a value don't count (RFC 6265, section 5.2).
    """
    header: str = environ.get("HTTP_COOKIE", "")
    if name not in header:
        return None
    for part in header.split(";"):
        found, _, value = part.partition("=")
        if found.strip(" \t") == name:
            return value.strip(" \t").strip('"')
    return None
