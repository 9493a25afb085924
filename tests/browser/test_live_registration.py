"""Registering for a live webinar in a browser: by keyboard, at three widths, checked by axe."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from lms.core.clock import now
from lms.models.accounts import Login, SellerRole
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import button_to
from tests.browser.webinar_desk import cancel_webinar
from tests.factories import make_grant, make_login, make_webinar
from tests.servers.axe import faults_on_phone_and_desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
ROOM = "https://room.example.org/j/1"


@dataclass(frozen=True, slots=True)
class Coming:
    """A webinar tomorrow, a later one, and one that is live; a pass owner, a buyer, and staff."""

    slug: str
    other: str
    on_air: str
    bob: int
    alice: int
    ada: int


@pytest.fixture
def coming(served: Served) -> Coming:
    moment = now()
    with served.carrel.database.transaction() as session:
        bob = make_login(session, name="Bob Bright")
        alice = make_login(session, name="Alice Ash")
        ada = make_login(session, name="Ada", seller_role=SellerRole.STAFF)
        first = make_webinar(session, held_at=moment + timedelta(days=1))
        other = make_webinar(session, held_at=moment + timedelta(days=8))
        other.title = "Another evening"
        on_air = make_webinar(session, held_at=moment - timedelta(minutes=20))
        on_air.live_link = ROOM
        grant = make_grant(
            session, session.get_one(Login, bob.id), ends_at=moment + timedelta(days=90)
        )
        grant.starts_at = moment - timedelta(days=9)
        for webinar in (first, on_air):
            make_grant(session, session.get_one(Login, alice.id), webinar)
        return Coming(first.slug, other.slug, on_air.slug, bob.id, alice.id, ada.id)


def press(page: Page, wanted: Locator) -> None:
    """Tab to a button and press Enter."""
    expect(wanted).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("it => it === document.activeElement"):
            break
    else:
        pytest.fail(f"the Tab key does not lead to {wanted}")
    page.keyboard.press("Enter")


def is_sound(page: Page) -> None:
    assert faults_on_phone_and_desk(page) == []


def test_person_registers_cancels_and_registers_again_by_keyboard(
    visit: Visit, coming: Coming
) -> None:
    bob = visit(coming.bob, reduced_motion="reduce")
    page = bob.page
    page.goto(f"/webinars/{coming.slug}")
    press(page, button_to(page, "/register"))
    expect(page.get_by_role("heading", name="re registered")).to_be_visible()
    is_sound(page)
    press(page, button_to(page, "/register/leave"))
    again = page.get_by_role("button", name="Register again")
    expect(again).to_be_visible()
    is_sound(page)
    press(page, again)
    expect(page.get_by_role("heading", name="re registered")).to_be_visible()
    page.goto("/library")
    expect(page.locator("#coming")).to_be_visible()
    is_sound(page)
    assert bob.faults == []


def test_staff_cancel_a_webinar_and_registrant_chooses_another(
    visit: Visit, coming: Coming
) -> None:
    staff, alice = (
        visit(coming.ada, reduced_motion="reduce"),
        visit(coming.alice, reduced_motion="reduce"),
    )
    staff.page.goto(f"/staff/webinars/{coming.slug}/cancel")
    told = staff.page.get_by_role("region", name=re.compile("will get an email"))
    expect(told.get_by_text("People with a seat or access of their own: 1")).to_be_visible()
    is_sound(staff.page)
    cancel_webinar(staff.page, coming.slug, "The hall is shut.")
    alice.page.goto(f"/webinars/{coming.slug}")
    expect(alice.page.get_by_text("The hall is shut.")).to_be_visible()
    is_sound(alice.page)
    alice.page.locator(f"input[value='{coming.other}']").check()
    press(alice.page, button_to(alice.page, "/choose"))
    expect(alice.page.get_by_role("heading", name="re registered")).to_be_visible()
    assert staff.faults == alice.faults == []


def test_staff_move_a_registration_and_undo_it(visit: Visit, coming: Coming) -> None:
    staff = visit(coming.ada, reduced_motion="reduce")
    page = staff.page
    page.goto(f"/staff/webinars/{coming.slug}/postpone")  # opening this page records who bought it
    is_sound(page)
    page.goto(f"/staff/webinars/{coming.slug}/registrants")
    is_sound(page)
    page.locator("#move select").select_option(coming.other)
    page.get_by_role("button", name=re.compile("^Move ?: Alice Ash")).click()
    staff.undo()
    expect(page.get_by_role("button", name=re.compile("^Move ?: Alice Ash"))).to_be_visible()
    assert staff.faults == []


def test_room_url_is_not_on_the_page_and_attendance_is_imported(
    visit: Visit, coming: Coming, tmp_path: Path
) -> None:
    alice, staff = (
        visit(coming.alice, reduced_motion="reduce"),
        visit(coming.ada, reduced_motion="reduce"),
    )
    alice.page.goto(f"/webinars/{coming.on_air}")
    expect(alice.page.get_by_role("link", name="Join live")).to_be_visible()
    assert "room.example.org" not in alice.page.content()
    is_sound(alice.page)
    began = now() - timedelta(minutes=20)
    times = ",".join(f"{began + timedelta(minutes=at):%Y-%m-%dT%H:%M:%SZ}" for at in (0, 15))
    report = tmp_path / "participants.csv"
    report.write_text(
        "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n"
        f"A tablet,,{times},15,Yes\n"
    )
    page = staff.page
    page.goto(f"/staff/webinars/{coming.on_air}/attendance")
    page.get_by_label("Report (CSV)").set_input_files(report)
    page.get_by_role("button", name="Preview").click()
    is_sound(page)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="1 participant isn")).to_be_visible()
    is_sound(page)
    press(page, page.get_by_role("button", name=re.compile("^Leave out ?: A tablet")))
    expect(page.locator("#rest-title")).to_be_visible()
    assert staff.faults == alice.faults == []
