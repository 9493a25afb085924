"""Launches while a platform's key set is unavailable use the last good keys, or return 503."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.core.clock import now
from lms.core.database import Database
from lti.http import guarded_connections
from lti.keys.platform_keys import KeyPlace, KeySets
from lti.models.registrations_and_keys import PlatformKeys, Registration
from tests.lti.http.misbehaving_server import drips, strange_server
from tests.lti.tool_server import Connection, is_open


def _as_if_asked_before(database: Database) -> None:
    """Move the last key set request more than ten seconds back."""
    with database.transaction() as session:
        session.execute(update(PlatformKeys).values(asked_at=now() - timedelta(seconds=11)))


def _begin_trouble(connection: Connection, kind: str) -> None:
    given = {
        "answers 500": {"status": 500},
        "answers 404": {"status": 404},
        "answers HTML": {"html": True},
        "breaks off": {"lost": True},
        "hangs": {"hang_s": 20},
    }[kind]
    connection.platform.trouble("jwks", **given)


TROUBLES = ("answers 500", "answers 404", "answers HTML", "breaks off", "hangs")


@pytest.mark.parametrize("kind", TROUBLES)
def test_launches_continue_with_stored_keys_during_an_outage(
    connection: Connection, database: Database, kind: str
) -> None:
    assert is_open(connection.launch())
    _begin_trouble(connection, kind)
    for _time in range(3):
        assert is_open(connection.launch())
    another_process = KeySets(database)
    place = KeyPlace(connection.platform.addresses.jwks, allows_loopback=True)
    assert another_process.find(place, connection.platform.key.kid, now=now())


@pytest.mark.parametrize("kind", TROUBLES)
def test_launch_without_stored_keys_returns_503_and_later_succeeds(
    connection: Connection, database: Database, kind: str
) -> None:
    _begin_trouble(connection, kind)
    assert connection.launch().status_code == 503
    with database.read_session() as session:
        assert session.scalars(select(PlatformKeys)).one().document is None  # errors aren't stored
    connection.platform.lift()
    _as_if_asked_before(database)
    assert is_open(connection.launch())


def test_slow_key_set_response_is_dropped_after_five_seconds(
    connection: Connection, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded_connections, "LONGEST_S", 3600.0)  # the limit for all other calls
    ends = threading.Event()
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with strange_server(drips(ends, first=first, drop=b" ")) as server:
        with database.transaction() as session:
            session.execute(update(Registration).values(jwks_url=f"{server.url}/jwks"))
        posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
        began = time.monotonic()
        assert connection.post(posted).status_code == 503
        assert 4 < time.monotonic() - began < 60  # a busy machine can take much longer than 5 s
        ends.set()


def test_rotated_key_is_fetched_at_the_next_launch(
    connection: Connection, database: Database
) -> None:
    assert is_open(connection.launch())
    connection.platform.rotate_keys()
    _as_if_asked_before(database)
    assert is_open(connection.launch())
    assert len(connection.platform.calls("jwks")) == 2


def test_launches_with_stored_keys_do_not_call_the_platform(connection: Connection) -> None:
    assert is_open(connection.launch())
    connection.platform.traffic.forget()
    for _time in range(5):
        assert is_open(connection.launch())
    assert connection.platform.calls("jwks") == []


def test_unknown_key_is_fetched_at_most_once_in_ten_seconds(
    connection: Connection, database: Database
) -> None:
    assert is_open(connection.launch())
    connection.platform.traffic.forget()
    for _time in range(4):
        answer = connection.forged(lambda forge, claims: forge.unknown_kid(claims))
        assert answer.status_code == 401
    assert connection.platform.calls("jwks") == []
    _as_if_asked_before(database)
    for _time in range(4):
        answer = connection.forged(lambda forge, claims: forge.unknown_kid(claims))
        assert answer.status_code == 401
    assert len(connection.platform.calls("jwks")) == 1


def test_rotation_during_an_outage_returns_503_until_keys_are_available(
    connection: Connection, database: Database
) -> None:
    assert is_open(connection.launch())
    connection.platform.rotate_keys()
    connection.platform.trouble("jwks", status=500)
    _as_if_asked_before(database)
    assert connection.launch().status_code == 503
    assert connection.launch().status_code == 503  # the platform isn't called again this soon
    connection.platform.lift()
    _as_if_asked_before(database)
    assert is_open(connection.launch())
