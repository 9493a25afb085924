"""The passkey site: the host name for which passkeys are made, and the origin of our pages."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from flask import request

from lms.accounts.passkeys import Site
from lms.core.stripe_settings import is_loopback
from lms.web.core.request_context import carrel

LOCALHOST: Final = "localhost"


def passkey_site() -> Site:
    """Return the site of the base address; at http://localhost, which means this machine, that one.

    An IP address has no passkeys, so while the base address is this machine's, people who try the
    product out open it as localhost.
    """
    base_url = carrel().settings.base_url
    host = urlsplit(base_url).hostname or ""
    if is_loopback(base_url) and urlsplit(request.host_url).hostname == LOCALHOST:
        return Site(LOCALHOST, request.host_url.rstrip("/"))
    return Site(host, base_url)


def can_have_passkeys(site: Site) -> bool:
    """Tell whether passkeys can be made for a site: for a host name, but not for an IP address."""
    try:
        ip_address(site.host)
    except ValueError:
        return True
    return False
