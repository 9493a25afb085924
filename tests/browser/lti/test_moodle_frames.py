"""What teachers and learners do in frames of fixed height, such as Moodle's."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import Frame, Locator, Page, expect
from sqlalchemy import select

from lms.access.policy import Code
from lms.core.clock import now
from lms.models.catalog import Webinar
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.seats import Pool, WaitingEntry
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
from tests.browser.lti.two_sites import TITLES, Library, Visitor, school, until
from tests.browser.page_elements import button_to, is_refused
from tests.platform.platform import Platform
from tests.platform.product_quirks import MOODLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BORDERS: Final = 2  # the borders of the platform's frame
ZONE: Final = "Pacific/Honolulu"  # far from the site's time zone
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
    """Show a state in a frame of fixed height."""
    path = open_state(library.served, name, platform.url, slug=slug)
    frame = framed(page, library, platform, path, kind=FIXED)
    give_whole_width(page)
    return frame


def test_add_button_stays_in_view_and_gradebook_columns_appear_at_once(
    browser: "Browser", library: Library, tmp_path: Path
) -> None:
    with (
        school(library, MOODLE) as (moodle, tool),
        browsing(
            browser, tmp_path, Cookies.ALLOWED, trusted=moodle.url, framed=library.front
        ) as context,
    ):
        teacher = Visitor.arrive(context, moodle, moodle.course.instructors[0])
        choose(teacher, tool.client_id)
        views: list[bool] = []
        pick_all(teacher.tool, watched=None, look=lambda add: views.extend(in_view(teacher, add)))
        assert views == [True] * 2 * len(TITLES)
        links = moodle.records.links_of(moodle.course)
        assert [moodle.column(link) is not None for link in links] == [True, True, True]
        assert [link.custom.get("grade") for link in links] == [None, None, None]
        assert moodle.answers[-1].faults == ()
        teacher.page.goto(f"{moodle.url}/courses/{moodle.course.id}/gradebook")
        for link in links:  # even before anyone has watched
            expect(teacher.page.get_by_role("columnheader", name=link.title)).to_be_visible()


def in_view(teacher: Visitor, button: Locator) -> list[bool]:
    """Return whether a button is in view on a phone and on a desktop."""
    found = []
    for width, height in FRAMES:
        teacher.page.set_viewport_size({"width": width, "height": 900})
        until(button, f"() => Math.abs(window.innerHeight - {height}) <= {BORDERS}")
        found.append(button.evaluate(IN_VIEW))
    return found


def test_learner_joins_the_waitlist_and_requests_a_seat_in_the_frame(
    page: Page, library: Library, platform: Platform
) -> None:
    began = now()
    frame = show(page, library, platform, "refused no seat left", "moodle-waits")
    button_to(frame, "/wait").click()
    is_refused(frame, Code.POOL_FULL_WAITLISTED)
    button_to(frame, "/ask").click()
    expect(frame.locator(".notice-done")).to_contain_text("Maria Ortiz")
    assert frame.evaluate(TALLER) <= 0
    with library.served.carrel.database.read_session() as session:
        waiting = (
            select(WaitingEntry)
            .join(Pool, Pool.id == WaitingEntry.pool_id)
            .join(Organization, Organization.id == Pool.organization_id)
            .where(Organization.slug == "moodle-waits-library")
        )
        assert len(session.scalars(waiting).all()) == 1
        asked = session.scalars(
            select(Mail.recipient).where(Mail.kind == "seat_requested", Mail.created_at >= began)
        ).all()
    assert asked == ["moodle-waits@example.org"]


def test_learner_sees_when_the_score_was_sent_in_local_time(
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


def test_pending_score_names_the_lms_and_updates_when_delivered(
    page: Page, library: Library, platform: Platform
) -> None:
    frame = show(page, library, platform, "watch a score that waits", "moodle-queued")
    line = frame.locator("[data-gradebook]")
    expect(line).to_have_text("Your score is ready. Waiting for Moodle.")
    with library.served.carrel.database.transaction() as session:
        waiting = select(Score).where(Score.state == ScoreState.QUEUED).order_by(Score.id.desc())
        score = session.scalars(waiting.limit(1)).one()
        score.state, score.delivered_at = ScoreState.DELIVERED, score.created_at
    expect(line).to_have_text(re.compile("Sent to the gradebook"), timeout=120_000)
    expect(line).to_have_attribute("role", "status")


def test_playback_elsewhere_is_shown_in_the_frame_and_taken_over(
    page: Page, library: Library, platform: Platform
) -> None:
    frame = show(page, library, platform, "watch a seat is theirs", "moodle-elsewhere")
    watch_on_another_screen(library, "moodle-elsewhere")
    frame.locator("[data-big-play]").click()
    message = frame.locator("[data-message]")
    expect(message).to_contain_text("Playing in Firefox on Windows since")
    for width in sizes_of_frames(page, frame):
        expect(frame.locator("[data-message-take-over]")).to_be_in_viewport()
        assert message.evaluate("box => box.scrollHeight - box.clientHeight") <= 0
        take_picture(page, f"elsewhere-{width}")
    frame.locator("[data-message-take-over]").click()
    expect(message).to_be_hidden()


def sizes_of_frames(page: Page, frame: Frame) -> Iterator[int]:
    """Resize the frame as on a phone and on a desktop, and check that nothing is cut off."""
    for width, height in FRAMES:
        page.set_viewport_size({"width": width, "height": 900})
        until(frame.locator("body"), f"() => window.innerHeight === {height}")
        yield width
        assert frame.evaluate(TALLER) <= 0


def test_without_scripts_take_over_page_fits_the_frame(
    browser: "Browser", library: Library, platform: Platform
) -> None:
    slug = "moodle-plain-elsewhere"
    path = open_state(library.served, "watch a seat is theirs", platform.url, slug=slug)
    watch_on_another_screen(library, slug)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{library.url}{path}")
    page.get_by_role("button", name="Play", exact=True).click()
    for width, height in FRAMES:
        page.set_viewport_size({"width": width, "height": height})
        expect(page.locator("button[name=take_over]")).to_be_visible()
        assert page.evaluate(TALLER) <= 0
    context.close()


def watch_on_another_screen(library: Library, slug: str) -> None:
    """Play a state's webinar outside the course as its learner."""
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


def test_long_course_list_keeps_its_position_when_the_page_grows(
    page: Page, library: Library, platform: Platform
) -> None:
    frame = show(page, library, platform, "course of thirty", "moodle-course")
    title, rule = frame.get_by_role("heading", level=1), frame.get_by_text("Grading rule")
    for _width in sizes_of_frames(page, frame):
        rule.scroll_into_view_if_needed()
        rule.click()
        page.wait_for_timeout(600)  # the page requests a new height
        expect(frame.get_by_role("button", name="Save rule")).to_be_visible()
        assert frame.locator(".frame-list").evaluate("list => list.scrollTop") > 0
        assert title.evaluate(IN_VIEW)
        rule.click()
        frame.locator(".frame-list").evaluate("list => list.scrollTo(0, 0)")


def test_drawer_opens_by_keyboard_without_covering_the_video(
    page: Page, library: Library, platform: Platform
) -> None:
    frame = show(page, library, platform, "watch a seat is theirs", "moodle-drawer")
    drawer, button = frame.locator("#drawer"), frame.get_by_role("button", name="Handouts")
    expect(drawer).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(drawer).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    for _width in sizes_of_frames(page, frame):
        assert covered(frame) <= 0.05
    page.keyboard.press("Tab")  # the opened drawer is next in the Tab order
    assert frame.evaluate("document.querySelector('#drawer').contains(document.activeElement)")
    expect(drawer.get_by_role("link", name=re.compile("^Download"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(button).to_be_focused()
    expect(frame.get_by_role("main")).to_have_count(1)
    expect(frame.get_by_role("heading", level=1)).to_have_count(1)


def covered(frame: Frame) -> float:
    """Return the share of the video that the open drawer covers."""
    film, drawer = (frame.locator(one).bounding_box() for one in (".watch-film", "#drawer"))
    assert film is not None
    assert drawer is not None
    sides = []
    for start, length in (("x", "width"), ("y", "height")):
        ends = min(one[start] + one[length] for one in (film, drawer))  # type: ignore[literal-required]  # both are of a box
        sides.append(max(0, ends - max(film[start], drawer[start])))  # type: ignore[literal-required]  # both are of a box
    return sides[0] * sides[1] / (film["width"] * film["height"])
