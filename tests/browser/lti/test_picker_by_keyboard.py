"""Choosing a recording for a course by keyboard, in an LMS frame."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lms.models.catalog import Webinar
from lms.search import webinar_search
from tests.browser.keyboard import Keyboard
from tests.browser.lti.cookie_settings import Cookies, browsing
from tests.browser.lti.test_course import ADD, choose
from tests.browser.lti.two_sites import TITLES, Library, Visitor, school

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_instructor_searches_chooses_and_adds_a_recording(
    browser: "Browser", library: Library, tmp_path: Path
) -> None:
    title = TITLES[1]
    with library.served.carrel.database.transaction() as session:
        webinar_search.keep(session, list(session.scalars(select(Webinar.id))))
    with (
        school(library) as (platform, tool),
        browsing(
            browser, tmp_path, Cookies.ALLOWED, trusted=platform.url, framed=library.front
        ) as context,
    ):
        teacher = Visitor.arrive(context, platform, platform.course.instructors[0])
        choose(teacher, tool.client_id)
        frame = teacher.page.frame("tool")
        assert frame is not None
        keys = Keyboard(teacher.page, frame)
        picker = teacher.tool
        expect(picker.get_by_role("heading", name=re.compile("^Choose recordings"))).to_be_visible()
        keys.enter("Search", title)
        keys.press("Enter")
        expect(picker.get_by_role("button", name=f"Choose {TITLES[0]}")).to_be_hidden()
        keys.activate(f"Choose {title}")
        expect(picker.get_by_role("button", name=f"Remove {title}").first).to_be_visible()
        frame.wait_for_load_state()  # loading the page would move the focus
        keys.activate(f"#main {ADD}")
        expect(picker.get_by_role("heading", name="1 added")).to_be_visible()
        (link,) = platform.records.links_of(platform.course)
        assert link.title == title
        assert platform.answers[-1].faults == ()
