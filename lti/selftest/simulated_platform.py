"""The simulated platform of the self-test: a key, an issuer, and its endpoints.

It is strict: any deviation in what the tool sends is recorded as a fault.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from socketserver import ThreadingMixIn
from threading import RLock, Thread
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from lms.core import clock
from lti.grades.grade_service import LINE_ITEM_TYPE, LINE_ITEMS_TYPE
from lti.protocol.spec_vocabulary import LINE_ITEM_SCOPE, MEMBERS_SCOPE, SCORE_SCOPE
from lti.rosters.names_and_roles_service import MEMBERS_TYPE
from lti.selftest.certification_cases import MEMBERSHIP
from lti.selftest.platform_keys import Key
from lti.selftest.platform_tokens import Client, NotGranted, Tokens

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CLIENT_ID: Final = "carrel-selftest"
DEPLOYMENT: Final = "selftest"
COURSE: Final = "Course-A"
HOST: Final = "127.0.0.1"
GRANTED: Final = (LINE_ITEM_SCOPE, SCORE_SCOPE, MEMBERS_SCOPE)
MEMBERS: Final = (
    {"user_id": "Student-1", "name": "A student", "roles": ["Learner"], "status": "Active"},
    {"user_id": "student-1", "roles": [MEMBERSHIP + "Learner"], "status": "Active"},
    {"user_id": "Teacher-1", "roles": [MEMBERSHIP + "Instructor"], "status": "Active"},
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to a request of the tool."""

    status: int
    body: Any = None
    media_type: str = "application/json"
    link: str = ""


@dataclass(slots=True)
class Platform:
    """The state of the platform: the tool that it knows, and what it received from it."""

    url: str
    key: Key = field(default_factory=Key.make)
    tool: Client = field(
        default_factory=lambda: Client(
            client_id=CLIENT_ID, deployment_ids=[DEPLOYMENT], scopes=GRANTED
        )
    )
    columns: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    score_paths: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    tokens_asked: int = 0
    revokes_next: bool = False
    lock: RLock = field(default_factory=RLock)
    tokens: Tokens = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = Tokens({CLIENT_ID: self.tool}, f"{self.url}/token", clock.now, self.lock)

    def serve(self, environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        """Answer a request of the tool over HTTP."""
        query = environ.get("QUERY_STRING")
        target = f"{environ['PATH_INFO']}?{query}" if query else environ["PATH_INFO"]
        headers = {
            "accept": environ.get("HTTP_ACCEPT", ""),
            "authorization": environ.get("HTTP_AUTHORIZATION", ""),
            "content-type": environ.get("CONTENT_TYPE", ""),
        }
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = self.answer(environ["REQUEST_METHOD"], target, headers, body)
        said = [("Content-Type", answer.media_type)]
        if answer.link:
            said.append(("Link", answer.link))
        start(f"{answer.status} {HTTPStatus(answer.status).phrase}", said)
        return [b"" if answer.body is None else json.dumps(answer.body).encode()]

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request of the tool, and record it."""
        with self.lock:
            path = urlsplit(target).path
            if path == "/jwks":
                return Answer(200, {"keys": [self.key.jwk]})
            if path == "/token":
                return self._grant(dict(parse_qsl(body.decode())))
            if path == "/members":
                return self._members(target, headers)
            if path == "/line_items":
                return self._line_items(method, target, headers, body)
            if path.endswith("/scores"):
                return self._score(target, headers, body)
            return Answer(404)

    def _grant(self, form: Mapping[str, str]) -> Answer:
        self.tokens_asked += 1
        try:
            return Answer(200, self.tokens.grant(form))
        except NotGranted as refused:
            self._fault("assertion", refused.description)
            return Answer(400, {"error": refused.error})

    def _members(self, target: str, headers: Mapping[str, str]) -> Answer:
        if not self._may(headers, MEMBERS_SCOPE):
            return Answer(401)
        if headers["accept"] != MEMBERS_TYPE:
            self._fault("roster", f"Accept is {headers.get('accept')}")
        page = {"id": target, "context": {"id": COURSE}}
        if "Cursor=Second" in target:
            return Answer(200, {**page, "members": MEMBERS[2:]}, MEMBERS_TYPE)
        following = f'<{self.url}/members?Cursor=Second>; rel="next"'
        return Answer(200, {**page, "members": MEMBERS[:2]}, MEMBERS_TYPE, following)

    def _line_items(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        if not self._may(headers, LINE_ITEM_SCOPE):
            return Answer(401)
        if method == "GET":
            asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
            found = [
                column
                for column in self.columns
                if column.get("resourceLinkId") == asked.get("resource_link_id")
            ]
            return Answer(200, found, LINE_ITEMS_TYPE)
        if headers["content-type"] != LINE_ITEM_TYPE:
            self._fault("column", f"Content-Type is {headers.get('content-type')}")
        made = {**json.loads(body), "id": f"{self.url}/line_items/1/lineitem?type_id=7"}
        self.columns.append(made)
        return Answer(201, made, LINE_ITEM_TYPE)

    def _score(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.revokes_next:
            self.revokes_next = False
            self.tokens.expire_all()
        if not self._may(headers, SCORE_SCOPE):
            return Answer(401)
        self.score_paths.append(target)
        self.scores.append({**json.loads(body), "media_type": headers["content-type"]})
        return Answer(204)

    def _may(self, headers: Mapping[str, str], scope: str) -> bool:
        access = self.tokens.access(headers["authorization"].removeprefix("Bearer "))
        return access is not None and scope in access.scopes

    def _fault(self, where: str, what: str) -> None:
        self.faults.append(f"{where}: {what}")


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


@contextmanager
def running_platform() -> Iterator[Platform]:
    """Run a platform on a free local port until the block ends."""
    with LocalServer() as server:
        platform = Platform(server.url)
        with server.answering(platform.serve):
            yield platform
