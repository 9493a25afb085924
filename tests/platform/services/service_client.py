"""A tool that can sign assertions and call the platform's services."""

import time
from dataclasses import dataclass

import requests

from lti.selftest.platform.keys import Key
from lti.selftest.platform.records import Tool
from lti.selftest.platform.vocabulary import ASSERTION_TYPE, Scope
from tests.platform.platform import Platform

KEY = Key.make()


@dataclass
class Asking:
    """A registered tool with an access token for all its scopes."""

    platform: Platform
    tool: Tool
    token: str

    def __call__(self, method: str, url: str, **more: object) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        if "type" in more:
            headers["Content-Type"] = more.pop("type")
        return requests.request(method, url, headers=headers, timeout=60, **more)


def register(platform: Platform, **more: object) -> Tool:
    """Register a tool whose key is KEY."""
    return platform.register(
        **{
            "login_url": "https://tool.example/login",
            "redirect_uris": ["https://tool.example/launch"],
            "launch_url": "https://tool.example/launch",
            "jwks": {"keys": [KEY.jwk]},
            **more,
        }
    )


def ask_as(platform: Platform, tool: Tool, *scopes: Scope) -> Asking:
    """Get an access token from the token endpoint."""
    now = int(time.time())
    said = {
        "iss": tool.client_id,
        "sub": tool.client_id,
        "aud": platform.addresses.token,
        "iat": now - 5,
        "exp": now + 60,
        "jti": str(time.monotonic_ns()),
    }
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": KEY.sign(said),
        "scope": " ".join(scopes or tool.scopes),
    }
    answer = requests.post(platform.addresses.token, data=form, timeout=60)
    return Asking(platform, tool, answer.json()["access_token"])
