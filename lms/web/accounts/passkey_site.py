"""The passkey site: the host name for which passkeys are created, and the origin of our pages."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from flask import request

from lms.accounts.passkeys import Site
from lms.core.stripe_settings import is_loopback
from lms.web.core.request_context import carrel

LOCALHOST: Final = "localhost"


def passkey_site() -> Site:
    """Return the site of the base address, or http://localhost if both it and the request are local.

    Passkeys don't work with IP addresses. If the base address is a loopback address, people who try the
    product out can use passkeys by opening it as localhost.
    """
    base_url = carrel().settings.base_url
    host = urlsplit(base_url).hostname or ""
    if is_loopback(base_url) and urlsplit(request.host_url).hostname == LOCALHOST:
        return Site(LOCALHOST, request.host_url.rstrip("/"))
    return Site(host, base_url)


def can_have_passkeys(site: Site) -> bool:
    """Return whether passkeys can be created for a site: its host is a name, not an IP address."""
    try:
        ip_address(site.host)
    except ValueError:
        return True
    return False
