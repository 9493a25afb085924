import http.client
import socket
import time
from contextlib import closing

import pytest

from media.delivery import OPEN_ENDED_BYTES
from media.keys import new_key_id
from media.signing import Ticket
from media.storage import open_storage
from tests.media.served import SIGNER, served

VERSION = "renditions/0123456789abcdefghjkmnpqrs"
HIGH = bytes(range(256)) * 4000
LONG = 24 << 20


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    storage = open_storage((folder / "files").as_uri())
    storage.put_bytes(f"{VERSION}/run/high.mp4", HIGH, "video/mp4")
    storage.put_bytes(f"{VERSION}/run/progressive.mp4", bytes(LONG), "video/mp4")
    return folder


@pytest.fixture(scope="module")
def port(house):
    with served(house) as number:
        yield number


def token(session=None):
    return SIGNER.sign(Ticket(session or new_key_id(), VERSION, int(time.time()) + 3600))


@pytest.fixture
def connection(port):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as made:
        yield made


def ask(connection, name, method="GET", **headers):
    connection.request(method, f"/media/{token()}/run/{name}", headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer


def test_one_connection_serves_whole_files_ranges_and_heads_in_turn(connection):
    assert ask(connection, "high.mp4")[:2] == (200, HIGH)
    assert ask(connection, "high.mp4", Range="bytes=1000-299999")[:2] == (206, HIGH[1000:300_000])
    assert ask(connection, "high.mp4", "HEAD")[:2] == (200, b"")
    assert ask(connection, "nothing.mp4", "HEAD")[:2] == (404, b"")
    assert ask(connection, "high.mp4", Range="bytes=9999999-")[0] == 416
    assert ask(connection, "high.mp4", Range="bytes=-10")[:2] == (206, HIGH[-10:])


def test_a_long_file_comes_whole(connection):
    status, body, _ = ask(connection, "progressive.mp4")
    assert (status, len(body)) == (200, LONG)


def test_an_open_range_is_capped(connection):
    status, body, answer = ask(connection, "progressive.mp4", Range="bytes=0-")
    assert (status, len(body)) == (206, OPEN_ENDED_BYTES)
    assert answer.getheader("Content-Range") == f"bytes 0-{OPEN_ENDED_BYTES - 1}/{LONG}"


def test_an_encoded_way_out_is_not_found(connection):
    for way in ("%2e%2e/%2e%2e/%2e%2e/log", "..%2f..%2f..%2flog", "%2e%2e%5clog"):
        assert ask(connection, way)[0] == 404


def test_a_stream_ends_when_its_session_ends_and_the_log_keeps_quiet(port, house):
    session = new_key_id()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        path = f"/media/{token(session)}/run/progressive.mp4"
        slow.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        received = len(slow.recv(1000))
        (house / f"{session}.ended").touch()
        while data := slow.recv(1 << 16):  # the connection closes, so nobody waits for the rest
            received += len(data)
    assert received < LONG
    said = (house / "log").read_text()
    assert "Traceback" not in said
    assert "no-body" not in said
