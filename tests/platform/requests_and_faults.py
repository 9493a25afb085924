"""Requests to the platform, and faults that a test starts for the next requests."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from threading import Event, RLock
from typing import Any, Final

from flask import Flask, Response, request

AREAS: Final = (
    "jwks",
    "token",
    "line_items",
    "scores",
    "results",
    "members",
    "auth",
    "configuration",
    "registration",
    "deep_linking",
    "page",
    "control",
)
SERVICES: Final = ("jwks", "token", "line_items", "scores", "results", "members")
LONGEST_HANG_S: Final = 120.0
HTML: Final = "<!doctype html><title>Maintenance</title><h1>We'll be back soon</h1>"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and the status of its response."""

    at: datetime
    area: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True)
class Trouble:
    """A fault instead of a response: a wait of `hang_s`, then a status, HTML, or another body.

    `html` without a status returns 200. `then_works` answers correctly after the wait. `lost` does
    the work and returns a 502. `times` is the number of requests, None for all until it is lifted.
    """

    status: int = 500
    html: bool = False
    body: str | None = None
    hang_s: float = 0.0
    retry_after: str | int | None = None
    then_works: bool = False
    lost: bool = False
    times: int | None = None


@dataclass(slots=True)
class Traffic:
    """The recorded calls and the active faults."""

    now: Callable[[], datetime]
    _calls: list[Call] = field(default_factory=list)
    _troubles: dict[str, Trouble] = field(default_factory=dict)
    _lifted: Event = field(default_factory=Event)
    _lock: RLock = field(default_factory=RLock)

    def calls(self, *areas: str) -> list[Call]:
        """Return recorded calls, oldest first; by default those from tools' servers."""
        wanted = areas or SERVICES
        with self._lock:
            return [call for call in self._calls if call.area in wanted]

    def forget(self) -> None:
        """Forget all calls so far."""
        with self._lock:
            self._calls.clear()

    def start(self, area: str, trouble: Trouble) -> None:
        """Start a fault in an area. Raises ValueError for an unknown area."""
        if area not in AREAS:
            raise ValueError(f"{area!r} is no area; they are {', '.join(AREAS)}")
        with self._lock:
            self._lifted.clear()
            self._troubles[area] = trouble

    def lift(self, *areas: str) -> None:
        """End faults, in all areas or some, and release waiting requests."""
        with self._lock:
            for area in areas or tuple(self._troubles):
                self._troubles.pop(area, None)
            self._lifted.set()

    def watch(self, app: Flask) -> None:
        """Record an app's requests and apply faults to them."""
        app.before_request(self._before)
        app.after_request(self._after)

    def _before(self) -> Response | None:
        request.get_data(cache=True)  # so the body can be recorded after a view has read it
        trouble = self._take(_area())
        if trouble is None:
            return None
        request.environ["tests.platform.trouble"] = trouble
        if trouble.hang_s:
            self._lifted.wait(min(trouble.hang_s, LONGEST_HANG_S))
        return None if trouble.then_works or trouble.lost else _answer(trouble)

    def _after(self, response: Response) -> Response:
        trouble: Trouble | None = request.environ.get("tests.platform.trouble")
        if trouble is not None and trouble.lost:
            response = Response(HTML, 502, mimetype="text/html")
        call = Call(
            at=self.now(),
            area=_area(),
            method=request.method,
            path=request.path,
            query=request.query_string.decode("ascii", "replace"),
            headers=dict(request.headers),
            body=request.get_data(),
            status=response.status_code,
        )
        with self._lock:
            self._calls.append(call)
        return response

    def _take(self, area: str) -> Trouble | None:
        with self._lock:
            trouble = self._troubles.get(area)
            if trouble is None:
                return None
            if trouble.times is not None:
                trouble.times -= 1
                if trouble.times <= 0:
                    del self._troubles[area]
            return trouble


def _area() -> str:
    """Return the area of the request: the blueprint's name, or `page` for all pages."""
    name = request.blueprint or "page"
    return name if name in AREAS else "page"


def _answer(trouble: Trouble) -> Response:
    if trouble.html:
        response = Response(HTML, trouble.status, mimetype="text/html")
    else:
        body = trouble.body if trouble.body is not None else '{"error": "trouble"}'
        response = Response(body, trouble.status, mimetype="application/json")
    if trouble.retry_after is not None:
        response.headers["Retry-After"] = str(trouble.retry_after)
    return response


def retry_date(seconds: float) -> str:
    """Return a Retry-After date this many seconds ahead (RFC 9110, section 10.2.3)."""
    return format_datetime(datetime.fromtimestamp(time.time() + seconds, UTC), usegmt=True)


def trouble_of(given: dict[str, Any]) -> Trouble:
    """Read a fault from JSON. Raises TypeError for an unknown field."""
    if given.get("html") and "status" not in given:
        given = {**given, "status": 200}
    return Trouble(**given)
