"""The Link header of a response (RFC 8288): the next page of a list."""

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from lti.http.platform_calls_and_outcomes import Answered

_LINK: Final = re.compile(
    r'<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"[^"]*"|[^",;\s]*))?)*)'
)
_RELATION: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]*))', re.IGNORECASE)


def related(answer: Answered, relation: str) -> str | None:
    """Return the URL that a response names for a relation, None without a valid one."""
    for address, parameters in _LINK.findall(answer.headers.get("link", "")):
        named = _RELATION.search(parameters)
        if named is not None and relation in (named[1] or named[2] or "").lower().split():
            return _joined(answer.url, address.strip())
    return None


def next_page(answer: Answered) -> str | None:
    """Return the URL of a list's next page, None if there is none or it is the page itself."""
    found = related(answer, "next")
    return None if found == answer.url else found


def _joined(here: str, address: str) -> str | None:
    try:
        found = urljoin(here, address)
        _ = urlsplit(found).port
    except ValueError:
        return None
    return found
