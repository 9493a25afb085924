"""Launches one after another, with changed claims in the token."""

from collections.abc import Mapping
from typing import Any

import requests

from tests.lti.tool_server import Connection, is_open

Claims = Mapping[str, Any]


def launched(connection: Connection, changes: Claims | None = None) -> requests.Response:
    """Launch with changed claims in the token; None leaves out a part of an object claim."""
    return connection.forged(lambda forge, claims: forge.changed(claims, _merged(claims, changes)))


def _merged(claims: Claims, changes: Claims | None) -> dict[str, Any]:
    return {
        name: {**claims.get(name, {}), **value} if isinstance(value, dict) else value
        for name, value in (changes or {}).items()
    }


def became_known(connection: Connection) -> requests.Response:
    """Launch for the first time, so the person, course, and link are known."""
    first = launched(connection)
    assert is_open(first)
    return first
