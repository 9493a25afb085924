"""A launch ends in a playing recording, whatever cookies the browser stores for a framed site."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.lti.cookie_settings import Cookies, browsing
from tests.browser.lti.two_sites import Library, Visitor, play, school
from tests.platform.product_quirks import CANVAS, MOODLE, PLAIN, Habits

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


# LMSs differ only when all cookies are blocked: some store a launch's state for the tool.
PAIRS = [
    pytest.param(
        cookies,
        habits,
        id=f"{cookies}-{habits.name}",
        marks=[pytest.mark.slow]
        if habits is not PLAIN and cookies is not Cookies.ALL_BLOCKED
        else [],
    )
    for cookies in Cookies
    for habits in (PLAIN, CANVAS, MOODLE)
]


@pytest.mark.parametrize(("cookies", "habits"), PAIRS)
def test_learner_plays_the_recording(
    browser: "Browser", library: Library, tmp_path: Path, cookies: Cookies, habits: Habits
) -> None:
    with (
        school(library, habits) as (platform, tool),
        browsing(browser, tmp_path, cookies, trusted=platform.url, framed=library.front) as context,
    ):
        link = platform.link(tool, custom={"webinar": "course-1"}, title="A recording")
        visitor = Visitor.arrive(context, platform, platform.course.learners[0])
        visitor.open(link)
        if cookies is Cookies.ALL_BLOCKED and habits.storage_target is None:
            with visitor.page.expect_popup() as opened:
                visitor.tool.get_by_role("button", name="window").click()
            play(opened.value)
        else:
            play(visitor.tool)
            sizes = [said for said in visitor.messages() if said["subject"] == "lti.frameResize"]
            assert sizes
            assert all(said["counts"] for said in sizes)


def test_link_opens_in_a_new_window(browser: "Browser", library: Library, tmp_path: Path) -> None:
    with (
        school(library) as (platform, tool),
        browsing(
            browser, tmp_path, Cookies.ALLOWED, trusted=platform.url, framed=library.front
        ) as context,
    ):
        link = platform.link(tool, custom={"webinar": "course-1"})
        visitor = Visitor.arrive(context, platform, platform.course.learners[1])
        visitor.open(link)
        with visitor.page.expect_popup() as opened:
            visitor.page.get_by_role("link", name="Open in a new window").click()
        play(opened.value)
