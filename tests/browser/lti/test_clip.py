"""A clip: its start and end are chosen in the picker, and the player stays between them."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.lti.cookie_settings import Cookies, browsing
from tests.browser.lti.test_course import ADD
from tests.browser.lti.two_sites import TITLES, Library, Visitor, play, school, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

STOPPED_AT_THE_END = "video => video.paused && Math.abs(video.currentTime - 25) < 1.5"
NEAR_THE_START = "video => video.currentTime >= 9.5 && video.currentTime < 16"


def test_chosen_clip_plays_from_its_start_to_its_end(
    browser: "Browser", library: Library, tmp_path: Path
) -> None:
    with (
        school(library) as (platform, tool),
        browsing(
            browser, tmp_path, Cookies.ALLOWED, trusted=platform.url, framed=library.front
        ) as context,
    ):
        teacher = Visitor.arrive(context, platform, platform.course.instructors[0])
        _choose_a_clip(teacher, tool.client_id)
        (link,) = platform.records.links_of(platform.course)
        assert (link.custom["start"], link.custom["end"]) == ("10", "25")

        learner = Visitor.arrive(context, platform, platform.course.learners[0])
        learner.open(link)
        expect(learner.tool.get_by_text("Watched 0:00 of 0:15")).to_be_visible()
        play(learner.tool)
        video = learner.tool.locator("video")
        until(video, NEAR_THE_START)
        video.evaluate("video => { video.currentTime = 1; }")
        until(video, NEAR_THE_START)
        video.evaluate("video => { video.currentTime = 23; }")
        until(video, STOPPED_AT_THE_END)
        learner.tool.locator("media-controller .player-bar media-play-button").click()
        until(video, f"video => !video.paused && ({NEAR_THE_START})(video)")
        video.evaluate("video => { video.currentTime = 60; }")
        until(video, STOPPED_AT_THE_END)


def _choose_a_clip(teacher: Visitor, client_id: str) -> None:
    platform, tool, title = teacher.platform, teacher.tool, TITLES[0]
    teacher.page.goto(f"{platform.url}/courses/{platform.course.id}/choose/{client_id}")
    tool.get_by_role("button", name=f"Choose {title}").click()
    begins, ends = (tool.get_by_label(f"{word} at {title}") for word in ("Starts", "Ends"))
    add = tool.locator(ADD)
    begins.fill("0:50")
    ends.fill("0:25")
    add.click()
    expect(tool.get_by_role("alert")).to_contain_text("the end after the start")
    expect(begins).to_have_attribute("aria-invalid", "true")
    begins.fill("0:10")
    add.click()
    expect(tool.get_by_role("heading", name="1 added")).to_be_visible()
