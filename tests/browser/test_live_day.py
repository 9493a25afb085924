"""The live day: registering with answers, an accommodation, and the survey afterward."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from lms.core.clock import now
from lms.live.mail_schedule import Telling, tell_some
from lms.live.mails import READY
from lms.mail.links import Links
from lms.models.accounts import SellerRole
from lms.models.catalog import Webinar
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import submit_of
from tests.browser.sent_mail import letter_to
from tests.factories import make_grant, make_login, make_webinar
from tests.servers.axe import faults_on_phone_and_desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SURVEY = "https://survey.example.org/s/1"


def is_sound(page: Page) -> None:
    assert faults_on_phone_and_desk(page) == []


def ask_questions(page: Page, slug: str) -> None:
    """Add one required question to the webinar, and a link to a survey."""
    page.goto(f"/staff/webinars/{slug}/questions")
    page.get_by_label("The questions below").check()
    page.get_by_label("Question", exact=True).first.fill("Which branch do you work at?")
    page.get_by_label("Required").first.check()
    is_sound(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto(f"/staff/webinars/{slug}/edit")
    page.get_by_label("Link to the survey").fill(SURVEY)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def register(page: Page, slug: str) -> None:
    """Register with an answer and an accommodation; a first attempt without the answer fails."""
    page.goto(f"/webinars/{slug}")
    page.locator('main a[href$="/register"]').click()
    page.get_by_label("ASL interpreter").check()
    submit_of(page).click()
    expect(page.get_by_text("Answer this question.").first).to_be_visible()
    expect(page.get_by_label("ASL interpreter")).to_be_checked()
    is_sound(page)
    page.get_by_label("Which branch do you work at?").fill("Main Street")
    submit_of(page).click()
    expect(page.get_by_role("heading", name="Your accommodation")).to_be_visible()
    expect(page.get_by_role("heading", name="re registered")).to_be_visible()
    is_sound(page)


def answer(page: Page, slug: str) -> None:
    """Find the pending request on the staff home, assign it to yourself, and answer it."""
    page.goto("/staff")
    page.get_by_role("link", name=re.compile("accommodation")).click()
    rows = page.locator("table")
    rows.get_by_role("link", name=re.compile("Accommodation at a live session")).click()
    page.locator("button[name=to]").click()
    expect(page.get_by_text("Assigned to", exact=True)).to_be_visible()
    is_sound(page)
    page.get_by_role("textbox", name="Answer").fill("Nina Ortiz interprets. Pin her video.")
    page.get_by_role("button", name="Answer and email them").click()
    expect(page.get_by_role("heading", name="Our answer")).to_be_visible()
    page.goto(f"/staff/webinars/{slug}/registrants")
    expect(page.get_by_text("Main Street")).to_be_visible()
    is_sound(page)


def hold(served: Served, webinar_id: int) -> None:
    """Move the webinar to the past with a ready recording."""
    moment = now()
    with served.carrel.database.transaction() as session:
        held = session.get_one(Webinar, webinar_id)
        held.held_at = moment - timedelta(hours=2)
        served.add_recording(session, held).ready_at = moment
        session.flush()
        links = Links("http://localhost")
        tell_some(session, Telling(READY, webinar_id), "", links=links, now=moment)


def test_registrant_gets_accommodation_answer_and_survey(served: Served, visit: Visit) -> None:
    moment = now()
    with served.carrel.database.transaction() as session:
        bob = make_login(session, "bob.day@example.org", name="Bob Bright")
        ada = make_login(session, name="Ada", seller_role=SellerRole.STAFF)
        webinar = make_webinar(session, held_at=moment + timedelta(days=6))
        make_grant(session, bob, ends_at=moment + timedelta(days=90))
        slug, webinar_id, bob_id, ada_id = webinar.slug, webinar.id, bob.id, ada.id
    staff = visit(ada_id, reduced_motion="reduce")
    person = visit(bob_id, reduced_motion="reduce")
    ask_questions(staff.page, slug)
    register(person.page, slug)
    answer(staff.page, slug)
    assert "Pin her video" in letter_to(served, "bob.day@example.org", holding="Nina Ortiz")
    person.page.reload()
    expect(person.page.get_by_text("Nina Ortiz interprets.")).to_be_visible()
    hold(served, webinar_id)
    letter = letter_to(served, "bob.day@example.org", holding="recording of this webinar")
    assert SURVEY in letter
    assert staff.faults == []
    # from the form without the required answer
    assert all("400 (BAD REQUEST)" in each for each in person.faults)
