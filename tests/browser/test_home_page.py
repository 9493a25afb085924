"""The home page and search in a browser: by keyboard, and checked by axe."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from lms.core.clock import now
from lms.search import webinar_search
from tests.browser.conftest import Served, Visit
from tests.browser.page_adaptation import TWICE
from tests.factories import make_grant, make_webinar
from tests.servers.axe import axe_faults, faults_in_both_themes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")  # the same scope as the site whose database it changes
def alice(served: Served) -> int:
    """A person with access to one of two webinars about zebra crossings."""
    with served.carrel.database.transaction() as session:
        login = served.add_person(session, "Alice")
        webinar = served.add_webinar(session, "zebra-one", title="Zebra crossings")
        other = make_webinar(session, "zebra-two", held_at=now() + timedelta(days=9))
        other.title = "Zebra finches"
        make_grant(session, login, webinar)
        webinar_search.keep(session, (webinar.id, other.id))
        return login.id


def test_suggestion_is_chosen_by_keyboard(visit: Visit, alice: int) -> None:
    person = visit(alice)
    page = person.page
    page.goto("/")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search webinars")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("zebra")
    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    expect(box).to_have_attribute("aria-expanded", "true")
    assert axe_faults(page) == []
    page.keyboard.press("ArrowDown")
    first = options.first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("zebra")
    page.keyboard.press("ArrowUp")
    name = options.last.locator("span").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert person.faults == []


def test_enter_without_a_selected_suggestion_searches(visit: Visit, alice: int) -> None:
    page = visit(alice, reduced_motion="reduce").page
    page.goto("/")
    page.get_by_label("Search webinars").press_sequentially("zebra")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/webinars\?q=zebra$"))
    expect(page.get_by_role("link", name="Zebra finches")).to_be_visible()
    assert faults_in_both_themes(page) == []


@pytest.mark.usefixtures("alice")
def test_search_works_without_scripts(visit: Visit) -> None:
    page = visit(java_script_enabled=False).page
    page.goto("/")
    page.get_by_label("Search webinars").fill("zebra")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Zebra finches")).to_be_visible()


def test_header_links_to_webinars_on_a_phone(visit: Visit) -> None:
    page = visit(viewport={"width": 320, "height": 700}).page
    page.goto("/passes")
    header = page.get_by_role("banner")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    link, brand = header.get_by_role("link", name="Webinars"), header.get_by_role("link").first
    left, right = link.bounding_box(), brand.locator("span").bounding_box()
    assert left is not None
    assert right is not None
    assert right["x"] + right["width"] <= left["x"]
    link.click()
    expect(page).to_have_url(re.compile(r"/webinars$"))


@pytest.mark.usefixtures("alice")
def test_pages_fit_a_phone_at_double_text_size(visit: Visit) -> None:
    page = visit(viewport={"width": 390, "height": 844}).page
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": TWICE})
    widths = {}
    for path in ("/", "/webinars", "/webinars/zebra-two", "/passes", "/ask", "/sign-in"):
        page.goto(path)
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    assert {path: width for path, width in widths.items() if width > 390} == {}
