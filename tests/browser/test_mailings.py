"""From subscribing to a presenter's news to a mailing's results, in browsers, checked by axe."""

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.models.accounts import SellerRole
from lms.models.catalog import Presenter, WebinarPresenter, WebinarState
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import link_to, submit_of
from tests.browser.sent_mail import found_in_letter, start_sending
from tests.factories import make_webinar
from tests.servers.axe import faults_on_phone_and_desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@dataclass(frozen=True, slots=True)
class News:
    """A draft webinar, its presenter, and staff."""

    slug: str
    presenter: str
    ada: int


@pytest.fixture
def news(served: Served) -> News:
    moment = now()
    slug = f"pat-{new_public_id()[:6]}"
    with served.carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        webinar = make_webinar(
            session, held_at=moment + timedelta(days=9), state=WebinarState.DRAFT
        )
        webinar.title = "Calm service desks"
        presenter = Presenter(slug=slug, name="Pat Doe", created_at=moment)
        session.add(presenter)
        session.flush()
        session.add(WebinarPresenter(webinar_id=webinar.id, presenter_id=presenter.id, position=1))
        return News(webinar.slug, slug, ada.id)


def is_sound(page: Page) -> None:
    assert faults_on_phone_and_desk(page) == []


def subscribe(page: Page, served: Served, news: News, email: str) -> None:
    """Subscribe to the presenter, and confirm by the emailed link."""
    page.goto(f"/presenters/{news.presenter}")
    page.get_by_role("link", name="Email me about new webinars").click()
    page.get_by_label("Email address").fill(email)
    is_sound(page)
    page.get_by_role("button", name="Subscribe").click()
    page.wait_for_url("**/subscribe/sent*")
    page.goto(urlsplit(found_in_letter(served, email, r"(http\S+/subscribe/\S+)")).path)
    is_sound(page)
    page.get_by_role("button", name="Confirm subscription").click()
    expect(page.get_by_role("heading", name="re subscribed")).to_be_visible()
    is_sound(page)


def announce(desk: Page, served: Served, news: News) -> str:
    """Announce the webinar and send the prepared mailing; returns the URL of the mailing's page."""
    desk.goto(f"/staff/webinars/{news.slug}")
    desk.get_by_role("button", name="Announce").click()
    link_to(desk, "part=subscribers").click()
    is_sound(desk)
    submit_of(desk).click()
    frame = desk.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="New webinar: Calm service desks")).to_be_visible()
    is_sound(desk)
    send(desk, served)
    return desk.url


def send(desk: Page, served: Served) -> None:
    """Send the mailing, undo that, and send it again without waiting for its minute."""
    for label in ("Send to 1 person now", "Cancel sending", "Send to 1 person now"):
        desk.get_by_role("button", name=label).click()
    expect(desk.get_by_role("button", name="Cancel sending")).to_be_visible()
    is_sound(desk)
    start_sending(served, desk)


def test_stranger_subscribes_is_emailed_about_a_webinar_and_unsubscribes(
    visit: Visit, served: Served, news: News
) -> None:
    sam = f"sam-{new_public_id()[:6]}@example.net"
    stranger, staff = visit(None, reduced_motion="reduce"), visit(news.ada, reduced_motion="reduce")
    page, desk = stranger.page, staff.page
    subscribe(page, served, news, sam)
    mailing = announce(desk, served, news)

    page.goto(urlsplit(found_in_letter(served, sam, r"See the webinar:\s+(\S+)")).path)
    expect(page.get_by_role("heading", name="Calm service desks", level=1)).to_be_visible()
    page.goto(urlsplit(found_in_letter(served, sam, r"(http\S+/subscriptions/\S+)")).path)
    is_sound(page)
    page.get_by_role("button", name=re.compile("^Unsubscribe")).click()
    expect(page.get_by_role("link", name="Subscribe again")).to_be_visible()
    is_sound(page)

    desk.goto(mailing)
    results = desk.get_by_role("region", name="Results")
    for label in ("Sent", "Unsubscribed"):
        figure = results.locator("dl > div").filter(has_text=re.compile(f"^\\s*{label}"))
        expect(figure.locator("dd")).to_have_text("1")
    is_sound(desk)
    desk.goto(f"/staff/subscribers?q={sam}")
    expect(desk.locator(".empty")).to_be_visible()
    assert stranger.faults == staff.faults == []
