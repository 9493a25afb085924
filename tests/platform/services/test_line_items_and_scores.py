"""Columns and scores: what the simulated grade services accept and refuse."""

from datetime import UTC, datetime, timedelta

import pytest

from lti.selftest.platform.vocabulary import (
    LINE_ITEM_TYPE,
    LINE_ITEMS_TYPE,
    RESULTS_TYPE,
    SCORE_TYPE,
    Scope,
)
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.platform.product_quirks import MOODLE, OPEN_EDX
from tests.platform.services.service_client import Asking, ask_as, register


def columns_url(platform: Platform) -> str:
    return platform.addresses.line_items(platform.course)


def column_url(platform: Platform, link) -> str:
    return platform.addresses.line_item(platform.column(link))


def score(platform: Platform, **changes: object) -> dict:
    body = {
        "userId": platform.course.learners[0].id,
        "scoreGiven": 8,
        "scoreMaximum": 10,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
    } | changes
    return {name: value for name, value in body.items() if value != "absent"}


def post(ask: Asking, link, **changes: object):
    url = ask.platform.addresses.line_item(ask.platform.column(link), "/scores")
    kind = changes.pop("type", SCORE_TYPE)
    return ask("POST", url, json=score(ask.platform, **changes), type=kind)


def test_column_is_created_and_found(platform: Platform, ask: Asking) -> None:
    link = platform.link(ask.tool)
    body = {"label": "Watched", "scoreMaximum": 100, "resourceId": "r", "resourceLinkId": link.id}
    made = ask("POST", columns_url(platform), json={**body, "tag": "t"}, type=LINE_ITEM_TYPE)
    assert made.status_code == 201
    address = made.json()["id"]
    found = ask("GET", columns_url(platform), params={"resource_id": "r", "tag": "t"})
    assert [one["id"] for one in found.json()] == [address]
    assert found.headers["Content-Type"] == LINE_ITEMS_TYPE
    assert ask("GET", columns_url(platform), params={"tag": "other"}).json() == []
    assert ask("GET", address).json()["label"] == "Watched"
    platform.remove_column(platform.column(link))
    assert ask("GET", address).status_code == 404


def test_columns_are_paginated(platform: Platform, ask: Asking) -> None:
    platform.page_size = 2
    for number in range(5):
        platform.add_column(ask.tool, None, label=str(number), tag="a")
    url, seen = columns_url(platform) + "?tag=a", []
    while url:
        answer = ask("GET", url)
        seen += [one["label"] for one in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert seen == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ({"label": "a", "scoreMaximum": 1}, "application/json", 415),
        ({"label": "a"}, LINE_ITEM_TYPE, 400),
        ({"label": "a", "scoreMaximum": 0}, LINE_ITEM_TYPE, 400),
        ({"label": "", "scoreMaximum": 1}, LINE_ITEM_TYPE, 400),
        ({"label": "a", "scoreMaximum": 1, "tag": None}, LINE_ITEM_TYPE, 400),
        ({"label": "a", "scoreMaximum": 1, "resourceLinkId": "x"}, LINE_ITEM_TYPE, 400),
        ([], LINE_ITEM_TYPE, 400),
    ],
)
def test_invalid_column_is_refused(platform, ask, body, kind, status) -> None:
    answer = ask("POST", columns_url(platform), json=body, type=kind)
    assert answer.status_code == status
    assert platform.line_items() == []


def test_wrong_accept_header_is_refused(platform, ask) -> None:
    answer = ask("GET", columns_url(platform), headers={"Accept": LINE_ITEM_TYPE})
    assert answer.status_code == 406


def test_tool_cannot_see_columns_of_another_tool(platform, ask) -> None:
    other = platform.link(register(platform), column=100)
    assert ask("GET", columns_url(platform)).json() == []
    assert ask("GET", column_url(platform, other)).status_code == 404


def test_final_score_becomes_the_grade(platform, ask) -> None:
    link, learner = platform.link(ask.tool, column=50), platform.course.learners[0]
    assert post(ask, link).status_code == 200
    assert platform.grade(learner, link) == 40
    results = ask("GET", column_url(platform, link) + "/results")
    assert results.headers["Content-Type"] == RESULTS_TYPE
    assert [one["resultScore"] for one in results.json()] == [40]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"type": "application/json"}, 415),
        ({"timestamp": "absent"}, 400),
        ({"timestamp": "2026-01-01T00:00:00Z"}, 400),
        ({"timestamp": "2026-01-01T00:00:00.000"}, 400),
        ({"timestamp": "2099-01-01T00:00:00.000Z"}, 400),
        ({"scoreMaximum": "absent"}, 400),
        ({"scoreGiven": -1}, 400),
        ({"scoreGiven": "8"}, 400),
        ({"activityProgress": "Done"}, 400),
        ({"gradingProgress": "absent"}, 400),
        ({"comment": None}, 400),
        ({"userId": "nobody"}, 404),
        ({"userId": "u-1001"}, 403),
    ],
    ids=str,
)
def test_invalid_score_is_refused(platform, ask, changes, status) -> None:
    link = platform.link(ask.tool, column=100)
    assert post(ask, link, **changes).status_code == status
    assert platform.scores() == []


@pytest.mark.parametrize(("habits", "status"), [(MOODLE, 409), (OPEN_EDX, 400)])
def test_older_or_equal_timestamp_is_refused(habits, status) -> None:
    with running_platform(habits=habits) as platform:
        ask = ask_as(platform, register(platform))
        link, at = platform.link(ask.tool, column=100), datetime.now(UTC)
        assert post(ask, link, timestamp=at.isoformat()).status_code == 200
        assert post(ask, link, timestamp=at.isoformat(), scoreGiven=9).status_code == status
        older = (at - timedelta(seconds=1)).isoformat()
        assert post(ask, link, timestamp=older, scoreGiven=9).status_code == status
        assert platform.grade(platform.course.learners[0], link) == 80


def test_moodle_clears_the_grade_for_an_unfinished_score_and_requires_type_id() -> None:
    with running_platform(habits=MOODLE) as platform:
        ask = ask_as(platform, register(platform))
        link, learner = platform.link(ask.tool, column=100), platform.course.learners[0]
        assert post(ask, link).status_code == 200
        assert post(ask, link, gradingProgress="Pending").status_code == 200
        assert platform.grade(learner, link) is None
        bare = column_url(platform, link).partition("?")[0]
        assert ask("GET", bare).status_code == 400


def test_missing_scope_is_forbidden_and_expired_token_is_unauthorized(platform) -> None:
    tool = register(platform, scopes=(Scope.LINE_ITEM_READ,))
    ask, link = ask_as(platform, tool), platform.link(tool, column=100)
    assert ask("GET", columns_url(platform)).status_code == 200
    body = {"label": "a", "scoreMaximum": 1}
    made = ask("POST", columns_url(platform), json=body, type=LINE_ITEM_TYPE)
    assert made.status_code == 403
    assert post(ask, link).status_code == 403
    platform.tokens.expire_all()
    gone = ask("GET", columns_url(platform))
    assert (gone.status_code, "Bearer" in gone.headers["WWW-Authenticate"]) == (401, True)


def test_lost_response_still_stores_the_score(platform, ask) -> None:
    link = platform.link(ask.tool, column=100)
    platform.trouble("scores", lost=True, times=1)
    assert post(ask, link).status_code == 502
    assert len(platform.scores(link)) == 1
