"""Two-step sign-in in a browser: passkeys on a virtual authenticator, and authenticator apps."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from lms.core.clock import now
from lms.core.password_hashing_and_rules import hash_password
from lms.models.accounts import SellerRole, SignIn
from tests.browser.conftest import Served, Visit
from tests.browser.test_sign_in_and_account import PASSWORD
from tests.second_steps import code_of
from tests.servers.axe import axe_faults

ASKED = re.compile("Confirm it.s you")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def _at_localhost(served: Served) -> str:
    """Return the site's URL at localhost, because passkeys don't work with IP addresses."""
    return f"http://localhost:{urlsplit(served.url).port}"


def _add_authenticator(page: Page) -> None:
    """Add a virtual authenticator to the browser, which approves everything."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def _owner(served: Served, name: str) -> str:
    with served.carrel.database.transaction() as session:
        login = served.add_person(session, name, seller_role=SellerRole.OWNER)
        login.password_hash = hash_password(PASSWORD)
        return login.email or ""


def _sign_in(page: Page, house: str, email: str) -> None:
    page.goto(f"{house}/sign-in?next=/staff")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def _sign_out(page: Page, house: str) -> None:
    page.goto(f"{house}/account")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{house}/")


def _add_passkey(page: Page, house: str) -> None:
    page.goto(f"{house}/account/security")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_test_id("recovery-codes").locator("code")).to_have_count(10)
    page.get_by_role("link", name="I saved them").click()
    expect(page.get_by_text("Work laptop", exact=True)).to_be_visible()


def test_owner_signs_in_by_passkey_and_uses_it_again_before_a_change(
    served: Served, visit: Visit
) -> None:
    house, email = _at_localhost(served), _owner(served, "Petra")
    petra = visit()
    page = petra.page
    _add_authenticator(page)
    _sign_in(page, house, email)
    _add_passkey(page, house)
    _sign_out(page, house)
    _sign_in(page, house, email)
    expect(page.get_by_role("heading", level=1)).to_have_text(ASKED)
    assert axe_faults(page) == []
    page.goto(f"{house}/staff")
    expect(page).to_have_url(re.compile("/sign-in"))  # not signed in yet
    page.goto(f"{house}/sign-in/second-step?next=/staff")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{house}/staff")
    with served.carrel.database.transaction() as session:
        for sign_in in session.query(SignIn):
            sign_in.created_at = sign_in.proved_at = now().replace(year=2020)
    page.goto(f"{house}/staff/team")
    page.get_by_label("Email address").fill("newcomer@example.org")
    page.get_by_role("button", name="Add", exact=False).last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ASKED)
    assert axe_faults(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("main").get_by_text("newcomer@example.org")).to_be_visible()
    expect(page).to_have_url(f"{house}/staff/team")


def test_app_is_added_and_recovery_code_signs_in_without_javascript(
    served: Served, visit: Visit
) -> None:
    house, email = _at_localhost(served), _owner(served, "Otto")
    page = visit(java_script_enabled=False, viewport={"width": 390, "height": 844}).page
    _sign_in(page, house, email)
    page.goto(f"{house}/account/security/app")
    page.get_by_text("Enter this key in the app").click()
    secret = page.locator("main code").inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill(code_of(secret, at=now().timestamp()))
    page.get_by_role("button", name="Add app").click()
    expect(page.get_by_test_id("recovery-codes").locator("code")).to_have_count(10)
    recovery = page.get_by_test_id("recovery-codes").locator("code").first.inner_text()
    _sign_out(page, house)
    _sign_in(page, house, email)
    page.get_by_label("Code", exact=True).fill(recovery)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{house}/staff")
