"""A course with recordings: an instructor adds them, a learner watches, and grades arrive."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from lti.selftest.platform.records import Link
from tests.browser.lti.cookie_settings import AS_IN_MOST_BROWSERS, Cookies, browsing
from tests.browser.lti.two_sites import (
    TITLES,
    Library,
    Visitor,
    play,
    school,
    until,
)
from tests.factories import make_organization, make_pool, make_pool_grant
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.platform.product_quirks import MOODLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

GRADED_WITHIN_S = 60
ADD = "button.button-primary[formmethod=post]"  # the picker's button that adds recordings
GRADE_SHOWN = re.compile(r"Your grade: (99\.\d|100) of 100")
# The part of the first recording that is watched and graded: all of it in one case, for speed.
WATCHED = {
    Cookies.ALLOWED: None,
    Cookies.THIRD_PARTY_BLOCKED: ("0:10", "0:25"),
    Cookies.ALL_BLOCKED: ("0:10", "0:25"),
}


@pytest.mark.parametrize("cookies", AS_IN_MOST_BROWSERS)
def test_teacher_adds_three_recordings_that_play_and_one_is_graded(
    browser: "Browser", library: Library, tmp_path: Path, cookies: Cookies
) -> None:
    with (
        school(library) as (platform, tool),
        browsing(browser, tmp_path, cookies, trusted=platform.url, framed=library.front) as context,
    ):
        teacher = Visitor.arrive(context, platform, platform.course.instructors[0])
        choose(teacher, tool.client_id)
        pick_all(teacher.tool, watched=WATCHED[cookies])
        links = platform.records.links_of(platform.course)
        assert sorted(link.title for link in links) == sorted(TITLES)
        assert platform.answers[-1].faults == ()

        learner = Visitor.arrive(context, platform, platform.course.learners[0])
        first, *others = sorted(links, key=lambda link: link.title != TITLES[0])
        for link in others:
            learner.open(link)
            play(learner.tool)
        learner.open(first)
        play(learner.tool)
        video = learner.tool.locator("video")
        video.evaluate("video => { video.playbackRate = 2; }")
        until(video, "video => video.ended || video.paused", within_ms=90_000)
        assert wait_for_grade(platform, learner, first) == pytest.approx(100, abs=1)
        assert platform.grade(learner.person, others[0]) is None
        expect(learner.page.get_by_text(GRADE_SHOWN)).to_be_visible()


def test_teacher_adds_recordings_in_a_window_when_cookies_are_blocked(
    browser: "Browser", library: Library, tmp_path: Path
) -> None:
    cookies = Cookies.ALL_BLOCKED
    with (
        school(library, MOODLE) as (platform, tool),
        browsing(browser, tmp_path, cookies, trusted=platform.url, framed=library.front) as context,
    ):
        teacher = Visitor.arrive(context, platform, platform.course.instructors[0])
        choose(teacher, tool.client_id)
        with teacher.page.expect_popup() as opened:
            teacher.tool.get_by_role("button", name="window").click()
        pick_all(opened.value, watched=None)
        assert len(platform.records.links_of(platform.course)) == len(TITLES)
        assert platform.answers[-1].faults == ()


def choose(teacher: Visitor, client_id: str) -> None:
    """Open the picker in the course, in its frame."""
    course = teacher.platform.course
    teacher.page.goto(f"{teacher.platform.url}/courses/{course.id}/choose/{client_id}")


def pick_all(
    tool: FrameLocator | Page,
    *,
    watched: tuple[str, str] | None,
    look: Callable[[Locator], None] = lambda _add: None,
) -> None:
    """Choose every recording in the picker, a part of the first one, and return to the course.

    `look` gets the button that adds them, after each choice.
    """
    for title in TITLES:
        tool.get_by_role("button", name=f"Choose {title}", exact=True).click()
        expect(tool.get_by_role("button", name=f"Remove {title}").first).to_be_visible()
        look(tool.locator(ADD))
    review = tool.get_by_role("button", name="Review your 3 selections")
    if watched and review.is_visible():
        review.click()
    for label, time_ in zip(("Starts at", "Ends at"), watched or (), strict=False):
        tool.get_by_label(f"{label} {TITLES[0]}").fill(time_)
    if watched:
        column = tool.get_by_role("checkbox", name=f"Add a grade column {TITLES[0]}")
        expect(column).not_to_be_checked()  # clips aren't graded unless the instructor chooses it
        column.check()
    if watched and review.is_visible():
        tool.get_by_role("button", name="Close").click()
    tool.get_by_role("button", name="Add 3 to course").click()
    expect(tool.get_by_role("heading", name="3 added")).to_be_visible()


def wait_for_grade(platform: Platform, learner: Visitor, link: Link) -> float | None:
    """Wait for the grade in the gradebook, within the promised time."""
    ends = time.monotonic() + GRADED_WITHIN_S
    while (grade := platform.grade(learner.person, link)) is None and time.monotonic() < ends:
        learner.page.wait_for_timeout(500)
    return grade


@pytest.mark.parametrize("cookies", AS_IN_MOST_BROWSERS)
def test_platform_registers_itself_and_launches_right_away(
    browser: "Browser", library: Library, tmp_path: Path, cookies: Cookies
) -> None:
    # an organization's first LMS is active at once, so each case needs a new organization
    with library.served.carrel.database.transaction() as session:
        oak = make_organization(session, name="Oak County Library")
        make_pool_grant(session, make_pool(session, oak, capacity=None))
        slug = oak.slug
    invite = library.carrel("lti", "invite", slug, "--allow-loopback")["url"]
    with (
        running_platform() as platform,
        browsing(browser, tmp_path, cookies, trusted=platform.url, framed=library.front) as context,
    ):
        admin = Visitor.arrive(context, platform, platform.course.instructors[0])
        admin.page.goto(f"{platform.url}/tools")
        admin.page.get_by_label("Registration address of the tool").fill(invite)
        admin.page.get_by_role("button", name="Register", exact=True).click()
        expect(admin.tool.get_by_test_id("registration-active")).to_contain_text("Oak County")
        admin.tool.locator("[data-lti-close]").click()
        admin.page.wait_for_url(f"{platform.url}/tools")
        (tool,) = platform.records.tools.values()
        link = platform.link(tool, custom={"webinar": "course-2"})
        learner = Visitor.arrive(context, platform, platform.course.learners[2])
        learner.open(link)
        play(learner.tool)
