"""Hostile or broken responses of a platform harm only what they answer."""

import json

import pytest

from lti.grades.grade_service import Column, Place, find_column
from lti.http.access_tokens import Tokens
from lti.http.authorized_platform_calls import Services
from lti.http.link_header import next_page
from lti.http.platform_calls_and_outcomes import Answered, Later, read_json
from lti.rosters.names_and_roles_service import Roster, read_roster
from tests.clock import NOW
from tests.lti.http.misbehaving_server import StrangeServer, says, strange_server
from tests.lti.http.test_access_tokens import SCOPES, granted, our_key, platform_at

NESTED = "[" * 100_000
HALF = "\\ud800"
SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"


def answered(body: str) -> Answered:
    return Answered(200, {}, body.encode(), "https://lms.example.edu/")


def test_deeply_nested_json_is_rejected() -> None:
    with pytest.raises(ValueError, match="nested"):
        read_json(answered(NESTED))


@pytest.mark.parametrize("status", [200, 400])
def test_deeply_nested_token_response_is_retried_later(status: int) -> None:
    with strange_server(says(status, NESTED)) as server:
        platform = platform_at(server.url)
        found = Tokens().get(platform, SCOPES, key=our_key(), now=NOW)
    assert isinstance(found, Later)


@pytest.mark.parametrize("address", ["http://[", "https://lms.example.edu:port/x", ""])
def test_invalid_next_link_is_ignored(address: str) -> None:
    answer = Answered(
        200, {"link": f'<{address}>; rel="next"'}, b"[]", "https://lms.example.edu/a?page=1"
    )
    assert next_page(answer) is None


@pytest.mark.parametrize(
    "onward",
    ["http://169.254.169.254/latest/", "file:///etc/passwd", "http://[", f"{'https://a/' * 300}"],
)
def test_roster_page_at_a_forbidden_url_is_not_fetched(onward: str) -> None:
    page = {"Link": f'<{onward}>; rel="next"'}
    with strange_server(granted(), says(200, '{"members": []}', headers=page)) as server:
        found = read_roster(services(), platform_at(server.url), f"{server.url}/m", now=NOW)
        assert [asked.path for asked in server.asked[1:]] in (["/m"], ["/m"] * 2)
    assert not isinstance(found, Roster) or found.members == ()


def test_endless_roster_is_given_up() -> None:
    page = {"Link": '</m?again=1>; rel="next"'}
    more = {"Link": '</m?again=2>; rel="next"'}
    answers = [
        granted(),
        *(says(200, '{"members": []}', headers=each) for each in [page, more] * 300),
    ]
    with strange_server(*answers) as server:
        found = read_roster(services(), platform_at(server.url), f"{server.url}/m", now=NOW)
        assert isinstance(found, Later)
        assert len(server.asked) <= 501


def test_unpaired_surrogate_in_a_roster_drops_only_that_field() -> None:
    members = (
        f'{{"members": [{{"user_id": "u-1", "name": "Ann{HALF}", "email": "a{HALF}@b.example",'
        f' "roles": ["Learner"]}}, {{"user_id": "u-2{HALF}", "roles": ["Learner"]}},'
        ' {"user_id": "u-3", "name": "Zoe", "roles": ["Learner"]}]}'
    )
    with strange_server(granted(), says(200, members)) as server:
        found = read_roster(services(), platform_at(server.url), f"{server.url}/m", now=NOW)
    assert isinstance(found, Roster)
    assert [(each.sub, each.name, each.email) for each in found.members] == [
        ("u-1", None, None),
        ("u-3", "Zoe", None),
    ]


@pytest.mark.parametrize("address", [f"https://a.example/{'x' * 3000}", "javascript:x"])
def test_invalid_differences_url_is_ignored(address: str) -> None:
    link = {"Link": f'<{address}>; rel="differences"'}
    with strange_server(granted(), says(200, '{"members": []}', headers=link)) as server:
        found = read_roster(services(), platform_at(server.url), f"{server.url}/m", now=NOW)
    assert isinstance(found, Roster)
    assert found.differences_url is None


@pytest.mark.parametrize(
    ("first", "last", "kept"),
    [("/since/1", "/since/2", "/since/1"), ("", "/since/2", "/since/2"), ("", "", None)],
)
def test_changes_during_paging_are_included_in_the_next_differences(
    first: str, last: str, kept: str | None
) -> None:
    def page(differences: str, *more: str) -> dict[str, str]:
        said = [f'<https://a.example{differences}>; rel="differences"'] if differences else []
        return {"Link": ", ".join([*said, *more])}

    pages = (page(first, '</m?page=2>; rel="next"'), page(last))
    answers = (says(200, '{"members": []}', headers=each) for each in pages)
    with strange_server(granted(), *answers) as server:
        found = read_roster(services(), platform_at(server.url), f"{server.url}/m", now=NOW)
    assert isinstance(found, Roster)
    assert found.differences_url == (kept and f"https://a.example{kept}")


@pytest.mark.parametrize(
    "column",
    [
        f'"https://lms.example.edu/{HALF}"',
        f'"https://lms.example.edu/{"x" * 3000}"',
        '"http://["',
        '"javascript:alert(1)"',
        '"/relative"',
        "7",
    ],
)
def test_column_with_an_invalid_url_is_ignored(column: str) -> None:
    place = Place("", frozenset({SCOPE}), "link-1", "webinar=x", "X")
    listed = says(200, f'[{{"id": {column}, "resourceLinkId": "link-1"}}]')
    made = says(201, f'{{"id": {column}}}')
    with strange_server(granted(), listed, listed, made) as server:
        found = find_column(services(), platform_at(server.url), in_course(place, server), now=NOW)
    assert isinstance(found, Later)


def test_valid_column_is_found() -> None:
    place = Place("", frozenset({SCOPE}), "link-1", "webinar=x", "X")
    listed = says(
        200, json.dumps([{"id": "https://lms.example.edu/7", "resourceLinkId": "link-1"}])
    )
    with strange_server(granted(), listed) as server:
        found = find_column(services(), platform_at(server.url), in_course(place, server), now=NOW)
    assert found == Column("https://lms.example.edu/7")


def services() -> Services:
    return Services(our_key)


def in_course(place: Place, server: StrangeServer) -> Place:
    return Place(f"{server.url}/items", place.scopes, place.link_id, place.resource_id, place.label)
