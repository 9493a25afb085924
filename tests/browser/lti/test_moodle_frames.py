"""What a teacher and a learner do in frames that keep their height, as Moodle's: choose, ask, read on, be graded."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import Frame, Page, expect
from sqlalchemy import select

from lms.core.clock import now
from lms.models.catalog import Webinar
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.seats import WaitingEntry
from lms.playback.sessions import Playback, Screen, open_playback
from lti.models.courses import Score, ScoreState
from lti.models.identities import Identity
from tests.browser.lti.cookie_settings import Cookies, browsing
from tests.browser.lti.framed_states import open_state
from tests.browser.lti.test_course import choose, pick_all
from tests.browser.lti.tool_frame import (
    FIXED,
    FRAMES,
    TALLER,
    framed,
    give_whole_width,
    take_picture,
)
from tests.browser.lti.two_sites import Library, Visitor, school
from tests.platform.platform import Platform
from tests.platform.product_quirks import MOODLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ZONE: Final = "Pacific/Honolulu"  # far from the library's own
IN_VIEW: Final = """button => {
    const { top, bottom } = button.getBoundingClientRect();
    return top >= 0 && bottom <= window.innerHeight;
}"""


@pytest.fixture
def page(browser: "Browser") -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-US", timezone_id=ZONE
    )
    yield context.new_page()
    context.close()


def show(page: Page, library: Library, platform: Platform, name: str, slug: str) -> Frame:
    """Show a state in a frame that keeps its height."""
    path = open_state(library.served, name, platform.url, slug=slug)
    frame = framed(page, library, platform, path, kind=FIXED)
    give_whole_width(page)
    return frame


@pytest.mark.parametrize(("width", "height"), FRAMES)
def test_a_teacher_adds_three_with_the_button_always_in_view_and_has_their_columns_at_once(
    browser: "Browser", library: Library, tmp_path: Path, width: int, height: int
) -> None:
    with (
        school(library, MOODLE) as (moodle, tool),
        browsing(
            browser, tmp_path, Cookies.ALLOWED, trusted=moodle.url, framed=library.front
        ) as context,
    ):
        teacher = Visitor.arrive(context, moodle, moodle.course.instructors[0])
        teacher.page.set_viewport_size({"width": width, "height": 900})
        choose(teacher, tool.client_id)
        add = pick_all(teacher.tool, watched=None, looks=IN_VIEW)
        assert add == [True, True, True]
        links = moodle.records.links_of(moodle.course)
        assert [moodle.column(link) is not None for link in links] == [True, True, True]
        assert [link.custom.get("grade") for link in links] == [None, None, None]
        assert moodle.answers[-1].faults == ()
        teacher.page.goto(f"{moodle.url}/courses/{moodle.course.id}/gradebook")
        for link in links:  # before anyone has watched anything
            expect(teacher.page.get_by_role("columnheader", name=link.title)).to_be_visible()


def test_a_learner_without_a_seat_joins_the_waitlist_and_asks_for_one_in_the_frame(
    page: Page, library: Library, platform: Platform
) -> None:
    frame = show(page, library, platform, "refused no seat left", "moodle-waits")
    frame.get_by_role("button", name="Join the waitlist").click()
    expect(frame.get_by_text("You\u2019re on the waitlist.")).to_be_visible()
    frame.get_by_role("button", name="Ask Maria Ortiz for a seat").click()
    expect(frame.get_by_text("We emailed Maria Ortiz that you need a seat.")).to_be_visible()
    assert frame.evaluate(TALLER) <= 0
    with library.served.carrel.database.read_session() as session:
        assert len(session.scalars(select(WaitingEntry)).all()) == 1
        asked = session.scalars(select(Mail).where(Mail.kind == "seat_requested")).all()
    assert [one.recipient for one in asked] == ["moodle-waits@example.org"]


def test_a_learner_reads_when_their_score_was_sent_by_their_own_clock(
    page: Page, library: Library, platform: Platform
) -> None:
    frame = show(page, library, platform, "watch a score that arrived", "moodle-sent")
    line = frame.get_by_role("status").filter(has_text="Sent to the gradebook")
    expect(line).to_have_text(re.compile(r"Sent to the gradebook\s+at \d{1,2}:\d\d\s[AP]M\s*$"))
    moment, said = line.locator("time").evaluate("one => [one.dateTime, one.textContent]")
    there = page.evaluate(
        "([at, zone]) => new Date(at).toLocaleTimeString('en-US', {timeZone: zone, timeStyle: 'short'})",
        [moment, ZONE],
    )
    assert said == f"at {there}"


def test_a_score_that_waits_says_for_whom_and_changes_by_itself_when_it_arrives(
    page: Page, library: Library, platform: Platform
) -> None:
    frame = show(page, library, platform, "watch a score that waits", "moodle-queued")
    line = frame.locator("[data-gradebook]")
    expect(line).to_have_text("Your score is ready. Waiting for Moodle.")
    with library.served.carrel.database.transaction() as session:
        waiting = select(Score).where(Score.state == ScoreState.QUEUED).order_by(Score.id.desc())
        score = session.scalars(waiting.limit(1)).one()
        score.state, score.delivered_at = ScoreState.DELIVERED, score.created_at
    expect(line).to_have_text(re.compile("Sent to the gradebook"), timeout=40_000)
    expect(line).to_have_attribute("role", "status")


@pytest.mark.parametrize(("width", "height"), FRAMES)
def test_who_plays_elsewhere_reads_so_in_the_frame_and_takes_over(
    page: Page, library: Library, platform: Platform, width: int, height: int
) -> None:
    slug = f"moodle-elsewhere-{width}"
    frame = show(page, library, platform, "watch a seat is theirs", slug)
    page.set_viewport_size({"width": width, "height": 900})
    watch_on_another_screen(library, slug)
    frame.locator("[data-big-play]").click()
    message = frame.locator("[data-message]")
    expect(message).to_contain_text("Playing in Firefox on Windows since")
    expect(frame.get_by_role("button", name="Play here instead")).to_be_visible()
    assert message.evaluate("box => box.scrollHeight - box.clientHeight") <= 0
    assert frame.evaluate(TALLER) <= 0
    assert frame.evaluate("window.innerHeight") == height
    take_picture(page, f"elsewhere-{width}")
    frame.get_by_role("button", name="Play here instead").click()
    expect(message).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), FRAMES)
def test_without_scripts_who_plays_elsewhere_reads_so_on_a_page_that_fits(
    browser: "Browser", library: Library, platform: Platform, width: int, height: int
) -> None:
    slug = f"moodle-plain-elsewhere-{width}"
    path = open_state(library.served, "watch a seat is theirs", platform.url, slug=slug)
    watch_on_another_screen(library, slug)
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(f"{library.url}{path}")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Play here instead")).to_be_visible()
    assert page.evaluate(TALLER) <= 0
    context.close()


def watch_on_another_screen(library: Library, slug: str) -> None:
    """Let the learner of a state play its webinar outside the course."""
    with library.served.carrel.database.transaction() as session:
        webinar_id = session.scalars(select(Webinar.id).where(Webinar.slug == slug)).one()
        login_id = session.scalars(
            select(Identity.login_id)
            .join(Organization, Organization.id == Identity.organization_id)
            .where(Organization.slug == f"{slug}-library")
        ).one()
        screen = Screen(login_id, None, "Firefox on Windows")
        opened = open_playback(session, screen=screen, webinar_id=webinar_id, now=now())
        assert isinstance(opened, Playback)


@pytest.mark.parametrize(("width", "height"), FRAMES)
def test_a_teacher_reads_down_a_long_course_and_stays_there_when_the_page_grows(
    page: Page, library: Library, platform: Platform, width: int, height: int
) -> None:
    frame = show(page, library, platform, "course of thirty", f"moodle-course-{width}")
    page.set_viewport_size({"width": width, "height": 900})
    title = frame.get_by_role("heading", level=1)
    rule = frame.get_by_text("Grading rule")
    rule.scroll_into_view_if_needed()
    rule.click()
    page.wait_for_timeout(600)  # the frame's height is asked for anew
    expect(frame.get_by_role("button", name="Save rule")).to_be_visible()
    assert frame.locator(".frame-list").evaluate("list => list.scrollTop") > 0
    assert title.evaluate(IN_VIEW)
    assert frame.evaluate(TALLER) <= 0
    assert frame.evaluate("window.innerHeight") == height


def test_the_drawer_is_reached_and_left_by_keys_and_the_page_tells_its_parts(
    page: Page, library: Library, platform: Platform
) -> None:
    frame = show(page, library, platform, "watch a seat is theirs", "moodle-drawer")
    drawer, button = frame.locator("#drawer"), frame.get_by_role("button", name="Handouts")
    expect(drawer).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(drawer).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")  # what was opened is what comes next
    assert frame.evaluate("document.querySelector('#drawer').contains(document.activeElement)")
    expect(drawer.get_by_role("link", name=re.compile("^Download"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(button).to_be_focused()
    assert frame.evaluate(TALLER) <= 0
    expect(frame.get_by_role("main")).to_have_count(1)
    expect(frame.get_by_role("heading", level=1)).to_have_count(1)


@pytest.mark.parametrize(("width", "height"), FRAMES)
def test_the_film_plays_on_beside_an_open_drawer(
    page: Page, library: Library, platform: Platform, width: int, height: int
) -> None:
    frame = show(page, library, platform, "watch a seat is theirs", f"moodle-beside-{width}")
    page.set_viewport_size({"width": width, "height": 900})
    frame.get_by_role("button", name="Handouts").click()
    film, drawer = (frame.locator(one).bounding_box() for one in (".watch-film", "#drawer"))
    assert film is not None
    assert drawer is not None
    covered_x = max(
        0,
        min(film["x"] + film["width"], drawer["x"] + drawer["width"]) - max(film["x"], drawer["x"]),
    )
    covered_y = max(
        0,
        min(film["y"] + film["height"], drawer["y"] + drawer["height"])
        - max(film["y"], drawer["y"]),
    )
    assert covered_x * covered_y <= 0.05 * film["width"] * film["height"]
    assert frame.evaluate(TALLER) <= 0
    assert frame.evaluate("window.innerHeight") == height
