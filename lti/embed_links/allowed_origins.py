"""Allowed origins: sites that may frame an embed link, parsed and validated."""

import re
from typing import Final
from urllib.parse import urlsplit

from lms.core.errors import N_, Invalid
from lti.protocol.platform_urls import is_loopback_host, origin_of, read_origin

MOST: Final = 20
NONE_GIVEN: Final = N_("Name at least one site, such as https://learn.example.org.")
TOO_MANY: Final = N_("Name at most 20 sites.")
NO_WILDCARD: Final = N_("%(site)s: name each site in full; a * isn't taken.")
NO_SCHEME: Final = N_("%(site)s: begin with https://, as in https://%(site)s")
NO_PAGE: Final = N_("%(site)s: give the site alone, without the page: %(origin)s")
NEEDS_HTTPS: Final = N_("%(site)s: a site without https can't be trusted; give its https address.")
NO_SITE: Final = N_("%(site)s is no site. Write it as https://learn.example.org")
_BETWEEN: Final = re.compile(r"[\s,;]+")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
LONGEST_SHOWN: Final = 80


def read_origins(text: str) -> tuple[str, ...]:
    """Return the origins in a text, one a line, each once.

    Plain http is for this machine alone. A name in another script is kept in its ASCII form.
    Raises Invalid (field `origins`) with a sentence that names the first that can't be used.
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
    return Invalid(told, fields={"origins": told})
