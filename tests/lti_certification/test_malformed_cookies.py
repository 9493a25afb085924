"""Logins and launches when other software on the host has set a cookie that isn't UTF-8."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lti.models.launches import LaunchEntry
from tests.lti.tool_server import Connection, is_open


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_launch_opens_when_another_cookie_is_not_utf8(
    connection: Connection, database: Database, method: str
) -> None:
    connection.browser.kept["lang"] = "fran\xe7ais"
    begun = connection.platform.begin(connection.learner, connection.link)
    answered = connection.answered(replace(begun, method=method))
    assert "carrel-lti" in connection.browser.kept
    answer = connection.post(answered)
    assert is_open(answer)
    frame = connection.browser.get(connection.url + answer.headers["Location"])
    assert frame.status_code == 200
    with database.read_session() as session:
        assert [one.code for one in session.scalars(select(LaunchEntry))] == ["ok"]


def test_refused_login_and_launch_are_logged_when_a_cookie_is_not_utf8(
    connection: Connection, database: Database
) -> None:
    connection.browser.kept["lang"] = "fran\xe7ais"
    login = connection.browser.get(f"{connection.url}/lti/login?iss=https://elsewhere.example")
    launch = connection.browser.post(f"{connection.url}/lti/launch", data={"state": "s"})
    assert (login.status_code, launch.status_code) == (400, 401)
    with database.read_session() as session:
        entries = session.scalars(select(LaunchEntry).order_by(LaunchEntry.id))
        assert [one.status for one in entries] == [400, 401]
