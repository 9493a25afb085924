"""Platform URLs: which addresses of a platform are usable, and their origins."""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from lms.core.errors import N_, Invalid
from lti.protocol.token_parts import is_storable

LONGEST_ADDRESS: Final = 1000
LONGEST_SAID: Final = 2000  # of an address in a message
# A host and an optional port, without credentials.
_PLACE: Final = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?")
NEEDS_HTTPS: Final = N_("Enter a web address that starts with https://.")
NOT_AN_ORIGIN: Final = N_("Enter only the scheme and host, such as https://lms.example.edu.")


def read_platform_address(text: str, *, field: str, allows_loopback: bool) -> str:
    """Return a platform's URL as given, with its case kept.

    Plain http is only for platforms on this machine whose registration allows it. Raises Invalid,
    naming `field`.
    """
    address = text.strip()
    parts = _split(address)
    is_safe = parts is not None and (
        parts.scheme == "https" or (allows_loopback and _is_plain_loopback(parts))
    )
    if not is_safe or len(address) > LONGEST_ADDRESS:
        raise Invalid(NEEDS_HTTPS, field=field)
    return address


def read_origin(text: str, *, field: str, allows_loopback: bool) -> str:
    """Return an origin (scheme, host, port); raises Invalid, naming `field`, for a longer URL."""
    address = read_platform_address(text, field=field, allows_loopback=allows_loopback).rstrip("/")
    if origin_of(address) != address.lower():
        raise Invalid(NOT_AN_ORIGIN, field=field)
    return origin_of(address)


def origin_of(address: str) -> str:
    """Return the origin of a web address, "" for other text: an issuer can be any text."""
    return _known_origin(address) if len(address) <= LONGEST_ADDRESS else _origin(address)


def _origin(address: str) -> str:
    parts = _split(address)
    if parts is None:
        return ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    plain = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in (None, plain) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


_known_origin: Final = lru_cache(maxsize=1024)(_origin)  # every launch asks for the same few


def origins_of(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct origins of these URLs, in order."""
    return tuple(dict.fromkeys(filter(None, map(origin_of, addresses))))


def is_loopback_host(host: str) -> bool:
    """Return whether a host is this machine by its name or address, without a DNS lookup."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _split(address: str) -> SplitResult | None:
    """Return the parts of a usable URL; None if browsers and urlsplit might parse it differently."""
    is_plain = address.isascii() and address.isprintable()  # it can become part of a header
    if not is_plain or any(mark in address for mark in " \\\"'<>;,"):
        return None
    try:
        parts = urlsplit(address)
        usable = parts.port is None or parts.port > 0
    except ValueError:
        return None
    host = parts.hostname or ""
    # in a frame-ancestors policy, * would match every host
    usable = usable and parts.scheme in ("http", "https") and bool(host) and "*" not in host
    return parts if usable and parts.username is None and not parts.fragment else None


def _is_plain_loopback(parts: SplitResult) -> bool:
    return parts.scheme == "http" and is_loopback_host(parts.hostname or "")


def web_address(value: str | None) -> str | None:
    """Return the text if it is a web address, else None."""
    return value if value is not None and len(value) <= LONGEST_SAID and _is_web(value) else None


@lru_cache(maxsize=4096)  # a course's service URLs repeat in each launch
def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port, (parts.hostname or "").encode("idna")
        is_there = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
    return is_there and _PLACE.fullmatch(parts.netloc) is not None and is_storable(address)
