"""Browsers that store a cookie in a frame, use the LMS's storage, or store nothing."""

import re
from html import unescape

from sqlalchemy import select

from lms.core.database import Database
from lti.models.launches import FrameSession
from tests.lti.tool_server import Browser, Connection, is_open


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', page)
    assert found is not None, page
    return unescape(found[1])


def _data(page: str, name: str) -> str:
    found = re.search(rf'data-{name}="([^"]*)"', page)
    assert found is not None, page
    return unescape(found[1])


def test_cookie_is_partitioned_and_limited_to_this_host(connection: Connection) -> None:
    begun = connection.platform.begin(connection.learner, connection.link)
    given = connection.login(begun).headers["Set-Cookie"]
    for part in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
        assert part in given
    assert "Domain" not in given


def test_stored_cookie_binds_the_session_to_its_browser(
    connection: Connection, database: Database
) -> None:
    answer = connection.launch()
    assert is_open(answer)
    opened = connection.url + answer.headers["Location"]
    assert connection.browser.get(opened).status_code == 200
    assert Browser().get(opened).status_code == 404


def _without_cookies(connection: Connection, target: str | None) -> tuple[str, str]:
    """Launch in a browser without cookies; return the pages of the login and the launch."""
    begun = connection.platform.begin(connection.learner, connection.link)
    begun.fields.pop("lti_storage_target", None)
    if target:
        begun.fields["lti_storage_target"] = target
    login = connection.login(begun)
    onwards = login.headers.get("Location") or _data(login.text, "onward")
    connection.browser = Browser()
    answer = connection.post(connection.platform.answer(onwards))
    assert answer.status_code == 200
    return login.text, answer.text


def test_value_from_platform_storage_identifies_the_browser(connection: Connection) -> None:
    kept, asked = _without_cookies(connection, "_parent")
    assert _data(kept, "key") == _data(asked, "key")
    assert _data(asked, "origin") == connection.platform.url
    form = {"ticket": _hidden(asked, "ticket"), "value": _data(kept, "value")}
    answer = connection.browser.post(f"{connection.url}/lti/launch/proof", data=form)
    assert is_open(answer)
    assert Browser().get(connection.url + answer.headers["Location"]).status_code == 200


def test_wrong_value_from_platform_storage_is_rejected(connection: Connection) -> None:
    _, asked = _without_cookies(connection, "_parent")
    for form in (
        {"ticket": _hidden(asked, "ticket"), "value": "another"},
        {"ticket": "nonsense", "value": "another"},
        {},
    ):
        answer = connection.browser.post(f"{connection.url}/lti/launch/proof", data=form)
        assert answer.status_code == 401


def test_storage_target_with_an_overlong_name_is_ignored(connection: Connection) -> None:
    _, asked = _without_cookies(connection, "t" * 300)
    assert "data-lti-recall" not in asked


def test_new_window_takes_over_the_session_once(connection: Connection, database: Database) -> None:
    _, offered = _without_cookies(connection, None)
    form = {"token": _hidden(offered, "token")}
    asked = connection.browser.post(f"{connection.url}/lti/launch/window", data=form)
    onward = connection.url + asked.headers["Location"]
    answer = connection.browser.get(onward)
    assert is_open(answer)
    opened = connection.url + answer.headers["Location"]
    assert connection.browser.get(opened).status_code == 200
    assert Browser().get(opened).status_code == 404
    assert (
        connection.browser.post(f"{connection.url}/lti/launch/window", data=form).status_code == 410
    )
    assert Browser().get(onward).status_code == 410
    with database.read_session() as session:
        assert session.scalars(select(FrameSession)).one().browser_hash is not None


def test_new_window_without_cookies_uses_the_secret_in_the_url(
    connection: Connection, database: Database
) -> None:
    _, offered = _without_cookies(connection, None)
    form = {"token": _hidden(offered, "token")}
    asked = Browser().post(f"{connection.url}/lti/launch/window", data=form)
    answer = Browser().get(connection.url + asked.headers["Location"])
    assert is_open(answer)
    assert Browser().get(connection.url + answer.headers["Location"]).status_code == 200


def test_launch_url_opened_directly_explains_itself(connection: Connection) -> None:
    answer = connection.browser.get(f"{connection.url}/lti/launch?webinar=reading-rooms")
    assert answer.status_code == 200
    assert 'data-testid="open-in-course"' in answer.text


def test_refused_launch_returns_json_on_request(connection: Connection) -> None:
    answer = connection.browser.post(
        f"{connection.url}/lti/launch", data={}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "state_missing")
