"""A platform: its URLs, key, records and access tokens, and the requests it received."""

from collections.abc import Mapping
from datetime import datetime
from threading import RLock
from typing import Any, Final

from lms.core import clock
from lti.selftest.platform.claims import Addresses, Launch, claims_of
from lti.selftest.platform.keys import Key
from lti.selftest.platform.records import Records, Tool
from lti.selftest.platform.requests import Asker, Request, Unserved
from lti.selftest.platform.tokens import Tokens
from lti.selftest.platform.vocabulary import Scope

TOKEN_LASTS_S: Final = 3600


class Platform:
    """The state of a platform; any thread can use it while the server answers."""

    def __init__(self, addresses: Addresses, key: Key) -> None:
        """Make a platform without courses and tools."""
        self.addresses = addresses
        self.key = key
        self.published = [key]
        self.lock = RLock()
        self.records = Records()
        self.tokens = Tokens(self.records.tools, addresses.token, self.now, self.lock)
        self.launches: dict[str, Launch] = {}  # by message hint
        self.requests: list[Request] = []
        self.faults: list[str] = []
        self.page_size = 50
        self._nonces: set[tuple[str, str]] = set()

    @property
    def url(self) -> str:
        """Return the platform's own URL."""
        return self.addresses.url

    @property
    def issuer(self) -> str:
        """Return the issuer."""
        return self.addresses.issuer

    def now(self) -> datetime:
        """Return the time."""
        return clock.now()

    def claims_of(self, launch: Launch, nonce: str) -> dict[str, Any]:
        """Return all claims of a launch, replaced and omitted as it says."""
        claims = {**self.message(launch, nonce), **launch.claims}
        return {name: value for name, value in claims.items() if name not in launch.without}

    def message(self, launch: Launch, nonce: str) -> dict[str, Any]:
        """Return the claims of a launch before any is replaced."""
        issued = int(self.now().timestamp())
        times = {"iat": issued, "exp": issued + TOKEN_LASTS_S}
        return {**claims_of(launch, nonce, self.addresses), **times}

    def jwks(self) -> Mapping[str, Any]:
        """Return the published key set."""
        with self.lock:
            return {"keys": [key.jwk for key in self.published]}

    def is_new(self, tool: Tool, nonce: str) -> bool:
        """Return whether a nonce is new, and remember it."""
        with self.lock:
            known = (tool.client_id, nonce) in self._nonces
            self._nonces.add((tool.client_id, nonce))
        return not known

    def asker(self, request: Request, course_id: str, *scopes: Scope) -> Asker:
        """Return which tool asks about which course, with a token for one of the scopes (RFC 6750).

        Raises Unserved.
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        access = self.tokens.access(token) if kind == "Bearer" else None
        if access is None:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            raise Unserved(401, "the access token is unknown or expired", challenge)
        if not access.scopes.intersection(scopes):
            raise Unserved(403, f"the access token is not for {' or '.join(scopes)}")
        course = self.records.courses.get(course_id)
        if course is None:
            raise Unserved(404, f"there is no course {course_id!r}")
        return Asker(self.records.tool(access.client_id), course)
