"""Requests to a platform's services, and the answers: media types, pages and refusals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from lti.selftest.platform.records import Course, Tool

ANYTHING: Final = frozenset(("*/*", "application/*"))


class Unserved(Exception):
    """A request that is not served; the message says why."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, headers or {}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `body` is sent as JSON, and nothing for None."""

    status: int
    body: Any = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """A request; the names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def target(self) -> str:
        """Return the path with the query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def args(self) -> dict[str, str]:
        """Return the parameters of the query."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def media_type(self) -> str:
        """Return the media type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    def form(self) -> dict[str, str]:
        """Return the fields of a form; raises Unserved for another media type."""
        if self.media_type != "application/x-www-form-urlencoded":
            raise Unserved(400, f"the body is {self.media_type!r}, not a form")
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self, media_type: str) -> dict[str, Any]:
        """Return the body, an object of a media type without nulls; raises Unserved."""
        if self.media_type != media_type:
            raise Unserved(415, f"the body must be {media_type}, not {self.media_type!r}")
        try:
            body = json.loads(self.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Unserved(400, "the body is not a JSON object")
        nulls = [name for name, value in body.items() if value is None]
        if nulls:
            raise Unserved(400, f"null is not a value: {', '.join(nulls)}")
        return body

    def must_accept(self, media_type: str) -> None:
        """Raise Unserved unless the Accept header has this media type (RFC 9110, section 12.5.1)."""
        accept = self.headers.get("accept") or "*/*"
        accepted = {one.partition(";")[0].strip() for one in accept.split(",")}
        if not accepted & {media_type, *ANYTHING}:
            raise Unserved(406, f"this is {media_type}, but Accept is {accept!r}")

    def count(self, name: str, default: int) -> int:
        """Return a whole number of the query; raises Unserved for anything else."""
        try:
            return int(self.args.get(name, default))
        except ValueError:
            raise Unserved(400, f"{name} is not a number") from None


@dataclass(frozen=True, slots=True)
class Asker:
    """A tool that asks about a course."""

    tool: Tool
    course: Course


def amount(body: Mapping[str, Any], name: str) -> float | None:
    """Return a number of 0 or more, None if it is missing; raises Unserved for anything else."""
    if name not in body:
        return None
    value = body[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise Unserved(400, f"{name} must be a number of 0 or more, not {value!r}")
    return float(value)
