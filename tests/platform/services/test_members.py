"""The simulated roster: pages, differences, roles, and members without a name."""

import pytest

from lti.selftest.platform.records import Person
from lti.selftest.platform.vocabulary import MEMBERS_TYPE, Role, Scope
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.platform.product_quirks import MOODLE, OPEN_EDX
from tests.platform.services.service_client import Asking, ask_as, register


def roster_url(platform: Platform) -> str:
    return platform.addresses.members(platform.course)


def test_pages_list_all_members_and_differences_list_changes(platform, ask: Asking) -> None:
    platform.page_size = 3
    url, seen, answer = roster_url(platform), [], None
    while url:
        answer = ask("GET", url, headers={"Accept": MEMBERS_TYPE})
        seen += [member["user_id"] for member in answer.json()["members"]]
        url = answer.links.get("next", {}).get("url")
    assert seen == list(platform.course.members)
    differences = answer.links["differences"]["url"]
    assert ask("GET", differences).json()["members"] == []
    platform.course.withdraw(platform.course.learners[0])
    platform.course.enroll(Person("u-3000", "Late", "Comer"), Role.LEARNER)
    changed = ask("GET", differences).json()["members"]
    assert {one["user_id"]: one["status"] for one in changed} == {
        "u-2001": "Deleted",
        "u-3000": "Active",
    }
    assert "u-2001" not in ask("GET", roster_url(platform)).text


def test_cursor_is_case_sensitive(platform, ask) -> None:
    platform.page_size = 3
    url = ask("GET", roster_url(platform)).links["next"]["url"]
    assert ask("GET", url.lower()).status_code == 404


def test_members_can_lack_an_address_or_a_name(platform, ask) -> None:
    members = {one["user_id"]: one for one in ask("GET", roster_url(platform)).json()["members"]}
    assert members["u-2002"]["name"] == "Zoë Ångström-O'Neil"
    assert "email" not in members["u-2004"]
    assert "name" not in members["U-2004"]


@pytest.mark.parametrize(("habits", "role"), [(MOODLE, "Learner"), (OPEN_EDX, Role.LEARNER.uri)])
def test_roles_are_short_names_or_uris(habits, role) -> None:
    with running_platform(habits=habits) as platform:
        ask = ask_as(platform, register(platform))
        members = ask("GET", roster_url(platform), params={"role": "Learner"}).json()["members"]
        assert [one["roles"] for one in members] == [[role]] * len(platform.course.learners)


def test_roster_requires_its_scope(platform) -> None:
    tool = register(platform, scopes=(Scope.SCORE,))
    assert ask_as(platform, tool)("GET", roster_url(platform)).status_code == 403
