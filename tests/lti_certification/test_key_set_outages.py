"""The key set of a platform in trouble: launches go on with the last good keys, or say 503."""

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
    """Let more than ten seconds pass since the platform was asked."""
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
def test_launches_go_on_through_an_outage(
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
def test_without_any_key_a_launch_is_told_to_try_again_and_then_succeeds(
    connection: Connection, database: Database, kind: str
) -> None:
    _begin_trouble(connection, kind)
    assert connection.launch().status_code == 503
    with database.read_session() as session:
        assert session.scalars(select(PlatformKeys)).one().document is None  # no error is kept
    connection.platform.lift()
    _as_if_asked_before(database)
    assert is_open(connection.launch())


def test_a_key_set_that_drips_holds_a_launch_for_five_seconds_and_no_longer(
    connection: Connection, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded_connections, "LONGEST_S", 3600.0)  # that of all other calls
    ends = threading.Event()
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with strange_server(drips(ends, first=first, drop=b" ")) as server:
        with database.transaction() as session:
            session.execute(update(Registration).values(jwks_url=f"{server.url}/jwks"))
        posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
        began = time.monotonic()
        assert connection.post(posted).status_code == 503
        assert 4 < time.monotonic() - began < 60  # far more than 5, on a busy machine
        ends.set()


def test_a_rotation_in_mid_run_is_noticed_at_once(
    connection: Connection, database: Database
) -> None:
    assert is_open(connection.launch())
    connection.platform.rotate_keys()
    _as_if_asked_before(database)
    assert is_open(connection.launch())
    assert len(connection.platform.calls("jwks")) == 2


def test_warm_launches_ask_nobody(connection: Connection) -> None:
    assert is_open(connection.launch())
    connection.platform.traffic.forget()
    for _time in range(5):
        assert is_open(connection.launch())
    assert connection.platform.calls("jwks") == []


def test_an_unknown_key_is_asked_for_once_in_ten_seconds_whoever_asks(
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


def test_a_rotation_during_an_outage_is_503_and_heals(
    connection: Connection, database: Database
) -> None:
    assert is_open(connection.launch())
    connection.platform.rotate_keys()
    connection.platform.trouble("jwks", status=500)
    _as_if_asked_before(database)
    assert connection.launch().status_code == 503
    assert connection.launch().status_code == 503  # and nobody is asked again so soon
    connection.platform.lift()
    _as_if_asked_before(database)
    assert is_open(connection.launch())
