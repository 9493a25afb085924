"""Post a launch from separate processes that start together, without importing the product."""

from http.client import HTTPConnection
from threading import Barrier
from urllib.parse import urlencode, urlsplit

from tests.wait_until import PATIENCE_S

_at_once: list[Barrier] = []


def begin(barrier: Barrier) -> None:
    """Store the barrier at which all processes wait before each post."""
    _at_once.append(barrier)


def post(url: str, fields: dict[str, str], cookie: str) -> int:
    """Post a form when every process is ready; return the status of the response."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.connect()
    _at_once[0].wait(PATIENCE_S)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", parts.path, urlencode(fields), headers)
    status = connection.getresponse().status
    connection.close()
    return status
