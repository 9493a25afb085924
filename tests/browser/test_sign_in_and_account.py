"""Signing in and the account in a browser: emails, codes, time zones, and accessibility."""

import re

import pytest
from playwright.sync_api import Page, expect

from lms.core.model_base import new_public_id
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import code_button, is_done, submit_of
from tests.browser.sent_mail import letter_to
from tests.servers.axe import faults_at_widths

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PASSWORD = "seven lamps on a long table"  # noqa: S105


def new_address() -> str:
    """Return an unused email address."""
    return f"{new_public_id()[:10]}@example.org"


def sign_up(served: Served, page: Page, address: str) -> None:
    """Create an account as people do."""
    page.goto("/sign-up")
    page.get_by_label("Email address").fill(address)
    submit_of(page).click()
    page.wait_for_url("**/sign-up/sent")
    found = re.search(rf"{served.url}(/sign-up/confirm/\S+)", letter_to(served, address))
    assert found
    page.goto(found[1])
    page.get_by_label("Your name").fill("Nora Vex")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    is_done(page, "Nora Vex")


def test_account_is_created_by_email_in_the_device_time_zone(served: Served, visit: Visit) -> None:
    nora = visit(timezone_id="Europe/Paris")
    sign_up(served, nora.page, new_address())
    nora.page.goto("/account")
    expect(nora.page.get_by_text("Paris")).to_be_visible()
    assert nora.faults == []


def test_emailed_code_signs_in(served: Served, visit: Visit) -> None:
    with served.carrel.database.transaction() as session:
        address = served.add_person(session, "Cleo").email or ""
    cleo = visit()
    cleo.page.goto("/sign-in?next=/account/browsers")
    cleo.page.get_by_label("Email address").fill(address)
    code_button(cleo.page).click()
    found = re.search(r"\d{4} \d{4}", letter_to(served, address))
    assert found
    cleo.page.get_by_label("Code").fill(found[0])
    cleo.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(cleo.page.get_by_role("heading", level=1)).to_contain_text("re signed in")
    assert cleo.faults == []


def test_password_can_be_shown_and_is_hidden_on_submit(visit: Visit) -> None:
    stranger = visit()
    page = stranger.page
    page.goto("/sign-in")
    field = page.get_by_label("Password", exact=True)
    field.fill("not my password")
    page.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide password").click()
    expect(field).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show password").click()
    page.evaluate("addEventListener('submit', (event) => event.preventDefault())")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(field).to_have_attribute("type", "password")


def test_device_time_zone_is_offered_but_not_forced(served: Served, visit: Visit) -> None:
    with served.carrel.database.transaction() as session:
        person = served.add_person(session, "Zoe")
        person.zone = "America/Denver"
    zoe = visit(person.id, timezone_id="America/Chicago")
    zoe.page.goto("/account/details")
    zone = zoe.page.get_by_label("Time zone")
    expect(zone).to_have_value("America/Denver")
    zoe.page.get_by_role("button", name="Use this time zone").click()
    expect(zone).to_have_value("America/Chicago")
    expect(zone).to_be_focused()


def test_error_summary_gets_the_focus_and_links_to_the_field(visit: Visit) -> None:
    page = visit().page
    page.goto("/sign-up")
    page.get_by_label("Email address").fill("nora@")
    submit_of(page).click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name=re.compile("^Email address")).click()
    expect(page.get_by_label("Email address")).to_be_focused()
    expect(page.get_by_label("Email address")).to_have_value("nora@")


def test_invalid_reset_link_page_is_accessible(visit: Visit) -> None:
    page = visit(reduced_motion="reduce").page
    page.goto("/reset-password/old")
    assert faults_at_widths(page, (390, 820, 1440)) == []
