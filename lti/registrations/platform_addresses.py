"""Platform addresses: which URLs a registration can have, and why others are rejected.

A hostname that resolves into a private network is detected only when it is called
(lti/http/guarded_connections.py).
"""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from lms.core.errors import N_, Invalid
from lti.http.guarded_connections import may_be_reached
from lti.protocol.platform_urls import is_loopback_host, read_platform_address

PRIVATE: Final = N_(
    "We can't reach this URL because it's in a private network. Enter the URL that works from the internet."
)
PLAIN: Final = N_(
    "This URL starts with http://, which doesn't protect names and sign-ins. Set up https:// "
    "on your LMS, then enter the URL that starts with https://."
)


def read_reachable_address(text: str, *, field: str, allows_loopback: bool) -> str:
    """Return a platform URL that we can call; raises Invalid, naming `field`."""
    try:
        address = read_platform_address(text, field=field, allows_loopback=allows_loopback)
    except Invalid:
        if text.strip().lower().startswith("http://"):
            raise Invalid(PLAIN, field=field) from None
        raise
    if not _may_be_reached(urlsplit(address).hostname or "", allows_loopback=allows_loopback):
        raise Invalid(PRIVATE, field=field)
    return address


def _may_be_reached(host: str, *, allows_loopback: bool) -> bool:
    try:
        return may_be_reached(ip_address(host), allows_loopback=allows_loopback)
    except ValueError:  # a hostname, which is resolved when it is called
        return allows_loopback or not is_loopback_host(host)
