"""The screenshot in the README: a webinar's page."""

import os
from pathlib import Path

import pytest
from PIL import Image

from lms.core.clock import now
from lms.models.catalog import Presenter, Webinar, WebinarPresenter
from lms.search import webinar_search
from tests.browser.conftest import Served, Visit
from tests.factories import make_grant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SLUG = "getting-the-most"
KEPT_AT = Path(__file__).resolve().parents[2] / "docs/screenshot.png"
WIDTH, HEIGHT = 1280, 860
OVERVIEW = (
    "A recording waits for you: it can be stopped, turned back and watched at the desk between two"
    " questions. Most people never do any of that.\n\n"
    "This hour shows what changes when you watch with a pencil in hand, at a pace of your own, and"
    " with somebody to tell about it afterwards."
)


@pytest.fixture
def alice_id(served: Served) -> int:
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, SLUG, title="Getting the Most from a Recording")
        served.add_handout(session, webinar, title="The slides")
        _write(webinar)
        presenter = Presenter(
            slug="imani",
            name="Imani Obasworth",
            biography="Imani has taught three branches to record what they know.",
            created_at=now(),
        )
        session.add(presenter)
        session.flush()
        session.add(WebinarPresenter(webinar_id=webinar.id, presenter_id=presenter.id, position=1))
        webinar_search.keep(session, [webinar.id])
        alice = served.add_person(session, "Alice")
        make_grant(session, alice, webinar)
        return alice.id


def _write(webinar: Webinar) -> None:
    webinar.summary = "An hour on watching well: pace, pencil, and somebody to tell."
    webinar.overview = OVERVIEW
    webinar.agenda = "Choosing your pace\nStopping on purpose\nTaking the slides along"


def test_readme_screenshot_shows_a_full_webinar_page(
    served: Served, visit: Visit, alice_id: int, tmp_path: Path
) -> None:
    """`CARREL_TEST_KEEP_PICTURE=yes ./dev test -m browser -k readme` renews docs/screenshot.png."""
    person = visit(alice_id, viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    person.page.goto(f"/webinars/{SLUG}", wait_until="networkidle")
    made = KEPT_AT if os.environ.get("CARREL_TEST_KEEP_PICTURE") else tmp_path / "page.png"
    person.page.screenshot(path=made)
    with Image.open(made) as drawn, Image.open(KEPT_AT) as kept:
        assert drawn.size == kept.size == (WIDTH, HEIGHT)
        assert len(drawn.convert("L").resize((64, 43)).getcolors() or ()) > 16
    assert "permanent access" in person.page.inner_text("main").lower()
    assert person.faults == []
