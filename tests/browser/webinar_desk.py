"""What our team does with a webinar in a browser: cancel it, restore it, read payers' choices."""

from collections.abc import Mapping

from playwright.sync_api import Page, expect

from lms.models.live import OfferChoice
from lms.web.cancellation_offers.staff_offers import CHOSEN
from tests.browser.page_elements import button_to, is_done, submit_of


def cancel_webinar(desk: Page, slug: str, message: str = "") -> None:
    desk.goto(f"/staff/webinars/{slug}/cancel")
    desk.get_by_label("Message").fill(message)
    submit_of(desk).click()
    expect(desk.get_by_role("link", name="Reinstate webinar")).to_be_visible()


def restore_webinar(desk: Page, slug: str, title: str) -> None:
    desk.goto(f"/staff/webinars/{slug}/reinstate")
    button_to(desk, f"/{slug}/restore").click()
    is_done(desk, title)
    expect(desk.get_by_role("link", name="Reinstate webinar")).to_have_count(0)


def check_choices(desk: Page, slug: str, counts: Mapping[str, int]) -> None:
    """Check how many payers made each choice or have a status."""
    desk.goto(f"/staff/webinars/{slug}")
    table = desk.get_by_role("region", name="Payers\u2019 choices")
    for choice, count in counts.items():
        state = CHOSEN[choice][0] if isinstance(choice, OfferChoice) else choice
        expect(table.get_by_text(state, exact=True)).to_have_count(count)


def choose_offer(page: Page, choice: OfferChoice, *, label: str = "") -> None:
    """Press the button of a payer's choice, and check that it is made."""
    button = page.locator(f"button[name=choice][value={choice}]")
    expect(button).to_contain_text(label)
    button.click()
    expect(page.get_by_test_id("offer-closed")).to_be_visible()
