"""The simulated platform of the self-test: a key, an issuer, and its endpoints.

It is strict: any deviation in what the tool sends is recorded as a fault.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from lti.grades.grade_service import LINE_ITEM_TYPE, LINE_ITEMS_TYPE
from lti.http.access_tokens import ASSERTION_TYPE
from lti.keys.tool_keys import public_jwk
from lti.protocol.spec_vocabulary import LINE_ITEM_SCOPE, MEMBERS_SCOPE, SCORE_SCOPE
from lti.rosters.names_and_roles_service import MEMBERS_TYPE
from lti.selftest.certification_cases import MEMBERSHIP

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
    """The state of the platform: what it received; `published` are the tool's keys as last fetched."""

    url: str
    key: RSAPrivateKey
    kid: str
    published: Mapping[str, Any] = field(default_factory=dict)
    columns: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    score_paths: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    granted: dict[str, frozenset[str]] = field(default_factory=dict)
    tokens_asked: int = 0
    revokes_next: bool = False
    lock: Lock = field(default_factory=Lock)

    def sign(self, claims: object, **headers: object) -> str:
        """Sign any content; a header that is None is omitted."""
        header = {"typ": "JWT", "kid": self.kid, **headers}
        kept = {name: value for name, value in header.items() if value is not None}
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        return jwt.api_jws.encode(payload, self.key, algorithm="RS256", headers=kept)

    def verified(self, token: str) -> dict[str, Any]:
        """Return the claims of a token signed by the tool; raises jwt.PyJWTError for others."""
        kid = jwt.get_unverified_header(token).get("kid")
        keys = {key["kid"]: key for key in self.published.get("keys", ())}
        if kid not in keys:
            raise jwt.InvalidKeyError(f"the tool publishes no key {kid}")
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(keys[kid]),
            algorithms=["RS256"],
            options={"verify_aud": False},
            leeway=5,
        )
        return claims

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request of the tool, and record it."""
        with self.lock:
            path = urlsplit(target).path
            if path == "/jwks":
                return Answer(200, {"keys": [{**public_jwk(self.key), "kid": self.kid}]})
            if path == "/token":
                return self._grant(parse_qs(body.decode()))
            if path == "/members":
                return self._members(target, headers)
            if path == "/line_items":
                return self._line_items(method, target, headers, body)
            if path.endswith("/scores"):
                return self._score(target, headers, body)
            return Answer(404)

    def _grant(self, form: Mapping[str, list[str]]) -> Answer:
        self.tokens_asked += 1
        said = {name: values[0] for name, values in form.items()}
        try:
            claims = self.verified(said.get("client_assertion", ""))
        except jwt.PyJWTError as fault:
            return self._fault("assertion", str(fault), Answer(400, {"error": "invalid_client"}))
        wanted = {
            "iss": claims.get("iss") == CLIENT_ID,
            "sub": claims.get("sub") == CLIENT_ID,
            "aud": claims.get("aud") in (f"{self.url}/token", [f"{self.url}/token"]),
            "jti": bool(claims.get("jti")),
            "grant_type": said.get("grant_type") == "client_credentials",
            "client_assertion_type": said.get("client_assertion_type") == ASSERTION_TYPE,
        }
        wrong = [name for name, is_right in wanted.items() if not is_right]
        if wrong:
            return self._fault(
                "assertion", ", ".join(wrong), Answer(400, {"error": "invalid_client"})
            )
        scopes = [scope for scope in said.get("scope", "").split() if scope in GRANTED]
        token = secrets.token_urlsafe(24)
        self.granted[token] = frozenset(scopes)
        return Answer(
            200,
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": 3600,
                "scope": " ".join(scopes),
            },
        )

    def _members(self, target: str, headers: Mapping[str, str]) -> Answer:
        if not self._may(headers, MEMBERS_SCOPE):
            return Answer(401)
        if headers.get("accept") != MEMBERS_TYPE:
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
        if headers.get("content-type") != LINE_ITEM_TYPE:
            self._fault("column", f"Content-Type is {headers.get('content-type')}")
        made = {**json.loads(body), "id": f"{self.url}/line_items/1/lineitem?type_id=7"}
        self.columns.append(made)
        return Answer(201, made, LINE_ITEM_TYPE)

    def _score(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.revokes_next:
            self.revokes_next = False
            self.granted.clear()
        if not self._may(headers, SCORE_SCOPE):
            return Answer(401)
        self.score_paths.append(target)
        self.scores.append({**json.loads(body), "media_type": headers.get("content-type", "")})
        return Answer(204)

    def _may(self, headers: Mapping[str, str], scope: str) -> bool:
        token = headers.get("authorization", "").removeprefix("Bearer ")
        return scope in self.granted.get(token, frozenset())

    def _fault(self, where: str, what: str, answer: Answer | None = None) -> Answer:
        self.faults.append(f"{where}: {what}")
        return answer or Answer(400)


@contextmanager
def running_platform() -> Iterator[Platform]:
    """Run a platform on a free local port until the block ends."""
    server = ThreadingHTTPServer((HOST, 0), BaseHTTPRequestHandler)
    key = generate_private_key(public_exponent=65537, key_size=2048)
    platform = Platform(f"http://{HOST}:{server.server_port}", key, secrets.token_hex(8))
    server.RequestHandlerClass = _handler_of(platform)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler_of(platform: Platform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond("GET", b"")

        def do_POST(self) -> None:
            self._respond("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base's name)
            """Log nothing: the platform records its requests."""

        def _respond(self, method: str, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = platform.answer(method, self.path, headers, body)
            payload = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(payload)))
            if answer.link:
                self.send_header("Link", answer.link)
            self.end_headers()
            self.wfile.write(payload)

    return Handler
