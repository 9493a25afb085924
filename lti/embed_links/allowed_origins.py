"""Allowed origins: sites that can frame an embed link, parsed and validated."""

import re
from typing import Final
from urllib.parse import urlsplit

from lms.core.errors import N_, Invalid
from lti.protocol.platform_urls import is_loopback_host, origin_of, read_origin

MOST: Final = 20
NONE_GIVEN: Final = N_("Enter at least one site, such as https://learn.example.org.")
TOO_MANY: Final = N_("Enter up to 20 sites.")
NO_WILDCARD: Final = N_("%(site)s: enter each site in full. You can't use *.")
NO_SCHEME: Final = N_("%(site)s: start with https://, as in https://%(site)s")
NO_PAGE: Final = N_("%(site)s: enter only the site, without the page: %(origin)s")
NEEDS_HTTPS: Final = N_("%(site)s: enter the https address. Sites without https aren't secure.")
NO_SITE: Final = N_("%(site)s isn't a site. Enter one like https://learn.example.org")
_BETWEEN: Final = re.compile(r"[\s,;]+")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
LONGEST_SHOWN: Final = 80


def read_origins(text: str) -> tuple[str, ...]:
    """Return the distinct origins in a text, separated by spaces, commas or line breaks.

    Plain http is allowed for this machine only. International names are converted to ASCII. Raises
    Invalid (field `origins`) with a message that names the first invalid site.
    """
    given = [each for each in _BETWEEN.split(text.strip()) if each]
    if not given:
        raise _fault(NONE_GIVEN)
    found = tuple(dict.fromkeys(_read(each) for each in given))
    if len(found) > MOST:
        raise _fault(TOO_MANY)
    return found


def _read(site: str) -> str:
    shown = site[:LONGEST_SHOWN]
    if "*" in site:
        raise _fault(NO_WILDCARD, site=shown)
    if "://" not in site:
        is_name = bool(_HOST.fullmatch(site.partition("/")[0].lower()))
        raise _fault(NO_SCHEME if is_name else NO_SITE, site=shown)
    try:
        parts = urlsplit(site)
        host = _ascii((parts.hostname or "").lower())
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        raise _fault(NO_SITE, site=shown) from None
    if not _HOST.fullmatch(host) or parts.username is not None:
        raise _fault(NO_SITE, site=shown)
    if parts.scheme == "http" and not is_loopback_host(host):
        raise _fault(NEEDS_HTTPS, site=shown)
    origin = f"{parts.scheme}://{host}{port}"
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _fault(NO_PAGE, site=shown, origin=origin)
    try:
        return read_origin(origin_of(origin), field="origins", allows_loopback=True)
    except Invalid:
        raise _fault(NO_SITE, site=shown) from None


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _fault(sentence: str, **values: str) -> Invalid:
    told = sentence % values if values else sentence
    return Invalid(told, field="origins")
