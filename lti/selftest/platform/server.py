"""The server of a platform: routes requests to its services, on a local port."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from lti.selftest.platform.line_items import create_line_item, list_line_items, show_line_item
from lti.selftest.platform.platform import Platform
from lti.selftest.platform.requests import Answer, Request, Unserved
from lti.selftest.platform.scores import list_results, post_score
from lti.selftest.platform.tokens import NotGranted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
from typing import Any

from lti.selftest.platform.line_items import page_limit
from lti.selftest.platform.records import Membership
from lti.selftest.platform.vocabulary import MEMBERS_TYPE, MEMBERSHIP, Scope

# upper and lower case count, so that a tool that changes URLs is noticed
FROM: Final = "From"
SINCE: Final = "Since"
KNOWN: Final = {"role", "limit", "rlid", FROM, SINCE}

HOST: Final = "127.0.0.1"


def answer(platform: Platform, request: Request) -> Answer:
    """Answer a request of a tool, and record it and what is wrong with it."""
    service = request.path.rpartition("/")[2]
    platform.requests.append(request)
    try:
        return _route(platform, request)
    except NotGranted as refused:
        platform.faults.append(f"{service}: {refused.description}")
        return Answer(400, {"error": refused.error, "error_description": refused.description})
    except Unserved as refused:
        if refused.status != HTTPStatus.UNAUTHORIZED:  # an expired token is renewed
            platform.faults.append(f"{service}: {refused}")
        return Answer(refused.status, {"error": str(refused)}, headers=refused.headers)


def _route(platform: Platform, request: Request) -> Answer:
    match (request.method, *request.path.split("/")[1:]):
        case ("GET", "jwks"):
            return Answer(200, platform.jwks(), headers={"Cache-Control": "no-cache"})
        case ("POST", "token"):
            return Answer(200, platform.tokens.grant(request.form()))
        case ("GET", "nrps", course_id, "members"):
            with platform.lock:
                return list_members(platform, request, course_id)
        case (method, "ags", course_id, "line_items", *rest):
            with platform.lock:
                return _route_grades(platform, request, method, course_id, *rest)
        case _:
            raise Unserved(404, f"there is no {request.method} {request.path}")


def _route_grades(
    platform: Platform, request: Request, method: str, course_id: str, *rest: str
) -> Answer:
    match (method, *rest):
        case ("GET",):
            return list_line_items(platform, request, course_id)
        case ("POST",):
            return create_line_item(platform, request, course_id)
        case ("GET", item_id, "lineitem"):
            return show_line_item(platform, request, course_id, item_id)
        case ("POST", item_id, "lineitem", "scores"):
            return post_score(platform, request, course_id, item_id)
        case ("GET", item_id, "lineitem", "results"):
            return list_results(platform, request, course_id, item_id)
        case _:
            raise Unserved(404, f"there is no {method} {request.path}")


def app_of(platform: Platform) -> "WSGIApplication":
    """Return a platform's services as a WSGI application."""

    def serve(environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        headers = {
            "accept": environ.get("HTTP_ACCEPT", ""),
            "authorization": environ.get("HTTP_AUTHORIZATION", ""),
            "content-type": environ.get("CONTENT_TYPE", ""),
        }
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        given = answer(platform, Request(environ["REQUEST_METHOD"], path, query, headers, body))
        said = [("Content-Type", given.media_type), *given.headers.items()]
        start(f"{given.status} {HTTPStatus(given.status).phrase}", said)
        return [b"" if given.body is None else json.dumps(given.body).encode()]

    return serve


class LocalServer(ThreadingMixIn, WSGIServer):
    """A server on a free local port."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Quiet)
        self.url = f"http://{HOST}:{self.server_port}"

    @contextmanager
    def answering(self, app: "WSGIApplication") -> Iterator[None]:
        """Serve an app until the block ends."""
        self.set_app(app)
        thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join(5)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_said: object) -> None:
        """Log nothing: these are not real visitors."""


def list_members(platform: Platform, request: Request, course_id: str) -> Answer:
    """Answer with a page of a course's roster, or of its changes; raises Unserved."""
    course = platform.asker(request, course_id, Scope.MEMBERS_READ).course
    request.must_accept(MEMBERS_TYPE)
    args = request.args
    if args.keys() - KNOWN:
        raise Unserved(404, f"unknown parameters: {', '.join(sorted(args.keys() - KNOWN))}")
    start, limit = request.count(FROM, 0), page_limit(platform, request)
    since = request.count(SINCE, 0)
    found = [member for member in course.members.values() if _is_listed(member, since, args)]
    body = {
        "id": platform.url + request.target,
        "context": {"id": course.id, "label": course.label, "title": course.title},
        "members": [as_json(member) for member in found[start : start + limit]],
    }
    if start + limit < len(found):
        rel, following = "next", {**args, FROM: str(start + limit)}
    else:
        rel, following = "differences", {**args, FROM: "0", SINCE: str(course.revision)}
    query = "&".join(f"{name}={value}" for name, value in following.items())
    link = f'<{platform.url}{request.path}?{query}>; rel="{rel}"'
    return Answer(200, body, MEMBERS_TYPE, {"Link": link})


def as_json(member: Membership) -> dict[str, Any]:
    """Return a member as the roster lists one; withheld names are omitted."""
    person = member.person
    return {
        "status": member.status,
        "user_id": person.id,
        "roles": [*member.roles, *person.system_roles],
        **person.claims,
    }


def _is_listed(member: Membership, since: int, args: dict[str, str]) -> bool:
    """Return whether a member is listed: those who left only among the differences."""
    role = args.get("role")
    if role is not None and not {role, MEMBERSHIP + role} & set(member.roles):
        return False
    return member.revision > since if since else member.status != "Deleted"
