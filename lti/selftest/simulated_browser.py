"""The simulated browser of the self-test: a visitor's requests and the responses."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import urlencode, urlsplit

from urllib3 import PoolManager, Timeout

TIMEOUT: Final = Timeout(connect=5, read=20)
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
JSON: Final = {"Accept": "application/json"}
OPENED: Final = re.compile(r"/lti/s/[A-Za-z0-9_-]{43}/")
NOTHING_SAID: Final = "no answer that can be read"


@dataclass(frozen=True, slots=True)
class Page:
    """A response of the tool."""

    status: int
    location: str
    text: str

    @property
    def frame(self) -> str:
        """Return the path of the framed session that it redirects to, "" for none."""
        path = urlsplit(self.location).path
        return path if self.status == 303 and OPENED.fullmatch(path) else ""

    @property
    def code(self) -> str:
        """Return the code of a refusal, "" for none."""
        try:
            return str(json.loads(self.text)["code"])
        except (ValueError, KeyError, TypeError):
            return ""

    @property
    def said(self) -> str:
        """Return a short description of the response."""
        if self.frame:
            return "303, a page of the library"
        return f"{self.status} {self.code}".strip()


@dataclass(slots=True)
class Visitor:
    """A browser with its own cookie jar."""

    url: str
    pool: PoolManager = field(default_factory=lambda: PoolManager(retries=False))
    cookies: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, fields: Mapping[str, str] | Sequence[tuple[str, str]]) -> Page:
        """Post a form, without following redirects."""
        return self._ask("POST", path, urlencode(fields).encode(), {**FORM, **JSON})

    def get(self, path: str) -> Page:
        """Return a page."""
        return self._ask("GET", path, None, {})

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Page:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        given = {**headers, **({"Cookie": cookie} if cookie else {})}
        answer = self.pool.request(
            method,
            self.url + path,
            body=body,
            headers=given,
            redirect=False,
            timeout=TIMEOUT,
        )
        for header in answer.headers.getlist("Set-Cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        return Page(
            answer.status,
            answer.headers.get("Location", ""),
            answer.data.decode("utf-8", "replace"),
        )


def field_in(page: str, name: str) -> str:
    """Return the value of a hidden field in a page, "" if there is none."""
    found = re.search(rf'name="{re.escape(name)}"\s+value="([^"]*)"', page)
    return unescape(found[1]) if found else ""
