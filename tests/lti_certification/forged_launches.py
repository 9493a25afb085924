"""Launches one after the other, with tokens that say some things otherwise."""

from collections.abc import Mapping
from typing import Any

import requests

from tests.lti.tool_server import Connection, is_open

Claims = Mapping[str, Any]


def launched(connection: Connection, changes: Claims | None = None) -> requests.Response:
    """Launch with a token that says some things otherwise; parts of an object that are None are left out."""
    return connection.forged(lambda forge, claims: forge.changed(claims, _merged(claims, changes)))


def _merged(claims: Claims, changes: Claims | None) -> dict[str, Any]:
    return {
        name: {**claims.get(name, {}), **value} if isinstance(value, dict) else value
        for name, value in (changes or {}).items()
    }


def became_known(connection: Connection) -> requests.Response:
    """Launch for the first time, by which all of it is known."""
    first = launched(connection)
    assert is_open(first)
    return first
