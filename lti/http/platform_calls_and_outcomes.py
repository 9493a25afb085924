"""Platform calls and outcomes: one HTTP request, answered, to be retried later, or denied.

Every call is limited (5 s without data, 10 s in total, a maximum size), reaches no private network, and
keeps the case of URLs. Its outcome says what to do next: it succeeded, retry later, or never retry.
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

NOT_AN_ADDRESS: Final = N_("The URL of the LMS must start with https.")
NOT_PERMITTED: Final = N_(
    "The URL of the LMS is in a private network, which its registration doesn't allow."
)
MOVED: Final = N_("The LMS redirected us to a different URL. Correct the URL in its registration.")
SILENT: Final = N_("The LMS didn't respond in time.")
NAMELESS: Final = N_("We couldn't find the LMS's address.")
NOT_TRUSTED: Final = N_("The LMS's security certificate isn't valid.")
BROKEN_OFF: Final = N_("The connection to the LMS failed.")
TOO_LARGE: Final = N_("The LMS's response is too large.")
WAIT: Final = N_("The LMS asked us to wait.")
FAILED: Final = N_("The LMS had an error.")
DENIED: Final = N_("The LMS refused the request.")
NOT_UNDERSTOOD: Final = N_("We can't read the LMS's response.")


@dataclass(frozen=True, slots=True)
class Call:
    """One request. Only GET follows redirects, and each is checked like the first URL.

    `allows_loopback` is the registration's setting: permits this machine and private networks, also by
    plain http. `longest_s` is the total time limit in seconds, if shorter than usual.
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
    """A successful response (2xx); header names are lowercase, `url` is the URL after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def is_html(self) -> bool:
        """Return whether the body is an HTML page, such as a maintenance notice or a sign-in page.

        The media type is unreliable: Moodle sends an empty response as text/html.
        """
        return self.body.lstrip()[:1] == b"<"


@dataclass(frozen=True, slots=True)
class Later:
    """A failure that can pass; `wait` is what the platform requested.

    `is_away` is True if the whole platform is in an outage, so that other calls would fail, too.
    """

    reason: str
    wait: timedelta | None = None
    status: int | None = None
    is_away: bool = True


@dataclass(frozen=True, slots=True)
class Denied:
    """A permanent failure; `said` is the beginning of the response."""

    reason: str
    status: int | None = None
    said: str = ""


Outcome = Answered | Later | Denied


def make_call(call: Call) -> Outcome:
    """Make a call and return its outcome; never raises for network failures."""
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
    """Return the JSON of a response; raises ValueError for invalid or too deeply nested JSON."""
    return parse_json(answer.body)


def parse_json(text: bytes | str) -> Any:  # noqa: ANN401  (whatever the platform sent)
    """Return parsed JSON; raises ValueError if it is invalid or nested too deeply."""
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
    """Request one URL; return the outcome, or the target of a redirect."""
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
    # Repeated headers are joined by commas.
    headers = {name.lower(): response.headers[name] for name in response.headers}
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
    """Return the wait in Retry-After (RFC 9110, 10.2.3); a date is relative to the response's Date header."""
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        seconds = int(asked) if len(asked) < 10 else 10**6  # int() refuses thousands of digits
        return min(timedelta(seconds=seconds), LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(asked) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta()), LONGEST_WAIT)
