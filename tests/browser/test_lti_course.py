"""A course with recordings in it: chosen by who teaches, watched by who learns, graded by itself."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Film
from tests.browser.cookies import Cookies, browsing
from tests.browser.lti import (
    ORGANISATION,
    TITLES,
    Library,
    Visitor,
    library_at,
    play,
    school,
    until,
)
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.servers.databases import Databases

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

GRADED_WITHIN_S = 60


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, made_databases: Databases, worker_id: str, film: Film
) -> Iterator[Library]:
    place = tmp_path_factory.mktemp("library")
    with library_at(place, made_databases.prepared(f"carrel_course_{worker_id}"), film) as made:
        yield made


def test_three_are_picked_and_one_is_watched_and_graded(
    browser: "Browser", library: Library, tmp_path: Path
) -> None:
    with (
        school(library) as (platform, tool),
        browsing(
            browser, tmp_path, Cookies.ALLOWED, trusted=platform.url, framed=library.front
        ) as context,
    ):
        teacher = Visitor.arrive(context, platform, platform.course.instructors[0])
        pick_all(teacher, tool.client_id)
        links = platform.records.links_of(platform.course)
        assert sorted(link.title for link in links) == sorted(TITLES)
        assert platform.answers[-1].faults == ()

        learner = Visitor.arrive(context, platform, platform.course.learners[0])
        learner.open(links[0])
        play(learner.tool)
        video = learner.tool.locator("video")
        video.evaluate("video => { video.playbackRate = 2; }")
        until(video, "video => video.ended", within_ms=90_000)
        graded = wait_for_grade(platform, learner, links[0])
        assert graded == pytest.approx(100, abs=1)


def pick_all(teacher: Visitor, client_id: str) -> None:
    """Choose every recording that the picker shows, and go back to the course."""
    course = teacher.platform.course
    teacher.page.goto(f"{teacher.platform.url}/courses/{course.id}/choose/{client_id}")
    for title in TITLES:
        teacher.tool.get_by_role("button", name=f"Choose {title}").click()
        expect(teacher.tool.get_by_role("button", name=f"Remove {title}").first).to_be_visible()
    teacher.tool.get_by_role("button", name="Add 3 to the course").click()
    expect(teacher.tool.get_by_role("heading", name="3 added")).to_be_visible()


def wait_for_grade(platform: Platform, learner: Visitor, link) -> float | None:
    """Wait for what stands in the gradebook, at most as long as was promised."""
    ends = time.monotonic() + GRADED_WITHIN_S
    while (grade := platform.grade(learner.person, link)) is None and time.monotonic() < ends:
        learner.page.wait_for_timeout(500)
    return grade


def test_a_platform_registers_itself_and_launches(
    browser: "Browser", library: Library, tmp_path: Path
) -> None:
    invite = library.carrel("lti", "invite", ORGANISATION, "--allow-loopback")["url"]
    with (
        running_platform() as platform,
        browsing(
            browser, tmp_path, Cookies.ALLOWED, trusted=platform.url, framed=library.front
        ) as context,
    ):
        admin = Visitor.arrive(context, platform, platform.course.instructors[0])
        admin.page.goto(f"{platform.url}/tools")
        admin.page.get_by_label("Registration address of the tool").fill(invite)
        admin.page.get_by_role("button", name="Register", exact=True).click()
        admin.tool.get_by_role("button", name="Back to the learning system").click()
        admin.page.wait_for_url(f"{platform.url}/tools")
        (tool,) = platform.records.tools.values()
        (known,) = [
            one
            for one in library.carrel("lti", "registration", "list")["items"]
            if one["client_id"] == tool.client_id
        ]
        library.carrel("lti", "registration", "approve", known["id"])
        library.carrel(
            *("lti", "deployment", "approve", known["id"], tool.deployment_id),
            *("--organisation", ORGANISATION),
        )
        link = platform.link(tool, custom={"webinar": "course-2"})
        learner = Visitor.arrive(context, platform, platform.course.learners[2])
        learner.open(link)
        play(learner.tool)
