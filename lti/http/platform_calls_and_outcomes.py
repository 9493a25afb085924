"""Platform calls and outcomes: one HTTP request, answered, to be retried later, or denied.

Every call has an end (5 s of silence, 10 s in all, a size), reaches no private network, keeps the
case of an address, and answers what to do next: it went through, it may later, or it never will.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, NameResolutionError, SSLError
from urllib3.exceptions import TimeoutError as TimeIsOver

from lms.core.errors import N_
from lti.http.guarded_connections import Line, NotPermitted, pool_for

LARGEST: Final = 1_000_000
MOST_REDIRECTS: Final = 3
LONGEST_WAIT: Final = timedelta(days=1)
REDIRECTS: Final = (301, 302, 303, 307, 308)
BUSY: Final = (429, 503)
PASSING: Final = (408, 423, 425)
AGENT: Final = "Carrel (LTI tool)"

NOT_AN_ADDRESS: Final = N_("The learning system's address can't be used: it is no https address.")
NOT_PERMITTED: Final = N_(
    "The learning system's address leads into a private network, which its registration doesn't allow."
)
MOVED: Final = N_(
    "The learning system answered with another address. Correct the address in its registration."
)
SILENT: Final = N_("The learning system didn't answer in time.")
NAMELESS: Final = N_("The learning system's address can't be found.")
NOT_TRUSTED: Final = N_("The learning system's certificate isn't valid.")
BROKEN_OFF: Final = N_("The connection to the learning system failed.")
TOO_LARGE: Final = N_("The learning system's answer is too large.")
WAIT: Final = N_("The learning system asks to wait.")
FAILED: Final = N_("The learning system had an error of its own.")
DENIED: Final = N_("The learning system refused it.")
NOT_UNDERSTOOD: Final = N_("The learning system's answer can't be read.")


@dataclass(frozen=True, slots=True)
class Call:
    """One request. Redirects are followed for GET alone, each judged like the first address.

    `allows_loopback` is the registration's: this machine and private networks, also by plain http.
    `longest_s` is how long it may take in all, where that is less than usual.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes | None = None
    allows_loopback: bool = False
    largest: int = LARGEST
    longest_s: float | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """It went through (2xx); header names are in lower case, `url` is where redirects led."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def is_html(self) -> bool:
        """Tell whether the body is a page for people: a maintenance notice, a sign-in page.

        The media type doesn't tell: Moodle sends an empty answer as text/html.
        """
        return self.body.lstrip()[:1] == b"<"


@dataclass(frozen=True, slots=True)
class Later:
    """It may work later; `wait` is what the platform asked for.

    `is_away` tells that nothing works there now: asking for something else is no use either.
    """

    reason: str
    wait: timedelta | None = None
    status: int | None = None
    is_away: bool = True


@dataclass(frozen=True, slots=True)
class Denied:
    """It won't work, however often it is tried; `said` is the beginning of the answer."""

    reason: str
    status: int | None = None
    said: str = ""


Outcome = Answered | Later | Denied


def make_call(call: Call) -> Outcome:
    """Make a call, and return what came of it; raises nothing that the network can cause."""
    with Line(allows_loopback=call.allows_loopback, longest_s=call.longest_s) as line:
        try:
            outcome = _follow(call, line)
        except NotPermitted:
            return Denied(NOT_PERMITTED)
        except NameResolutionError:
            return Later(NAMELESS)
        except TimeIsOver:
            return Later(SILENT)
        except SSLError:
            return Later(SILENT if line.is_cut else NOT_TRUSTED)
        except (HTTPError, OSError, ValueError):
            return Later(SILENT if line.is_cut else BROKEN_OFF)
    return Later(SILENT) if line.is_cut else outcome


def read_json(answer: Answered) -> Any:  # noqa: ANN401  (whatever the platform sent)
    """Return the JSON of an answer; raises ValueError for what is none, or is nested without end."""
    return parse_json(answer.body)


def parse_json(text: bytes | str) -> Any:  # noqa: ANN401  (whatever the platform sent)
    """Return what JSON says; raises ValueError for what is none, or is nested without end."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _follow(call: Call, line: Line) -> Outcome:
    url, headers = call.url, dict(call.headers)
    for _ in range(MOST_REDIRECTS + 1):
        if not _is_usable(url, call):
            return Denied(NOT_AN_ADDRESS)
        outcome = _ask(call, url, headers, line)
        if not isinstance(outcome, str):
            return outcome
        if call.method != "GET":
            return Denied(MOVED)
        onward = urljoin(url, outcome)
        if _origin(onward) != _origin(url):
            headers.pop("Authorization", None)
        url = onward
    return Denied(MOVED)


def _is_usable(url: str, call: Call) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    is_plain = parts.scheme == "http" and call.allows_loopback
    return bool(host) and parts.username is None and (parts.scheme == "https" or is_plain)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _ask(call: Call, url: str, headers: Mapping[str, str], line: Line) -> Outcome | str:
    """Ask one address; a redirect is answered as where it leads to."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with pool_for(line, parts.scheme, parts.hostname or "", parts.port) as pool:
        response = pool.urlopen(
            call.method,
            target,
            body=call.body,
            headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **headers},
            redirect=False,
            retries=False,
            preload_content=False,
        )
        try:
            return _read(call, url, response)
        finally:
            response.close()


def _read(call: Call, url: str, response: BaseHTTPResponse) -> Outcome | str:
    if response.status in REDIRECTS:
        return response.headers.get("Location") or Denied(MOVED, response.status)
    headers = {
        name.lower(): response.headers[name] for name in response.headers
    }  # joined by commas
    body = response.read(call.largest + 1)
    if 200 <= response.status < 300:
        if len(body) > call.largest:
            return Later(TOO_LARGE, status=response.status, is_away=False)
        return Answered(response.status, MappingProxyType(headers), body, url)
    return _failure(response.status, headers, body)


def _failure(status: int, headers: Mapping[str, str], body: bytes) -> Later | Denied:
    if status in BUSY:
        return Later(WAIT, _wait(headers), status)
    if status >= 500 or status in PASSING:
        return Later(FAILED, _wait(headers), status, is_away=False)
    return Denied(DENIED, status, body[:2000].decode("utf-8", "replace"))


def _wait(headers: Mapping[str, str]) -> timedelta | None:
    """Return what Retry-After asks for (RFC 9110, section 10.2.3); a date counts from the answer's own."""
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(timedelta(seconds=min(int(asked), 10**6)), LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(asked) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta()), LONGEST_WAIT)
