"""Form encodings and cookies of logins and launches."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import pytest
import requests

from tests.lti.tool_server import Connection, is_open, onward
from tests.lti_certification.forged_launches import became_known

WRITTEN: Final[Mapping[str, tuple[Mapping[str, str], str, int]]] = {
    "as usual": ({}, "", 303),
    "with its encoding": (
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        "",
        303,
    ),
    "as if it were text": ({"Content-Type": "text/plain"}, "", 400),
    "with a NUL": ({}, "&more=%00", 400),
    "with what is no text": ({}, "&more=%ff", 303),
    "with letters as they are": ({}, "&more=ü", 303),
    "with a field twice": ({}, "&state=another", 303),
    "of two megabytes": ({}, "&more=" + "m" * 2_000_000, 413),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_launch_form_encodings_are_accepted_or_rejected(connection: Connection, name: str) -> None:
    headers, more, status = WRITTEN[name]
    became_known(connection)
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    body = requests.Request("POST", posted.url, data=posted.fields).prepare().body
    assert isinstance(body, str)
    usual = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = connection.browser.post(
        posted.url, data=(body + more).encode(), headers={**usual, **headers}
    )
    assert answer.status_code == status


@pytest.mark.parametrize("method", ["HEAD", "PUT", "OPTIONS"])
def test_other_methods_are_answered_by_the_pages(connection: Connection, method: str) -> None:
    answer = connection.browser.request(method, f"{connection.url}/lti/launch")
    assert answer.status_code == {"HEAD": 200, "PUT": 405, "OPTIONS": 200}[method]


def test_foreign_cookie_value_is_ignored(connection: Connection) -> None:
    became_known(connection)
    connection.browser.kept = {"carrel-lti": "not-ours"}
    begun = connection.platform.begin(connection.learner, connection.link)
    begun.fields["lti_storage_target"] = "_parent"
    login = connection.login(begun)
    assert login.status_code == 200
    connection.browser.kept = {"carrel-lti": "not-ours"}
    answer = connection.post(connection.platform.answer(onward(login)))
    assert (answer.status_code, "data-lti-recall" in answer.text) == (200, True)


def test_login_of_a_known_browser_skips_platform_storage(connection: Connection) -> None:
    became_known(connection)
    begun = connection.platform.begin(connection.learner, connection.link)
    begun.fields["lti_storage_target"] = "_parent"
    answer = connection.login(begun)
    assert (answer.status_code, answer.headers["Content-Length"]) == (303, "0")
    assert is_open(connection.post(connection.platform.answer(onward(answer))))


def test_login_form_with_a_charset_is_accepted(connection: Connection) -> None:
    begun = connection.platform.begin(connection.learner, connection.link)
    fields = {**begun.fields, "lti_storage_target": ""}
    kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = connection.browser.post(begun.url, data=urlencode(fields), headers=kind)
    assert answer.status_code == 303
    posted = connection.platform.answer(answer.headers["Location"])
    body = urlencode(posted.fields)
    assert is_open(connection.browser.post(posted.url, data=body, headers=kind))
