"""The cookie reader: reads cookies of a request by name, without decoding the others."""

from collections.abc import Mapping, Sequence
from typing import Any


def cookies_in(environ: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """Return the values of the named cookies that a WSGI environ has, in the order of the names."""
    values = (cookie_in(environ, name) for name in names)
    return tuple(value for value in values if value is not None)


def cookie_in(environ: Mapping[str, Any], name: str) -> str | None:
    """Return the value of the first cookie with this name in a WSGI environ, or None.

    Nothing is decoded: other software on the same host may set cookies in any encoding, and ours are
    compared as received. Quotation marks around a value are removed (RFC 6265, section 5.2).
    """
    header: str = environ.get("HTTP_COOKIE", "")
    if name not in header:
        return None
    for part in header.split(";"):
        found, _, value = part.partition("=")
        if found.strip(" \t") == name:
            return value.strip(" \t").strip('"')
    return None
