"""What a phone shows of a webinar's page without scrolling (UI.md, sales page)."""

import pytest
from playwright.sync_api import expect

from lms.core.clock import now
from lms.models.catalog import Presenter, Webinar, WebinarPresenter
from tests.browser.buying.conftest import Sold
from tests.browser.conftest import Served, Visit

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
LONG_TITLE = "Who Lived Here Before Me? House Histories at the Reference Desk"


def _is_on_screen(page, locator) -> bool:
    box = locator.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"]


@pytest.mark.parametrize("title", ["Reading by Lamplight", LONG_TITLE])
def test_phone_shows_title_price_and_button_without_scrolling(
    served: Served, visit: Visit, webinar: Sold, title: str
) -> None:
    with served.carrel.database.transaction() as session:
        row = session.query(Webinar).filter_by(slug=webinar.slug).one()
        row.title = title
        for position, name in enumerate(("Hester Lindqvale", "Tobias Karrow"), start=1):
            slug = f"{name.split()[0].lower()}-{webinar.slug}"
            presenter = Presenter(slug=slug, name=name, biography="", created_at=now())
            session.add(presenter)
            session.flush()
            session.add(
                WebinarPresenter(webinar_id=row.id, presenter_id=presenter.id, position=position)
            )
    page = visit(viewport=PHONE, timezone_id="America/Chicago").page
    page.goto(webinar.page)
    buy = page.get_by_role("button", name="Buy for $99.00")
    expect(buy).to_be_visible()
    choices = page.get_by_role("radio")
    expect(choices).to_have_count(5)
    seen = [page.get_by_role("heading", level=1), page.locator("[data-amount]"), buy]
    assert all(_is_on_screen(page, each) for each in [*seen, *choices.all()])
