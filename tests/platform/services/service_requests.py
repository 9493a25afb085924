"""What the services of a course have in common: who asks, media types, pages, refusals."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Response, jsonify, request

from tests.platform.platform import Platform
from tests.platform.records import Course, Tool
from tests.platform.services.access_tokens import bearer
from tests.platform.vocabulary import Scope

ANYTHING: Final = "*/*"


class Unserved(Exception):
    """A request that is not served; the message goes to the tool's log."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said

    @property
    def response(self) -> Response:
        """The answer that says why."""
        answer = jsonify({"error": self.said})
        answer.status_code = self.status
        return answer


class Barred(Exception):
    """The access token does not reach so far; carries the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass(frozen=True, slots=True)
class Asker:
    """A tool in a course that it is deployed in."""

    tool: Tool
    course: Course


def asker(platform: Platform, course_id: str, *scopes: Scope) -> Asker:
    """Return who asks about which course. Raises Barred or Unserved."""
    access = bearer(platform.tokens, *scopes)
    if isinstance(access, Response):
        raise Barred(access)
    course = platform.records.courses.get(course_id)
    if course is None:
        raise Unserved(404, f"there is no course {course_id!r}")
    if platform.habits.line_item_query and request.blueprint != "members":
        _typed()
    return Asker(platform.records.tool(access.client_id), course)


def _typed() -> None:
    if request.args.get("type_id") != "7":
        raise Unserved(400, "type_id is missing: an address is used as it was given")


def takes(media_type: str) -> None:
    """Refuse a body of another type, and one that is no JSON object."""
    if request.mimetype != media_type:
        raise Unserved(415, f"the body has to be {media_type}, not {request.mimetype!r}")
    if not isinstance(request.get_json(force=True, silent=True), dict):
        raise Unserved(400, "the body is no JSON object")


def gives(media_type: str) -> None:
    """Refuse who would not accept this type (RFC 9110, section 12.5.1)."""
    accept = request.headers.get("Accept", ANYTHING)
    offered = [one.split(";")[0].strip() for one in accept.split(",")]
    if not {media_type, ANYTHING, "application/*"} & set(offered):
        raise Unserved(406, f"this is {media_type}, which Accept does not name")


def said(value: object, media_type: str, status: int = 200) -> Response:
    """Return an answer of a service."""
    answer = jsonify(value)
    answer.status_code = status
    answer.headers["Content-Type"] = media_type
    return answer


def limit_of(platform: Platform) -> int:
    """Return how many go on a page: never more than the platform likes."""
    try:
        asked = int(request.args.get("limit", platform.page_size))
    except ValueError:
        raise Unserved(400, "limit is no number") from None
    return max(1, min(asked, platform.page_size))


def number(body: dict[str, Any], name: str) -> float | None:
    """Return a number of the body, None when it is not there. Raises Unserved for anything else."""
    value = body.get(name)
    if value is None and name not in body:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise Unserved(400, f"{name} has to be a number of 0 or more, not {value!r}")
    return float(value)
